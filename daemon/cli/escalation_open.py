"""`escalation show --open`: what a change of hours or of a policy would move, and moving it when asked."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from daemon.cli.house import now_of, remember, store_of, user, wake, zone_of
from daemon.cli.output import FINDINGS, USAGE, complain, counted, fail, finish, heading, json_line, line
from daemon.cli.traces import local

if TYPE_CHECKING:
    from config.models import Settings
    from daemon.store import Store
    from rules.model import Deadline, Record
    from rules.rescheduling import Move

SHOWN = 200
"""Records that are printed; --json shows all."""
REASON = "hours or policy changed"
_SUMS = ("earlier", "later", "otherwise", "begins", "gone", "as it is")


class Found(NamedTuple):
    """A record with open deadlines: how each would stand, or why that cannot be said."""

    record: "Record"
    moves: "tuple[Move, ...]"
    problem: str | None = None

    @property
    def changes(self) -> bool:
        """Whether anything would be moved."""
        return any(move.changes for move in self.moves)


def show_open(
    settings: "Settings", site: str | None, *, move: bool, yes: bool, reason: str | None, as_json: bool
) -> None:
    """Show what the settings in force would move of what is open; with `move`, move it after a question.

    Args:
        settings: As the files say now.
        site: Only of this site; None for all.
        move: Whether it is to be moved.
        yes: Without asking.
        reason: Kept with each record that is moved.
        as_json: One object a line for each record that would move, or of which it cannot be said.
    """
    if site is not None and site not in settings.sites:
        fail(USAGE, f"there is no site '{site}', known are {', '.join(settings.sites)}")
    if as_json and move and not yes:
        fail(USAGE, "--json asks nothing: --move needs --yes")
    now = now_of(settings)
    with store_of(settings) as store:
        found, sums = _looked_at(store, settings, site, now, as_json)
        refs = [one.record.ref for one in found if one.changes]
        if move and refs and (yes or click.confirm(f"Move the deadlines of {counted(len(refs), 'record')}?")):
            _move(store, settings, refs, reason or REASON, now)
    if not as_json and sums:
        line(sums)
    if any(one.problem for one in found):
        finish(FINDINGS)


def _looked_at(
    store: "Store", settings: "Settings", site: str | None, now: datetime, as_json: bool
) -> tuple[list[Found], str]:
    """What would change, printed; and the sum over all that is open, in words."""
    told = list[Found]()
    sums = dict.fromkeys(_SUMS, 0)
    looked = shown = 0
    for one in _open(store, settings, site):
        looked += 1
        for each in one.moves:
            sums[_kind(each)] += 1
        if one.problem:
            complain(f"{one.record.ref}: {one.problem}")
        if not one.changes and not one.problem:
            continue
        told.append(one)
        if as_json:
            json_line(_plain(one))
        elif one.changes:
            shown += 1
            if shown <= SHOWN:
                _print(settings, one, now)
    if as_json:
        return told, ""
    if shown > SHOWN:
        line(f"and {counted(shown - SHOWN, 'more record')}: --json shows all")
    moved = counted(sum(one.changes for one in told), "record")
    steps = ", ".join(f"{number} {name}" for name, number in sums.items() if number)
    return told, f"{counted(looked, 'record')} with open deadlines, {moved} would move; steps: {steps or 'none'}"


def _open(store: "Store", settings: "Settings", site: str | None) -> Iterator[Found]:
    from daemon.store import standing
    from rules.hours import NeverOpens
    from rules.model import Refused
    from rules.rescheduling import moves

    with store.read() as connection:
        for kept in standing.with_open(connection, site):
            try:
                yield Found(kept.record, moves(kept.record, standing.of(connection, kept.id), settings))
            except (Refused, NeverOpens) as error:
                yield Found(kept.record, (), str(error))


def _move(store: "Store", settings: "Settings", refs: list[str], reason: str, now: datetime) -> None:
    """Each by an action of its own, so that its history says who moved it and why."""
    from daemon.act import act
    from rules.model import Action, Actor, Refused

    remember(store, settings, now)
    action = Action(name="reschedule", actor=Actor("command", user()), args={"reason": reason})
    done = 0
    for ref in refs:
        try:
            act(store, settings, ref, action, now)
            done += 1
        except Refused as refused:
            complain(f"{ref}: {refused}")
    wake(settings)
    complain(f"postroom: the deadlines of {counted(done, 'record')} were moved")
    if done < len(refs):
        finish(FINDINGS)


def _kind(move: "Move") -> str:
    old, new = move.old, move.new
    if old is None or new is None:
        return "gone" if new is None else "begins"
    if not move.changes:
        return "as it is"
    return "earlier" if new.due_at < old.due_at else "later" if new.due_at > old.due_at else "otherwise"


def _print(settings: "Settings", one: Found, now: datetime) -> None:
    """What would move of a record, each step with its old and its new arithmetic."""
    zone = zone_of(settings, one.record.site)
    heading(f"{one.record.ref} {one.record.site}")
    for move in one.moves:
        if not move.changes:
            continue
        at_once = ", at once" if move.new and move.new.due_at <= now else ""
        line(f"  {_step(move)} {_kind(move)}: {_due(move.old, zone)} -> {_due(move.new, zone)}{at_once}")
        for said, deadline in (("was", move.old), ("new", move.new)):
            if deadline is not None:
                line(f"    {said}: {deadline.because}")


def _step(move: "Move") -> str:
    known = move.new or move.old
    return known.step if known else ""


def _due(one: "Deadline | None", zone: str) -> str:
    if one is None:
        return "-"
    told = f", told {local(one.deliver_at.isoformat(), zone)}" if one.deliver_at != one.due_at else ""
    return f"{local(one.due_at.isoformat(), zone)}{told}"


def _plain(one: Found) -> dict[str, Any]:
    found: dict[str, Any] = {"record": one.record.ref, "site": one.record.site, "policy": one.record.policy}
    if one.problem:
        return found | {"problem": one.problem}
    return found | {
        "moves": [{"step": _step(move), "what": _kind(move), "old": move.old, "new": move.new} for move in one.moves]
    }
