"""Kept mails through today's parsers and settings: what would differ, and, if asked, what becomes of it.

The functions are those of the desk: the guarded reader reads, `plan` decides, the one door changes records.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from types import TracebackType

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from config.models import Settings
from daemon.act import Change as Made
from daemon.act import write_change
from daemon.desk.answer import answered_by, arrived
from daemon.desk.batch import write_plans
from daemon.desk.plan import Late, Plan, hints_for, hints_once_placed, plan, seen_of
from daemon.errands import Parse
from daemon.outbox.late import late_letter
from daemon.reader import Reader, ReaderDied
from daemon.store import Store, messages, outgoing, probes, records, rereading, sources
from daemon.store.messages import LostLease
from daemon.store.rereading import Kind, Opened, Selection
from daemon.store.sources import Seen
from parsers.records import Parsed, Reading
from rules.apply import apply
from rules.behalf import as_asked, asked_for
from rules.decide import decide_mail, readings_of
from rules.hours import NeverOpens
from rules.model import Action, Actor, Context, Decision, Envelope, MailDecision, Opening, Record, Refused
from rules.probe import tokens_in
from rules.rereading import BY_PROGRAM, Change, Comparison, compared, flat, owned_by_people, paired

REPEATS = 5
GONE = "today's reading has no such request any more"
FURTHER = "a further request is read today; it opens no record by itself"
BUSY = "somebody else changes it all the time"


class Again(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What reading a mail again shows, for each of its records or for the mail itself."""

    message: int
    received_at: datetime
    record: str | None = None
    fate: str
    """As it was before."""
    fate_now: str
    changes: tuple[Change, ...] = ()
    why: str | None = None
    """Why nothing was or would be done."""
    failed: bool = False
    """Whether that is a fault, and not only nothing to do."""
    done: bool = False
    """Whether it was written."""

    @property
    def is_new(self) -> bool:
        """Whether there is anything to write."""
        return self.why is None and (self.fate != self.fate_now or any(one.left is None for one in self.changes))


class Rereading(AbstractContextManager["Rereading"]):
    """One run over kept mails, beside a daemon that may work."""

    def __init__(self, settings: Settings, store: Store, keys: tuple[bytes, ...], late: Late, *, apply: bool) -> None:
        self._settings = settings
        self._store = store
        self._keys = keys
        self._late = late
        self._apply = apply
        self._reader = Reader(settings.templates)
        self._told: list[Record] = []
        self._sources: set[str] = set()
        self.read = 0

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._reader.close()
        if self._told or self._sources:
            self._store.write(self._finish).result()

    def run(self, wanted: Selection) -> Iterator[list[Again]]:
        """Read mail after mail; what differs of each."""
        after = 0
        while wanted.limit is None or self.read < wanted.limit:
            with self._store.read() as connection:
                batch = rereading.mails(connection, wanted, after)
            if not batch:
                return
            for one in batch[: None if wanted.limit is None else wanted.limit - self.read]:
                after = one.mail.id
                self.read += 1
                yield list(self._again(one))

    def _again(self, one: Kind) -> Iterator[Again]:
        parsed, why = self._parsed(one)
        if parsed is None:
            if one.fate != "quarantined":
                yield self._result(one, why=why, failed=True)
            return
        try:
            if one.fate == "opened":
                yield from self._records(one, parsed)
            else:
                yield from self._fate(one, parsed)
        except (NeverOpens, Refused) as error:
            yield self._result(one, why=str(error), failed=True)

    def _parsed(self, one: Kind) -> tuple[Parsed | None, str]:
        mail, settings = one.mail, self._settings
        try:
            (answer,) = self._reader.ask([Parse(mail.content, hints_for(settings, mail.recipient))])
            placed = hints_once_placed(settings, mail.recipient, answer.parsed) if answer.parsed else None
            if placed:
                (answer,) = self._reader.ask([Parse(mail.content, placed)])
        except ReaderDied as died:
            return None, f"the reader died of it: {died}"
        if answer.parsed is None:
            return None, f"it could not be read: {answer.error}"
        asked = asked_for(answer.parsed, _envelope(one), settings)
        return as_asked(answer.parsed, asked), ""

    def _result(self, one: Kind, **fields: object) -> Again:
        told = {"fate_now": one.fate, **fields}
        at = one.mail.received_at or one.mail.accepted_at
        return Again(message=one.mail.id, received_at=at, fate=one.fate, **told)  # type: ignore[arg-type]

    # Mails that opened records: fields.

    def _records(self, one: Kind, parsed: Parsed) -> Iterator[Again]:
        readings, decided = readings_of(parsed), self._decided(one, parsed)
        decisions, seen = decided.decisions, seen_of(one.mail, parsed, decided, _at(one))
        with self._store.read() as connection:
            known = list(rereading.opened(connection, one.mail.id))
            joined = rereading.joined(connection, one.mail.id)
        places = paired({each.reading: _as_read(each) for each in known}, readings) if decisions else {}
        for number in sorted(set(range(len(readings))) - joined):
            if decisions and number not in places.values() and decisions[number].ignored is None:
                yield self._result(one, why=FURTHER)
        for each in known:
            place = places.get(each.reading)
            if place is None:
                yield self._result(one, record=each.kept.record.ref, why=GONE)
                continue
            yield from self._record(one, each, readings[place], decisions[place], seen)

    def _decided(self, one: Kind, parsed: Parsed) -> MailDecision:
        """What would be decided; of no reading where the mail would open nothing today."""
        return decide_mail(parsed, _envelope(one), self._settings, Context(imported=True, late=True), _at(one))

    def _record(
        self, one: Kind, each: Opened, today: Reading, decision: Decision, seen: Seen | None
    ) -> Iterator[Again]:
        """Compare, and write; again where somebody else changes the record meanwhile."""
        for _ in range(REPEATS):
            found = _compared(each, today)
            if not found.changes:
                return
            done = False
            if self._apply and found.is_new:
                try:
                    self._apply_one(one, each, found, decision, seen)
                    done = True
                except records.Changed:
                    with self._store.read() as connection:
                        each = next(o for o in rereading.opened(connection, one.mail.id) if o.reading == each.reading)
                    continue
            yield self._result(one, record=each.kept.record.ref, changes=found.changes, done=done)
            return
        yield self._result(one, record=each.kept.record.ref, why=BUSY, failed=True)

    def _apply_one(self, one: Kind, each: Opened, found: Comparison, decision: Decision, seen: Seen | None) -> None:
        after = self._store.write(lambda c: self._change(c, one, each, found, decision, seen)).result()
        if after.kind != each.kept.record.kind:
            self._told.append(after)
        if seen:
            self._sources.add(seen.source)

    def _change(
        self,
        connection: Connection,
        one: Kind,
        each: Opened,
        found: Comparison,
        decision: Decision,
        seen: Seen | None,
    ) -> Record:
        record = each.kept.record
        opening = Opening(
            ref=record.ref,
            site=record.site,
            source=record.source,
            reading=found.reading,
            decision=decision,
            received_at=record.received_at,
        )
        fields = ", ".join(change.field for change in found.changes if change.left is None)
        args = {"message": str(one.mail.id), "fields": fields[:1000]}
        action = Action(name="reparse", actor=Actor("command", self._late.by), args=args, opening=opening)
        after, effects = apply(record, action, self._settings, self._late.at)
        write_change(connection, Made(each.kept, after, effects, action), self._settings.digest, self._late.at)
        if seen:
            sources.replace(connection, [seen])
        return after

    # Mails that opened nothing: their fate.

    def _fate(self, one: Kind, parsed: Parsed) -> Iterator[Again]:
        for _ in range(REPEATS):
            planned = self._planned(one, parsed)
            if planned.fated.fate == one.fate:
                return
            done = False
            if self._apply:
                try:
                    self._store.write(lambda c, p=planned: self._give(c, one, p)).result()  # type: ignore[misc]
                    done = True
                except (IntegrityError, records.Changed):
                    continue
                except LostLease:
                    return  # it has a new fate meanwhile
                self._told += [step.change.after for step in planned.steps if step.how == "opened"]
            yield from self._results(one, planned, done=done)
            return
        yield self._result(one, why=BUSY, failed=True)

    def _planned(self, one: Kind, parsed: Parsed) -> Plan:
        settings, mail = self._settings, one.mail
        with self._store.read() as connection:
            answered = answered_by(connection, settings, self._keys, mail)
            came = arrived(connection, settings, mail, parsed, answered) if answered else None
            probe = probes.find(connection, tokens_in(parsed))
            planned = plan(settings, mail, parsed, came, late=self._late, probe=probe)
            pair = (planned.fated.site, planned.fated.digest)
            first = messages.first_of(connection, [pair]).get(pair)
        if first is None or first == mail.id:
            return planned
        return plan(settings, mail, parsed, came, first, late=self._late, probe=probe)

    def _give(self, connection: Connection, one: Kind, planned: Plan) -> None:
        rereading.take_back(connection, one)
        write_plans(connection, [planned], self._settings.digest, self._late.at)

    def _results(self, one: Kind, planned: Plan, *, done: bool) -> Iterator[Again]:
        """A line for each record that is opened, else one for the mail."""
        now = planned.fated.fate
        for change in (step.change for step in planned.steps):
            values = flat(change.after.reading).items() if change.before is None else ()
            fields = tuple(Change(name, None, value) for name, value in values)
            ref = change.after.ref if done or change.before else None
            yield self._result(one, record=ref, fate_now=now, changes=fields, done=done)
        if not planned.steps:
            yield self._result(one, fate_now=now, done=done)

    def _finish(self, connection: Connection) -> None:
        """Tell each team once of all that became its own."""
        for source in self._sources:
            sources.prune(connection, source)
        teams: dict[tuple[str, str], list[Record]] = {}
        for record in self._told:
            teams.setdefault((record.site, record.team or ""), []).append(record)
        for (site, team), own in teams.items():
            outgoing.put(connection, late_letter(self._settings, site, team, own, self._late.at), self._late.at)


def _envelope(one: Kind) -> Envelope:
    mail = one.mail
    return Envelope(recipient=mail.recipient, sender=mail.sender, channel=mail.channel, accepted_at=_at(one))


def _at(one: Kind) -> datetime:
    return one.mail.received_at or one.mail.accepted_at


def _as_read(each: Opened) -> Reading:
    """What a program read last for it."""
    return next(reading for action, reading in reversed(each.history) if action in BY_PROGRAM)


def _compared(each: Opened, today: Reading) -> Comparison:
    record = each.kept.record
    free = record.kind == "unsorted" and record.state == "new"
    return compared(record.reading, today, owned_by_people(each.history), may_become=free)
