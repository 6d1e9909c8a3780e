"""Actions on one record that make another, or change one: `again`, its undoing, `apart` and `read-as`."""

from datetime import datetime

import msgspec

from config.models import Settings
from parsers.records import Parsed, Reading
from rules import reference
from rules.decide import decide
from rules.model import Action, Context, Decision, Envelope, Opening, Record, Refused, Second
from rules.places import place_of
from rules.transition import WAITING

LINKING = frozenset({"again", "apart", "read-as"})
"""Actions that `follow_up` has a second half for."""


def names_record(action: Action) -> str | None:
    """The record that the second half of an action changes, as its writer named it."""
    return reference.parse(action.args.get("ref", "")) if action.name == "again" else None


def unjoins(action: Action, record: Record) -> str | None:
    """The record that this one was joined to by what is now undone; both halves are taken back.

    Args:
        action: What is done to `record`; of `undo`, with what is undone.
        record: Before the action.
    """
    return record.again_of if action.name == "undo" and action.last and action.last.name == "again" else None


def parting(action: Action, record: Record, target: Record, before: Record) -> Action:
    """The other half of an undone `again`.

    Args:
        action: The `undo`.
        record: That was joined.
        target: That it was joined to, as it is now.
        before: The same as it was before. If it rested then, and nothing came since, it rests again.
    """
    woken = before.state == WAITING and target.revision == before.revision + 1
    args = {**_by_mail(action), "ref": record.ref}
    return Action(name="rest" if woken else "part", actor=action.actor, args=args, before=before)


def opens(action: Action, record: Record) -> str | None:
    """The kind of the record that the second half of an action opens; its reference is the caller's to draw.

    Raises:
        Refused: There is nothing to open it with.
    """
    if action.name == "apart":
        return _last_request(record).reading.kind
    return action.args.get("kind") if action.name == "read-as" else None


def follow_up(
    action: Action,
    record: Record,
    target: Record | None,
    first: Envelope,
    settings: Settings,
    now: datetime,
) -> tuple[Record | None, Action]:
    """The second half of an action.

    Args:
        action: What is done to `record`; of one that opens another, with that one's reference as `ref`.
        record: Before the action.
        target: The record that the action names.
        first: How the record's first mail came.
        settings: The settings in force.
        now: UTC.

    Returns:
        The record that it changes (None: it opens one), and the action on it.

    Raises:
        Refused: The named record is not there or of another site, or the kind is none.
    """
    if action.name == "again":
        return target, _join(action, record, target)
    if action.name == "apart":
        second = _last_request(record)
        envelope = msgspec.structs.replace(first, accepted_at=second.received_at)
        return None, _open(action, record, second.reading, second.source, envelope, settings, now)
    kind = action.args.get("kind", "")
    if kind not in reference.LETTERS or kind == "unsorted":
        raise Refused(f"'{kind[:40]}' is no kind of request; there are {', '.join(sorted(reference.LETTERS))}")
    reading = msgspec.structs.replace(record.reading, kind=kind)
    return None, _open(action, record, reading, record.source, first, settings, now)


def _last_request(record: Record) -> Second:
    if not record.requests:
        raise Refused("no second request stands with it")
    return record.requests[-1]


def _join(action: Action, record: Record, target: Record | None) -> Action:
    if target is None or target.site != record.site:
        raise Refused(f"there is no record {action.args.get('ref', '')[:40]} of {record.site}")
    decision = Decision(kind=record.kind, language=record.language)
    opening = Opening(
        ref=target.ref,
        site=record.site,
        source=record.source,
        reading=record.reading,
        decision=decision,
        received_at=record.received_at,
    )
    return Action(name="join", actor=action.actor, args={**_by_mail(action), "ref": record.ref}, opening=opening)


def _open(
    action: Action,
    record: Record,
    reading: Reading,
    source: str | None,
    envelope: Envelope,
    settings: Settings,
    now: datetime,
) -> Action:
    """A record of its own keeps the time of its receipt, and goes where the rules say."""
    place = place_of(reading, envelope, settings)
    parsed = Parsed(digest="", readings=(reading,), text=reading.comments, language=reading.language)
    site = settings.sites.get(record.site, place.site)
    decision = decide(reading, envelope, parsed, site, settings.sources.get(source or ""), settings, Context(), now, 0)
    opening = Opening(
        ref=action.args["ref"],
        site=site.id,
        source=source,
        reading=reading,
        decision=msgspec.structs.replace(decision, related=(record.ref,)),
        received_at=envelope.accepted_at,
        flags=record.flags,
        thread=record.thread if action.name == "read-as" else None,
    )
    return Action(name="open", actor=action.actor, args=_by_mail(action), opening=opening)


def _by_mail(action: Action) -> dict[str, str]:
    return {name: value for name, value in action.args.items() if name == "message"}
