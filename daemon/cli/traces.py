"""A trace for people: what was read, every rule with its verdict, who is told, when something is due."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from daemon.cli.output import line, table

Json = dict[str, Any]

_NO_FIELDS = ("origins", "alternatives", "kind", "language", "source")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_PROOFS = {"address": "its address", "authenticated": "the border server"}
_VERDICTS = {True: "yes", False: "no", None: "-"}


def show_mail(found: Json) -> None:
    """Class, fields with their origin, defects: what `parse` knows."""
    line(f"class {found['class']}{_because(found.get('class_because'))}")
    for index, reading in enumerate(found["readings"]):
        title = f"Reading {index}: {reading['kind']}"
        if reading.get("language"):
            title += f", language {reading['language']}"
        rows = [(key, value, _origin(reading, key)) for key, value in fields(reading)]
        table(title, ("Field", "Value", "From"), rows)
        for key, others in reading.get("alternatives", {}).items():
            line(f"  {key} also said: {', '.join(map(str, others))}")
    if found.get("authenticated"):
        line(f"  the border server vouches for {found['authenticated']}")
    for flag in found.get("flags", []):
        line(f"  beware: {flag}", style="yellow")
    for defect in found["defects"]:
        line(f"  defect: {defect}", style="yellow")
    if "way" in found:
        _show_way(found["way"])


def _show_way(way: Json) -> None:
    names = ("at", "sender", "receiver", "protocol", "delay")
    rows = [tuple(str(hop[name] or "-") for name in names) for hop in way["hops"]]
    table("Hops", ("At", "From", "By", "With", "Seconds"), rows)
    for defect in (*way["defects"], *([way["failed"]] if way["failed"] else [])):
        line(f"  mail-parser: {defect}", style="yellow")


def show_decision(found: Json, zone: str) -> None:
    """Place, fate, rules, mails and deadlines: what `explain` and `why` know beside.

    Args:
        found: The trace.
        zone: IANA zone that times are shown in.
    """
    line(f"source {source_words(found.get('source'), found.get('verified'))}, site {found['site']}")
    line(f"fate {found['fate']}{_because(found.get('reason'))}", style="bold")
    several = len(found["readings"]) > 1
    rules = [(one, (_VERDICTS[one.get("matched")], one["name"], one["because"])) for one in found["rules"]]
    _table("Rules", ("Match", "Rule", "Why"), rules, several)
    mails = [(one, (one["to"], _team(one), _subject(one), one.get("because"))) for one in found["notifications"]]
    _table("Mails", ("To", "Team", "Subject", "Why"), mails, several)
    joins = any(one.get("again") for one in found["decisions"])
    if not mails and ("quiet" in found or not joins):
        line(f"Nobody is told{_because(found.get('quiet'))}.")
    due = [
        (one, (one["step"], local(one["due_at"], zone), local(one["deliver_at"], zone), ends_by(one), one["because"]))
        for one in found["deadlines"]
    ]
    _table("Deadlines", ("Step", "Due", "Told", "Ends by", "How"), due, several)
    for decided in found["decisions"]:
        if decided.get("ignored"):
            line(f"Reading {decided['reading']} is ignored: {decided['ignored']}")
        elif decided.get("again"):
            line(f"Reading {decided['reading']} is a second request of {decided['again']}.")
        else:
            line(f"Policy {decided['policy']}, mails in {decided['language']}.")
        if receipt := decided.get("receipt"):
            line(f"Receipt to {receipt['to']} in {receipt['language']}{_promised(receipt.get('by'), zone)}.")


def _promised(by: Any, zone: str) -> str:
    return f", answer promised by {local(by, zone)}" if by else ""


def ends_by(deadline: Json) -> str:
    """What ends a step, where its policy says so."""
    return ", ".join(deadline.get("until", ())) or "handling"


def source_words(source: str | None, verified: str | None) -> str:
    """A source, and whether the mail is known to be its own."""
    if source is None:
        return "-"
    return f"{source} ({f'verified by {_PROOFS[verified]}' if verified else 'not verified'})"


def local(text: str, zone: str) -> str:
    """A stored time as the clock of a place shows it: `Mon 2026-11-23 13:00 +01:00`."""
    at = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return f"{_DAYS[at.weekday()]} {at:%Y-%m-%d %H:%M} {at.isoformat()[-6:]}"


def fields(reading: Json, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every single value of a reading with its dotted name."""
    for key, value in reading.items():
        if not prefix and key in _NO_FIELDS:
            continue
        yield from _field(f"{prefix}{key}", value)


def _field(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from fields(value, f"{name}.")
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for index, element in enumerate(value):
            yield from _field(f"{name}.{index}", element)
    elif isinstance(value, list):
        yield name, ", ".join(map(str, value))
    else:
        yield name, value


def _origin(reading: Json, key: str) -> str:
    """Origins name fields with or without their place in a list, or the whole they belong to."""
    origins = reading.get("origins", {})
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        tried = parts[:length]
        for name in (".".join(tried), ".".join(p for p in tried if not p.isdigit())):
            if name in origins:
                return str(origins[name])
    return "-"


def _table(title: str, columns: tuple[str, ...], rows: list[tuple[Json, tuple[Any, ...]]], several: bool) -> None:
    """Nothing where there are no rows; where there are several readings, each row says its own."""
    if not rows:
        return
    if several:
        table(title, ("Reading", *columns), [(one.get("reading", 0), *cells) for one, cells in rows])
    else:
        table(title, columns, [cells for _, cells in rows])


def _team(one: Json) -> str:
    return f"{one.get('team', '-')} ({one['category']})"


def _subject(one: Json) -> str:
    return str(one.get("subject") or "(not rendered)")


def _because(reason: Any) -> str:
    return f": {reason}" if reason else ""
