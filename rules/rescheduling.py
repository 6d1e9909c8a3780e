"""What a change of hours or of a policy would move: the open deadlines of a record, counted anew where they began."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby

import msgspec
from msgspec.structs import replace

from config.models import Settings
from rules.deadlines import plan
from rules.model import Deadline, Record, Refused, Standing
from rules.sites import site_named
from rules.standstill import WENT_ON, going_on
from rules.visit_reminders import ANNOUNCE


class Move(msgspec.Struct, frozen=True):
    """A step as it stands and as it would; None where it would begin, or be gone."""

    old: Deadline | None
    new: Deadline | None

    @property
    def changes(self) -> bool:
        """Whether anything but the words differs."""
        return self.old is None or self.new is None or _facts(self.old) != _facts(self.new)


def moves(record: Record, standing: Iterable[Standing], settings: Settings) -> tuple[Move, ...]:
    """Every open step of a record, with its time under these settings; its cycle is the record's.

    A policy is counted from where its deadlines began, in today's hours of the record's team. What has passed or was
    ended stays so, and so do reminders of a visit, which count back from it. A step that the policy did not have begins
    only where it comes after all that has passed, and nobody ended another of it. What stands still goes on in the
    hours that are then in force.

    Raises:
        Refused: The site or a policy is no longer configured.
        NeverOpens: The hours do not hold a step's time.
    """
    return tuple(move for run in _runs(standing) for move in _of_run(record, run, settings))


def moved(record: Record, standing: Iterable[Standing], settings: Settings) -> tuple[Deadline, ...]:
    """The deadlines that take the place of the open ones.

    Raises:
        Refused: As in `moves`; or nothing would change.
        NeverOpens: As in `moves`.
    """
    found = moves(record, standing, settings)
    if not any(move.changes for move in found):
        raise Refused("its deadlines are what they would be: there is nothing to move")
    return tuple(move.new for move in found if move.new is not None)


Run = dict[str, Standing]
"""The newest state of each step of a policy that began at one moment, in order of time."""


def _runs(standing: Iterable[Standing]) -> Iterator[Run]:
    """Policies that still have something open."""
    of_policies = (one for one in standing if one.deadline.effect != ANNOUNCE)
    ordered = sorted(of_policies, key=lambda one: (_beginning(one.deadline), one.deadline.cycle, one.deadline.due_at))
    for _, rows in groupby(ordered, key=lambda one: _beginning(one.deadline)):
        newest = {one.deadline.step: one for one in rows}
        if any(one.is_open for one in newest.values()):
            yield dict(sorted(newest.items(), key=lambda item: item[1].deadline.due_at))


def _beginning(one: Deadline) -> tuple[str, str, str]:
    return one.since.isoformat() if one.since else "", one.policy, one.began


def _of_run(record: Record, run: Run, settings: Settings) -> Iterator[Move]:
    counted = {one.step: one for one in _counted(record, run, settings)}
    for step, one in run.items():
        if one.is_open:
            yield Move(one.deadline, counted.get(step))
    yield from (Move(None, counted[step]) for step in _begins(list(counted), run))


def _begins(counted: list[str], run: Run) -> Iterator[str]:
    """Steps that the policy did not have when it began."""
    if any(step in run and not (run[step].is_open or run[step].has_passed) for step in counted):
        return
    passed = max((n for n, step in enumerate(counted) if step in run and run[step].has_passed), default=-1)
    yield from (step for n, step in enumerate(counted) if n > passed and step not in run)


def _counted(record: Record, run: Run, settings: Settings) -> tuple[Deadline, ...]:
    first = next(iter(run.values())).deadline
    since: datetime = first.since or record.received_at
    try:
        if first.began == WENT_ON:
            left = (one.deadline for one in run.values())
            return tuple(going_on(left, site_named(settings, record.site), record.team, since, record.cycle))
        return plan(settings, record.site, record.team, first.policy, since, record.cycle, first.began)
    except KeyError as error:
        what = "site" if error.args == (record.site,) else "policy"
        raise Refused(f"the {what} '{error.args[0]}' is no longer configured") from error


def _facts(one: Deadline) -> Deadline:
    return replace(one, cycle=0, reading=0, because="")
