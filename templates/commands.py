"""The commands that a mail to the house offers: links that write them, and a list with a line on each.

Which ones are sensible stands in tables here; which ones are possible, `rules.lifecycle` says.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules import lifecycle, transition
from rules.model import Record
from templates.forms import one_line, write_link
from templates.purposes import purpose_of
from templates.rows import Row
from templates.visit_commands import LATE as VISIT_LATE
from templates.visit_commands import OPEN, with_time
from templates.visit_commands import SENSIBLE as OF_VISITS
from templates.words import Words

MOST = 6
"""Links of one mail; of one among several records, `FEW`."""
FEW = 3

_SENSIBLE: Mapping[str, Sequence[str]] = {
    transition.NEW: ("take", "done", "later", "not-mine", "spam", "help"),
    transition.TAKEN: ("done", "later", "not-mine", "undo", "status", "help"),
    transition.WAITING: ("take", "done", "later", "undo", "status", "help"),
}
_CLOSED = ("reopen", "undo", "status", "help")
_UNREAD = ("lead", "booking", "take", "not-mine", "spam", "help")
"""Of an unsorted mail: first of all, what it is."""
_LATE = ("take", "done", "later", "assign")
"""Of what the clock tells: say at once who sees to it."""
_OVERSEEN = ("take", "assign", "not-mine", "note", "status", "help")
"""Of what controllers are told."""
_FIRST: Mapping[str, Sequence[str]] = {"held": ("send",), "again": ("apart",)}
"""What the purpose of a mail asks for."""
_ACTION: Mapping[str, str] = {"lead": "read-as", "booking": "read-as"}
"""Links that are not called like their action."""
_QUESTIONS = frozenset({"status", "help"})
_COMPLETE = frozenset({"later", "apart", "read-as"})
"""Actions whose arguments stand in the words of the link, or are found without its writer."""
_ALL = (
    *("take", "reply", "done", "later", "not-mine", "assign", "note", "spam", "again", "apart", "read-as"),
    *("send", "reopen", "undo", "status", "help"),
    *("offer", "schedule", "pre-book", "ask", "decline", "cancel", "arrived", "ready", "prefer"),
)
_TO_CUSTOMER = frozenset({"reply", "send"})


class Command(NamedTuple):
    """A command as a link: what it is called, what it writes, where it leads."""

    label: str
    written: str
    href: str | None


def links(
    record: Record, purpose: str, role: str, reply_to: str | None, words: Words, most: int = MOST
) -> tuple[Command, ...]:
    """The sensible commands for a record, the first ones first; none where the reader has no reply address.

    Args:
        record: As it is now.
        purpose: What the mail is about.
        role: The reader's.
        reply_to: The desk address with the record's token.
        words: The reader's.
        most: How many.
    """
    if reply_to is None or role not in ("team", "controller"):
        return ()
    wanted = (*_FIRST.get(purpose, ()), *_sensible(record, purpose, role))
    names = [name for name in dict.fromkeys(wanted) if may(record, _ACTION.get(name, name), role)]
    if len(names) > most:
        names = [*names[: most - 1], names[-1]] if most == MOST else names[:most]  # `help` stays the last
    return tuple(_link(record, name, reply_to, words) for name in names)


def _sensible(record: Record, purpose: str, role: str) -> Sequence[str]:
    if role == "controller":
        return _OVERSEEN
    if record.kind == "unsorted" and record.state == transition.NEW:
        return _UNREAD
    late = purpose_of(purpose, role).late and record.state in transition.OPEN_STATES
    if record.kind == "booking" and record.state in OF_VISITS:
        return (*(VISIT_LATE if late else ()), *OF_VISITS[record.state])
    return (*(_LATE if late else ()), *_SENSIBLE.get(record.state, _CLOSED))


def may(record: Record, action: str, role: str) -> bool:
    """Whether somebody in this role can ask for the action now."""
    transition = lifecycle.table_of(record.kind).get((record.state, action))
    if transition is None or role not in transition.who or not (transition.by_hand or action in _QUESTIONS):
        return False
    return {"send": bool(record.held), "apart": bool(record.requests)}.get(action, True)


def possible(record: Record, role: str, words: Words, *, replies: bool) -> tuple[Row, ...]:
    """Every command that is possible now, as one would write it, with what it does.

    Args:
        record: As it is now.
        role: The reader's.
        words: The reader's.
        replies: Whether a reply goes on to the customer.
    """
    named = (name for name in _ALL if may(record, name, role) and (replies or name not in _TO_CUSTOMER))
    return tuple(Row(words["examples"].get(name) or words["commands"][name], words["does"][name]) for name in named)


def _link(record: Record, name: str, reply_to: str, words: Words) -> Command:
    label, written = one_line(words["buttons"][name], 40), one_line(words["commands"][name], 60)
    action = _ACTION.get(name, name)
    transition = lifecycle.table_of(record.kind)[record.state, action]
    if name == "schedule":
        label, written = with_time(label, written, record, words)
    elif (transition.needs or name in OPEN) and action not in _COMPLETE:  # its writer has to say something
        label, written = f"{label} …", f"{written} "
    return Command(label, written.rstrip(), write_link(reply_to, f"{label} [{one_line(record.ref, 40)}]", written))
