"""What one table says of another: every name must exist, every id once."""

from collections.abc import Collection, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from config.defaults import shipped_versions
from config.draft import Draft, Entry
from config.layouts import check_layout
from config.lookup import ADMIN_SITE
from config.mailboxes import check_mailboxes
from config.models import Conditions, Rule, Site, Source
from config.names import KINDS, LABEL_LANGUAGES, MAIL_CLASSES, OPEN_FIELDS, READING_FIELDS, is_glob
from config.problems import Path, Problem, nearest
from config.reach import house_of, sites_for

Names = tuple[str, str, Collection[str]]
"""A key of `when`, what it names, and the names that there are."""


def check_links(draft: Draft) -> Iterator[Problem]:
    """Find names that nothing has, and ids that several tables have."""
    for entries, key in ((draft.units, "id"), (draft.sites, "id"), (draft.sources, "id"), (draft.rules, "name")):
        yield from _given_once(entries, key)
    yield from _policies_once(draft)
    yield from _units(draft)
    units, sites = ids(draft, "unit", draft.units), ids(draft, "site", draft.sites)
    for site in draft.sites:
        yield from _site(draft, site, units)
    for source in draft.sources:
        yield from _source(draft, source, sites)
        yield from check_layout(source)
    yield from _users(draft)
    if draft.postroom is not None:
        yield from check_mailboxes(draft, draft.postroom, sites)
    teams: dict[str, set[str]] = {}
    for site in draft.sites:
        teams.setdefault(site.model.id, set()).update(site.model.teams)
    names, house = tuple(_known_names(draft)), house_of(draft)
    for rule in draft.rules:
        yield from _conditions(rule, rule.model.when, ("when",), names)
        if draft.whole("sites", "units", "sources"):
            yield from _teams(teams, rule, sites_for(house, rule.model))


def ids(draft: Draft, table: str, entries: Collection[Entry[Any]]) -> set[str]:
    """Name all ids of a table, those of broken tables included."""
    return {entry.model.id for entry in entries} | draft.named.get(table, set())


def policies(draft: Draft, site: Site | None = None) -> set[str]:
    """Name the policies: the admin's, and those of the shipped version of a site, or of any."""
    named = {str(entry.path[1]) for entry in draft.policies} | draft.named.get("policy", set())
    versions = [v for number, v in shipped_versions().items() if site is None or site.shipped == number]
    return named.union(*(version.policy for version in versions))


def unknown(entry: Entry[Any], path: Path, what: str, name: str, known: Collection[str]) -> Iterator[Problem]:
    """Say that a name does not exist, if so; a broken table without an id may have any name."""
    if name not in known and "" not in known:
        yield entry.problem(path, f"unknown {what} '{name}'", nearest(name, known))


def _given_once(entries: Collection[Entry[Any]], key: str) -> Iterator[Problem]:
    first: dict[str, Entry[Any]] = {}
    for entry in entries:
        name = getattr(entry.model, key)
        before = first.setdefault(name, entry)
        if before is not entry:
            place = f"{before.file.name}:{before.file.line((*before.path, key))}"
            yield entry.problem((key,), f"'{name}' is given twice, first in {place}")


def _policies_once(draft: Draft) -> Iterator[Problem]:
    seen: set[str | int] = set()
    for entry in draft.policies:
        if entry.path[1] in seen:
            yield entry.problem((), f"policy '{entry.path[1]}' is given twice")
        seen.add(entry.path[1])


def _units(draft: Draft) -> Iterator[Problem]:
    known = ids(draft, "unit", draft.units)
    parents = {entry.model.id: entry.model.parent for entry in draft.units}
    for entry in draft.units:
        parent = entry.model.parent
        if parent is None or "units" in draft.unread:
            continue
        yield from unknown(entry, ("parent",), "unit", parent, known)
        if _in_circle(entry.model.id, parents):
            yield entry.problem(("parent",), f"unit '{entry.model.id}' stands below itself")


def _in_circle(unit: str, parents: dict[str, str | None]) -> bool:
    seen = {unit}
    above = parents.get(unit)
    while above is not None and above not in seen:
        seen.add(above)
        above = parents.get(above)
    return above == unit


def _site(draft: Draft, entry: Entry[Site], units: set[str]) -> Iterator[Problem]:
    site = entry.model
    if site.id == ADMIN_SITE:
        yield entry.problem(("id",), f"'{ADMIN_SITE}' is the built-in site of the admin", "choose another id")
    if site.unit is not None and "units" not in draft.unread:
        yield from unknown(entry, ("unit",), "unit", site.unit, units)
    yield from unknown(entry, ("fallback",), "team", site.fallback, site.teams)
    for key, table in (("members", site.members), ("team_hours", site.team_hours)):
        for team in table:
            yield from unknown(entry, (key, team), "team", team, site.teams)
    length = site.booking.length
    if length.unit == "wd" or not length.amount:
        yield entry.problem(("booking", "length"), f"'{length}' is no length of a visit", "write 30m, 1h or 1d")
    if site.shipped not in shipped_versions():
        newest = max(shipped_versions())
        yield entry.problem(
            ("shipped",), f"unknown version {site.shipped} of the shipped values", f"the newest is {newest}"
        )
    elif "escalation" not in draft.unread:
        for kind, policy in site.escalate.items():
            yield from unknown(entry, ("escalate", kind), "policy", policy, policies(draft, site))


def _source(draft: Draft, entry: Entry[Source], sites: set[str]) -> Iterator[Problem]:
    source = entry.model
    if (source.site is None) == (source.site_by is None):
        what = "must say one of site and site_by"
        yield entry.problem(("site_by",) if source.site_by else ("site",), what, 'write site = "…"')
    if source.site is not None and "sites" not in draft.unread:
        yield from unknown(entry, ("site",), "site", source.site, sites)
    types = {known.name for version in shipped_versions().values() for known in version.type}
    yield from unknown(entry, ("type",), "source type", source.type, types)
    if source.escalate is not None and "escalation" not in draft.unread:
        yield from unknown(entry, ("escalate",), "policy", source.escalate, policies(draft))
    if source.language is not None:
        yield from unknown(entry, ("language",), "language", source.language, LABEL_LANGUAGES)
    needs = {"vendor-id": "vendor_ids", "postcode": "postcodes"}.get(source.site_by or "")
    if needs and draft.whole("sites") and not any(getattr(site.model, needs) for site in draft.sites):
        yield entry.problem(("site_by",), f'no site has {needs}, which site_by = "{source.site_by}" goes by')


def _users(draft: Draft) -> Iterator[Problem]:
    """Find users of sources that do not exist, names that two users have, and a login that nobody can pass."""
    if draft.postroom is None:
        return
    if draft.postroom.model.smtp.require_auth and not draft.postroom.model.smtp.user:
        yield draft.postroom.problem(("smtp", "require_auth"), "shuts everybody out: there is no [[smtp.user]]")
    sources, seen = ids(draft, "source", draft.sources), set[str]()
    for index, user in enumerate(draft.postroom.model.smtp.user):
        path: Path = ("smtp", "user", index)
        if user.name in seen:
            yield draft.postroom.problem((*path, "name"), f"'{user.name}' is given twice")
        seen.add(user.name)
        if user.source is not None and "sources" not in draft.unread:
            yield from unknown(draft.postroom, (*path, "source"), "source", user.source, sources)


def _teams(by_site: Mapping[str, Collection[str]], rule: Entry[Rule], sites: Collection[str]) -> Iterator[Problem]:
    """Find a team that none of the sites has which the rule can see; where only some lack it, the fallback serves."""
    if all(any(notify.team in by_site[site] for site in sites) for notify in rule.model.notify):
        return
    of_rule = {team for site in sites for team in by_site[site]}
    everywhere = {team for teams in by_site.values() for team in teams}
    for index, notify in enumerate(rule.model.notify):
        path = ("notify", index, "team")
        if notify.team in everywhere - of_rule and of_rule:
            yield rule.problem(path, f"no site of this rule has a team '{notify.team}'", nearest(notify.team, of_rule))
        elif notify.team not in of_rule:
            yield from unknown(rule, path, "team", notify.team, everywhere)


def _conditions(rule: Entry[Rule], when: Conditions, path: Path, names: tuple[Names, ...]) -> Iterator[Problem]:
    """Find names in `when` that nothing has; a glob must match at least one."""
    for key, what, known in names:
        field = "mail_class" if key == "class" else key
        for index, pattern in enumerate(getattr(when, field)):
            if not _matches_any(pattern, known):
                yield rule.problem((*path, key, index), f"unknown {what} '{pattern}'", nearest(pattern, known))
    for index, name in enumerate(when.has):
        if name not in READING_FIELDS and not name.startswith(OPEN_FIELDS):
            yield rule.problem((*path, "has", index), f"unknown field '{name}'", nearest(name, READING_FIELDS))
    if when.excluded is not None:
        yield from _conditions(rule, when.excluded, (*path, "not"), names)


def _known_names(draft: Draft) -> Iterator[Names]:
    yield "kind", "kind", KINDS
    yield "class", "class of mail", MAIL_CLASSES
    yield "language", "language", LABEL_LANGUAGES
    yield "type", "source type", {known.name for version in shipped_versions().values() for known in version.type}
    tables: tuple[tuple[str, str, Collection[Entry[Any]]], ...] = (
        ("sources", "source", draft.sources),
        ("sites", "site", draft.sites),
        ("units", "unit", draft.units),
    )
    for stem, table, entries in tables:
        known = ids(draft, table, entries)
        if stem not in draft.unread and "" not in known:
            yield table, table, known


def _matches_any(pattern: str, known: Collection[str]) -> bool:
    if not is_glob(pattern):
        return pattern in known or pattern.lower() in (name.lower() for name in known)
    return any(fnmatchcase(name.lower(), pattern.lower()) for name in known)
