"""What was kept long enough: when it is looked for, and how long each kind of record is kept."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from config.lookup import ADMIN_SITE
from config.machine import Retention
from config.models import Settings
from config.values import Duration

RETENTION: Final = "retention"
"""Name of the run: each site has one a day for its records, the admin's is for mails and reports of all, too."""
AT = 4 * 60 + 10
"""Minute of the local day; the admin's run goes by UTC."""

_KINDS: Mapping[str, str] = {
    **{kind: kind for kind in ("lead", "booking", "complaint", "grievance", "review", "alert", "unsorted")},
    "check-in": "check_in",
}
"""Kind of record -> key of the settings."""


def kept(retention: Retention) -> dict[str, timedelta]:
    """How long closed records are kept, by kind; those that are kept for ever are not there."""
    found = {kind: span(getattr(retention, key)) for kind, key in _KINDS.items()}
    return {kind: length for kind, length in found.items() if length is not None}


def span(keep: Duration | str) -> timedelta | None:
    """How long something is kept; None for ever."""
    return timedelta(minutes=keep.minutes) if isinstance(keep, Duration) else None


def due(settings: Settings, now: datetime) -> Iterator[tuple[str, date]]:
    """Place and local day of each run that is due by now; what one day misses the next does."""
    for scope, zone in _places(settings):
        local = now.astimezone(ZoneInfo(zone))
        if local.hour * 60 + local.minute >= AT:
            yield scope, local.date()


def zones(settings: Settings) -> frozenset[str]:
    """In which time zones it is looked."""
    return frozenset(zone for _, zone in _places(settings))


def _places(settings: Settings) -> Iterator[tuple[str, str]]:
    retention = settings.postroom.retention
    if kept(retention):
        yield from ((site.id, site.timezone) for site in settings.sites.values())
    if kept(retention) or span(retention.mails) or span(retention.reports):
        yield ADMIN_SITE, str(UTC)
