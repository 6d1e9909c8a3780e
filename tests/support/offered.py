"""A booking whose customer was offered a visit on a Thursday in December, at nine in Berlin."""

from datetime import UTC, datetime
from typing import Any

from parsers.records import Customer, Reading, Vehicle
from rules.model import Record
from rules.visit import Visit

KARIN = "karin@beispiel.example"
NOW = datetime(2026, 11, 20, 10, 15, 30, tzinfo=UTC)
"""When the customer answers."""
_VISIT: dict[str, Any] = {
    "uid": "b-7kq2m4-2@post.example",
    "invited": True,
    "zone": "Europe/Berlin",
    "starts_at": datetime(2026, 12, 3, 8, tzinfo=UTC),
    "ends_at": datetime(2026, 12, 3, 9, tzinfo=UTC),
    "services": ("Inspektion",),
}


def booking(state: str, customer: str = KARIN, **visit: Any) -> Record:
    """A booking in a state; times of its visit may be given as text."""
    if isinstance(visit.get("answered_at"), str):
        visit["answered_at"] = datetime.fromisoformat(visit["answered_at"])
    reading = Reading(
        kind="booking",
        customer=Customer(name="Karin Beispiel", emails=(customer.lower(),)),
        vehicles=(Vehicle(role="own", plate="B-KB 123"),),
    )
    return Record(
        ref="B-7KQ2M4-2",
        kind="booking",
        site="berlin",
        team="service",
        state=state,
        policy="none",
        language="de",
        received_at=datetime(2026, 11, 18, 9, tzinfo=UTC),
        reading=reading,
        visit=Visit(**(_VISIT | visit)),
    )
