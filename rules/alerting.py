"""Who is told of what the clock did to a record, when, and whether with others."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from config.lookup import CONTROLLER, FOLLOW_UP, TEAM, controllers_of, policy_of, still_configured
from config.models import Settings, Site
from rules.daybook import daybook_of
from rules.escalation import ESCALATE, is_escalated
from rules.hours import NeverOpens, next_open
from rules.model import Notice, Record
from rules.tellings import Happened
from rules.timing import Timing, slot_end, step_timing

LATE_WAIT = 15
LATE_AFTER = timedelta(minutes=15)
"""A step that is found later than this was passed while nobody looked."""
GATHERING = timedelta(minutes=1)
"""What is late is collected for so long at least before anybody is told of it."""


def together_at(now: datetime) -> datetime:
    """From when all is told that is found late now, UTC: one time for a whole catch-up, on the grid of bundles."""
    return slot_end(now + GATHERING, LATE_WAIT)


def _overdue(it: Happened) -> Iterator[Notice]:
    return _told(it, "overdue", f"nobody has seen to {it.record.ref}")


def _warn(it: Happened) -> Iterator[Notice]:
    return _told(it, "warning", f"the time to see to {it.record.ref} is nearly over")


def _remind(it: Happened) -> Iterator[Notice]:
    return _told(it, "reminder", f"{it.record.ref} is still open")


def _mail(it: Happened) -> Iterator[Notice]:
    """One mail of this record; its team, too, where the escalation before it was passed while no daemon ran."""
    yield from _told(it, "untouched", f"{it.record.ref} is still untouched")
    escalation = next((each for each in it.record.passed if each.effect == ESCALATE), None)
    if "together" in it.action.args and escalation is not None and escalation.late:
        yield _flagged(it)


def _escalate(it: Happened) -> Iterator[Notice]:
    """Whoever oversees the site is told, and once the team that they are."""
    yield from _told(
        it, "escalated", f"nobody has seen to {it.record.ref} in time", wait=it.site.mail.escalated_wait.minutes
    )
    if "late" not in it.action.args and not is_escalated(it.before):
        yield _flagged(it)


def _flagged(it: Happened) -> Notice:
    at, way, _ = _timing(it, TEAM)
    return it.notice("flagged", it.keeper, f"{it.record.ref} has been escalated", at=at, way=way)


def _told(it: Happened, purpose: str, because: str, wait: int | None = None) -> Iterator[Notice]:
    """A notice to each whom the step names; none of a step that a later one has overtaken while no daemon ran."""
    if "late" in it.action.args:
        return
    at, way, _ = _timing(it, it.action.args["to"], wait)
    for to, role in _readers(it, at):
        team = it.record.team if role == "team" else None
        listed = purpose == "escalated" and role == "controller" and it.site.mail.escalated == "list"
        yield it.notice(purpose, to, because, role=role, team=team, at=at, way="off" if listed else way)


def _readers(it: Happened, at: datetime) -> list[tuple[str, str]]:
    """Addresses and roles of those whom the step names; the team where the site lacks the role.

    Controllers are those of the day on which they are told (`at`, UTC): whoever is away from Monday has a deputy for
    what is passed on Friday evening. Where there is none, whoever runs Postroom is told.
    """
    to = it.action.args["to"]
    if to == TEAM:
        return [(it.keeper, "team")]
    if to != CONTROLLER:
        return [(it.site.roles.get(to, it.team), "team")]
    day = daybook_of(it.site, None).local(at).date()
    found = [(address, "controller") for address in controllers_of(it.settings, it.site, day)]
    return found or [(it.settings.postroom.admin, "admin")]


def _timing(it: Happened, to: str, wait: int | None = None) -> Timing:
    """From when the step's mail may go out, and how.

    Args:
        it: What happened.
        to: Whose hours count: the team's, or those of the site.
        wait: Minutes for others to go along; None: none do.
    """
    args, now = it.action.args, it.now
    book = daybook_of(it.site, it.record.team if to == TEAM else None)
    any_time = _delivers(it.settings, it.site, it.record, args["step"]) == "any" or not any(book.week)
    try:
        if "together" in args:
            at = max(now, datetime.fromisoformat(args["together"]))
            return Timing(at if any_time else next_open(book, at), "bundle")
    except NeverOpens:
        return Timing(now)
    found = step_timing(book, now, wait, any_time=any_time)
    if to == args["to"] and "deliver" in args and not any_time:
        return found._replace(at=max(found.at, datetime.fromisoformat(args["deliver"])))
    return found


def _delivers(settings: Settings, site: Site, record: Record, step: str) -> str:
    """When a step's mail may go out, as the policies in force say; within opening hours if they know no such step."""
    own = still_configured(settings, site, record.policy, record.kind)
    for name in (own, FOLLOW_UP):
        for one in policy_of(settings, site, name).step:
            if one.name == step:
                return one.deliver
    return "business"


ALERTS: dict[str, Callable[[Happened], Iterator[Notice]]] = {
    "overdue": _overdue,
    "escalate": _escalate,
    "mail": _mail,
    "warn": _warn,
    "remind": _remind,
}
"""One function for each value of `Transition.tells` that the clock's actions have."""
