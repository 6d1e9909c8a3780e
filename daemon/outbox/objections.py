"""Whoever answers a customer is told what did not go out: the answer itself, or a file that hung on it."""

from config.lookup import team_address
from daemon.act import act
from daemon.log import get_logger
from daemon.outbox.draft import Draft
from daemon.shift import Shift
from daemon.store.notices import asked_by
from parsers.enclosures import LeftOut, Why
from rules.model import Action, Actor, Refused
from rules.sites import site_named
from rules.transition import STAFF

WHY: dict[Why, str] = {
    "program": "programs are not passed on",
    "mail": "enclosed mails are not passed on",
    "size": "all attachments together may have 10 MB",
    "number": "20 attachments at most are passed on",
    "unreadable": "it cannot be read",
}
_MOST = 3
"""Files that are named; there is room for no more in a reason."""

log = get_logger(__name__)


def hold(shift: Shift, one: Draft, why: str) -> None:
    """The answer waits on its record for its writer's word; told once, however often the letter is composed."""
    text, waiting = one.due.notice.text, {each.text for each in one.due.record.held}
    if one.due.notice.purpose == "reply" and text and text not in waiting:
        _act(shift, one, "hold", {"text": text, "problem": why})


def tell_left_out(shift: Shift, one: Draft, left: tuple[LeftOut, ...]) -> None:
    """The answer goes out without these files."""
    if one.due.notice.purpose == "reply":
        told = [f"{file.name[:50]} did not go to the customer: {WHY[file.why]}" for file in left[:_MOST]]
        _act(shift, one, "refuse", {"problem": "; ".join(told)})


def _act(shift: Shift, one: Draft, name: str, args: dict[str, str]) -> None:
    """In the name of who answered, so that it is he who hears of it; of one without address, who sees to the record."""
    record, message = one.due.record, one.due.notice.message
    with shift.store.read() as connection:
        actor = asked_by(connection, one.due)
    if actor.role not in STAFF:
        return
    if "@" not in actor.name:
        team = team_address(shift.settings, site_named(shift.settings, record.site), record.team or "")[0]
        assignee = record.assignee or ""
        actor = Actor(actor.role, assignee if "@" in assignee else team)
    given = {**args, "message": str(message)} if message else args
    try:
        act(shift.store, shift.settings, record.ref, Action(name=name, actor=actor, args=given), shift.clock.now())
    except Refused as refused:  # it was closed meanwhile; the admin is told of what is held in any case
        log.warning("writer-not-told", ref=record.ref, action=name, why=str(refused))
