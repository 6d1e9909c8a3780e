"""Early silence: a gap that is longer than luck explains, by what is known of a source's rhythm."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from config.models import Settings, Source
from rules.model import Fact
from rules.silence import Planned


class Quiet(Fact, frozen=True, kw_only=True):
    """What the rhythm of a source says of the time since its last mail."""

    weeks: int = 0
    mails: int = 0
    """What it is learned from."""
    usual: timedelta | None = None
    """How far apart its mails usually are."""
    limit_at: datetime | None = None
    """From when on the present gap is silence, UTC; None where nothing can be said."""
    chance: float | None = None
    """How likely a gap as long as the present one is by luck."""
    silent: bool = False
    """Whether the limit has passed."""
    off_because: str | None = None
    """Why nothing can be said."""


UNKNOWN = Quiet(weeks=0, mails=0)


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
        arrivals: When its mails came, UTC, oldest first.
        planned: All that is planned: nothing is expected on those days.
        now: UTC.
    """
    del planned, now  # what a rhythm is, is another module's to say
    off = "its rhythm is not known yet" if early_of(settings, source) is not None else "it is switched off"
    return Quiet(mails=len(arrivals), off_because=off)
