"""How the teams of a simulation behave: which share of requests is seen to, after how much business time, and how.

Who is answered is drawn from the seed and the request's number alone, so that two sets of settings are compared on the
same behaviour.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from config.models import Site
from config.problems import nearest
from config.values import Duration, parse_duration
from rules.daybook import DayBook
from rules.hours import NeverOpens, add, elapsed
from rules.model import Action, Actor, Record
from rules.reach import reply_address
from rules.transition import NEW

WAYS = {
    "reply": "the customer is answered, and it is closed",
    "done": "it is closed without a mail to the customer",
    "take": "somebody takes it, and it stays open",
}
"""What an answer is; `reply` closes without a mail where no address of the customer is known."""
ANSWER = "…"
"""Text of a simulated answer."""
_PART = re.compile(r"(\d{1,3})\s*%\s*/\s*(\w+)(?:\s*/\s*([\w-]+))?")


class Habit(NamedTuple):
    """A share of all requests, and what becomes of them."""

    share: int
    """Per cent."""
    after: Duration
    way: str = "reply"


def habits_of(text: str) -> tuple[Habit, ...]:
    """Read `70%/90m` or `60%/2h, 20%/2wd/done`; `0%` or an empty text: nobody sees to anything.

    Raises:
        ValueError: It cannot be read, or its shares are more than all.
    """
    habits = tuple(_habit(part.strip()) for part in text.split(",") if part.strip() not in ("", "0%"))
    if (total := sum(habit.share for habit in habits)) > 100:
        raise ValueError(f"the shares are {total}% together, at most 100% can be answered")
    return habits


def habit_for(habits: Sequence[Habit], seed: int, number: int) -> Habit | None:
    """What becomes of the request with this number; None where nobody sees to it."""
    drawn = int.from_bytes(sha256(f"{seed}/{number}".encode()).digest()[:8]) * 100 >> 64
    for habit in habits:
        drawn -= habit.share
        if drawn < 0:
            return habit
    return None


def answered_at(habit: Habit, book: DayBook, received_at: datetime) -> datetime | None:
    """When it is seen to: in the team's hours, by the wall clock where it has none; None where these never come."""
    count = add if any(book.week) else elapsed
    try:
        return count(book, received_at, habit.after)[0]
    except NeverOpens:
        return None


def answers(habit: Habit, record: Record, site: Site, team: str) -> tuple[Action, ...]:
    """What the team does, from its own address.

    Args:
        habit: What becomes of the request.
        record: As it is then.
        site: Of the record.
        team: Address of its team.
    """
    actor = Actor("team", team)
    take, done = Action(name="take", actor=actor), Action(name="done", actor=actor, args={"result": "answered"})
    if habit.way == "take":
        return (take,) if record.state == NEW else ()
    if habit.way == "done" or reply_address(record) is None:
        return (done,)
    if site.reply == "direct":
        return (Action(name="answered", actor=actor, args={"text": ANSWER}), done)
    return (Action(name="reply", actor=actor, args={"text": ANSWER}), done)


def _habit(part: str) -> Habit:
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"'{part}' is no behaviour, write 70%/90m: the share, and after how much business time")
    way = found[3] or "reply"
    if way not in WAYS:
        meant = nearest(way, WAYS) or f"write {', '.join(WAYS)}"
        raise ValueError(f"'{part}': unknown way '{way}', {meant}")
    return Habit(int(found[1]), parse_duration(found[2]), way)
