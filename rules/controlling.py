"""What the calendar has for controllers: who gets a daily list or the overview of the settings, when, of which sites.

A controller gets one mail, however many sites he has. It goes out in the name of the first of them, in the order of the
files, in its language and by its clock: his home.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final, NamedTuple

from config.lookup import controllers_of
from config.models import Settings, Site
from rules.daybook import daybook_of, instant
from rules.timing import works

ESCALATIONS: Final = "escalations"
SETTINGS: Final = "settings"
"""Names of the runs."""
SETTINGS_AT = 8 * 60


class Appointment(NamedTuple):
    """A mail to a controller on a local day."""

    job: str
    to: str
    home: Site
    sites: tuple[Site, ...]
    """All that he controls and that the mail is about, his home first."""
    minute: int
    """Of the local day."""

    @property
    def scope(self) -> str:
        """Who and in which time zone: each gets one of a job on a day."""
        return f"{self.to.casefold()} {self.home.timezone}"

    def at(self, day: date) -> datetime:
        """Its time on a local day, UTC."""
        return instant(day, self.minute, daybook_of(self.home, None).zone)

    def today(self, now: datetime) -> date:
        """The local day."""
        return daybook_of(self.home, None).local(now).date()


def appointments(settings: Settings, now: datetime) -> Iterator[Appointment]:
    """All that controllers of this day can get; those who are absent have a deputy instead."""
    listed = [site for site in settings.sites.values() if site.mail.escalations != "off"]
    for to, sites in _by_controller(settings, listed, now):
        yield Appointment(ESCALATIONS, to, sites[0], sites, int(sites[0].mail.escalations))
    if settings.postroom.monitor.settings_mail == "monthly":
        for to, sites in _by_controller(settings, list(settings.sites.values()), now):
            yield Appointment(SETTINGS, to, sites[0], sites, SETTINGS_AT)


def due(settings: Settings, now: datetime) -> list[tuple[Appointment, date]]:
    """What is due by now on this local day; a day that has passed is not made up for."""
    found = ((one, one.today(now)) for one in appointments(settings, now))
    return [(one, day) for one, day in found if one.at(day) <= now and _is_day(one, day)]


def _by_controller(settings: Settings, sites: list[Site], now: datetime) -> Iterator[tuple[str, tuple[Site, ...]]]:
    found: dict[str, tuple[str, list[Site]]] = {}
    for site in sites:
        for address in controllers_of(settings, site, daybook_of(site, None).local(now).date()):
            found.setdefault(address.casefold(), (address, []))[1].append(site)
    for to, controlled in found.values():
        yield to, tuple(controlled)


def _is_day(one: Appointment, day: date) -> bool:
    """The list comes on days that one of the sites works, the overview on the first of these in a month."""
    first = day if one.job == ESCALATIONS else day.replace(day=1)
    worked = (each for each in _days(first, day) if any(works(daybook_of(site, None), each) for site in one.sites))
    return next(worked, None) == day


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))
