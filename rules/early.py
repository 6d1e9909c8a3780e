"""Early silence: which sources are looked at before their fixed limit, and what their rhythms say."""

from collections.abc import Sequence
from datetime import datetime

from config.models import Settings, Source
from rules.daybook import daybook_of
from rules.quiet import FRIDAY, Quiet, quiet
from rules.silence import Planned, limit_of, planned_spans, sites_of, weekday_of

__all__ = ["UNKNOWN", "Quiet", "assessed", "early_of"]
UNKNOWN = Quiet()


def early_of(settings: Settings, source: Source) -> float | None:
    """How many false alarms a year are to be expected of a source; None where none is given early."""
    chosen = settings.postroom.monitor.early if source.early is None else source.early
    return None if source.silence == "off" or isinstance(chosen, str) else chosen


def assessed(
    settings: Settings, source: Source, arrivals: Sequence[datetime], planned: Sequence[Planned], now: datetime
) -> Quiet:
    """What the rhythm of a source says of the time since its last mail.

    Args:
        settings: The settings in force.
        source: The source.
        arrivals: When its verified mails came, UTC.
        planned: All that is planned: nothing is expected on those days.
        now: UTC.
    """
    alarms, sites = early_of(settings, source), sites_of(settings, source)
    if alarms is None or not sites:
        return Quiet(mails=len(arrivals), off_because="it is switched off")
    monitor = settings.postroom.monitor
    weekly = monitor.day != "off"
    return quiet(
        arrivals,
        daybook_of(sites[0], None),
        now,
        fixed=limit_of(settings, source) if weekly else None,
        alarms=alarms,
        silences=planned_spans(settings, source, planned),
        looked_at=(weekday_of(monitor.day), monitor.time) if weekly else FRIDAY,
    )
