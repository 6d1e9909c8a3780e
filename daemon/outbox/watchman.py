"""Tells controllers of silent sources: every week, early where a rhythm is known, and once when they send again."""

import hashlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from config.models import Site, Source
from daemon.log import get_logger
from daemon.outbox.draft import site_card
from daemon.outbox.listing import report_letter
from daemon.shift import Shift
from daemon.store import outgoing, runs, silences, sources, watched
from daemon.store.outgoing import Letter
from rules.agenda import QUIET, SILENT
from rules.early import assessed
from rules.silence import overseen, overseen_in, planned_of, standing
from rules.watching import Silence, Told, early_sources, is_early, may_be_early, once_more, site_for
from templates.reports import Report, ReportJob, SilentSource

LOOK_SECONDS = 5.0
"""How often it is looked for runs, and for told sources that send again."""
SLICE_SECONDS = 0.5
"""After this the worker's other rooms have their turn: a look at thousands of sources goes on in the next round."""
REPEATS = 5

log = get_logger(__name__)


class Watchman:
    """Does the runs of the weekly and the hourly look, and gives the all-clear."""

    def __init__(self, shift: Shift, ring: Callable[[], None], ping: Callable[[datetime], None]) -> None:
        self._shift = shift
        self._ring = ring
        self._ping = ping
        self._next_look = 0.0
        self._began = 0.0
        self._is_left = False

    def wake(self) -> None:
        """A run was begun."""
        self._next_look = 0.0

    def step(self) -> bool:
        """Do what is asked for, for a while; whether any of it is left."""
        if time.monotonic() < self._next_look:
            return False
        self._next_look = time.monotonic() + LOOK_SECONDS
        with self._shift.store.read() as connection:
            weekly, hourly = runs.waiting(connection, SILENT), runs.waiting(connection, QUIET)
            told = [] if self._is_left else watched.told(connection)
        if told:
            self._clear(told)
        self._began = time.monotonic()
        done = all(map(self._look, weekly))
        by_site = early_sources(self._shift.settings) if done and hourly else {}
        for number, run in enumerate(hourly if done else ()):
            if number and not self._has_time():
                done = False
                break
            self._look_early(run, by_site.get(run.scope, ()))
        self._is_left = not done
        if self._is_left:
            self._next_look = 0.0
        return self._is_left

    def _has_time(self) -> bool:
        return time.monotonic() - self._began < SLICE_SECONDS

    def _look(self, run: runs.Run) -> bool:
        """One mail for each controller with sites in a zone, about all that are silent; none where nothing is.

        False where time was up before all of them were told; who was is known by his part of the run.
        """
        settings, now = self._shift.settings, self._shift.clock.now()
        mails = 0
        today = now.astimezone(ZoneInfo(run.scope)).date()  # a look that is made up for finds who is there now
        with self._shift.store.read() as connection:
            told = runs.done_on(connection, SILENT, run.day)
        parts = {
            runs.Run(SILENT, f"{controller} {run.scope}", run.day): (controller, watching)
            for controller, watching in overseen_in(settings, run.scope, today).items()
        }
        waiting = [part for part in parts if part.scope not in told]
        for number, part in enumerate(waiting):
            if number and not self._has_time():
                return False
            controller, watching = parts[part]
            found = self._known([one for one in self._stand(controller, watching, now) if one.stands.is_silent])
            letter = self._letter("silent", controller, found, f"{run.scope}:{run.day}", caught_up=run.missed > 0)
            mails += self._tell(part, letter, [once_more(one, controller, now) for one in found])
        if self._shift.store.write(lambda c: runs.finish(c, run, now)).result():
            log.info("silence-looked", zone=run.scope, day=run.day, mails=mails, missed=run.missed)
            self._shift.count("silence_runs")
            self._ping(now)
        return True

    def _look_early(self, run: runs.Run, watched_here: Sequence[Source]) -> None:
        """One mail for each controller about the sources of a site whose gap is no luck, and of which none was told."""
        settings, now = self._shift.settings, self._shift.clock.now()
        mails = 0
        for controller, watching in overseen(settings, watched_here, date.fromisoformat(run.day[:10])).items():
            quiet = [one for one in self._stand(controller, watching, now) if may_be_early(one)]
            found = [one for one in self._known(quiet) if is_early(one)]
            part = runs.Run(QUIET, f"{controller} {run.scope}", run.day)
            letter = self._letter("early", controller, found, f"{run.scope}:{run.day}")
            if found:  # of the many hours that have nothing to tell nothing is kept
                mails += self._tell(part, letter, [once_more(one, controller, now) for one in found])
        if self._shift.store.write(lambda c: runs.finish(c, run, now)).result() and mails:
            log.info("early-silence-told", site=run.scope, hour=run.day, mails=mails)

    def _clear(self, told: Sequence[Told]) -> None:
        """Whoever was told of a source is told once that it sends again."""
        settings, now = self._shift.settings, self._shift.clock.now()
        names = {one.source for one in told if one.source in settings.sources}
        with self._shift.store.read() as connection:
            last = sources.last_mails(connection, names, now)
        spoke = [one for one in told if one.source in last and last[one.source] > one.since]
        for controller in dict.fromkeys(one.controller for one in spoke):
            self._clear_for(controller, {one.source: one for one in spoke if one.controller == controller})

    def _clear_for(self, controller: str, told: Mapping[str, Told]) -> None:
        settings, now = self._shift.settings, self._shift.clock.now()
        watching = [(settings.sources[name], site_for(settings, name, controller, now.date())) for name in told]
        found = [one for one in self._stand(controller, watching, now) if not one.stands.is_silent]
        if not found:
            return
        names = [one.source.id for one in found]
        what = ",".join(f"{name}:{told[name].since.isoformat()}" for name in names)
        digest = hashlib.sha256(what.encode()).hexdigest()  # of any number of sources; a key must stay short
        letter = self._letter("speaks", controller, found, digest)

        def write(connection: Connection) -> bool:
            return watched.clear(connection, controller, names, now) and _put(connection, letter, now)

        if self._shift.store.write(write).result():
            log.info("sources-speak", sources=len(found))
            self._ring()

    def _stand(self, controller: str, watching: Iterable[tuple[Source, Site]], now: datetime) -> list[Silence]:
        """How sources stand, and what a controller was told of them."""
        settings, these = self._shift.settings, list(watching)
        with self._shift.store.read() as connection:
            known = watched.heard(connection, [source.id for source, _ in these], now)
            planned = planned_of(settings.silences, silences.listing(connection))
            told = {one.source: one for one in watched.told(connection, controller)}
        return [
            Silence(source, site, standing(settings, source, known[source.id], planned, now), told.get(source.id))
            for source, site in these
        ]

    def _known(self, found: Sequence[Silence]) -> list[Silence]:
        """The same with what their rhythms say."""
        settings, now = self._shift.settings, self._shift.clock.now()
        with self._shift.store.read() as connection:
            came = [sources.arrivals(connection, one.source.id) for one in found]
            planned = planned_of(settings.silences, silences.listing(connection))
        return [
            one._replace(quiet=assessed(settings, one.source, times, planned, now))
            for one, times in zip(found, came, strict=True)
        ]

    def _letter(
        self, report: Report, controller: str, found: Sequence[Silence], what: str, *, caught_up: bool = False
    ) -> Letter | None:
        if not found:
            return None
        shift, site = self._shift, found[0].site
        job = ReportJob(
            report=report,
            to=controller,
            language=site.language,
            site=site_card(shift.settings, site),
            at=shift.clock.now(),
            caught_up=caught_up,
            sources=tuple(silent_source(one, report) for one in found),
        )
        return report_letter(shift, site.id, f"{report}:{what}:{controller.casefold()}", job)

    def _tell(self, part: runs.Run, letter: Letter | None, news: Sequence[Told]) -> bool:
        """Write a controller's part of a run in one go; whether a mail came of it. Another daemon may have done it."""
        now = self._shift.clock.now()

        def write(connection: Connection) -> bool:
            if not runs.begin(connection, [part], now):
                return False
            runs.finish(connection, part, now)
            if letter is None:
                return False
            watched.tell(connection, news)
            return _put(connection, letter, now)

        for _ in range(REPEATS):
            try:
                told = self._shift.store.write(write).result()
            except IntegrityError:
                continue  # another daemon was faster; whether with this part is seen by looking again
            if told:
                self._ring()
            return told
        return False


def silent_source(one: Silence, report: Report) -> SilentSource:
    """What a report says of one source."""
    stands = one.stands
    limit, usual, last_at = stands.limit, one.quiet.usual, stands.last_at
    if report == "speaks" and one.told:  # one that had never sent was silent from when it was first seen
        last_at = one.told.since if one.told.since > stands.seen_at else None
    return SilentSource(
        id=one.source.id,
        type=one.source.type,
        site=one.site.name,
        last_at=last_at,
        every_hours=usual / timedelta(hours=1) if usual else None,
        limit_days=limit / timedelta(days=1) if limit else None,
        chance=one.quiet.chance,
        told_before=one.told.times if one.told else 0,
        spoke_at=stands.last_at if report == "speaks" else None,
    )


def _put(connection: Connection, letter: Letter | None, now: datetime) -> bool:
    return letter is not None and outgoing.put(connection, letter, now) is not None
