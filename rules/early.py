"""Early silence: a gap that is longer than luck explains, by what is known of a source's rhythm."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from config.models import Settings, Site, Source
from rules.model import Fact

NOT_LEARNED = "its rhythm is not known yet"


class Quiet(Fact, frozen=True, kw_only=True):
    """What the rhythm of a source says of the present gap."""

    limit: timedelta | None = None
    """A gap of this length is told at once; None where nothing can be said."""
    chance: float | None = None
    """How likely a gap as long as the present one is by luck."""
    usual: timedelta | None = None
    """How far apart its mails usually are."""
    weeks: float = 0
    mails: int = 0
    """What it is learned from."""
    off_because: str | None = None
    """Why nothing can be said."""


def early_of(settings: Settings, source: Source) -> float | None:
    """How many false alarms a year are to be expected of a source; None where none is given early."""
    chosen = settings.postroom.monitor.early if source.early is None else source.early
    return None if source.silence == "off" or isinstance(chosen, str) else chosen


def assessed(settings: Settings, source: Source, site: Site, arrivals: Sequence[datetime], now: datetime) -> Quiet:
    """What the rhythm of a source says of the time since its last mail.

    Args:
        settings: The settings in force.
        source: The source.
        site: Its site: whose hours and holidays its writers keep.
        arrivals: When its mails came, UTC, oldest first.
        now: UTC.
    """
    del site, now
    if early_of(settings, source) is None:
        return Quiet(mails=len(arrivals), off_because="it is switched off")
    return Quiet(mails=len(arrivals), off_because=NOT_LEARNED)
