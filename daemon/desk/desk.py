"""The desk: takes accepted mails, has them read, and writes what becomes of them."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import NamedTuple, Protocol

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from config.lookup import desk_token
from daemon.desk import people
from daemon.desk.answer import (
    Answered,
    Arrived,
    about_letter,
    answered_by,
    arrived,
    astray_from,
    may_mention,
    mentioned_by,
    own_letter,
)
from daemon.desk.batch import Batch, write_plans
from daemon.desk.behalf import OnBehalf, on_behalf
from daemon.desk.bounce import Returned, bounced_letter, returned, sent_from_here
from daemon.desk.people import Met
from daemon.desk.plan import Plan, hints_for, hints_once_placed, plan
from daemon.desk.watch import Watch
from daemon.errands import Answer, Parse
from daemon.log import get_logger
from daemon.reader import ReaderDied
from daemon.seams import crash_point
from daemon.shift import Shift
from daemon.store import StoreError, messages, probes, records
from daemon.store.mailed import SentTo
from daemon.store.messages import Claimed, LostLease
from daemon.store.probes import Probe
from parsers.records import Parsed
from rules.astray import Astray
from rules.model import IMPORTED
from rules.probe import tokens_in

BATCH = 50
REPEATS = 5

log = get_logger(__name__)

Read = tuple[Claimed, Parsed, Answered | None]


class Taken(NamedTuple):
    """A batch in hand, which the reader is reading."""

    mails: list[Claimed]
    answered: list[Answered | None]
    answers: Iterator[Answer]


class Guide(Protocol):
    """Writes to somebody of the house whose answer means no record."""

    def write(self, connection: Connection, one: Astray, now: datetime) -> None:
        """In the commit of the answer's fate."""

    def ring(self) -> None:
        """It is committed."""


class Desk:
    """One batch at a time: claim, read, decide, write."""

    def __init__(
        self,
        shift: Shift,
        tell_quarantined: Callable[[int, str], None],
        watch: Watch | None = None,
        guide: Guide | None = None,
    ) -> None:
        self._shift = shift
        self._guide = guide
        self._watch = watch
        self._tell_quarantined = tell_quarantined
        self._in_hand = ""
        self._next: tuple[str, Future[list[Claimed]]] | None = None

    def take(self) -> Taken | None:
        """Take the mails that wait longest and have the reader begin with them."""
        (lease, claim), self._next = self._next or self._claim(), None
        self._in_hand = lease
        mails = claim.result()
        if not mails:
            self._shift.leases.let_go(lease)
            return None
        crash_point("after-claim")
        shift, answered = self._shift, self._answered(mails)
        answers = shift.reader.begin([Parse(mail.content, hints_for(shift.settings, mail.recipient)) for mail in mails])
        return Taken(mails, answered, answers)

    def keep(self, taken: Taken) -> None:
        """Decide on each mail as soon as it is read, write what becomes of all, and claim the next in the same go."""
        read: list[Read] = []
        drafts: list[Plan | None] = []
        done = 0
        try:
            for mail, named, answer in zip(taken.mails, taken.answered, taken.answers, strict=False):
                done += 1
                if answer.parsed is None:
                    self._quarantine(mail, f"it could not be read: {answer.error}")
                else:
                    read.append((mail, answer.parsed, named))
                    drafts.append(self._plan(mail, answer.parsed, named))
        except ReaderDied as died:
            self._set_aside(taken.mails[done:], died, alone=len(taken.mails) == 1)
        self._read_again(read, drafts)
        crash_point("after-parse")
        if read:
            self._keep(read, drafts)
        self._shift.leases.let_go(taken.mails[0].lease)
        crash_point("after-commit")

    def _read_again(self, read: list[Read], drafts: list[Plan | None]) -> None:
        """Read those anew whose site became known by reading them; one that cannot be stays as it was read first."""
        settings = self._shift.settings
        hints = {
            number: placed
            for number, (mail, parsed, _) in enumerate(read)
            if drafts[number] and (placed := hints_once_placed(settings, mail.recipient, parsed))
        }
        if not hints:
            return
        answers = self._shift.reader.begin([Parse(read[number][0].content, placed) for number, placed in hints.items()])
        try:
            for number, answer in zip(hints, answers, strict=False):
                if answer.parsed is not None:
                    mail, _, named = read[number]
                    read[number] = (mail, answer.parsed, named)
                    drafts[number] = self._plan(mail, answer.parsed, named)
        except ReaderDied as died:
            log.warning("mails-not-read-again", why=str(died))

    def forget(self) -> None:
        """The database was away: what was in hand, or claimed ahead, is taken anew."""
        self._shift.leases.let_go(self._in_hand)
        if self._next is not None:
            self._shift.leases.let_go(self._next[0])
            self._next = None

    def put_back(self) -> None:
        """Free the mails that were claimed ahead."""
        if self._next is not None:
            (lease, claim), self._next = self._next, None
            self._shift.leases.let_go(lease)
            if mails := claim.result():
                self._shift.store.write(lambda c: messages.release(c, [mail.id for mail in mails], lease)).result()

    def next_due(self) -> datetime | None:
        """When there will be something to do."""
        with self._shift.store.read() as connection:
            return messages.next_due(connection)

    def _claim(self) -> tuple[str, "Future[list[Claimed]]"]:
        shift = self._shift
        lease, now = shift.leases.new(), shift.clock.now()
        claim = shift.store.write(lambda c: messages.claim(c, now=now, lease=lease, limit=BATCH), sync=False)
        return lease, claim

    def _answered(self, mails: Sequence[Claimed]) -> list[Answered | None]:
        """The records that desk tokens name."""
        settings, keys = self._shift.settings, self._shift.keys
        if not any(desk_token(settings, mail.recipient) for mail in mails):
            return [None] * len(mails)
        with self._shift.store.read() as connection:
            return [answered_by(connection, settings, keys, mail) for mail in mails]

    def _set_aside(self, unread: Sequence[Claimed], died: ReaderDied, *, alone: bool) -> None:
        """The first mail without an answer was in hand: it waits and is tried alone; the others are free again."""
        shift = self._shift
        in_hand, others = unread[0], unread[1:]
        proven = died.in_hand and alone
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
        if mail.channel != IMPORTED:  # else whoever imports is told by the import itself
            self._tell_quarantined(mail.id, why)

    def _keep(self, read: Sequence[Read], drafts: Sequence[Plan | None]) -> None:
        """Write a batch in one go; if anything of it does not fit any more, one by one."""
        plans, later = self._plans(read, drafts)
        stored = self._store(plans)
        self._next = self._claim()
        try:
            stored.result()
        except (IntegrityError, LostLease, records.Changed):
            log.info("batch-repeated", mails=len(read))
            later = list(read)
        else:
            self._count(plans)
        for one in later:
            self._keep_one(one)

    def _plans(self, read: Sequence[Read], drafts: Sequence[Plan | None]) -> tuple[list[Plan], list[Read]]:
        """Plans for a batch, and the mails that hang on an earlier one of it, by record or person: they come later."""
        first_of, met = self._looked_up(drafts)
        batch, later = Batch(), list[Read]()
        for one, draft, known in zip(read, drafts, met, strict=True):
            if draft is None:
                continue
            same = (draft.fated.site, draft.fated.digest)
            first = first_of.get(same, draft.fated.id)
            if first != draft.fated.id:
                draft = self._plan(*one, first)
            elif known:
                draft = self._plan(*one, met=known)
            if draft is None:
                continue
            if batch.delays(draft):
                later.append(one)
            else:
                batch.take(draft)
                first_of.setdefault(same, draft.fated.id)
        return batch.plans, later

    def _looked_up(self, drafts: Sequence[Plan | None]) -> tuple[dict[tuple[str, str], int], Sequence[tuple[Met, ...]]]:
        """The mails that these could repeat, and what their people have asked before."""
        pairs = [(one.fated.site, one.fated.digest) for one in drafts if one]
        with self._shift.store.read() as connection:
            met = people.look_up(connection, [one.people if one else frozenset() for one in drafts])
            return messages.first_of(connection, pairs), met

    def _plan(
        self,
        mail: Claimed,
        parsed: Parsed,
        named: Answered | None,
        repeat_of: int | None = None,
        met: Sequence[Met] = (),
    ) -> Plan | None:
        """The plan for a mail; whatever goes wrong with one, such as hours that never come, stops no other."""
        try:
            settings = self._shift.settings
            sent = self._sent(mail)
            asked = self._on_behalf(mail, parsed)
            came, own, astray = (None, None, None) if asked else self._arrived(mail, parsed, named, sent)
            back = self._back(mail, parsed, sent)
            bounced = sent.letter if sent else None
            probe = self._probe(parsed)
            return plan(
                settings,
                mail,
                parsed,
                came,
                repeat_of,
                own=own,
                astray=astray,
                bounced=bounced,
                back=back,
                met=met,
                probe=probe,
                asked=asked,
            )
        except StoreError:
            raise  # the database is away: no fault of the mail's
        except Exception as error:
            log.exception("mail-not-decided", message=mail.id)
            self._quarantine(mail, f"it could not be decided: {error}")
            return None

    def _on_behalf(self, mail: Claimed, parsed: Parsed) -> OnBehalf | None:
        """The booking that a member asks for in a customer's name."""
        if parsed.behalf is None:
            return None
        with self._shift.store.read() as connection:
            return on_behalf(connection, self._shift.settings, mail, parsed)

    def _probe(self, parsed: Parsed) -> Probe | None:
        """The mail of our own to a source's address that this one is."""
        tokens = tokens_in(parsed)
        if not tokens:
            return None
        with self._shift.store.read() as connection:
            return probes.find(connection, tokens)

    def _sent(self, mail: Claimed) -> SentTo | None:
        """The outgoing mail of ours whose envelope sender this one came to."""
        settings = self._shift.settings
        number = bounced_letter(settings, self._shift.keys, mail)
        if number is None:
            return None
        with self._shift.store.read() as connection:
            return sent_from_here(connection, settings, number, mail)

    def _back(self, mail: Claimed, parsed: Parsed, sent: SentTo | None) -> Returned | None:
        """The outgoing mail that came back by this one."""
        if sent is None:
            return None
        with self._shift.store.read() as connection:
            return returned(connection, self._shift.settings, sent, mail, parsed)

    def _arrived(
        self, mail: Claimed, parsed: Parsed, named: Answered | None, sent: SentTo | None
    ) -> tuple[Arrived | None, int | None, tuple[int, Astray] | None]:
        """What the mail does to a record that it answers, or of ours which one it is, or which of several records."""
        settings = self._shift.settings
        if sent is not None and parsed.mail_class not in ("person", "reply"):
            return None, None, None
        if (named or sent) is None and parsed.own_record is None and not may_mention(settings, parsed):
            return None, None, None
        with self._shift.store.read() as connection:
            answered = named or (about_letter(connection, sent) if sent else None)
            answered = answered or mentioned_by(connection, settings, mail, parsed)
            came = arrived(connection, settings, mail, parsed, answered) if answered else None
            astray = astray_from(connection, settings, mail, parsed) if answered is None else None
            return came, own_letter(connection, parsed), astray

    def _keep_one(self, one: Read) -> None:
        mail, parsed, _ = one
        for _ in range(REPEATS):
            (named,) = self._answered([mail])
            plans, _later = self._plans([(mail, parsed, named)], [self._plan(mail, parsed, named)])
            try:
                self._store(plans).result()
            except LostLease:
                log.warning("lease-lost", message=mail.id)
                return
            except (IntegrityError, records.Changed):
                continue
            self._count(plans)
            return
        log.error("mail-not-kept", message=mail.id)  # its lease runs out and it is tried again

    def _store(self, plans: Sequence[Plan]) -> "Future[None]":
        settings, at = self._shift.settings.digest, self._shift.clock.now()
        # No sync: the sender syncs before anything of it is told to anybody.
        return self._shift.store.write(lambda c: self._write(c, plans, settings, at), sync=False)

    def _write(self, connection: Connection, plans: Sequence[Plan], settings: str, at: datetime) -> None:
        write_plans(connection, plans, settings, at)
        for one in plans:
            if one.astray is not None and self._guide is not None:
                self._guide.write(connection, one.astray, at)

    def _count(self, plans: Sequence[Plan]) -> None:
        for one in plans:
            self._shift.count(f"fate_{one.fated.fate}")
            self._shift.count("bounces_attributed", one.returned is not None)
        if self._guide is not None and any(one.astray for one in plans):
            self._guide.ring()
        if self._watch is not None:
            self._watch.saw(one.seen for one in plans if one.seen)
