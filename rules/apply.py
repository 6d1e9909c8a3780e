"""The one door: whatever happens to a record is an action, and this is the only function that changes one."""

from datetime import datetime
from typing import Any

import msgspec

from config.lookup import FOLLOW_UP, still_configured
from config.models import Settings, Site
from config.problems import nearest
from rules import lifecycle
from rules.alerting import ALERTS
from rules.changes import FIELDS
from rules.daybook import daybook_of
from rules.deadlines import plan
from rules.hours import NeverOpens
from rules.model import Action, Deadline, Effects, Notice, Record, Refused
from rules.rescheduling import moved
from rules.sites import site_named
from rules.standstill import going_on, spared, still, still_passed
from rules.tellings import TELLS, Happened, first_notice, receipt_notice
from rules.transition import CLOSED_STATES, NEW, Transition
from rules.visit_changes import VISIT_FIELDS
from rules.visit_reminders import reminders
from rules.visit_tellings import ANSWERS, VISIT_TELLS
from rules.visits import asked_anew, visit_of


def apply(record: Record | None, action: Action, settings: Settings, now: datetime) -> tuple[Record, Effects]:
    """Let something happen to a record.

    Args:
        record: The current revision; None for `open`.
        action: What happens, who does it, with which arguments.
        settings: The settings in force.
        now: UTC.

    Returns:
        The next revision, and what follows: notices, deadlines, whether the open deadlines end.

    Raises:
        Refused: Not possible for this record, state, actor or these arguments; nothing changes.
    """
    transition = _transition(record, action)
    _check_arguments(action, transition)
    try:
        if record is None:
            return _open(action, transition, settings, now)
        changed = _change(record, action, transition, settings, now)
        changed, went_on = _time(record, changed, action, transition, settings, now)
        deadlines = (*went_on, *_deadlines(changed, action, transition, settings, now))
        notices = _notices(record, changed, action, transition, settings, now)
    except NeverOpens as error:
        raise Refused(str(error)) from error
    effects = Effects(
        notices=notices,
        deadlines=deadlines,
        ends_deadlines=transition.ends_deadlines,
        spares=spared(action.name, transition),
        rests=tuple(one.step for one in changed.paused) if transition.ends_deadlines else (),
        takes_back=changed.undone[-1] if action.name in ("undo", "rest") else None,
    )
    return changed, effects


def _transition(record: Record | None, action: Action) -> Transition:
    """Find the action's row in the table of the record's kind, or say what would be possible."""
    if record is None and action.opening is None:
        raise Refused(f"there is no record to {action.name[:40]}")
    kind = record.kind if record else action.opening.decision.kind if action.opening else "lead"
    state = record.state if record else None
    transition = lifecycle.table_of(kind).get((state, action.name))
    if transition is None:
        raise Refused(_not_possible(kind, state, action.name))
    if action.actor.role not in transition.who:
        raise Refused(f"a {action.actor.role} may not {action.name}; {_names(sorted(transition.who))} may")
    return transition


def _not_possible(kind: str, state: str | None, name: str) -> str:
    all_names = lifecycle.known(kind)
    now_possible = f"Possible now: {_names(lifecycle.possible(kind, state))}"
    if name in all_names:
        return f"{name} is not possible for a record that is {state or 'not there yet'}. {now_possible}"
    meant = nearest(name, all_names)
    return f"unknown action '{name[:40]}'{f', {meant}' if meant else '.'} {now_possible}"


def _check_arguments(action: Action, transition: Transition) -> None:
    allowed = (*transition.needs, *transition.may, "message")
    for name in action.args:
        if name not in allowed:
            meant = nearest(name, allowed)
            takes = f"{action.name.capitalize()} takes {_names(allowed[:-1]) or 'none'}"
            raise Refused(f"unknown argument '{name[:40]}'{f', {meant}' if meant else '.'} {takes}")
    for name in transition.needs:
        if not action.args.get(name, "").strip():
            raise Refused(f"{action.name} needs {name}={_EXAMPLES.get(name, '…')}")


_FIELDS = FIELDS | VISIT_FIELDS
_TELLS = TELLS | ALERTS | VISIT_TELLS
_EXAMPLES = {
    "until": "2d",
    "to": "name@domain.example",
    "text": "'…'",
    "ref": "L-7KQ2M4-2",
    "kind": "lead",
    "at": "2026-12-03T09:00",
    "days": "3",
    "what": "parts",
}


def _open(action: Action, transition: Transition, settings: Settings, now: datetime) -> tuple[Record, Effects]:
    opening = action.opening
    if opening is None or opening.decision.ignored is not None:
        raise Refused("there is nothing to open")
    decision = opening.decision
    record = Record(
        ref=opening.ref,
        kind=decision.kind,
        site=opening.site,
        source=opening.source,
        team=decision.team,
        state=transition.to or NEW,
        category=decision.category,
        policy=decision.policy,
        language=decision.language,
        received_at=opening.received_at,
        flags=opening.flags,
        reading=opening.reading,
        related=decision.related,
        thread=opening.thread,
    )
    if record.kind == "booking":
        visit = visit_of(record.ref, record.reading, _site(settings, record), settings)
        record = msgspec.structs.replace(record, visit=visit)
    notices = tuple(first_notice(wish, decision.language, now) for wish in decision.notifications)
    if decision.receipt is not None:
        notices += (receipt_notice(decision.receipt, decision.category, now),)
    return record, Effects(notices=notices, deadlines=decision.deadlines)


def _change(record: Record, action: Action, transition: Transition, settings: Settings, now: datetime) -> Record:
    set_fields = _FIELDS.get(action.name)
    fields = set_fields(record, action, _site(settings, record), settings, now) if set_fields else {}
    plain: dict[str, Any] = {
        "state": transition.to or record.state,
        "cycle": record.cycle + transition.new_cycle,
        "revision": record.revision + 1,
    }
    if transition.ends_deadlines or transition.new_cycle:
        plain["passed"] = ()  # somebody sees to it, or its time counts anew
    if transition.to == NEW:  # somebody has to look at it anew
        plain |= {"resubmit_at": None, "result": None}
        if record.visit is not None and record.state in CLOSED_STATES:
            plain["visit"] = asked_anew(record.visit)
    return msgspec.structs.replace(record, **(plain | fields))


def _time(
    before: Record, record: Record, action: Action, transition: Transition, settings: Settings, now: datetime
) -> tuple[Record, tuple[Deadline, ...]]:
    """Let the time of steps stand still in the new state, or go on in it; what the action does not end has passed."""
    if not transition.ends_deadlines or transition.clocks == "anew":
        return record, ()
    if spared(action.name, transition) is None:
        return msgspec.structs.replace(record, paused=()), ()
    site = _site(settings, record)
    book = daybook_of(site, record.team)
    paused = still(before.paused, action.standing, action.name, record.state, book, now)
    goes_on = [one for one in before.paused if action.name not in one.until and record.state not in one.pause]
    # in a cycle of its own: what goes on once more, after an undo, must not meet itself
    cycle = record.cycle + (bool(goes_on) and not transition.new_cycle)
    went_on = tuple(going_on(goes_on, site, record.team, now, cycle))
    passed = still_passed(before.passed, action.standing, action.name)
    return msgspec.structs.replace(record, paused=paused, passed=passed, cycle=cycle), went_on


def _deadlines(
    record: Record, action: Action, transition: Transition, settings: Settings, now: datetime
) -> tuple[Deadline, ...]:
    if transition.clocks == "follow-up" and record.resubmit_at is not None:
        return plan(settings, record.site, record.team, FOLLOW_UP, record.resubmit_at, record.cycle, "resubmitted")
    if transition.clocks == "anew":
        return moved(record, action.standing, settings)
    if transition.clocks == "visit":
        return reminders(record, _site(settings, record), now, record.cycle)
    if transition.clocks == "policy":
        began = "moved" if action.name == "not-mine" else "answered" if action.name in ANSWERS else "reopened"
        policy = still_configured(settings, _site(settings, record), record.policy, record.kind)
        return plan(settings, record.site, record.team, policy, now, record.cycle, began)
    return ()


def _notices(
    before: Record, record: Record, action: Action, transition: Transition, settings: Settings, now: datetime
) -> tuple[Notice, ...]:
    tell = _TELLS.get(transition.tells or "")
    site = _site(settings, record)
    happened = Happened(before=before, record=record, action=action, site=site, settings=settings, now=now)
    return tuple(tell(happened)) if tell else ()


def _site(settings: Settings, record: Record) -> Site:
    try:
        return site_named(settings, record.site)
    except KeyError as error:
        raise Refused(f"the site '{record.site}' is no longer configured") from error


def _names(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)
