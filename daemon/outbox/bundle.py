"""Due notices become letters in the outbox; letters that their record has outrun are written again or withdrawn."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from daemon.errands import Answer, Render
from daemon.log import get_logger
from daemon.outbox.alarms import not_told
from daemon.outbox.compose import ComposeError
from daemon.outbox.letters import Draft, drafts, letter, still_holds
from daemon.reader import ReaderDied
from daemon.seams import crash_point
from daemon.shift import Shift
from daemon.store import notices, outgoing
from daemon.store.notices import DueNotice
from daemon.store.outgoing import Letter
from templates.fallback import fallback
from templates.model import Rendered

BATCH = 50
BATCH_BYTES = 32 << 20

log = get_logger(__name__)


class Bundler:
    """One batch at a time: gather, render, compose, keep."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift

    def step(self) -> int:
        """Handle the notices that are due; how many there were."""
        shift = self._shift
        with shift.store.read() as connection:
            due = _within(notices.due(connection, shift.clock.now(), BATCH))
            holding = [one for one in due if still_holds(one.notice, one.record)]
            waiting = drafts(connection, shift, holding)
        gone = [one.id for one in due if not still_holds(one.notice, one.record)]
        letters = self._letters(waiting)
        if due:
            crash_point("after-render")
            self._keep(letters, gone)
        return len(due) + self._rewrite_outdated()

    def next_due(self) -> datetime | None:
        """When the next notice is to be sent."""
        with self._shift.store.read() as connection:
            return notices.next_due(connection)

    def _letters(self, drafts: Sequence[Draft]) -> list[tuple[Draft, Letter]]:
        """Render and compose all; what cannot be composed (an address no relay would take) goes to the admin."""
        made: list[tuple[Draft, Letter]] = []
        for one, rendered in zip(drafts, self._render(drafts), strict=True):
            try:
                made.append((one, letter(self._shift, one, rendered)))
            except ComposeError as error:
                self._shift.count("letters_not_composed")
                log.error("letter-not-composed", notice=one.due.id, why=str(error))  # noqa: TRY400 - no fault of ours
                record, now = one.due.record, self._shift.clock.now()
                told = not_told(self._shift.settings, one.due.id, record.ref, record.site, str(error), now)
                made.append((one, told))
        return made

    def _render(self, drafts: Sequence[Draft]) -> list[Rendered]:
        """Words for all; a template that fails falls back to plain ones, because the lead must reach the team."""
        shift = self._shift
        rendered: list[Rendered] = []
        while len(rendered) < len(drafts):
            waiting = drafts[len(rendered) :]
            try:
                answers = shift.reader.ask([Render(one.job) for one in waiting])
            except ReaderDied as died:
                hung = Answer(error=f"the template was over its limit: {died}")
                answers = [*died.answers, hung]
            rendered.extend(self._words(one, answer) for one, answer in zip(waiting, answers, strict=False))
        return rendered

    def _words(self, one: Draft, answer: Answer) -> Rendered:
        if answer.rendered is not None:
            return answer.rendered
        self._shift.count("template_fallbacks")
        log.error("template-failed", template=one.job.notice.template, why=answer.error)
        return fallback(one.job)

    def _keep(self, letters: Sequence[tuple[Draft, Letter]], gone: Sequence[int]) -> None:
        shift = self._shift
        now = shift.clock.now()

        def write(connection: Connection) -> None:
            if gone:
                notices.withdraw(connection, gone, now)
            kept = ((one.due.id, outgoing.put(connection, made, now)) for one, made in letters)
            notices.carry(connection, [(notice_id, key) for notice_id, key in kept if key is not None])

        try:
            shift.store.write(write, sync=False).result()  # the sender syncs before it sends
        except IntegrityError:
            log.info("bundle-repeated")  # somebody else carries one of them; the rest is due still

    def _rewrite_outdated(self) -> int:
        shift = self._shift
        with shift.store.read() as connection:
            found = outgoing.outdated(connection, BATCH)
            fresh = {key: self._again(connection, key) for key, _ in found}
        for key, own_id in found:
            one = fresh[key]
            if one is None:
                shift.store.write(lambda c, key=key: outgoing.withdraw(c, key)).result()  # type: ignore[misc]
            else:
                made = letter(shift, one, self._render([one])[0], own_id)
                shift.store.write(lambda c, key=key, made=made: outgoing.rewrite(c, key, made)).result()  # type: ignore[misc]
        return len(found)

    def _again(self, connection: Connection, outbox_id: int) -> Draft | None:
        """What the letter would say of the record as it is now; None if it no longer holds."""
        one = notices.carried_by(connection, outbox_id)
        return drafts(connection, self._shift, [one])[0] if one and still_holds(one.notice, one.record) else None


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
