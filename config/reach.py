"""Which mails a rule can still see: a rule that none can reach is a mistake, and so is a last rule that leaves some."""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cache, cached_property

from config.draft import Draft, Entry
from config.models import Conditions, Rule
from config.names import KINDS, MAIL_CLASSES, is_glob
from config.places import parse_postcodes
from config.problems import Problem

_FREE = ("type", "brand", "make", "model", "language", "recipient", "interest", "has", "text")
"""Keys compared pattern by pattern: they are no closed set, or (type, brand) may come from the mail."""
_CLOSED = {"kind": frozenset(KINDS), "mail_class": frozenset(MAIL_CLASSES)}
Allowed = Set[str] | None
"""Names that a condition lets through; None is all."""


@dataclass(frozen=True)
class House:
    """The sites and sources that rules speak of."""

    sites: dict[str, frozenset[str]]
    """Site -> its unit and all above it."""
    sources: dict[str, str | None]
    """Source -> its site, unless it serves several."""

    def named(self, key: str, patterns: tuple[str, ...]) -> set[str]:
        """Pick what a key of `when` names."""
        return _pick(patterns, self._by_lower[key])

    @cached_property
    def _by_lower(self) -> dict[str, dict[str, str]]:
        names: dict[str, Iterable[str]] = {
            "site": self.sites,
            "unit": frozenset().union(*self.sites.values()),
            "source": self.sources,
        }
        return {key: {name.lower(): name for name in known} for key, known in names.items()}


@dataclass(frozen=True)
class Scope:
    """What conditions let through, worked out once for all comparisons."""

    when: Conditions
    own_sites: Allowed
    """By site and unit alone."""
    sites: Allowed
    """Also by the sources it must come from."""
    sources: Allowed
    closed: Mapping[str, Allowed]
    excluded: "Scope | None"


def check_reach(draft: Draft) -> Iterator[Problem]:
    """Find rules that can never match or do nothing, and a missing last rule."""
    house = house_of(draft)
    before: list[tuple[Entry[Rule], Scope]] = []
    for entry in draft.rules:
        yield from _effects(entry)
        if draft.whole("units", "sites", "sources", "rules"):
            scope = scope_of(house, entry.model.when)
            yield from _reached(house, entry, scope, before)
            if not entry.model.also:
                before.append((entry, scope))
    yield from _last(draft)


def sites_for(house: House, rule: Rule) -> Set[str]:
    """Name the sites whose mail a rule may see."""
    allowed = scope_of(house, rule.when).sites
    return house.sites.keys() if allowed is None else allowed


def house_of(draft: Draft) -> House:
    """Gather what rules speak of, once for all rules."""
    parents = {unit.model.id: unit.model.parent for unit in draft.units}

    @cache
    def above(unit: str | None) -> frozenset[str]:
        chain: list[str] = []
        while unit is not None and unit not in chain:
            chain.append(unit)
            unit = parents.get(unit)
        return frozenset(chain)

    return House(
        {entry.model.id: above(entry.model.unit) for entry in draft.sites},
        {entry.model.id: entry.model.site for entry in draft.sources},
    )


def _effects(entry: Entry[Rule]) -> Iterator[Problem]:
    rule = entry.model
    others = bool(rule.forward or rule.webhook)
    if rule.ignore is not None and others:
        yield entry.problem(("ignore",), "a rule either ignores or tells other systems", "take one of them out")
    if rule.ignore is None and not rule.notify and not (others and rule.also):
        what = "no team is told" if others else "the rule does nothing"
        meant = 'write notify = { team = "…" }' + (", or also = true" if others else ' or ignore = "why"')
        yield entry.problem(("notify",), what, meant)
    if rule.ignore is not None and rule.notify:
        yield entry.problem(("ignore",), "a rule either ignores or notifies", "take one of them out")
    if rule.also and rule.ignore is not None:
        yield entry.problem(("also",), "a rule that ignores ends there", "take also = true out")
    if rule.also and rule.escalate is not None:
        yield entry.problem(("escalate",), "has no effect beside also = true", "the rule that decides names the policy")
    if rule.ignore is not None and rule.escalate is not None:
        yield entry.problem(("escalate",), "has no effect on what is ignored", "take it out")


def _reached(
    house: House, entry: Entry[Rule], scope: Scope, before: list[tuple[Entry[Rule], Scope]]
) -> Iterator[Problem]:
    reason = _contradiction(house, scope)
    if reason is not None:
        yield entry.problem(("when",), f"the rule can never match: {reason}")
        return
    for earlier, wider in before:
        if covers(wider, scope):
            place = f"rule '{earlier.model.name}' ({earlier.file.name}:{earlier.file.line(earlier.path)})"
            yield entry.problem(("when",), f"the rule can never match: {place} takes all of it before", "move it up")
            return


def _last(draft: Draft) -> Iterator[Problem]:
    if not draft.whole("rules"):
        return
    if not draft.rules:
        yield Problem(
            "rules.toml", 1, "rule", "no rule is configured", 'write [[rule]] name = "…" notify = { team = "…" }'
        )
        return
    if any(rule.model.when == Conditions() and not rule.model.also for rule in draft.rules[:-1]):
        return  # every rule after that one is reported already
    last = draft.rules[-1]
    if last.model.when != Conditions() or last.model.also:
        meant = "add one without when and without also at the end"
        yield last.problem((), "the last rule does not match all", meant)


def _contradiction(house: House, scope: Scope) -> str | None:
    """Say why no mail can meet the conditions, if so."""
    when = scope.when
    given = [key for key in ("site", "unit", "source") if getattr(when, key)]
    # A name that does not exist is reported as such.
    if scope.sites is not None and not scope.sites and all(house.named(key, getattr(when, key)) for key in given):
        return f"no mail meets its {' and '.join(given)} together"
    if scope.excluded is not None and covers(scope.excluded, replace(scope, excluded=None)):
        return "what it asks for is what its not excludes"
    return None


def scope_of(house: House, when: Conditions) -> Scope:
    """Work out what conditions let through."""
    own = _own_sites(house, when)
    sources = _sources(house, when)
    return Scope(
        when,
        own,
        _sites(house, own, sources),
        sources,
        {key: _closed(getattr(when, key), names) for key, names in _CLOSED.items()},
        scope_of(house, when.excluded) if when.excluded else None,
    )


def covers(outer: Scope, inner: Scope) -> bool:
    """Tell whether every mail that meets `inner` surely meets `outer`; when in doubt, it does not."""
    if not (_within(outer.own_sites, inner.sites) and _within(outer.sources, inner.sources)):
        return False
    if outer.excluded is not None and (inner.excluded is None or not covers(inner.excluded, outer.excluded)):
        return False
    if outer.when.open is not None and outer.when.open != inner.when.open:
        return False
    if not all(_within(outer.closed[key], inner.closed[key]) for key in _CLOSED):
        return False
    if not all(_patterns_within(getattr(outer.when, key), getattr(inner.when, key)) for key in _FREE):
        return False
    return _postcodes_within(outer.when.postcode, inner.when.postcode)


def _within(outer: Allowed, inner: Allowed) -> bool:
    return outer is None or (inner is not None and inner <= outer)


def _closed(patterns: tuple[str, ...], names: frozenset[str]) -> Allowed:
    found = _pick(patterns, {name: name for name in names})
    return None if not patterns or found == names else found


def _pick(patterns: tuple[str, ...], names: Mapping[str, str]) -> set[str]:
    """Pick the names that one of the patterns fits, from names by their lower case."""
    found = {names[pattern.lower()] for pattern in patterns if pattern.lower() in names}
    for glob in [pattern.lower() for pattern in patterns if is_glob(pattern)]:
        found |= {name for lower, name in names.items() if fnmatchcase(lower, glob)}
    return found


def _sources(house: House, when: Conditions) -> Allowed:
    """Name the sources let through; None also lets through mail that comes from no source."""
    return house.named("source", when.source) if when.source else None


def _own_sites(house: House, when: Conditions) -> Allowed:
    """Name the sites that site and unit let through."""
    if not (when.site or when.unit):
        return None
    found = house.named("site", when.site) if when.site else set(house.sites)
    if when.unit:
        units = house.named("unit", when.unit)
        found = {site for site in found if not units.isdisjoint(house.sites[site])}
    return found


def _sites(house: House, own: Allowed, sources: Allowed) -> Allowed:
    """Name the sites that mail can be of, also by the sources it must come from."""
    if sources is None:
        return own
    of_sources = {house.sources[name] for name in sources}
    reachable = set(house.sites) if None in of_sources else {site for site in of_sources if site is not None}
    return reachable if own is None else own & reachable


def _patterns_within(outer: tuple[str, ...], inner: tuple[str, ...]) -> bool:
    if not outer:
        return True
    return bool(inner) and all(any(_fits(wide.lower(), narrow.lower()) for wide in outer) for narrow in inner)


def _fits(wide: str, narrow: str) -> bool:
    return wide in ("*", narrow) or (not is_glob(narrow) and fnmatchcase(narrow, wide))


def _postcodes_within(outer: tuple[str, ...], inner: tuple[str, ...]) -> bool:
    if not outer:
        return True
    return bool(inner) and all(any(_range_within(wide, narrow) for wide in outer) for narrow in inner)


def _range_within(wide: str, narrow: str) -> bool:
    if is_glob(wide) or is_glob(narrow):
        return _fits(wide, narrow)
    (first, last), (low, high) = parse_postcodes(wide), parse_postcodes(narrow)
    return len(first) == len(low) and first <= low and high <= last
