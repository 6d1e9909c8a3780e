"""Deadlines of a record: the steps of its policy with real times, each with its arithmetic in words."""

from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from config.lookup import ADMIN_SITE, TEAM, default_policy, steps_of
from config.models import Rule, Settings, Site, Source, Step
from config.types import Category
from rules.daybook import DayBook, daybook_of
from rules.hours import add, elapsed, next_open
from rules.model import Action, Actor, Deadline
from rules.moments import day_and_time
from rules.sites import site_named

NO_POLICY = "none"
CLOCK = Actor("clock")


class DueStep(Protocol):
    """A step whose time has come, wherever it is kept."""

    @property
    def step(self) -> str:
        """Its name in the policy."""

    @property
    def cycle(self) -> int:
        """In which cycle of its record."""

    @property
    def due_at(self) -> datetime:
        """UTC."""

    @property
    def deliver_at(self) -> datetime:
        """When its mail may go out, UTC."""

    @property
    def effect(self) -> str:
        """The name of the action that it is."""

    @property
    def to(self) -> str:
        """Who is told: `team`, `controller` or a role."""


def plan(
    settings: Settings,
    site_id: str,
    team: str | None,
    policy_name: str,
    received_at: datetime,
    cycle: int,
    began: str = "received",
) -> tuple[Deadline, ...]:
    """Every step of a policy with its time; each counts from the due time of the one before.

    Args:
        settings: The settings in force.
        site_id: The record's site; its own step times count.
        team: The record's team, whose hours count where it has some of its own.
        policy_name: `none` has no steps.
        received_at: UTC; where the first step counts from.
        cycle: The record's cycle, which the deadlines belong to.
        began: What happened at `received_at`, for the words.

    Raises:
        NeverOpens: The hours do not hold a step's time.
        KeyError: No such site or policy.
    """
    if policy_name == NO_POLICY or site_id == ADMIN_SITE:
        return ()
    site = site_named(settings, site_id)
    books = daybook_of(site, team), daybook_of(site, None)
    deadlines = []
    start, words = received_at, began
    for step in steps_of(settings, site, policy_name):
        deadline = _deadline(step, books, start, cycle, words)
        deadlines.append(replace(deadline, policy=policy_name, since=received_at, began=began))
        start, words = deadline.due_at, step.name
    return tuple(deadlines)


def policy_for(
    settings: Settings, site: Site, source: Source | None, rule: Rule | None, kind: str, category: Category
) -> str:
    """Name the policy of a new record: the site's own word, else the rule's, the source's, the default of the kind.

    What is filed for audit only asks nobody to act: a policy runs for it only where site or rule name one.
    """
    if site.id == ADMIN_SITE:
        return NO_POLICY
    own = {str(key): name for key, name in site.escalate.items()}.get(kind)
    by_rule = rule.escalate if rule else None
    if category == "audit":
        return own or by_rule or NO_POLICY
    by_source = source.escalate if source else None
    return own or by_rule or by_source or default_policy(settings, site, kind)


def _deadline(step: Step, books: tuple[DayBook, DayBook], start: datetime, cycle: int, began: str) -> Deadline:
    team_book, site_book = books
    count = add if step.clock == "business" else elapsed
    due_at, words = count(team_book, start, step.after, began)
    deliver_at, told = delivery(step.deliver, team_book if step.to == TEAM else site_book, due_at)
    return Deadline(
        step=step.name,
        due_at=due_at,
        deliver_at=deliver_at,
        effect=step.effect,
        to=step.to,
        cycle=cycle,
        because=f"{step.name} {step.after} {step.clock}: {words}{told}",
        after=str(step.after),
        clock=step.clock,
        deliver=step.deliver,
        until=step.until,
        pause=step.pause,
    )


def delivery(deliver: str, book: DayBook, due_at: datetime) -> tuple[datetime, str]:
    """When a step's mail may go out: at the recipient's next opening; at once where there are no hours."""
    if deliver == "any" or not any(book.week):
        return due_at, ""
    at = next_open(book, due_at)
    return (at, "") if at == due_at else (at, f", told {day_and_time(book.local(at), book.local(due_at))}")


def falls_due(one: DueStep, more: dict[str, str] | None = None) -> Action:
    """What the clock does when the time of a step has come.

    Args:
        one: The step.
        more: What else there is to say of it: that it was found late.
    """
    args = {
        "step": one.step,
        "cycle": str(one.cycle),
        "due": one.due_at.isoformat(),
        "deliver": one.deliver_at.isoformat(),
        "to": one.to,
    }
    return Action(name=one.effect, actor=CLOCK, args=args | more if more else args)
