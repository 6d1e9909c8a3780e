"""The daily list of what is open, written when the calendar has asked for it and sent as a letter to each team."""

import time
from collections.abc import Callable
from datetime import date

from sqlalchemy import Connection

from daemon.errands import Render
from daemon.log import get_logger
from daemon.outbox.compose import ComposeError
from daemon.outbox.draft import own_address, site_card
from daemon.outbox.together import content
from daemon.reader import ReaderDied
from daemon.shift import Shift
from daemon.store import open_records, outgoing, runs
from daemon.store.outgoing import Letter
from rules.model import Notice
from rules.openlist import OpenList, is_overdue, open_lists
from templates.fallback import fallback
from templates.model import Rendered, RenderItem, RenderJob

LIST = "list"
LOOK_SECONDS = 30.0
"""How often it is looked for runs that another daemon began and did not do."""
MOST_OPEN = 1000

log = get_logger(__name__)


class Lists:
    """Does the runs of the daily list."""

    def __init__(self, shift: Shift, ring: Callable[[], None]) -> None:
        self._shift = shift
        self._ring = ring
        self._next_look = 0.0

    def wake(self) -> None:
        """A run was begun."""
        self._next_look = 0.0

    def step(self) -> None:
        """Write the lists that are asked for."""
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_SECONDS
        with self._shift.store.read() as connection:
            found = runs.waiting(connection, LIST)
        for one in found:
            self._do(one)

    def _do(self, one: runs.Run) -> None:
        shift, now = self._shift, self._shift.clock.now()
        site = shift.settings.sites.get(one.scope)
        lists: tuple[OpenList, ...] = ()
        if site is not None:
            with shift.store.read() as connection:
                found = open_records.at_site(connection, site.id, MOST_OPEN)
            lists = open_lists(shift.settings, site, found, date.fromisoformat(one.day), now)
        letters = [letter for each in lists if (letter := self._letter(one, each)) is not None]

        def write(connection: Connection) -> None:
            if runs.finish(connection, one, now):
                for letter in letters:
                    outgoing.put(connection, letter, now)

        shift.store.write(write).result()
        log.info("list-told", site=one.scope, day=one.day, mails=len(letters))
        if letters:
            self._ring()

    def _letter(self, one: runs.Run, wanted: OpenList) -> Letter | None:
        job = self._job(one.scope, wanted)
        rendered, own_id = self._words(job), self._shift.new_message_id()
        try:
            mail = content(self._shift, one.scope, job.notice, rendered, own_id)
        except ComposeError as error:
            self._shift.count("letters_not_composed")
            log.error("list-not-composed", site=one.scope, team=wanted.team, why=str(error))  # noqa: TRY400 - no fault of ours
            return None
        return Letter(
            dedupe=f"{LIST}:{one.scope}:{one.day}:{wanted.to}",
            purpose=LIST,
            category=job.notice.category,
            site=one.scope,
            recipient=wanted.to,
            sender=job.site.desk,
            subject=rendered.subject,
            message_id=own_id,
            content=mail,
        )

    def _job(self, site_id: str, wanted: OpenList) -> RenderJob:
        shift, now = self._shift, self._shift.clock.now()
        site = shift.settings.sites[site_id]
        items = tuple(
            RenderItem(
                record=each.record,
                due_at=each.due_at,
                overdue=is_overdue(each, now),
                reply_to=own_address(shift, site, each.record.ref, "team"),
            )
            for each in wanted.items
        )
        told = Notice(
            purpose=LIST, to=wanted.to, team=wanted.team, template=LIST, language=site.language, at=now, because=""
        )
        return RenderJob(notice=told, record=items[0].record, site=site_card(shift.settings, site), others=items)

    def _words(self, job: RenderJob) -> Rendered:
        try:
            (answer,) = self._shift.reader.ask([Render(job)])
        except ReaderDied as died:
            log.error("template-failed", template=LIST, why=str(died))  # noqa: TRY400 - the reader is started anew
            return fallback(job)
        return answer.rendered or fallback(job)
