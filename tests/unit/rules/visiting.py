"""A workshop booking in any state, and what is said with each of its actions."""

from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from config.models import Settings
from parsers.records import Customer, Reading, Vehicle
from rules.apply import apply
from rules.model import Action, Actor, ActorRole, Effects, Record
from rules.visit import Visit

NOW = datetime(2026, 5, 20, 8, tzinfo=UTC)
"""A Wednesday, 10 o'clock in Berlin."""
WHO = {"team": "eva@muster.example", "customer": "max@kunde.example", "command": "anna"}
AGREED = Visit(
    uid="b-000005-y@post.example",
    sequence=3,
    invited=True,
    starts_at=datetime(2026, 5, 27, 8, tzinfo=UTC),
    ends_at=datetime(2026, 5, 27, 9, tzinfo=UTC),
    zone="Europe/Berlin",
    services=("Inspektion",),
)
"""The Wednesday after, 10 to 11 o'clock."""
BOOKING = Record(
    ref="B-000005-Y",
    kind="booking",
    site="berlin",
    team="service",
    state="new",
    policy="booking-request",
    language="de",
    received_at=datetime(2026, 5, 20, 7, tzinfo=UTC),
    reading=Reading(
        kind="booking",
        language="da",
        customer=Customer(name="Max Beispiel", emails=("max@kunde.example",)),
        vehicles=(Vehicle(role="own", make="Volkswagen", model="Golf"),),
    ),
    visit=AGREED,
)
MAIL = {"message": "7", "message_id": "<7@kunde.example>", "subject": "Termin", "class": "reply"}
ARGS: dict[str, dict[str, str]] = {
    "offer": {"at": "2026-05-28T09:00"},
    "schedule": {"at": "2026-05-28T09:00"},
    "pre-book": {"at": "2026-05-28T09:00"},
    "ask": {"text": "Welches Auto ist es?"},
    "counter": {"at": "2026-05-29T09:00"},
    "ready": {"what": "parts"},
    "prefer": {"days": "3"},
    "announce": {"step": "V2", "cycle": "1", "due": "2026-05-25T08:00:00+00:00", "to": "customer"},
}
"""What an action needs; a customer's has its mail besides."""


def visiting(state: str, visit: Visit | None = AGREED, **fields: Any) -> Record:
    """The booking in a state."""
    return replace(BOOKING, state=state, visit=visit, **fields)


def do(
    settings: Settings,
    record: Record,
    name: str,
    role: ActorRole = "team",
    args: dict[str, str] | None = None,
    *,
    now: datetime = NOW,
    **more: Any,
) -> tuple[Record, Effects]:
    """Let one of the house, its customer or anybody else do something to it."""
    said = dict(ARGS.get(name, {}) if args is None else args)
    mail = MAIL if role == "customer" else {}
    action = Action(name=name, actor=Actor(role, WHO.get(role, "")), args=mail | said, **more)
    return apply(record, action, settings, now)
