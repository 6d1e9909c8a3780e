"""Due notices become letters in the outbox; letters that their record has outrun are written again or withdrawn."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from itertools import chain
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from daemon.errands import Answer, Render
from daemon.log import get_logger
from daemon.outbox import brake
from daemon.outbox.alarms import leaking, not_told
from daemon.outbox.brake import Braked, braked
from daemon.outbox.compose import ComposeError
from daemon.outbox.draft import Draft, drafts
from daemon.outbox.letters import letter
from daemon.outbox.objections import hold, tell_left_out
from daemon.outbox.systems import system_letter
from daemon.outbox.together import joint_draft, joint_letter
from daemon.reader import ReaderDied
from daemon.seams import crash_point
from daemon.shift import Shift
from daemon.store import notices, outgoing
from daemon.store.holds import Holds
from daemon.store.notices import DueNotice
from daemon.store.outgoing import Letter
from parsers.enclosures import Enclosures, LeftOut
from rules.bundling import MOST, SHARED, mails_of
from rules.holding import still_holds
from rules.sites import is_configured
from templates.fallback import fallback
from templates.invitation import method_of
from templates.model import Rendered

BATCH = 50
BATCH_BYTES = 32 << 20
MOST_ALONG = 1000
"""Notices at once that go into mails with others, all those of one reader at least."""

log = get_logger(__name__)


class Gathered(NamedTuple):
    """Notices in hand, whose words the reader is writing."""

    due: list[DueNotice]
    stopped: Braked
    drafts: list[Draft]
    programs: list[Draft]
    """For other systems: no template writes these."""
    answers: Iterator[Answer]


class Bundler:
    """One batch at a time: gather, render, compose, keep."""

    def __init__(self, shift: Shift, ring: Callable[[], None]) -> None:
        self._shift = shift
        self._ring = ring
        self._holds = Holds(shift.store)
        self._kept: Future[None] | None = None

    def gather(self) -> Gathered | None:
        """Take the notices that are due and have the reader begin with their words."""
        self._wait_for_kept()
        shift, now = self._shift, self._shift.clock.now()
        held = self._holds.take(now, BATCH)
        with shift.store.read() as connection:
            found = notices.due(connection, now, BATCH) if held is None else notices.these(connection, held)
            due = _whole(connection, _within(found), now)
            stopped = braked(connection, shift.settings, [one for one in due if still_holds(one)], now)
            waiting = self._drafts(connection, stopped.sending)
            outdated = outgoing.outdated(connection, BATCH)
            carried = {key: notices.carried_by(connection, key) for key, *_ in outdated}
            outdated = [one for one in outdated if self._can_be_said(carried[one[0]])]
            again = {key: self._again(connection, carried[key], together) for key, _, together in outdated}
        for key, own_id, _ in outdated:
            self._rewrite(key, own_id, again[key], carried[key])
        if not due:
            self._holds.let_go()
            return None
        people = [one for one in waiting if not one.is_for_a_program]
        programs = [one for one in waiting if one.is_for_a_program]
        return Gathered(due, stopped, people, programs, self._begin(people))

    def keep(self, gathered: Gathered) -> None:
        """Make letters of them; senders are woken as soon as these are in the outbox."""
        gone = [one.id for one in gathered.due if not still_holds(one)]
        answered = zip(gathered.drafts, self._answered(gathered.drafts, gathered.answers), strict=False)
        letters = self._letters(gathered.due, chain(answered, ((one, None) for one in gathered.programs)))
        crash_point("after-render")
        self._kept = self._put(letters, gone, gathered.stopped)
        self._kept.add_done_callback(lambda _: self._ring())

    def close(self) -> None:
        """Keep what was begun, hold nothing more."""
        try:
            self._wait_for_kept()
        finally:
            self._holds.close()

    def next_due(self) -> datetime | None:
        """When the next notice is to be sent."""
        with self._shift.store.read() as connection:
            return notices.next_due(connection)

    def _begin(self, drafts: Sequence[Draft]) -> Iterator[Answer]:
        return self._shift.reader.begin([Render(one.job, one.enclosing) for one in drafts])

    def _drafts(self, connection: Connection, due: Sequence[DueNotice]) -> list[Draft]:
        """A draft for each mail that these notices make, in their order."""
        mails = mails_of(due)
        alone = [mail for mail in mails if len(mail) == 1 or mail[0].notice.way not in SHARED]
        single = {one.due.id: one for one in drafts(connection, self._shift, [mail[0] for mail in alone])}
        for first, *more in alone:
            single[first.id] = msgspec.structs.replace(single[first.id], also=tuple(each.id for each in more))
        return [single.get(mail[0].id) or joint_draft(connection, self._shift, mail) for mail in mails]

    def _letters(
        self, due: Sequence[DueNotice], written: Iterable[tuple[Draft, Answer | None]]
    ) -> list[tuple[Draft, Letter]]:
        """Compose all; what cannot be composed (an address no relay would take) goes to the admin."""
        made: list[tuple[Draft, Letter]] = []
        by_id = {one.id: one for one in due}
        for one, answer in written:
            try:
                carried = [by_id[number] for number in (one.due.id, *one.also)]
                made.append((one, self._compose(one, answer, carried)))
            except ComposeError as error:
                made.append((one, self._not_told(one, error)))
            else:
                if answer and answer.enclosures.left and not made[-1][1].held:
                    tell_left_out(self._shift, one, answer.enclosures.left)
        return made

    def _not_told(self, one: Draft, error: ComposeError) -> Letter:
        self._shift.count("letters_not_composed")
        log.error("letter-not-composed", notice=one.due.id, why=str(error))
        record, now = one.due.record, self._shift.clock.now()
        return not_told(self._shift.settings, one.due.id, record.ref, record.site, str(error), now)

    def _compose(
        self, one: Draft, answer: Answer | None, carried: Sequence[DueNotice], message_id: str | None = None
    ) -> Letter:
        """Write the letter; one to a customer that holds something of ours is held, and its writer told.

        Raises:
            ComposeError: It cannot be composed.
        """
        if answer is None:
            return system_letter(self._shift, one.due, one.original, message_id)
        if one.job.others:
            return joint_letter(self._shift, one, self._words(one, answer), carried, message_id)
        made = letter(self._shift, one, self._words(one, answer), answer.enclosures.taken, message_id)
        if made.held:
            self._shift.count("letters_guarded")
            log.error("letter-guarded", notice=one.due.id, ref=one.due.record.ref, why=made.held)
            hold(self._shift, one, made.held)
        return made

    def _answered(self, drafts: Sequence[Draft], answers: Iterator[Answer]) -> Iterator[Answer]:
        """The reader's answers for all; it may die of one."""
        done = 0
        while done < len(drafts):
            try:
                for answer in answers:
                    done += 1
                    yield answer
            except ReaderDied as died:
                left = (LeftOut("*", "unreadable"),) if drafts[done].enclosing else ()
                done += 1
                yield Answer(error=f"the template was over its limit: {died}", enclosures=Enclosures(left=left))
                answers = self._begin(drafts[done:])

    def _words(self, one: Draft, answer: Answer) -> Rendered:
        """As rendered; a template that fails falls back to plain words, because the lead must reach the team."""
        if answer.rendered is not None:
            return answer.rendered
        self._shift.count("template_fallbacks")
        log.error("template-failed", template=one.job.notice.template, why=answer.error)
        plainer = fallback(one.job)
        if plainer.calendar is None and method_of(one.job) is not None:
            log.error("calendar-lost", notice=one.due.id, ref=one.due.record.ref)
        return plainer

    def _put(self, letters: Sequence[tuple[Draft, Letter]], gone: Sequence[int], stopped: Braked) -> "Future[None]":
        shift, now = self._shift, self._shift.clock.now()
        shift.count("notices_capped", len(stopped.dropped))
        shift.count("notices_braked", len(stopped.waiting))

        def write(connection: Connection) -> None:
            if gone:
                notices.withdraw(connection, gone, now)
            brake.keep(connection, stopped, now)
            wanted = {number for one, _ in letters for number in (one.due.id, *one.also)}
            # meanwhile another daemon may have written the same words, or a command erased whom they are about
            ours = notices.free(connection, wanted) if wanted else wanted
            for one, made in letters:
                numbers = (one.due.id, *one.also)
                key = outgoing.put(connection, made, now) if ours.issuperset(numbers) else None
                if key is not None:
                    notices.carry(connection, [(number, key) for number in numbers])
                    self._alarm(connection, one, made.held, key)

        return shift.store.write(write, sync=False)  # the sender syncs before it sends

    def _alarm(self, connection: Connection, one: Draft, held: str | None, key: int | None) -> None:
        """The admin is told of what the leak guard held, in the commit that holds it."""
        if held and key is not None:
            record, now = one.due.record, self._shift.clock.now()
            told = leaking(self._shift.settings, key, record.ref, record.site, held, now)
            outgoing.put(connection, told, now)

    def _wait_for_kept(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            try:
                kept.result()
            except IntegrityError:
                log.info("bundle-repeated")  # somebody else carries one of them; the rest is due still

    def _rewrite(self, key: int, own_id: str, one: Draft | None, carried: Sequence[DueNotice]) -> None:
        """A letter whose record has moved on, and that no relay has seen, says what holds now, or is withdrawn."""
        write, now = self._shift.store.write, self._shift.clock.now()
        if one is None:
            write(lambda c: outgoing.withdraw(c, key)).result()
            return
        answer = None if one.is_for_a_program else next(self._answered([one], self._begin([one])))
        try:
            made = self._compose(one, answer, carried, own_id)
        except ComposeError as error:
            told = self._not_told(one, error)
            write(lambda c: outgoing.withdraw(c, key) and outgoing.put(c, told, now)).result()
            return

        def rewrite(connection: Connection) -> None:
            if outgoing.rewrite(connection, key, made):
                self._alarm(connection, one, made.held, key)

        write(rewrite).result()

    def _can_be_said(self, carried: Sequence[DueNotice]) -> bool:
        """Whether the sites are there in whose name the letter would be written again; else it stays as it is."""
        return all(is_configured(self._shift.settings, one.record.site) for one in carried)

    def _again(self, connection: Connection, carried: Sequence[DueNotice], together: bool) -> Draft | None:
        """What the letter would say of its records as they are now; None if nothing of it holds any more."""
        holding = [one for one in carried if still_holds(one)]
        if not holding:
            return None
        if together:
            return joint_draft(connection, self._shift, holding)
        return drafts(connection, self._shift, holding[:1])[0]


def _whole(connection: Connection, due: list[DueNotice], now: datetime) -> list[DueNotice]:
    """These notices, and what goes into the same mails with them.

    A reader whose others are too many for this time waits for the next: half of them would make two mails.
    """
    found = {one.id: one for one in due if one.notice.way not in SHARED}
    shared = 0
    for reader in dict.fromkeys(one.notice.to.lower() for one in due if one.notice.way in SHARED):
        if shared >= MOST_ALONG:
            break
        more = notices.along(connection, reader, now, MOST)
        if shared and shared + len(more) > MOST_ALONG:
            break
        shared += len(more)
        found |= {one.id: one for one in more}
    return sorted(found.values(), key=lambda one: (one.notice.at, one.id))


def _within(due: list[DueNotice]) -> list[DueNotice]:
    """As many as their originals fit into memory, at least one."""
    taken: list[DueNotice] = []
    size = 0
    for one in due:
        size += sum(mail.size for mail in (one.mail, one.further) if mail)
        if taken and size > BATCH_BYTES:
            break
        taken.append(one)
    return taken
