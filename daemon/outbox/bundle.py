"""Due notices become letters in the outbox; letters that their record has outrun are written again or withdrawn."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from daemon.errands import Answer, Render
from daemon.log import get_logger
from daemon.outbox.alarms import not_told
from daemon.outbox.compose import ComposeError
from daemon.outbox.letters import Draft, drafts, letter, still_holds
from daemon.outbox.together import joint_draft, joint_letter
from daemon.reader import ReaderDied
from daemon.seams import crash_point
from daemon.shift import Shift
from daemon.store import notices, outgoing
from daemon.store.holds import Holds
from daemon.store.notices import DueNotice
from daemon.store.outgoing import Letter
from rules.bundling import SHARED, mails_of
from templates.fallback import fallback
from templates.model import Rendered

BATCH = 50
BATCH_BYTES = 32 << 20
MOST_ALONG = 1000
"""Notices at once that go into mails with others."""

log = get_logger(__name__)


class Gathered(NamedTuple):
    """Notices in hand, whose words the reader is writing."""

    due: list[DueNotice]
    drafts: list[Draft]
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
            waiting = self._drafts(connection, [one for one in due if still_holds(one)])
            outdated = outgoing.outdated(connection, BATCH)
            carried = {key: notices.carried_by(connection, key) for key, *_ in outdated}
            again = {key: self._again(connection, carried[key], together) for key, _, together in outdated}
        for key, own_id, _ in outdated:
            self._rewrite(key, own_id, again[key], carried[key])
        if not due:
            self._holds.let_go()
            return None
        return Gathered(due, waiting, self._begin(waiting))

    def keep(self, gathered: Gathered) -> None:
        """Make letters of them; senders are woken as soon as these are in the outbox."""
        gone = [one.id for one in gathered.due if not still_holds(one)]
        letters = self._letters(gathered)
        crash_point("after-render")
        self._kept = self._put(letters, gone)
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
        return self._shift.reader.begin([Render(one.job) for one in drafts])

    def _drafts(self, connection: Connection, due: Sequence[DueNotice]) -> list[Draft]:
        """A draft for each mail that these notices make, in their order."""
        mails = mails_of(due)
        alone = [mail for mail in mails if len(mail) == 1 or mail[0].notice.way not in SHARED]
        single = {one.due.id: one for one in drafts(connection, self._shift, [mail[0] for mail in alone])}
        for first, *more in alone:
            single[first.id] = msgspec.structs.replace(single[first.id], also=tuple(each.id for each in more))
        return [single.get(mail[0].id) or joint_draft(connection, self._shift, mail) for mail in mails]

    def _letter(
        self, one: Draft, rendered: Rendered, carried: Sequence[DueNotice], own_id: str | None = None
    ) -> Letter:
        if one.job.others:
            return joint_letter(self._shift, one, rendered, carried, own_id)
        return letter(self._shift, one, rendered, own_id)

    def _letters(self, gathered: Gathered) -> list[tuple[Draft, Letter]]:
        """Render and compose all; what cannot be composed (an address no relay would take) goes to the admin."""
        made: list[tuple[Draft, Letter]] = []
        by_id, drafts = {one.id: one for one in gathered.due}, gathered.drafts
        for one, rendered in zip(drafts, self._rendered(drafts, gathered.answers), strict=False):
            try:
                carried = [by_id[number] for number in (one.due.id, *one.also)]
                made.append((one, self._letter(one, rendered, carried)))
            except ComposeError as error:
                self._shift.count("letters_not_composed")
                log.error("letter-not-composed", notice=one.due.id, why=str(error))  # noqa: TRY400 - no fault of ours
                record, now = one.due.record, self._shift.clock.now()
                told = not_told(self._shift.settings, one.due.id, record.ref, record.site, str(error), now)
                made.append((one, told))
        return made

    def _rendered(self, drafts: Sequence[Draft], answers: Iterator[Answer]) -> Iterator[Rendered]:
        """Words for all; a template that fails falls back to plain ones, because the lead must reach the team."""
        done = 0
        while done < len(drafts):
            try:
                for answer in answers:
                    done += 1
                    yield self._words(drafts[done - 1], answer)
            except ReaderDied as died:
                done += 1
                yield self._words(drafts[done - 1], Answer(error=f"the template was over its limit: {died}"))
                answers = self._begin(drafts[done:])

    def _words(self, one: Draft, answer: Answer) -> Rendered:
        if answer.rendered is not None:
            return answer.rendered
        self._shift.count("template_fallbacks")
        log.error("template-failed", template=one.job.notice.template, why=answer.error)
        return fallback(one.job)

    def _put(self, letters: Sequence[tuple[Draft, Letter]], gone: Sequence[int]) -> "Future[None]":
        shift, now = self._shift, self._shift.clock.now()

        def write(connection: Connection) -> None:
            if gone:
                notices.withdraw(connection, gone, now)
            ours = {number for one, _ in letters for number in (one.due.id, *one.also)}
            if shift.store.is_shared:  # another daemon may have written the same words meanwhile
                ours = notices.free(connection, ours)
            kept = (
                ((one.due.id, *one.also), outgoing.put(connection, made, now))
                for one, made in letters
                if ours.issuperset((one.due.id, *one.also))
            )
            pairs = [(number, key) for numbers, key in kept if key is not None for number in numbers]
            notices.carry(connection, pairs)

        return shift.store.write(write, sync=False)  # the sender syncs before it sends

    def _wait_for_kept(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            try:
                kept.result()
            except IntegrityError:
                log.info("bundle-repeated")  # somebody else carries one of them; the rest is due still

    def _rewrite(self, key: int, own_id: str, one: Draft | None, carried: Sequence[DueNotice]) -> None:
        """A letter whose record has moved on, and that no relay has seen, says what holds now, or is withdrawn."""
        write = self._shift.store.write
        if one is None:
            write(lambda c: outgoing.withdraw(c, key)).result()
        else:
            rendered = next(self._rendered([one], self._begin([one])))
            made = self._letter(one, rendered, carried, own_id)
            write(lambda c: outgoing.rewrite(c, key, made)).result()

    def _again(self, connection: Connection, carried: Sequence[DueNotice], together: bool) -> Draft | None:
        """What the letter would say of its records as they are now; None if nothing of it holds any more."""
        holding = [one for one in carried if still_holds(one)]
        if not holding:
            return None
        if together:
            return joint_draft(connection, self._shift, holding)
        return drafts(connection, self._shift, holding[:1])[0]


def _whole(connection: Connection, due: list[DueNotice], now: datetime) -> list[DueNotice]:
    """These notices, and what goes into the same mails with them."""
    found = {one.id: one for one in due}
    found |= {one.id: one for one in notices.along(connection, due, now, MOST_ALONG)}
    return sorted(found.values(), key=lambda one: (one.notice.at, one.id))


def _within(due: list[DueNotice]) -> list[DueNotice]:
    """As many as their originals fit into memory, at least one."""
    taken: list[DueNotice] = []
    size = 0
    for one in due:
        size += one.mail.size if one.mail else 0
        if taken and size > BATCH_BYTES:
            break
        taken.append(one)
    return taken
