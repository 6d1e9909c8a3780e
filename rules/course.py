"""The course of a policy at a site, with real dates: what happens when to a request that nobody sees to."""

from collections.abc import Iterator
from datetime import datetime

from config.lookup import (
    CONTROLLER,
    FOLLOW_UP,
    TEAM,
    controllers_of,
    default_policy,
    policy_of,
    team_address,
    units_above,
)
from config.models import Rule, Settings, Site, Step
from config.names import KINDS
from config.values import parse_duration
from rules import glob
from rules.daybook import daybook_of
from rules.deadlines import NO_POLICY, plan
from rules.escalation import ESCALATE
from rules.hours import NeverOpens
from rules.model import Deadline
from rules.shapes import Fact
from rules.timing import step_timing

OFF = "off"
NONE = "none"
"""Where no such step is shipped."""


class SetStep(Fact, frozen=True, kw_only=True):
    """A step of a policy as a site has it."""

    step: str
    effect: str
    to: str
    value: str
    """`3h`, `2h elapsed`, `off`."""
    shipped: str | None = None
    """What is shipped, where that differs; `none` where no such step is."""


class CourseStep(Fact, frozen=True, kw_only=True):
    """A step with its time."""

    set: SetStep
    told: tuple[str, ...] = ()
    """Addresses; none where the step is off, or where a controller sees it in the daily list alone."""
    due_at: datetime | None = None
    """None where the step is off."""
    tell_at: datetime | None = None
    """When its mail may go out, UTC; None where there is none."""
    because: str = ""


class Course(Fact, frozen=True, kw_only=True):
    """A policy at a site, for an example."""

    site: str
    policy: str
    team: str
    began: str
    """What happens to the example at its time: `received` or `resubmitted`."""
    at: datetime
    runs_for: tuple[str, ...] = ()
    """Kinds, rules and sources that put requests of the site under it."""
    steps: tuple[CourseStep, ...] = ()
    problem: str | None = None
    """Why it cannot be counted."""


def courses(settings: Settings, site: Site, team: str, at: datetime) -> tuple[Course, ...]:
    """Every policy that there is at a site, for a request of a team at a time (UTC)."""
    names = {**settings.shipped[site.shipped].policy, **settings.policies}
    return tuple(_course(settings, site, team, name, at) for name in names if name != NO_POLICY)


def set_steps(settings: Settings, site: Site, policy: str) -> tuple[SetStep, ...]:
    """The steps of a policy, those that are off included, and what differs from what is shipped."""
    found = settings.shipped[site.shipped].policy.get(policy)
    shipped = {step.name: step for step in found.step} if found else {}
    said = dict(site.steps.get(policy, {}))
    return tuple(_set(step, said.get(step.name), shipped) for step in policy_of(settings, site, policy).step)


def _set(step: Step, said: str | None, shipped: dict[str, Step]) -> SetStep:
    known = shipped.get(step.name)
    was = _words(known, OFF if known.optional else None, None) if known else NONE
    value = _words(step, said or (OFF if step.optional else None), known)
    whole = known is None or (step.effect, step.to, step.deliver) == (known.effect, known.to, known.deliver)
    return SetStep(
        step=step.name,
        effect=step.effect,
        to=step.to,
        value=value,
        shipped=was if known is None or value != was or not whole else None,
    )


def _words(step: Step, said: str | None, known: Step | None) -> str:
    """Its time as this site has it; where its effect differs from the shipped one, that too."""
    if said == OFF:
        return OFF
    after = step.after if said in (None, "on") else parse_duration(said)
    more = [f"{step.effect} to {step.to}"] if known and (step.effect, step.to) != (known.effect, known.to) else []
    return ", ".join([f"{after} elapsed" if step.clock == "wall" and after.unit != "wd" else str(after), *more])


def _course(settings: Settings, site: Site, team: str, policy: str, at: datetime) -> Course:
    began, problem = "resubmitted" if policy == FOLLOW_UP else "received", None
    planned: dict[str, Deadline] = {}
    try:
        planned = {one.step: one for one in plan(settings, site.id, team, policy, at, 0, began)}
    except NeverOpens as error:
        problem = str(error)
    return Course(
        site=site.id,
        policy=policy,
        team=team,
        began=began,
        at=at,
        runs_for=tuple(runs_for(settings, site, policy)),
        steps=tuple(_step(settings, site, team, policy, one, planned) for one in set_steps(settings, site, policy)),
        problem=problem,
    )


def _step(
    settings: Settings, site: Site, team: str, policy: str, one: SetStep, planned: dict[str, Deadline]
) -> CourseStep:
    due = planned.get(one.step)
    if due is None:
        return CourseStep(set=one)
    if one.to == CONTROLLER and one.effect == ESCALATE and site.mail.escalated == "list":
        return CourseStep(set=one, due_at=due.due_at, because=due.because)
    book = daybook_of(site, team if one.to == TEAM else None)
    wait = site.mail.escalated_wait.minutes if one.effect == ESCALATE else None
    step = next(each for each in policy_of(settings, site, policy).step if each.name == one.step)
    tell_at = step_timing(book, due.due_at, wait, any_time=step.deliver == "any").at
    told = told_of(settings, site, team, one.to, tell_at)
    return CourseStep(set=one, told=told, due_at=due.due_at, tell_at=tell_at, because=due.because)


def told_of(settings: Settings, site: Site, team: str, to: str, at: datetime) -> tuple[str, ...]:
    """The addresses of what a step's `to` names, at a time (UTC); where a site lacks the role, its team's."""
    if to == CONTROLLER:
        return controllers_of(settings, site, daybook_of(site, None).local(at).date())
    return (site.roles.get(to) or team_address(settings, site, team)[0],)


def runs_for(settings: Settings, site: Site, policy: str) -> Iterator[str]:
    """Kinds, rules and sources that put requests of a site under a policy."""
    if policy == FOLLOW_UP:
        yield "resubmissions"
    yield from (kind for kind in KINDS if default_policy(settings, site, kind) == policy)
    for rule in settings.rules:
        if rule.escalate == policy and _is_for(settings, site, rule):
            yield f"rule '{rule.name}'"
    for source in settings.sources.values():
        if source.escalate == policy and source.site in (None, site.id):
            yield f"source '{source.id}'"


def _is_for(settings: Settings, site: Site, rule: Rule) -> bool:
    """Whether a rule speaks of the site, as far as it names sites and units."""
    when, units = rule.when, tuple(units_above(settings, site.unit))
    here = not when.site or glob.any_of(when.site, (site.id,)) is not None
    return here and (not when.unit or glob.any_of(when.unit, units) is not None)
