"""Questions that all parts ask of the settings: whose address is this, who is told, which steps apply."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from config.calendars import parse_date
from config.models import Deputy, Policy, Settings, Site, Source, SourceType, Step, Unit
from config.names import KINDS
from config.values import parse_duration

ADMIN_SITE = "admin"
"""The built-in site that mail to postmaster@ belongs to."""
MAILBOX = "imap:"
"""Before the id of a mailbox: recipient of its mails where no address of ours is named."""
FOLLOW_UP = "follow-up"
"""Policy that runs from a record's resubmission."""
CONTROLLER, TEAM = "controller", "team"
"""What a step's `to` may be beside the name of a role."""


def site_of(settings: Settings, recipient: str) -> tuple[Source | None, Site | None]:
    """Tell what a recipient address belongs to; (None, None) if it is none of ours.

    A source for several sites gives (source, None): its mail says which. A desk address may carry a token
    (`desk+token@…`) and gives (None, site). `postmaster` at any domain gives the built-in site. `imap:ID` gives
    the site of that mailbox, else the built-in one.
    """
    address = recipient.lower()
    if address.startswith("postmaster@") or address == "postmaster":
        return None, admin_site(settings)
    if address.startswith(MAILBOX):
        named = (one.site for one in settings.postroom.imap if one.id == address.removeprefix(MAILBOX))
        return None, settings.sites.get(next(named, None) or "") or admin_site(settings)
    kind, name = settings.recipients.get(address) or _desk(settings, address)
    if kind == "source":
        source = settings.sources[name]
        return source, settings.sites[source.site] if source.site else None
    return None, settings.sites.get(name)


def desk_token(settings: Settings, recipient: str) -> str | None:
    """Take the token out of a desk address, in lower case; None if it carries none or is no desk of ours."""
    address = recipient.lower()
    _, name = _desk(settings, address)
    site = settings.sites.get(name)
    if site is None:
        return None
    return address[len(site.desk.partition("@")[0]) + 1 : address.rindex("@")] or None


def _desk(settings: Settings, address: str) -> tuple[str, str]:
    """Find the desk before any separator of the local part; the separator may also be part of the desk's name."""
    local, _, domain = address.rpartition("@")
    separator = settings.postroom.desk.separator
    while separator in local:
        local = local.rpartition(separator)[0]
        kind, name = settings.recipients.get(f"{local}@{domain}", ("", ""))
        if kind == "desk":
            return kind, name
    return "", ""


def admin_site(settings: Settings) -> Site:
    """Build the site that the admin's own mail belongs to: the admin is its one team; nothing escalates."""
    host = settings.postroom.hostname
    return Site.model_construct(
        id=ADMIN_SITE,
        name=f"Postroom at {host}",
        timezone="UTC",
        language=settings.postroom.language,
        teams={ADMIN_SITE: settings.postroom.admin},
        controllers=(settings.postroom.admin,),
        fallback=ADMIN_SITE,
        desk=f"postmaster@{host}",
        escalate=dict.fromkeys(KINDS, "none"),
        shipped=max(settings.shipped),
    )


def team_address(settings: Settings, site: Site, team: str) -> tuple[str, bool]:
    """Give a team's address, and whether the site's fallback team stands in for one that it lacks."""
    del settings  # teams are a site's own; the parameter keeps the questions alike
    address = site.teams.get(team)
    return (address, False) if address else (site.teams[site.fallback], True)


def own_addresses(site: Site) -> tuple[str, ...]:
    """Give the addresses of a site's desk and people, in lower case."""
    stand_in = (one.to for one in site.deputies)
    given = (site.desk, *site.teams.values(), *site.roles.values(), *site.controllers, *stand_in)
    return tuple(dict.fromkeys(address.lower() for address in given))


def source_type(settings: Settings, source: Source, site: Site | None = None) -> SourceType:
    """Give what comes with a source's type, in the version of the shipped values that its site names."""
    version = site.shipped if site else max(settings.shipped)
    return next(known for known in settings.shipped[version].type if known.name == source.type)


def wait_of(settings: Settings, site: Site, kind: str) -> int:
    """Give how many minutes mails of a kind wait at a site for others to go along; 0 is at once."""
    shipped = {str(key): wait for key, wait in settings.shipped[site.shipped].bundle.items()}
    waits = shipped | {str(key): wait for key, wait in site.mail.bundle.items()}
    return waits[kind].minutes if kind in waits else 0


def default_policy(settings: Settings, site: Site, kind: str) -> str:
    """Name the policy of a kind where neither rule nor source names one."""
    by_site = {str(key): name for key, name in site.escalate.items()}
    shipped = {str(key): name for key, name in settings.shipped[site.shipped].escalate.items()}
    return by_site.get(kind) or shipped.get(kind, "none")


def policy_of(settings: Settings, site: Site, name: str) -> Policy:
    """Find a policy: the admin's own, else the shipped one of the site's version."""
    return settings.policies.get(name) or settings.shipped[site.shipped].policy[name]


def still_configured(settings: Settings, site: Site, policy_name: str, kind: str) -> str:
    """Name a record's policy; that of its kind where its own was taken out of the configuration meanwhile."""
    known = policy_name in settings.policies or policy_name in settings.shipped[site.shipped].policy
    return policy_name if known else default_policy(settings, site, kind)


def steps_of(settings: Settings, site: Site, policy_name: str) -> tuple[Step, ...]:
    """Give the steps that count at a site, with its own times.

    Optional steps count only where the site says `on` or gives a time. The time of a step that does not count is added
    to the next one, if both run on the same clock, so that switching off a warning does not hasten what follows.
    """
    return tuple(_apply(policy_of(settings, site, policy_name), dict(site.steps.get(policy_name, {}))))


def _apply(policy: Policy, said: dict[str, str]) -> Iterator[Step]:
    skipped: Step | None = None
    for step in policy.step:
        override = said.get(step.name, "off" if step.optional else "on")
        timed = step if override in ("on", "off") else step.model_copy(update={"after": parse_duration(override)})
        if skipped is not None:
            timed = _later(timed, skipped)
        if override == "off":
            skipped = timed
        else:
            skipped = None
            yield timed


def _later(step: Step, skipped: Step) -> Step:
    if step.clock != skipped.clock or "wd" in (step.after.unit, skipped.after.unit):
        return step
    return step.model_copy(update={"after": parse_duration(f"{step.after.minutes + skipped.after.minutes}m")})


def units_above(settings: Settings, unit: str | None) -> Iterator[str]:
    """Name a unit and those above it, nearest first."""
    while unit is not None and unit in settings.units:
        yield unit
        unit = settings.units[unit].parent


def controllers_of(settings: Settings, site: Site, on: date | None = None) -> tuple[str, ...]:
    """Give who controls a site: its own controllers, else those of the nearest unit above that names any.

    Args:
        settings: The settings in force.
        site: The site.
        on: The site's local day: who stands in on it takes the place of who is absent. None: as if nobody were absent.
    """
    above = [settings.units[unit] for unit in units_above(settings, site.unit)]
    named = next((given for given in (site.controllers, *(one.controllers for one in above)) if given), ())
    if on is None:
        return named
    stands_in: dict[str, str] = {}
    for one in _deputies(site, above):
        if parse_date(one.first) <= on <= parse_date(one.last):
            stands_in.setdefault(one.absent.casefold(), one.to)
    present = (_present(each, stands_in) for each in named)
    return tuple({each.casefold(): each for each in present}.values())


def overseers_of(settings: Settings, site: Site, on: date | None = None) -> tuple[str, ...]:
    """Give who may act as a controller of a site: its controllers, absent or not, and who stands in for one.

    Args:
        settings: The settings in force.
        site: The site.
        on: The site's local day; None: whoever stands in on any day.
    """
    if on is not None:
        return (*controllers_of(settings, site), *controllers_of(settings, site, on))
    above = (settings.units[unit] for unit in units_above(settings, site.unit))
    return (*controllers_of(settings, site), *(one.to for one in _deputies(site, above)))


def _deputies(site: Site, above: Iterable[Unit]) -> Iterator[Deputy]:
    """Those that the site names, then those of the units above, nearest first: who is absent is so everywhere below."""
    yield from site.deputies
    for unit in above:
        yield from unit.deputies


def _present(controller: str, stands_in: Mapping[str, str]) -> str:
    """Who is there: a deputy may be absent too; where all of them are, the controller himself."""
    at, seen = controller, set[str]()
    while at.casefold() in stands_in:
        if at.casefold() in seen:
            return controller
        seen.add(at.casefold())
        at = stands_in[at.casefold()]
    return at
