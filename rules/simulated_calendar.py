"""The calendar of a simulation: lists of what is open and of escalations, silent sources, the overview of settings.

It rings when the daemon's would, and asks the same question of the settings: what is due by now? What the daemon then
looks up in its tables is kept here.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from heapq import nsmallest
from itertools import chain, islice
from zoneinfo import ZoneInfo

from config.models import Settings, Site, Source
from rules.agenda import LIST, SILENT, VISITS, Bell, Due, bells, due_by_day
from rules.cases import SimulatedCase
from rules.controlling import ESCALATIONS, SETTINGS, Appointment, appointments
from rules.daybook import instant
from rules.escalation import escalated_since, is_escalated
from rules.model import Done, Notice
from rules.openlist import BOOKING, Open, open_lists
from rules.overview import overview
from rules.silence import Heard, overseen_in, planned_of, standing, weekday_of
from rules.simulated_mail import Mail, Row
from rules.visit_lists import MOVES, OpenVisit, visit_lists
from rules.watching import SPEAKS, Silence, Told, once_more, report_notice, site_for

MOST = 1000
"""Records that one list is made of: for a team those that are due first, for a controller the oldest; as the daemon."""
FIRST_SPAN = timedelta(days=1)
"""Of what was cleared, the first list of a controller tells that of so long; as the daemon."""
_DAY = timedelta(days=1)
_LAST = datetime.max.replace(tzinfo=ZoneInfo("UTC"))


class Calendar:
    """What it has asked for, and what its mails are about.

    Args:
        settings: The settings to try.
        begin: UTC; from when on it rings, and silence counts.
        still: By site and number, what asks for action and is not closed.
    """

    def __init__(self, settings: Settings, begin: datetime, still: Mapping[str, Mapping[int, SimulatedCase]]) -> None:
        self._settings = settings
        self._begin = begin
        self._still = still
        self._known = set[tuple[str, str, str]]()
        self._planned = planned_of(settings.silences)
        self._last_mail: dict[str, datetime] = {}
        self._told: dict[str, dict[str, Told]] = defaultdict(dict)
        self._cleared: dict[str, list[tuple[SimulatedCase, Done]]] = defaultdict(list)
        self._listed_at: dict[str, datetime] = {}

    def bells(self) -> Iterable[Bell]:
        """When it is looked; not every hour, as there is no history to find an early silence by."""
        return sorted((bell for bell in bells(self._settings) if bell.hour is not None), key=str)

    def ring(self, now: datetime) -> Iterator[Mail]:
        """Do what is due and was not done."""
        jobs: Mapping[str, Callable[[Due, datetime], Iterator[Mail]]] = {
            LIST: self._open_lists,
            VISITS: self._visit_lists,
            ESCALATIONS: self._for_controller,
            SETTINGS: self._for_controller,
            SILENT: self._silent,
        }
        for one in due_by_day(self._settings, now):
            if one.job in jobs and one[:3] not in self._known and (one.at is None or one.at >= self._begin):
                self._known.add(one[:3])
                yield from jobs[one.job](one, now)

    # Teams.

    def _open_lists(self, run: Due, now: datetime) -> Iterator[Mail]:
        """What is open at a site, for each of its teams."""
        site = self._settings.sites[run.scope]
        there: Collection[SimulatedCase] = self._still.get(site.id, {}).values()
        if len(there) > MOST:
            there = nsmallest(MOST, there, key=lambda one: (one.next_at or _LAST, one.number))
        cases = {case.record.ref: case for case in there}
        found = [Open(record=case.record, due_at=case.due_at) for case in there]
        for each in open_lists(self._settings, site, found, date.fromisoformat(run.day), now):
            told = Notice(
                purpose=LIST, to=each.to, team=each.team, template=LIST, language=site.language, at=now, because=""
            )
            rows = (Row(one.record, None, one.due_at, cases[one.record.ref].arrival) for one in each.items)
            yield Mail(now, site.id, told, tuple(rows), True)

    def _visit_lists(self, run: Due, now: datetime) -> Iterator[Mail]:
        """The workshop's list of bookings and visits, for each team."""
        site = self._settings.sites[run.scope]
        there = (one for one in self._still.get(site.id, {}).values() if one.record.kind == BOOKING)
        cases = {one.record.ref: one for one in islice(there, MOST)}
        found = (OpenVisit(record=one.record, since=_since(one.course)) for one in cases.values())
        for each in visit_lists(self._settings, site, found, date.fromisoformat(run.day), now):
            told = Notice(purpose=VISITS, to=each.to, team=each.team, template=VISITS, language=site.language, at=now)
            rows = tuple(
                Row(one.record, arrival=cases[one.record.ref].arrival, part=part, since=one.since)
                for part, ones in each.parts.items()
                if part != "later"
                for one in ones
            )
            yield Mail(now, site.id, told, rows, True, later=len(each.parts["later"]))

    # Controllers.

    def clear(self, case: SimulatedCase, done: Done) -> None:
        """The controllers have a record no more."""
        self._cleared[case.record.site].append((case, done))

    def _for_controller(self, run: Due, now: datetime) -> Iterator[Mail]:
        wanted = next(one for one in appointments(self._settings, now) if (one.job, one.scope) == run[:2])
        if run.job == SETTINGS:
            shown = chain.from_iterable(overview(self._settings, site, now) for site in wanted.sites)
            told = report_notice(SETTINGS, wanted.to, wanted.home.language, now)
            yield Mail(now, wanted.home.id, told, joint=True, settings=tuple(shown))
        elif rows := tuple(self._escalations(wanted, now)):
            told = Notice(
                purpose=ESCALATIONS,
                to=wanted.to,
                role="controller",
                template=ESCALATIONS,
                language=wanted.home.language,
                at=now,
            )
            yield Mail(now, wanted.home.id, told, rows, True)

    def _escalations(self, wanted: Appointment, now: datetime) -> Iterator[Row]:
        """What a controller has, the oldest first, and what was cleared since the last list."""
        since = self._listed_at.get(wanted.scope, now - FIRST_SPAN)
        self._listed_at[wanted.scope] = now
        there = chain.from_iterable(self._still.get(site.id, {}).values() for site in wanted.sites)
        have = [case for case in there if case.record.passed and is_escalated(case.record)]
        have = nsmallest(MOST, have, key=lambda one: one.number)
        for case in sorted(have, key=lambda one: escalated_since(one.record) or now):
            yield Row(case.record, None, escalated_since(case.record), case.arrival)
        cleared: dict[int, tuple[SimulatedCase, Done]] = {}
        for site in wanted.sites:
            noted = self._cleared[site.id]
            later = noted[bisect_left(noted, since, key=lambda each: each[1].at) :]
            cleared |= {case.number: (case, done) for case, done in later if not is_escalated(case.record)}
        for case, done in sorted(cleared.values(), key=lambda each: each[1].at):
            yield Row(case.record, None, None, case.arrival, done)

    # Sources.

    def heard(self, source: str, now: datetime) -> Iterable[Mail]:
        """A source sends, as is proved: whoever was told that it is silent is told so."""
        self._last_mail[source] = now
        return self._all_clear(source, now) if source in self._told else ()

    def _all_clear(self, source: str, now: datetime) -> Iterator[Mail]:
        for controller, told in self._told.pop(source).items():
            site = site_for(self._settings, source, controller, now.date())
            one = self._stands(self._settings.sources[source], site, now)._replace(told=told)
            yield self._report(SPEAKS, controller, [one], now)

    def _silent(self, run: Due, now: datetime) -> Iterator[Mail]:
        """One mail for each controller with sites in a zone, about all that are silent."""
        today = now.astimezone(ZoneInfo(run.scope)).date()
        for controller, watching in overseen_in(self._settings, run.scope, today).items():
            stand = (self._stands(source, site, now) for source, site in watching)
            found = [
                one._replace(told=self._told.get(one.source.id, {}).get(controller))
                for one in stand
                if one.stands.is_silent
            ]
            for one in found:
                self._told[one.source.id][controller] = once_more(one, controller, now)
            if found:
                yield self._report(SILENT, controller, found, now)

    def _stands(self, source: Source, site: Site, now: datetime) -> Silence:
        heard = Heard(seen_at=self._begin, last_at=self._last_mail.get(source.id))
        return Silence(source, site, standing(self._settings, source, heard, self._planned, now), None)

    def _report(self, report: str, controller: str, found: list[Silence], now: datetime) -> Mail:
        site = found[0].site
        told = report_notice(report, controller, site.language, now)
        return Mail(now, site.id, told, joint=True, silences=tuple(found))


def _since(course: Sequence[Done]) -> datetime | None:
    return next((one.at for one in reversed(course) if one.name in MOVES), None)


def next_ring(bell: Bell, now: datetime) -> datetime:
    """When a bell of a local time rings next after a moment, UTC."""
    zone = ZoneInfo(bell.zone)
    minute = (bell.hour or 0) * 60 + bell.minute
    for ahead in range(9):
        day = now.astimezone(zone).date() + ahead * _DAY
        if bell.weekday is None or day.weekday() == weekday_of(bell.weekday):
            at = instant(day, minute, zone)
            if at > now:
                return at
    raise AssertionError(f"{bell} rings every week")
