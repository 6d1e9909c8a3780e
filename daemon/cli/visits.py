"""A workshop visit in words for people."""

from typing import Any

from daemon.cli.traces import local

Json = dict[str, Any]


def visit_rows(visit: Json, zone: str) -> list[tuple[str, str]]:
    """All that is known of a visit: label and value; times as the clock of this zone shows them."""
    reminder = visit.get("reminder")
    said = {
        "time": span(visit, zone),
        "wanted": ", ".join(each.replace("T", " ")[:16] for each in visit.get("wanted", [])),
        "proposed by the customer": _from_to(visit.get("proposed_at"), visit.get("proposed_until"), zone),
        "services": "; ".join(visit.get("services", [])),
        "price": " ".join(filter(None, (visit.get("price") or {}).values())),
        "remarks": visit.get("remarks"),
        "adviser": visit.get("adviser"),
        "courtesy car": visit.get("courtesy_car"),
        "preferred dealer": "yes" if visit.get("preferred") else None,
        "ready": ", ".join(visit.get("ready", [])),
        "customer's answer": visit.get("answer"),
        "reminder": None if reminder is None else f"{reminder} days before" if reminder else "never",
        "calendar entry": f"{visit['uid']}, {_sent(visit)}",
    }
    return [(label, value) for label, value in said.items() if value]


def span(visit: Json, zone: str) -> str:
    """From when to when; empty while nothing is offered or agreed."""
    return _from_to(visit.get("starts_at"), visit.get("ends_at"), zone)


def _from_to(start: str | None, end: str | None, zone: str) -> str:
    if start is None:
        return ""
    began = local(start, zone)
    if end is None:
        return began
    ended = local(end, zone)
    return f"{began[:-7]} to {ended[15:-7] if ended[:14] == began[:14] else ended[:-7]}"


def _sent(visit: Json) -> str:
    return f"sequence {visit.get('sequence', 0)}" if visit.get("invited") else "not sent"
