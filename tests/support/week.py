"""A week at a dealer's, made up by a seeded hand: what comes in, and whom each of it concerns.

400 leads, of which 8 % ask a second time; 900 check-ins, of which 35 % ask something and 10 % two things; three teams.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from config.models import Settings
from parsers.records import Customer, Parsed, Reading
from rules.apply import apply
from rules.decide import decide_mail
from rules.model import Action, Actor, Context, Envelope, Notice, Opening, Record
from rules.post import Case, Telling
from rules.reference import make

MONDAY = date(2026, 6, 8)
ZONE = ZoneInfo("Europe/Berlin")
LEADS, SECOND_REQUESTS = 400, 32
CHECK_INS, ASKING, ASKING_TWICE = 900, 315, 90
LEAD_DAYS = (18, 17, 16, 16, 16, 17)
CHECK_IN_DAYS = (22, 20, 18, 18, 16, 6)
"""Shares of Monday to Saturday."""
LEAD_HOURS = {8: 5, 9: 7, 10: 8, 11: 8, 12: 8, 13: 7, 14: 7, 15: 7, 16: 7, 17: 8, 18: 8, 19: 9, 20: 9, 21: 7, 22: 3}
CHECK_IN_HOURS = {
    6: 4,
    7: 28,
    8: 22,
    9: 10,
    10: 5,
    11: 4,
    12: 3,
    13: 3,
    14: 3,
    15: 3,
    16: 3,
    17: 4,
    18: 3,
    19: 3,
    20: 2,
}
"""Shares of local hours: people check in before they bring the car, some on the evening before."""
THINGS = (
    ("check-in", "Bitte auch die Klimaanlage prüfen", 60),
    ("check-in", "Ich brauche neue Reifen", 25),
    ("lead", "Ich interessiere mich für einen neuen Wagen", 15),
)
"""What check-ins ask for: kind, words, share."""

SHOP_RULES = [
    {"name": "Wheels", "when": {"kind": "check-in", "text": "*reifen*"}, "notify": {"team": "wheels"}},
    {"name": "Asked", "when": {"kind": "check-in", "has": "comments"}, "notify": {"team": "service"}},
    {"name": "Papers", "when": {"kind": "check-in"}, "notify": {"team": "service", "category": "audit"}},
    {"name": "All", "notify": {"team": "sales"}},
]
SHOP_TEAMS = {"sales": "sales@muster.example", "service": "service@muster.example", "wheels": "wheels@muster.example"}


def week(settings: Settings, seed: int = 5) -> list[Telling[Case]]:
    """All that is told of a week, in the order in which it happened."""
    dice = random.Random(seed)  # noqa: S311 - a fixed week, no secret
    found = [*_leads(settings, dice), *_check_ins(settings, dice)]
    return sorted(found, key=lambda event: event.happened_at)


def _leads(settings: Settings, dice: random.Random) -> Iterator[Telling[Case]]:
    times = sorted(_moment(dice, LEAD_DAYS, LEAD_HOURS) for _ in range(LEADS))
    second = set(dice.sample(range(LEADS // 4, LEADS), SECOND_REQUESTS))
    opened: list[Record] = []
    for number, at in enumerate(times):
        if number not in second:
            record, notices = _open(settings, (_asks("lead", "Ist der Wagen noch da?", number),), at, number)[0]
            opened.append(record)
        else:
            record, notices = _again(settings, dice.choice(opened), at, number)
        yield from (Telling(Case(record), notice, at, record.revision) for notice in notices)


def _check_ins(settings: Settings, dice: random.Random) -> Iterator[Telling[Case]]:
    for number in range(CHECK_INS):
        at = _moment(dice, CHECK_IN_DAYS, CHECK_IN_HOURS)
        things = 0 if number >= ASKING else 2 if number < ASKING_TWICE else 1
        asked = dice.choices(THINGS, weights=[share for *_, share in THINGS], k=things)
        readings = (_asks("check-in", None, number), *(_asks(kind, words, number) for kind, words, _ in asked))
        for record, notices in _open(settings, readings, at, LEADS + 3 * number):
            yield from (Telling(Case(record), notice, at, record.revision) for notice in notices)


def _moment(dice: random.Random, days: tuple[int, ...], hours: dict[int, int]) -> datetime:
    day = dice.choices(range(len(days)), weights=days)[0]
    hour = dice.choices(list(hours), weights=list(hours.values()))[0]
    local = datetime.combine(MONDAY, datetime.min.time(), ZONE) + timedelta(days=day)
    return local.replace(hour=hour, minute=dice.randrange(60), second=dice.randrange(60)).astimezone(UTC)


def _asks(kind: str, words: str | None, number: int) -> Reading:
    return Reading(kind=kind, comments=words, customer=Customer(emails=(f"kunde-{number}@beispiel.example",)))


def _parsed(readings: tuple[Reading, ...]) -> Parsed:
    return Parsed(readings=readings, mail_class="person", digest="d")


def _open(
    settings: Settings, readings: tuple[Reading, ...], at: datetime, number: int
) -> list[tuple[Record, tuple[Notice, ...]]]:
    """What a mail with these requests opens."""
    parsed = _parsed(readings)
    envelope = Envelope(recipient="m@leads.example", accepted_at=at)
    decided = decide_mail(parsed, envelope, settings, Context(), at)
    made = []
    for index, (reading, decision) in enumerate(zip(readings, decided.decisions, strict=True)):
        opening = Opening(
            ref=make(decision.kind, number + index),
            site=decided.site,
            source=decided.source,
            reading=reading,
            decision=decision,
            received_at=at,
        )
        action = Action(name="open", actor=Actor("source", decided.source or ""), opening=opening)
        record, effects = apply(None, action, settings, at)
        made.append((record, effects.notices))
    return made


def _again(settings: Settings, first: Record, at: datetime, number: int) -> tuple[Record, tuple[Notice, ...]]:
    """A second request of what is open already."""
    opening = Opening(
        ref=first.ref,
        site=first.site,
        source=first.source,
        reading=first.reading,
        decision=decide_mail(
            _parsed((first.reading,)),
            Envelope(recipient="m@leads.example", accepted_at=at),
            settings,
            Context(),
            at,
        ).decisions[0],
        received_at=at,
    )
    action = Action(
        name="join", actor=Actor("source", first.source or ""), args={"message": str(number)}, opening=opening
    )
    record, effects = apply(first, action, settings, at)
    return record, effects.notices
