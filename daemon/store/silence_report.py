"""What `status` and `sources` tell of the watch over silent sources."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from config.models import PlannedSilence, Settings
from daemon.store import probes, runs, silences, sources, watched
from daemon.store.probes import Probe
from rules.agenda import SILENT
from rules.early import Quiet, assessed
from rules.silence import Planned, Standing, next_check, planned_of, standing, weekday_of, zone_of


class Watch(msgspec.Struct, frozen=True):
    """How a source is watched."""

    stands: Standing
    quiet: Quiet
    next_at: datetime | None
    """The next weekly look at it, UTC; None where there is none."""
    probe: Probe | None
    """The last mail of our own that came the whole way."""


def watches(connection: Connection, settings: Settings, names: Iterable[str], now: datetime) -> dict[str, Watch]:
    """How each of these sources is watched, and what is known of its silence."""
    these = list(names)
    known, proved = watched.heard(connection, these, now), probes.latest(connection)
    planned = planned_of(settings.silences, silences.listing(connection))
    found = {}
    for name in these:
        source = settings.sources[name]
        stands = standing(settings, source, known[name], planned, now)
        quiet = assessed(settings, source, sources.arrivals(connection, name), planned, now)
        found[name] = Watch(stands, quiet, _next(settings, name, stands, now), proved.get(name))
    return found


def _next(settings: Settings, name: str, stands: Standing, now: datetime) -> datetime | None:
    monitor = settings.postroom.monitor
    if monitor.day == "off" or stands.limit is None:
        return None
    return next_check(weekday_of(monitor.day), monitor.time, zone_of(settings, settings.sources[name]), now)


def silence_standing(connection: Connection, written: Iterable[PlannedSilence], now: datetime) -> dict[str, Any]:
    """When it was last looked for silent sources, how often that was missed, what is silent, what is planned.

    Args:
        connection: A snapshot.
        written: The planned silences of the configuration.
        now: UTC.
    """
    last, missed = runs.last_done(connection, SILENT)
    planned = planned_of(written, silences.listing(connection))
    today = now.date()
    return {
        "last_run": last.isoformat() if last else None,
        "missed": missed,
        "silent": sorted({one.source for one in watched.told(connection)}),
        "planned": [plain(one) for one in planned if one.until >= today],
    }


def plain(one: Planned) -> dict[str, Any]:
    """A planned silence as JSON values; `kept` by the command, or written in the configuration."""
    return {
        "site": one.site,
        "source": one.source,
        "from": one.first.isoformat(),
        "until": one.until.isoformat(),
        "reason": one.reason,
        "kept": one.number is not None,
    }
