"""Which sources are silent: since when, for how long, and who is to be told of them, by the local time of their sites.

Silence is elapsed time, through nights and Sundays, without the days on which it was planned: those that the admin
planned for the source or its site, and the closures of the site. It counts from the last mail that was verified to be
the source's own; for one that never sent, from when the daemon first saw it in the settings.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.calendars import parse_date, parse_dates
from config.lookup import controllers_of, source_type
from config.models import PlannedSilence, Settings, Site, Source
from rules.daybook import Span, instant
from rules.shapes import Fact

CLOSED = "the site is closed"
"""Why a closure is a planned silence."""
_DAY = timedelta(days=1)


class Planned(Fact, frozen=True, kw_only=True):
    """Days on which silence is no news."""

    site: str | None = None
    """Of all sources of this site; else of one source."""
    source: str | None = None
    first: date
    until: date
    """The last day; both count by the site's clock."""
    reason: str = ""
    number: int | None = None
    """Of one that the command keeps; None where the configuration says it."""

    def is_on(self, day: date) -> bool:
        """Whether a day belongs to it."""
        return self.first <= day <= self.until


class Heard(Fact, frozen=True, kw_only=True):
    """What is known of a source's mails."""

    seen_at: datetime
    """When the daemon first saw it in the settings, UTC."""
    last_at: datetime | None = None
    """Its last verified mail, UTC."""

    @property
    def since(self) -> datetime:
        """From when silence counts: no mail from before it was configured makes a source silent from its first day."""
        return max(self.seen_at, self.last_at) if self.last_at else self.seen_at


class Standing(Fact, frozen=True, kw_only=True):
    """How a source stands at a moment."""

    source: str
    seen_at: datetime
    """As in `Heard`."""
    since: datetime
    last_at: datetime | None
    quiet: timedelta
    """For how long nothing came, without planned days."""
    limit: timedelta | None
    """After how long it is silent; None: never."""
    planned: Planned | None = None
    """The planned silence that it is in."""

    @property
    def is_silent(self) -> bool:
        """Whether its controllers are to be told."""
        return self.limit is not None and self.planned is None and self.quiet >= self.limit


def limit_of(settings: Settings, source: Source) -> timedelta | None:
    """After how long without a mail a source is silent: its own limit, else that of its type; None: never."""
    site = settings.sites.get(source.site or "")
    limit = source.silence or source_type(settings, source, site).silence
    return None if isinstance(limit, str) else timedelta(minutes=limit.minutes)


def sites_of(settings: Settings, source: Source) -> tuple[Site, ...]:
    """The sites that a source sends for: its own, or all that its mails can name."""
    if source.site is not None:
        return (settings.sites[source.site],)
    named = {"vendor-id": "vendor_ids", "postcode": "postcodes"}.get(source.site_by or "")
    return tuple(site for site in settings.sites.values() if named is None or getattr(site, named))


def planned_of(written: Iterable[PlannedSilence], kept: Iterable[Planned] = ()) -> tuple[Planned, ...]:
    """All that is planned but for the closures of sites.

    Args:
        written: That of silences.toml.
        kept: That of the command.
    """
    named = (
        Planned(
            site=one.site,
            source=one.source,
            first=parse_date(one.first),
            until=parse_date(one.until),
            reason=one.reason,
        )
        for one in written
    )
    return (*named, *kept)


def planned_for(settings: Settings, source: Source, planned: Sequence[Planned]) -> tuple[Planned, ...]:
    """The planned silences of one source; of one for several sites only those days on which it is so at all of them."""
    own = [one for one in planned if one.source == source.id]
    by_site = [list(_of_site(site, planned)) for site in sites_of(settings, source)]
    if len(by_site) == 1:
        return (*own, *by_site[0])
    return (*own, *(_common(by_site) if by_site else ()))


def planned_spans(settings: Settings, source: Source, planned: Sequence[Planned]) -> list[Span]:
    """The planned silences of one source as times, UTC."""
    zone = ZoneInfo(zone_of(settings, source))
    return [
        (instant(one.first, 0, zone), instant(one.until + _DAY, 0, zone))
        for one in planned_for(settings, source, planned)
    ]


def standing(settings: Settings, source: Source, heard: Heard, planned: Sequence[Planned], now: datetime) -> Standing:
    """How a source stands.

    Args:
        settings: The settings in force.
        source: The source.
        heard: What is known of its mails.
        planned: All that is planned.
        now: UTC.
    """
    zone = ZoneInfo(zone_of(settings, source))
    mine, today = planned_for(settings, source, planned), now.astimezone(zone).date()
    spans = planned_spans(settings, source, planned)
    return Standing(
        source=source.id,
        seen_at=heard.seen_at,
        since=heard.since,
        last_at=heard.last_at,
        quiet=now - heard.since - _within(spans, heard.since, now),
        limit=limit_of(settings, source),
        planned=max((one for one in mine if one.is_on(today)), key=lambda one: one.until, default=None),
    )


def zone_of(settings: Settings, source: Source) -> str:
    """In whose local time a source is looked at: that of the first of its sites."""
    return next((site.timezone for site in sites_of(settings, source)), "UTC")


def watched_zones(settings: Settings) -> tuple[str, ...]:
    """The zones that have a weekly run, in the order of the sites."""
    return tuple(dict.fromkeys(site.timezone for site in settings.sites.values()))


def to_tell(settings: Settings, source: Source, day: date) -> Iterator[tuple[str, Site]]:
    """Whom to tell of a source: the controllers of its sites, each with the first of them that he has.

    Args:
        settings: The settings in force.
        source: The source.
        day: The local day: who stands in on it for a controller is told instead.
    """
    return _told(settings, source, lambda site: controllers_of(settings, site, day))


def overseen(settings: Settings, names: Iterable[Source], day: date) -> dict[str, list[tuple[Source, Site]]]:
    """The same by controller, in the order of the sources; addresses that differ in case only are one."""
    found: dict[str, list[tuple[Source, Site]]] = {}
    written: dict[str, str] = {}
    known: dict[str, tuple[str, ...]] = {}

    def controllers(site: Site) -> tuple[str, ...]:
        if site.id not in known:  # a site has several sources, and some are for all sites
            known[site.id] = controllers_of(settings, site, day)
        return known[site.id]

    for source in names:
        for controller, site in _told(settings, source, controllers):
            name = written.setdefault(controller.casefold(), controller)
            found.setdefault(name, []).append((source, site))
    return found


def overseen_in(settings: Settings, zone: str, day: date) -> dict[str, list[tuple[Source, Site]]]:
    """Whom the weekly run of a zone tells, and of which sources.

    A source for several sites belongs to the zone of the first of them that the controller has.
    """
    everyone = overseen(settings, settings.sources.values(), day)
    here = {
        name: [(source, site) for source, site in watching if site.timezone == zone]
        for name, watching in everyone.items()
    }
    return {name: watching for name, watching in here.items() if watching}


def _told(
    settings: Settings, source: Source, controllers: Callable[[Site], tuple[str, ...]]
) -> Iterator[tuple[str, Site]]:
    seen: set[str] = set()
    for site in sites_of(settings, source):
        for controller in controllers(site) or (settings.postroom.admin,):
            if controller.casefold() not in seen:
                seen.add(controller.casefold())
                yield controller, site


def _of_site(site: Site, planned: Sequence[Planned]) -> Iterator[Planned]:
    yield from (one for one in planned if one.site == site.id)
    for text in site.closures:
        first, last = parse_dates(text)
        yield Planned(site=site.id, first=first, until=last, reason=CLOSED)


def _common(by_site: Sequence[Sequence[Planned]]) -> Iterator[Planned]:
    """The days that lie in a planned silence of each site."""
    first, *others = by_site
    for one in first:
        spans = [(one.first, one.until)]
        for other in others:
            spans = [
                (max(start, each.first), min(end, each.until))
                for start, end in spans
                for each in other
                if max(start, each.first) <= min(end, each.until)
            ]
        yield from (Planned(first=start, until=end, reason=one.reason) for start, end in spans)


def _within(spans: Iterable[Span], start: datetime, end: datetime) -> timedelta:
    """How much of the time from start to end lies in any of the spans; what lies in two counts once."""
    total, at = timedelta(), start
    for first, last in sorted(spans):
        if min(last, end) > max(first, at):
            total += min(last, end) - max(first, at)
            at = min(last, end)
    return total


def weekday_of(day: str) -> int:
    """Number of a weekday, Monday being 0."""
    return ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(day)


def last_check(weekday: int, minute: int, zone: str, now: datetime) -> tuple[date, datetime]:
    """The local day of the last weekly run that was due by now, and when it was, UTC."""
    place = ZoneInfo(zone)
    today = now.astimezone(place).date()
    day = today - timedelta(days=(today.weekday() - weekday) % 7)
    at = instant(day, minute, place)
    if at > now:
        day -= timedelta(days=7)
        at = instant(day, minute, place)
    return day, at


def next_check(weekday: int, minute: int, zone: str, now: datetime) -> datetime:
    """When the next weekly run is due, UTC."""
    day, _ = last_check(weekday, minute, zone, now)
    return instant(day + timedelta(days=7), minute, ZoneInfo(zone)).astimezone(UTC)
