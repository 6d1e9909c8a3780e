"""What is set for a site, for its controllers to look up: times, sources, limits, people, what is not as shipped."""

from collections.abc import Iterator
from datetime import date, datetime

from config.calendars import parse_date
from config.lookup import controllers_of, source_type, units_above, wait_of
from config.machine import Brakes, Monitor
from config.models import Deputy, Settings, Site, SiteBooking, SiteMail
from config.values import format_intervals, format_time
from rules.course import runs_for, set_steps
from rules.daybook import daybook_of
from rules.setting import Setting, SettingGroup, Sort


def overview(settings: Settings, site: Site, now: datetime) -> tuple[SettingGroup, ...]:
    """The settings that a site runs on.

    Args:
        settings: The settings in force.
        site: The site.
        now: UTC; deputies whose time is over are left out.
    """
    today = daybook_of(site, None).local(now).date()
    sorts: tuple[tuple[Sort, Iterator[Setting]], ...] = (
        ("times", _times(settings, site, today)),
        ("sources", _sources(settings, site)),
        ("limits", _limits(settings)),
        ("people", _people(settings, site, today)),
    )
    return tuple(SettingGroup(site=site.name, sort=sort, settings=tuple(found)) for sort, found in sorts)


def _times(settings: Settings, site: Site, today: date) -> Iterator[Setting]:
    for policy in {**settings.shipped[site.shipped].policy, **settings.policies}:
        used = list(runs_for(settings, site, policy))
        for step in set_steps(settings, site, policy) if used else ():
            yield Setting(name=f"{policy} {step.step}", value=step.value, shipped=step.shipped)
    shipped = {str(kind): name for kind, name in settings.shipped[site.shipped].escalate.items()}
    for kind, name in site.escalate.items():
        yield _differing(f"escalate {kind}", name, shipped.get(str(kind), "none"))
    yield from _mail(settings, site)
    for days, hours in site.hours.items():
        yield Setting(name=f"hours {days}", value=format_intervals(hours))
    for team, week in site.team_hours.items():
        for days, hours in week.items():
            yield Setting(name=f"hours {team} {days}", value=format_intervals(hours))
    yield from _special_days(site, today)


def _special_days(site: Site, today: date) -> Iterator[Setting]:
    """Days on which the week's hours do not count; exceptions that are over are left out."""
    for name, value in (
        ("holidays", site.holidays),
        ("holidays_add", ", ".join(site.holidays_add)),
        ("holidays_remove", ", ".join(site.holidays_remove)),
        ("closures", ", ".join(site.closures)),
    ):
        if value:
            yield Setting(name=name, value=value)
    for day, hours in site.exceptions.items():
        if parse_date(day) >= today:
            yield Setting(name=f"exceptions {day}", value=format_intervals(hours))


def _mail(settings: Settings, site: Site) -> Iterator[Setting]:
    """How mails go out; `SiteMail` without any word of the admin is what is shipped."""
    shipped, waits = SiteMail(), {str(k): f"{v.minutes}m" for k, v in settings.shipped[site.shipped].bundle.items()}
    own = {str(kind): wait for kind, wait in site.mail.bundle.items()}
    for kind in dict.fromkeys((*waits, *own)):
        value, was = f"{wait_of(settings, site, kind)}m", waits.get(kind, "0m")
        yield _differing(f"mail bundle {kind}", value, was)
    yield from (
        _differing(f"mail {name}", str(getattr(site.mail, name)), str(getattr(shipped, name)))
        for name in ("escalated", "escalated_wait", "window", "audit")
    )
    yield from (
        _differing(f"mail {name}", format_time(getattr(site.mail, name)), format_time(getattr(shipped, name)))
        for name in ("escalations", "list", "digest")
    )
    own_list, shipped_list = format_time(site.booking.list), format_time(SiteBooking().list)
    yield _differing("booking list", own_list, shipped_list)
    for kind, category in site.mail.categories.items():
        yield Setting(name=f"mail categories {kind}", value=category)


def _sources(settings: Settings, site: Site) -> Iterator[Setting]:
    """When it is looked for silent sources; after how long each of the site, or of several, counts as silent."""
    monitor, looks = settings.postroom.monitor, Monitor()
    yield _differing("monitor day", monitor.day, looks.day)
    yield _differing("monitor time", format_time(monitor.time), format_time(looks.time))
    yield _differing("monitor early", str(monitor.early), str(looks.early))
    for source in settings.sources.values():
        if source.site in (None, site.id):
            was = source_type(settings, source, site).silence
            yield _differing(f"{source.id} silence", str(source.silence or was), str(was))
            if source.early is not None:
                yield _differing(f"{source.id} early", str(source.early), str(looks.early))


def _limits(settings: Settings) -> Iterator[Setting]:
    """How much goes out by itself; the same for all sites."""
    brakes, shipped = settings.postroom.brakes, Brakes()
    for name in Brakes.model_fields:
        yield _differing(f"brakes {name}", str(getattr(brakes, name)), str(getattr(shipped, name)))


def _people(settings: Settings, site: Site, today: date) -> Iterator[Setting]:
    controllers = controllers_of(settings, site)
    yield Setting(name="controllers", value=", ".join(controllers) or "-")
    of_units = (one for unit in units_above(settings, site.unit) for one in settings.units[unit].deputies)
    for one in (*site.deputies, *of_units):
        if parse_date(one.last) >= today and one.absent.casefold() in {each.casefold() for each in controllers}:
            yield Setting(name=f"deputy of {one.absent}", value=_deputy(one))
    for team, address in site.teams.items():
        yield Setting(name=f"team {team}", value=address)
    for role, address in site.roles.items():
        yield Setting(name=f"role {role}", value=address)
    yield Setting(name="fallback", value=site.fallback)


def _deputy(one: Deputy) -> str:
    return f"{one.to}, {one.first} to {one.last}"


def _differing(name: str, value: str, was: str) -> Setting:
    return Setting(name=name, value=value, shipped=was if value != was else None)
