"""What controllers are told of silent sources: which silence is news, and to whom it is an old story.

The daemon keeps what it told in a table, the simulator in its memory; both ask here.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

import msgspec

from config.models import Settings, Site, Source
from rules.early import UNKNOWN, Quiet, early_of
from rules.model import Notice
from rules.silence import Standing, sites_of, to_tell

SILENT, EARLY, SPEAKS = "silent", "early", "speaks"
"""The weekly line, the early warning, the all-clear."""
ASKS = (SILENT, EARLY)
"""Reports that ask somebody to act."""


class Told(msgspec.Struct, frozen=True):
    """What a controller was told of a source, and was not told otherwise since."""

    source: str
    controller: str
    since: datetime
    """From when its silence counted."""
    told_at: datetime
    """The last time."""
    times: int


class Silence(NamedTuple):
    """A source that a controller is to be told of."""

    source: Source
    site: Site
    """The controller's first of its sites."""
    stands: Standing
    told: Told | None
    """What the controller was told of it before."""
    quiet: Quiet = UNKNOWN


def early_sources(settings: Settings) -> Mapping[str, Sequence[Source]]:
    """The sources that are watched early, by the site whose hours they are looked at in."""
    found: dict[str, list[Source]] = {}
    for source in settings.sources.values():
        if early_of(settings, source) is not None:
            for site in sites_of(settings, source)[:1]:
                found.setdefault(site.id, []).append(source)
    return found


def may_be_early(one: Silence) -> bool:
    """Whether it would be news that a source is silent: it is not so by its limit, by plan, or told already."""
    return one.told is None and one.stands.planned is None and not one.stands.is_silent


def is_early(one: Silence) -> bool:
    """Whether a source is silent by its own rhythm, and that is news."""
    return may_be_early(one) and one.quiet.silent


def once_more(one: Silence, controller: str, now: datetime) -> Told:
    """What is kept of telling a controller of a silent source."""
    times = one.told.times if one.told else 0
    return Told(one.source.id, controller, one.stands.since, now, times + 1)


def site_for(settings: Settings, name: str, controller: str, day: date) -> Site:
    """The first site of a source that a controller has; who has none any more is told in the name of its first."""
    source = settings.sources[name]
    mine = (site for who, site in to_tell(settings, source, day) if who.casefold() == controller.casefold())
    return next(mine, sites_of(settings, source)[0])


def report_notice(report: str, to: str, language: str, at: datetime) -> Notice:
    """What a report to a controller says of itself, as it is about no record."""
    category = "action" if report in ASKS else "audit"
    return Notice(
        purpose=report, to=to, role="controller", category=category, template=report, language=language, at=at
    )
