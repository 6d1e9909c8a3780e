"""Policies and the clocks they run on: every step must be able to count, and somebody must be there to be told."""

from collections.abc import Iterator, Mapping
from functools import cache

from config.defaults import shipped_versions
from config.draft import Draft, Entry
from config.endings import check_endings, follow_up_steps
from config.links import policies, unknown
from config.lookup import CONTROLLER, FOLLOW_UP, TEAM
from config.models import Policy, Site, Step
from config.problems import Problem
from config.reach import house_of, sites_for
from config.values import Duration, Interval, parse_days, parse_duration

_BUSINESS_UNITS = ("m", "h")
_WRITE_HOURS = 'write hours = { mon-fri = "08:00-18:00" }'


def check_clocks(draft: Draft) -> Iterator[Problem]:
    """Check policies, the sites' changes to them, and that each site has the hours and people that they need."""
    follow_up = follow_up_steps(draft)
    roles = {TEAM, CONTROLLER}.union(*(site.model.roles for site in draft.sites))
    for policy in draft.policies:
        yield from _policy(policy, roles if draft.whole("sites") else None, follow_up)
    by_rules = _rule_policies(draft)
    for site in draft.sites:
        yield from _days(site)
        yield from _window(site)
        yield from _teams_without(site)
        if site.model.shipped in shipped_versions() and "escalation" not in draft.unread:
            yield from _steps(draft, site)
            yield from _needs(draft, site, by_rules)
    if "escalation" not in draft.unread:
        for rule in draft.rules:
            if rule.model.escalate is not None:
                yield from unknown(rule, ("escalate",), "policy", rule.model.escalate, policies(draft))


def _policy(entry: Entry[Policy], roles: set[str] | None, follow_up: set[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, step in enumerate(entry.model.step):
        if step.name in seen:
            yield entry.problem(("step", index, "name"), f"step '{step.name}' is given twice")
        seen.add(step.name)
        if not _can_count(step, step.after):
            yield entry.problem(("step", index, "after"), *_days_on_business(step.after))
        if roles is not None:
            yield from unknown(entry, ("step", index, "to"), "role", step.to, roles)
        yield from check_endings(entry, index, step, follow_up)


def _can_count(step: Step, after: Duration) -> bool:
    return step.clock == "wall" or after.unit in _BUSINESS_UNITS


def _days_on_business(after: Duration) -> tuple[str, str]:
    return f"a business clock cannot count '{after}'", 'write m or h, or clock = "wall"'


def _days(entry: Entry[Site]) -> Iterator[Problem]:
    """Find weekdays that opening hours name twice."""
    tables: list[tuple[tuple[str, ...], Mapping[str, tuple[Interval, ...]]]] = [(("hours",), entry.model.hours)]
    tables += [(("team_hours", team), hours) for team, hours in entry.model.team_hours.items()]
    for path, hours in tables:
        seen: dict[int, str] = {}
        for text in hours:
            for before in sorted({seen[day] for day in parse_days(text) if day in seen}):
                yield entry.problem((*path, text), f"'{text}' names a day that '{before}' names too")
            seen |= dict.fromkeys(parse_days(text), text)


def _window(entry: Entry[Site]) -> Iterator[Problem]:
    """A window needs hours, those of the site or of each of its teams."""
    site = entry.model
    without = [team for team in site.teams if not any((site.team_hours.get(team) or site.hours).values())]
    if site.mail.window == "business" and without:
        what = f"waits for the hours of a team, and '{without[0]}' has none"
        yield entry.problem(("mail", "window"), what, _WRITE_HOURS)


def _teams_without(entry: Entry[Site]) -> Iterator[Problem]:
    """A team with hours of its own must have some: no time could be counted in them, nor any mail be told."""
    for team, hours in entry.model.team_hours.items():
        if hours and not any(hours.values()):
            what = "holds no hours at all; a team without an entry has those of the site"
            yield entry.problem(("team_hours", team), what)


def _steps(draft: Draft, entry: Entry[Site]) -> Iterator[Problem]:
    """Check what a site changes: policies and steps must exist, times must fit the clock."""
    for name, changes in entry.model.steps.items():
        yield from unknown(entry, ("steps", name), "policy", name, policies(draft, entry.model))
        policy = _find(draft, entry.model, name)
        if policy is None:
            continue
        known = {step.name: step for step in policy.step}
        for step_name, value in changes.items():
            path = ("steps", name, step_name)
            yield from unknown(entry, path, "step", step_name, known)
            if step_name not in known or value in ("on", "off"):
                continue
            try:
                after = parse_duration(value)
            except ValueError:
                yield entry.problem(path, f"'{value}' is not a change of a step", "write on, off or a time like 3h")
                continue
            if not _can_count(known[step_name], after):
                yield entry.problem(path, *_days_on_business(after))


def _find(draft: Draft, site: Site, name: str) -> Policy | None:
    """Find the policy that a name means at a site; None also for one with errors of its own."""
    if name in draft.named.get("policy", ()):
        return None
    own = next((entry.model for entry in draft.policies if entry.path[1] == name), None)
    return own or shipped_versions()[site.shipped].policy.get(name)


def _rule_policies(draft: Draft) -> dict[str, set[str]]:
    """Name, by site, the policies that rules and sources put its mail under."""
    named: dict[str, set[str]] = {entry.model.id: set() for entry in draft.sites}
    house = house_of(draft)
    for rule in draft.rules:
        if rule.model.escalate is not None:
            for site in sites_for(house, rule.model):
                named[site].add(rule.model.escalate)
    for source in draft.sources:
        if source.model.escalate is not None:
            for site in [source.model.site] if source.model.site else named:
                named.get(site, set()).add(source.model.escalate)
    return named


def _needs(draft: Draft, entry: Entry[Site], by_rules: dict[str, set[str]]) -> Iterator[Problem]:
    """Find a site without the hours or the controllers that its policies need."""
    site = entry.model
    defaults = {**shipped_versions()[site.shipped].escalate, **site.escalate}
    used = sorted(set(defaults.values()) | by_rules.get(site.id, set()))
    steps = [(name, step) for name in used for step in _counting(draft, site, name)]
    resubmitted = [(FOLLOW_UP, step) for step in _counting(draft, site, FOLLOW_UP) if _counts_hours(step)]
    by_hours = next((name for name, step in (*steps, *resubmitted) if _needs_hours(step)), None)
    if by_hours is not None and not any(site.hours.values()):
        yield entry.problem(("hours",), f"is missing, policy '{by_hours}' counts business hours", _WRITE_HOURS)
    to_controller = next((name for name, step in steps if step.to == CONTROLLER), None)
    if to_controller is not None and draft.whole("units") and not _controlled(draft, site):
        what = f"is missing, policy '{to_controller}' tells a controller and no unit above names one"
        yield entry.problem(("controllers",), what, 'write controllers = ["…"]')


def _counting(draft: Draft, site: Site, name: str) -> Iterator[Step]:
    """Give the steps of a policy that are not off at a site."""
    policy = _find(draft, site, name)
    for step in policy.step if policy else ():
        if site.steps.get(name, {}).get(step.name, "off" if step.optional else "on") != "off":
            yield step


def _needs_hours(step: Step) -> bool:
    return _counts_hours(step) or step.deliver == "business"


def _counts_hours(step: Step) -> bool:
    return step.clock == "business" or step.after.unit == "wd"


def _controlled(draft: Draft, site: Site) -> bool:
    units = {entry.model.id: entry.model for entry in draft.units}

    @cache
    def above(unit: str | None, depth: int = 0) -> bool:
        known = units.get(unit or "")
        return known is not None and depth <= len(units) and (bool(known.controllers) or above(known.parent, depth + 1))

    return bool(site.controllers) or above(site.unit)
