"""What the calendar asks for: which runs are due by now, and at which local times it has to look."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from config.models import Settings
from rules import controlling, keeping
from rules.daybook import daybook_of
from rules.early import early_of
from rules.hours import is_open
from rules.silence import last_check, sites_of, watched_zones, weekday_of
from rules.timing import list_day
from rules.visit_lists import visits_day

LIST, VISITS, SILENT, QUIET = "list", "visits", "silent", "quiet"
"""What is open is told to each team, and bookings and visits to each that has any; silent sources to their controllers,
every week; those that are it early, by the hour."""


class Bell(NamedTuple):
    """A local time at which the calendar looks."""

    zone: str
    hour: int | None
    """None: every hour."""
    minute: int
    weekday: str | None = None
    """`fri`; None: every day."""


class Due(NamedTuple):
    """A run whose time has come: job, place, local day (with the hour, where it is every hour), and when that was."""

    job: str
    scope: str
    day: str
    at: datetime | None = None
    """UTC; None where nobody asks whether it is late."""


def due(settings: Settings, now: datetime) -> Iterator[Due]:
    """All runs that are due by now and not superseded; that of last week is due until this week's is."""
    yield from due_by_day(settings, now)
    for scope, day in keeping.due(settings, now):
        yield Due(keeping.RETENTION, scope, day.isoformat())
    for name in dict.fromkeys(_early_sites(settings)):
        site = settings.sites[name]
        if is_open(daybook_of(site, None), now):
            yield Due(QUIET, name, now.astimezone(ZoneInfo(site.timezone)).strftime("%Y-%m-%dT%H"))


def due_by_day(settings: Settings, now: datetime) -> Iterator[Due]:
    """Those of them that are a day's, or a week's."""
    for site in settings.sites.values():
        if (day := list_day(site, now)) is not None:
            yield Due(LIST, site.id, day.isoformat())
        if (day := visits_day(site, now)) is not None:
            yield Due(VISITS, site.id, day.isoformat())
    for one, day in controlling.due(settings, now):
        yield Due(one.job, one.scope, day.isoformat())
    monitor = settings.postroom.monitor
    if monitor.day != "off":
        for zone in watched_zones(settings):
            day, at = last_check(weekday_of(monitor.day), monitor.time, zone, now)
            yield Due(SILENT, zone, day.isoformat(), at)


def bells(settings: Settings) -> frozenset[Bell]:
    """The local times of all of it."""
    monitor, zones = settings.postroom.monitor, watched_zones(settings)
    found = {
        Bell(site.timezone, *_clock(time))
        for site in settings.sites.values()
        for time in (site.mail.list, site.booking.list, site.mail.escalations, _settings_at(settings))
        if time != "off"
    }
    if monitor.day != "off":
        found |= {Bell(zone, *_clock(monitor.time), monitor.day) for zone in zones}
    found |= {Bell(zone, *_clock(keeping.AT)) for zone in keeping.zones(settings)}
    return frozenset(found | {Bell(settings.sites[name].timezone, None, 0) for name in _early_sites(settings)})


def _settings_at(settings: Settings) -> int | str:
    monthly = settings.postroom.monitor.settings_mail == "monthly"
    return controlling.SETTINGS_AT if monthly else "off"


def _early_sites(settings: Settings) -> Iterator[str]:
    """Sites whose hours say when a source is looked at: of each, the first that it sends for."""
    for source in settings.sources.values():
        if early_of(settings, source) is not None:
            yield from (site.id for site in sites_of(settings, source)[:1])


def _clock(minute: int | str) -> tuple[int, int]:
    return divmod(int(minute), 60)
