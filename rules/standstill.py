"""Time that stands still: which deadlines an action ends, which it lets rest, and how a rested one goes on."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from msgspec.structs import replace

from config.lookup import TEAM
from config.models import Site
from config.values import Duration
from rules.daybook import DayBook, daybook_of
from rules.deadlines import delivery
from rules.hours import add, add_left, between, working_days_between
from rules.model import Deadline, Passed, Standing
from rules.transition import CLOSED_STATES, PLANNED, Transition

WENT_ON = "went on"
"""What happened where a deadline counts from that had stood still."""
_MINUTE = 60


def spared(action: str, transition: Transition) -> str | None:
    """The action, if it ends only some deadlines; None where it ends all, or none.

    Whatever closes a record, plans its visit or starts its policy anew, ends all.
    """
    ends_all = transition.to in (*CLOSED_STATES, *PLANNED) or transition.clocks in ("policy", "anew")
    return action if transition.ends_deadlines and not ends_all else None


def still(
    paused: Iterable[Deadline], standing: Iterable[Standing], action: str, state: str, book: DayBook, now: datetime
) -> tuple[Deadline, ...]:
    """The deadlines whose time stands still after an action, each with what is left of it.

    Args:
        paused: Those whose time stood still before.
        standing: All deadlines of the record.
        action: What happens.
        state: The record's state after it.
        book: The hours that their clocks count.
        now: UTC.
    """
    before = [one for one in paused if action not in one.until]
    known = {(one.step, one.cycle) for one in before}
    running = (each.deadline for each in standing if each.is_open)
    stopped = [one for one in running if state in one.pause and action not in one.until]
    fresh = [one for one in stopped if (one.step, one.cycle) not in known]
    return (*(one for one in before if state in one.pause), *_stop(fresh, book, now))


def still_passed(passed: Iterable[Passed], standing: Iterable[Standing], action: str) -> tuple[Passed, ...]:
    """The steps whose time was over before an action, and that it does not end either."""
    until = {(each.deadline.step, each.deadline.cycle): each.deadline.until for each in standing}
    named = ((one, until.get((one.step, one.cycle), ())) for one in passed)
    return tuple(one for one, actions in named if actions and action not in actions)


def going_on(left: Iterable[Deadline], site: Site, team: str | None, start: datetime, cycle: int) -> Iterator[Deadline]:
    """Count what is left of each, from a start (UTC) or from the due time of the one before.

    Raises:
        NeverOpens: The hours do not hold it.
    """
    books = daybook_of(site, team), daybook_of(site, None)
    since, began = start, WENT_ON
    for one in left:
        due_at, words = _count(books[0], one, start, began)
        deliver_at, told = delivery(one.deliver, books[0] if one.to == TEAM else books[1], due_at)
        because = f"{one.step} {_left_words(one)} left {one.clock}: {words}{told}"
        yield replace(
            one, due_at=due_at, deliver_at=deliver_at, because=because, cycle=cycle, since=since, began=WENT_ON
        )
        start, began = due_at, one.step


def _stop(stopped: Iterable[Deadline], book: DayBook, now: datetime) -> Iterator[Deadline]:
    """Each with what was left of it: from now, or from the due time of the one before."""
    start = now
    for one in stopped:
        days = working_days_between(book, start, one.due_at) if _counts_days(one) else 0
        count = between(book, start, one.due_at) if one.clock == "business" or _counts_days(one) else one.due_at - start
        yield replace(one, days=days, left=0 if days else max(int(count.total_seconds()), 0))
        start = max(one.due_at, start)


def _counts_days(one: Deadline) -> bool:
    return one.days > 0 or one.after.endswith("wd")


def _count(book: DayBook, one: Deadline, start: datetime, began: str) -> tuple[datetime, str]:
    if one.days:
        return add(book, start, Duration(one.days, "wd"), began)
    clock = "business" if _counts_days(one) else one.clock  # the rest of its last day
    return add_left(book, start, timedelta(seconds=one.left), clock, began)


def _left_words(one: Deadline) -> str:
    """`1h 20m`, `45m`, `2wd`; less than a minute in seconds."""
    if one.days:
        return f"{one.days}wd"
    hours, minutes = divmod(one.left // _MINUTE, 60)
    words = [f"{hours}h"] * bool(hours) + [f"{minutes}m"] * bool(minutes)
    return " ".join(words) or f"{one.left % _MINUTE}s"
