"""What is left of a record, and of all that belongs to it, once its person is erased: keys, times, kinds and counters.

Each shape has a table of what stays; all else goes, so that a field that is new is personal until somebody says that it
is not. What stays is enough for the books: every check of the ledger holds of it as it did before.
"""

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import msgspec

from parsers.records import Reading
from rules.model import Action, Actor, Notice, Record, Refused, Second
from rules.visit import Visit

ERASE = "erase"
"""The action."""
ERASED = "erased"
"""Stands where something must stand: in place of an address, of a reason."""
ON_REQUEST, BY_TIME = "person", "retention"
"""Why: somebody asked for it, or what was to be kept for some time was."""

STAYS: Mapping[type[msgspec.Struct], frozenset[str]] = {
    Record: frozenset(
        {
            *("ref", "kind", "site", "source", "team", "assignee", "state", "category", "policy", "language"),
            *("received_at", "resubmit_at", "cycle", "revision", "flags", "reading", "sources", "requests"),
            *("again_of", "related", "undone", "passed", "paused", "visit"),
        }
    ),
    Reading: frozenset({"kind"}),
    Second: frozenset({"message", "source", "received_at", "reading", "ref"}),
    Visit: frozenset({"uid", "sequence", "invited", "starts_at", "ends_at", "zone", "reminder"}),
    Notice: frozenset(
        {
            *("purpose", "to", "team", "role", "category", "template", "language", "at", "way", "message"),
            *("as_is", "sequence"),
        }
    ),
}
"""Of each shape, the fields that stay; those that hold another shape of these are blanked in their turn."""
_ARGUMENTS = frozenset(
    {
        *("message", "step", "cycle", "due", "deliver", "together", "late", "imported", "class"),
        *("kind", "ref", "letter", "house", "team", "why"),
    }
)
"""Arguments of actions that stay: numbers, times and names of our own."""
_TRACE = frozenset(
    {
        *("class", "site", "source", "verified", "fate", "flags", "quiet", "deadlines", "notifications", "at"),
        "settings",
    }
)
_CONTEXT = frozenset({"repeat_of", "reference", "only_kept", "own", "astray", "bounced", "probe", "imported", "late"})
_DECISION = frozenset({"reading", "kind", "category", "policy", "language", "site", "team", "again", "related"})
_OUTSIDE = frozenset({"customer", "stranger", "relay"})
"""Roles of those who are not of the house, and no source of it."""

Json = dict[str, Any]
S = TypeVar("S", bound=msgspec.Struct)


def check_why(action: Action) -> None:
    """An erasure says why.

    Raises:
        Refused: It does not.
    """
    if action.args.get("why") not in (ON_REQUEST, BY_TIME):
        raise Refused(f"erase takes why={ON_REQUEST} or why={BY_TIME}; `postroom person erase` says what it will do")


def blank_record(record: Record) -> Record:
    """A record, or an earlier state of it, without its person."""
    return _blank(record)


def blank_actor(actor: Actor) -> Actor:
    """Who acted: of the house as he was, from outside without a name."""
    return Actor(actor.role) if actor.role in _OUTSIDE else actor


def blank_args(args: Mapping[str, str], role: str) -> dict[str, str]:
    """Arguments of an action; whom the clock told is a role of the house."""
    kept = _ARGUMENTS | ({"to"} if role == "clock" else set())
    return {name: value for name, value in args.items() if name in kept}


def blank_notice(notice: Notice, to: str) -> Notice:
    """What was to be told, without words, to somebody who may have no name any more."""
    return msgspec.structs.replace(_blank(notice), to=to)


def blank_trace(trace: Json, gone: Collection[int], still: Collection[int], *, whole: bool) -> Json:
    """The trace of a mail.

    Args:
        trace: As `rules.explain.trace` made it.
        gone: Readings whose record is erased.
        still: Readings whose record stands: the ledger compares the two.
        whole: Of the rest of the mail nothing stays either.
    """
    blanked = [
        number for number in range(len(trace.get("readings", []))) if number in gone or (whole and number not in still)
    ]
    kept = {name: value for name, value in trace.items() if name in _TRACE} if whole else dict(trace)
    kept["readings"] = [
        {"kind": str(each.get("kind", "unsorted"))} if number in blanked else each
        for number, each in enumerate(trace.get("readings", []))
    ]
    kept["decisions"] = [
        _decision(each) if each.get("reading") in blanked else each for each in trace.get("decisions", [])
    ]
    if whole:
        kept |= {"reason": ERASED, "defects": []}
        kept["context"] = {name: value for name, value in trace.get("context", {}).items() if name in _CONTEXT}
        kept["rules"] = [{**each, "because": ERASED} for each in trace.get("rules", [])]
        kept["notifications"] = [{**each, "subject": None} for each in trace.get("notifications", [])]
    return kept


def _decision(decision: Json) -> Json:
    kept = {name: value for name, value in decision.items() if name in _DECISION}
    return kept | {"ignored": ERASED} if decision.get("ignored") is not None else kept


def _blank(shape: S) -> S:
    """Fields that stay, and defaults for all others; a shape within is blanked like its outer one."""
    stays = STAYS[type(shape)]
    return type(shape)(**{name: _value(getattr(shape, name)) for name in shape.__struct_fields__ if name in stays})


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(_value(each) for each in value)
    return _blank(value) if type(value) in STAYS else value
