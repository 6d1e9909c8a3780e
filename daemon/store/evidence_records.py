"""Evidence of records: every state they were in, what led to it, and what followed from it."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, RowMapping, select

from daemon.store import seals
from daemon.store.schema import deadline, message, message_record, notice, outbox, record, revision
from daemon.store.streams import Finding, Stream, stream
from rules.erasing import ERASE
from rules.lifecycle import table_of
from rules.model import IMPORTED
from rules.transition import Transition
from rules.visit_reminders import ANNOUNCE

Json = dict[str, Any]

_ALWAYS_TOLD = ("assigned", "moved", "reply", "again", "overdue", "escalate", "mail", "warn", "remind")


class _Kept:
    """A record with all that belongs to it."""

    def __init__(self, row: Row[Any], revisions: list[Row[Any]], links: list[Row[Any]]) -> None:
        self.row = row
        self.revisions = revisions
        self.states = [_json(each.data) for each in revisions]
        self.links = links
        self.deadlines: list[Row[Any]] = []
        self.notices: list[Row[Any]] = []

    @property
    def opened_by_mail(self) -> bool:
        """Whether its first revision came from a mail."""
        return bool(self.revisions) and self.revisions[0].actor_role in ("customer", "source")

    def transition(self, index: int) -> Transition | None:
        """What the table says of the action that led to a revision; None where it does not know it (any more)."""
        before = self.states[index - 1] if index else None
        kind = str((before or self.states[index]).get("kind"))
        return table_of(kind).get((before["state"] if before else None, self.revisions[index].action))


def check_records(connection: Connection, settings: set[str]) -> Iterator[Finding]:
    """Every record with its revisions, the mails that led to it, its deadlines and notices."""
    linked = select(message_record, message.c.trace.label("trace"), message.c.channel).join(message, isouter=True)
    letter = (outbox.c.id.label("letter"), outbox.c.recipient.label("sent_to"), outbox.c.purpose.label("as"))
    carried = select(notice, *letter).join(outbox, notice.c.outbox == outbox.c.id, isouter=True)
    parts = {
        "revision": Stream(stream(connection, select(revision).order_by(revision.c.record, revision.c.n)), "record"),
        "link": Stream(stream(connection, linked.order_by(message_record.c.record)), "record"),
        "deadline": Stream(stream(connection, select(deadline).order_by(deadline.c.record)), "record"),
        "notice": Stream(stream(connection, carried.order_by(notice.c.record, notice.c.id)), "record"),
    }
    for row in stream(connection, select(record).order_by(record.c.id)):
        for name, part in parts.items():
            yield from (_stray(name, one) for one in part.below(row.id))
        kept = _Kept(row, parts["revision"].at(row.id), parts["link"].at(row.id))
        # sorted here: no index has them in this order, and the database would keep all of them in memory for it
        kept.deadlines = sorted(parts["deadline"].at(row.id), key=lambda one: one.id)
        kept.notices = parts["notice"].at(row.id)
        yield from (Finding(what, f"record {row.ref}") for what in _wrong(kept, settings))
    for name, part in parts.items():
        yield from (_stray(name, one) for one in part.rest())


def _stray(name: str, row: Row[Any]) -> Finding:
    return Finding(f"a {name} of record number {row.record}, which is not there", f"record number {row.record}")


def _wrong(kept: _Kept, settings: set[str]) -> Iterator[str]:
    if not kept.revisions:
        yield "it has no revision"
        return
    yield from _wrong_history(kept, settings)
    yield from _wrong_seals(kept)
    yield from _put_in(kept)
    yield from _wrong_columns(kept)
    yield from _wrong_opening(kept)
    yield from _wrong_attached(kept)
    yield from _wrong_notices(kept)
    yield from _wrong_due(kept)


def _wrong_history(kept: _Kept, settings: set[str]) -> Iterator[str]:
    """Revisions from 1 to the current one, each following from the one before."""
    numbers = [each.n for each in kept.revisions]
    wanted = range(1, max(kept.row.revision, numbers[-1]) + 1)
    for n in sorted(set(wanted) - set(numbers)):
        yield f"its revision {n} is missing"
    if numbers[-1] > kept.row.revision:
        yield f"its number of revisions was altered: it says {kept.row.revision} and has {numbers[-1]}"
    for index, (each, state) in enumerate(zip(kept.revisions, kept.states, strict=True)):
        if state.get("ref") != kept.row.ref or state.get("revision", 1) != each.n:
            yield f"its revision {each.n} was altered: it holds another state"
        if each.settings not in settings:
            yield f"the settings {each.settings[:12]} of its revision {each.n} are not kept"
        if each.n == index + 1:
            yield from _wrong_step(kept, index)


def _wrong_seals(kept: _Kept) -> Iterator[str]:
    """Each revision as it was sealed after the one before it, and the deadlines and notices that it led to."""
    at, before = 0, set[str | None]({None})
    for each in kept.revisions:
        n, row = each.n, each._mapping
        if n != at + 1:
            before = set()
        set_by = [one._mapping for one in kept.deadlines if one.revision == n]
        if seals.deadlines(set_by) != each.deadlines_seal:
            yield f"a deadline of its revision {n} is missing or was altered: there are {_named(set_by, 'step')}"
        told_by = [one._mapping for one in kept.notices if one.revision == n]
        if seals.notices(told_by) != each.notices_seal:
            yield f"a notice of its revision {n} is missing or was altered: there are {_named(told_by, 'recipient')}"
        computed: set[str | None] = {seals.revision(row, seal) for seal in before}
        if before and each.seal not in computed:
            yield f"its revision {n} was altered" + (f", or the seal of revision {at}" if at else "")
        at, before = n, {each.seal, *computed}


def _named(rows: list[RowMapping], by: str) -> str:
    return ", ".join(str(row[by]) for row in rows) or "none"


def _put_in(kept: _Kept) -> Iterator[str]:
    numbers = {each.n for each in kept.revisions}
    for name, rows in (("deadline", kept.deadlines), ("notice", kept.notices)):
        for one in rows:
            if one.revision not in numbers:
                yield f"its {name} {one.id} is of revision {one.revision}, which is not there"


def _wrong_due(kept: _Kept) -> Iterator[str]:
    """It is due when the first of its open deadlines is; what the clock did is done, once."""
    due_at = kept.row.due_at
    first = min((one.due_at for one in kept.deadlines if one.ended_at is None and one.fired_at is None), default=None)
    if due_at is None and first is not None:
        yield "its due time is missing: it has open deadlines"
    elif due_at is not None and due_at not in {one.due_at for one in kept.deadlines}:
        yield "a deadline is missing: none is at its due time"
    elif due_at != first:
        yield "its due time was altered: it is not that of its open deadlines"
    yield from _wrong_fired(kept)


def _wrong_fired(kept: _Kept) -> Iterator[str]:
    """Each step that has fired led to one revision by the clock, and each of those came of a step.

    A reminder of a visit leads to none where it is not that of its customer.
    """
    fired = Counter((one.step, str(one.cycle)) for one in kept.deadlines if one.fired_at is not None)
    silent = Counter({(one.step, str(one.cycle)): 1 for one in kept.deadlines if one.effect == ANNOUNCE})
    by_clock = (_json(each.args) for each in kept.revisions if each.actor_role == "clock" and each.action != ERASE)
    done = Counter((str(args.get("step")), str(args.get("cycle"))) for args in by_clock)
    for step, cycle in sorted((fired - done - silent).keys()):
        yield f"its step {step} of cycle {cycle} has fired, but its history does not say so"
    for step, cycle in sorted((done - fired).keys()):
        yield f"its history says that step {step} of cycle {cycle} fired, which is not marked or was marked once only"


def _wrong_step(kept: _Kept, index: int) -> Iterator[str]:
    after = kept.states[index]
    before = kept.states[index - 1] if index else {}
    transition = kept.transition(index)
    if transition is None or "state" not in after:
        return
    state = transition.to or before.get("state")
    if kept.revisions[index].action == "undo":
        undone = after.get("undone", [0])[-1]
        state = kept.states[undone - 2].get("state") if 2 <= undone <= index else None
    cycle = before.get("cycle", 0) + (transition.new_cycle or _goes_on(before, after))
    if after["state"] != state or after.get("cycle", 0) != cycle:
        yield f"its revision {index + 1} was altered: '{kept.revisions[index].action}' does not lead to it"


def _goes_on(before: Json, after: Json) -> bool:
    """Whether the cycle was raised for what had stood still."""
    return len(before.get("paused", ())) > len(after.get("paused", ())) and after.get("cycle", 0) != before.get(
        "cycle", 0
    )


def _wrong_columns(kept: _Kept) -> Iterator[str]:
    """The row says what its last revision says."""
    row, state = kept.row, kept.states[-1]
    if row.data != kept.revisions[-1].data:
        yield "it was altered: its data differs from its last revision"
    received = state.get("received_at")
    told: Json = {name: state.get(name) for name in ("site", "kind", "state", "team", "source")}
    told["category"] = state.get("category", "action")
    told["received_at"] = datetime.fromisoformat(received) if isinstance(received, str) else None
    for name, value in told.items():
        if row._mapping[name] != value:
            yield f"its {name} was altered: it is '{row._mapping[name]}', its last revision says '{value}'"


def _wrong_opening(kept: _Kept) -> Iterator[str]:
    first = kept.revisions[0]
    opened = [link for link in kept.links if link.how == "opened"]
    if first.action != "open":
        yield f"its first revision was altered: '{first.action}' opens nothing"
    if kept.opened_by_mail and not opened:
        yield "a mail opened it, but none is linked to it"
    if first.actor_role == "source" and first.actor != kept.row.source:
        yield f"it was opened by source {first.actor}, and is of source {kept.row.source}"
    quiet = any(link.channel == IMPORTED or "quiet" in _json(link.trace) for link in opened)
    if not quiet and not any(told.revision == 1 for told in kept.notices):
        yield "nobody was told of it: the notice of its opening is missing"
    for link in opened:
        yield from _unlike_trace(kept, link)


def _unlike_trace(kept: _Kept, link: Row[Any]) -> Iterator[str]:
    """What the mail's trace says of this reading: the request itself, its deadlines, who is told."""
    trace = _json(link.trace)
    readings = trace.get("readings", [])
    if not 0 <= link.reading < len(readings):
        yield f"message {link.message} has no reading {link.reading} that could have opened it"
        return
    own = {"kind": "unsorted", **kept.states[0].get("reading", {})}
    if readings[link.reading] != own:
        yield f"what it was opened with is not what was read from message {link.message}"
    wanted = [_due(one) for one in trace.get("deadlines", []) if one.get("reading", 0) == link.reading]
    found = [_due_row(one) for one in kept.deadlines if one.cycle == 0]
    for step in sorted({each[0] for each in wanted} ^ {each[0] for each in found}):
        yield (
            f"its deadline {step} is missing"
            if step in {each[0] for each in wanted}
            else f"its deadline {step} was put in"
        )
    for each in found:
        if each not in wanted and each[0] in {one[0] for one in wanted}:
            yield f"its deadline {each[0]} was altered"
    told = {one.recipient for one in kept.notices if one.revision == 1}
    for one in trace.get("notifications", []):
        if one.get("reading", 0) == link.reading and one["to"] not in told:
            yield f"the notice of its opening to {one['to']} is missing"


def _due(one: Json) -> tuple[str, datetime, datetime, str, str, str]:
    at, told = datetime.fromisoformat(one["due_at"]), datetime.fromisoformat(one["deliver_at"])
    return one["step"], at, told, one["effect"], one["to"], one["because"]


def _due_row(row: Row[Any]) -> tuple[str, datetime, datetime, str, str, str]:
    return row.step, row.due_at, row.deliver_at, row.effect, row.target, row.because


def _wrong_attached(kept: _Kept) -> Iterator[str]:
    """A mail is attached by an action that names it, and the action's mail is linked."""
    told = (_json(each.args) for each in kept.revisions if each.action != "reparse")
    named = {args["message"] for args in told if "message" in args}
    linked = {str(link.message) for link in kept.links if link.how == "attached"}
    for mail in sorted(linked - named):
        yield f"message {mail} is attached to it, but no revision says so"
    for mail in sorted(str(each) for each in named - linked):
        yield f"its history names message {mail}, which is not linked to it"
    for link in kept.links:
        decided = _json(link.trace).get("decisions", []) if link.how == "attached" else []
        for other in (one["again"] for one in decided if one.get("reading") == link.reading and "again" in one):
            if other != kept.row.ref:
                yield f"message {link.message} is a second request of {other}, not of it"


def _wrong_notices(kept: _Kept) -> Iterator[str]:
    told = {one.revision for one in kept.notices}
    for index in range(1, len(kept.revisions)):
        transition, n = kept.transition(index), kept.revisions[index].n
        if transition is None or n in told:
            continue
        args = _json(kept.revisions[index].args)
        silent = "imported" in args if transition.tells == "again" else "late" in args
        if transition.tells in _ALWAYS_TOLD and not silent:
            yield f"the notice of its revision {n} is missing"
    for one in kept.notices:
        said = _json(one.data)
        if said.get("to") != one.recipient or said.get("purpose") != one.purpose:
            yield f"its notice {one.id} was altered"
        if one.outbox is not None and one.letter is None:
            yield f"outgoing mail {one.outbox} of its notice {one.id} is missing"
        elif one.outbox is not None and one._mapping["as"] != "alarm" and not _same(one.sent_to, one.recipient):
            yield f"its notice {one.id} is to {one.recipient}, its outgoing mail {one.outbox} goes to {one.sent_to}"


def _same(address: str | None, other: str) -> bool:
    """Whether both are one mailbox, however they are written."""
    return (address or "").casefold() == other.casefold()


def _json(text: str | None) -> Json:
    """An object as it was stored; what was altered beyond reading counts as empty, unlike anything it should be."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
