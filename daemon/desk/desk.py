"""The desk: takes accepted mails, has them read, and writes what becomes of them."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from daemon.desk.plan import Answered, Plan, answered_by, hints_for, plan
from daemon.errands import Parse
from daemon.log import get_logger
from daemon.reader import ReaderDied
from daemon.seams import crash_point, wall_now
from daemon.shift import Shift
from daemon.store import messages, records
from daemon.store.messages import Claimed, LostLease
from parsers.records import Parsed

BATCH = 50
REPEATS = 5

log = get_logger(__name__)

Read = tuple[Claimed, Parsed]


class Desk:
    """One batch at a time: claim, read, decide, write."""

    def __init__(self, shift: Shift, tell_quarantined: Callable[[int, str], None]) -> None:
        self._shift = shift
        self._tell_quarantined = tell_quarantined

    def step(self) -> int:
        """Handle the mails that wait longest; how many there were."""
        shift = self._shift
        lease, now, wall = shift.new_lease(), shift.clock.now(), wall_now()
        claimed = shift.store.write(
            lambda c: messages.claim(c, now=now, wall=wall, lease=lease, limit=BATCH), sync=False
        ).result()
        if not claimed:
            return 0
        crash_point("after-claim")
        readable = self._read(claimed)
        crash_point("after-parse")
        if readable:
            self._keep(readable)
        crash_point("after-commit")
        return len(claimed)

    def next_due(self) -> datetime | None:
        """When there will be something to do."""
        with self._shift.store.read() as connection:
            return messages.next_due(connection)

    def _read(self, claimed: Sequence[Claimed]) -> list[Read]:
        """Have the mails read; set aside those that cannot be."""
        shift = self._shift
        requests = [Parse(mail.content, hints_for(shift.settings, mail.recipient)) for mail in claimed]
        try:
            answers = shift.reader.ask(requests)
        except ReaderDied as died:
            answers = died.answers
            self._set_aside(claimed, died)
        read: list[Read] = []
        for mail, answer in zip(claimed, answers, strict=False):
            if answer.parsed is not None:
                read.append((mail, answer.parsed))
            else:
                self._quarantine(mail, f"it could not be read: {answer.error}")
        return read

    def _set_aside(self, claimed: Sequence[Claimed], died: ReaderDied) -> None:
        """The first mail without an answer was in hand: it waits and is tried alone; the others are free again."""
        shift = self._shift
        unread = claimed[len(died.answers) :]
        in_hand, others = unread[0], unread[1:]
        proven = died.in_hand and len(claimed) == 1
        at = shift.clock.now()

        def write(connection: Connection) -> str:
            messages.release(connection, [mail.id for mail in others], in_hand.lease)
            if not died.in_hand:
                messages.release(connection, [in_hand.id], in_hand.lease)
                return "pending"
            return messages.suspect(connection, in_hand, proven=proven, why=str(died), at=at)

        if shift.store.write(write).result() == "quarantined":
            self._quarantined(in_hand, str(died))

    def _quarantine(self, mail: Claimed, why: str) -> None:
        shift, at = self._shift, self._shift.clock.now()
        shift.store.write(lambda c: messages.quarantine(c, mail.id, mail.lease, why, at)).result()
        self._quarantined(mail, why)

    def _quarantined(self, mail: Claimed, why: str) -> None:
        self._shift.count("quarantined")
        log.error("mail-quarantined", message=mail.id, why=why)
        self._tell_quarantined(mail.id, why)

    def _keep(self, read: Sequence[Read]) -> None:
        """Write a batch in one go; if anything of it does not fit any more, one by one."""
        plans, later = self._plans(read)
        try:
            self._store(plans)
        except (IntegrityError, LostLease, records.Changed):
            log.info("batch-repeated", mails=len(read))
            later = list(read)
        else:
            self._count(plans)
        for one in later:
            self._keep_one(one)

    def _plans(self, read: Sequence[Read]) -> tuple[list[Plan], list[Read]]:
        """Plans for a batch, and the mails whose record an earlier one of the batch changes: they come later."""
        shift = self._shift
        with shift.store.read() as connection:
            answered = [answered_by(connection, shift.settings, shift.keys, mail) for mail, _ in read]
            drafts = [self._plan(mail, parsed, named) for (mail, parsed), named in zip(read, answered, strict=True)]
            pairs = [(one.fated.site, one.fated.digest) for one in drafts if one]
            first_of = messages.first_of(connection, pairs)
        plans: list[Plan] = []
        later: list[Read] = []
        touched: set[int] = set()
        for one, named, draft in zip(read, answered, drafts, strict=True):
            if named and named.kept.id in touched:
                later.append(one)
            elif draft is not None:
                first = first_of.setdefault((draft.fated.site, draft.fated.digest), draft.fated.id)
                repeated = self._plan(*one, named, first) if first != draft.fated.id else draft
                plans += [repeated] if repeated else []
                touched |= {named.kept.id} if named else set()
        return plans, later

    def _plan(self, mail: Claimed, parsed: Parsed, named: Answered | None, repeat_of: int | None = None) -> Plan | None:
        """The plan for a mail; whatever goes wrong with one, such as hours that never come, stops no other."""
        try:
            return plan(self._shift.settings, mail, parsed, named, repeat_of)
        except Exception as error:
            log.exception("mail-not-decided", message=mail.id)
            self._quarantine(mail, f"it could not be decided: {error}")
            return None

    def _keep_one(self, one: Read) -> None:
        for _ in range(REPEATS):
            plans, _ = self._plans([one])
            try:
                self._store(plans)
            except LostLease:
                log.warning("lease-lost", message=one[0].id)
                return
            except (IntegrityError, records.Changed):
                continue
            self._count(plans)
            return
        log.error("mail-not-kept", message=one[0].id)  # its lease runs out and it is tried again

    def _store(self, plans: Sequence[Plan]) -> None:
        settings, at = self._shift.settings.digest, self._shift.clock.now()
        # No sync: the sender syncs before anything of it is told to anybody.
        self._shift.store.write(lambda c: _write(c, plans, settings, at), sync=False).result()

    def _count(self, plans: Sequence[Plan]) -> None:
        for one in plans:
            self._shift.count(f"fate_{one.fated.fate}")


def _write(connection: Connection, plans: Sequence[Plan], settings: str, at: datetime) -> None:
    """Fates, records, revisions, deadlines and notices of a batch."""
    messages.finish(connection, [one.fated for one in plans], at)
    changes = [(one.fated.id, change) for one in plans for change in one.changes]
    opened = [(message_id, change) for message_id, change in changes if change.before is None]
    openings = [(change.after, change.effects, change.action) for _, change in opened]
    keys = records.open_records(connection, openings, settings, at) if openings else []
    links = [(key, change.reading, record, "opened") for (key, change), record in zip(opened, keys, strict=True)]
    for message_id, change in changes:
        if change.before is not None:
            records.save(connection, change.before, change.after, change.effects, change.action, settings, at)
            links.append((message_id, change.reading, change.before.id, "attached"))
    records.link(connection, links)
