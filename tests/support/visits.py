"""Bookings with a workshop visit, and the mails about them to their customer."""

from datetime import UTC, datetime, timedelta

import msgspec

from parsers.records import Customer, Money, Reading, Vehicle
from rules.model import Notice, Record
from rules.reference import make, token
from rules.transition import ARRIVED, CANCELLED, OFFERED, PREBOOKED, SCHEDULED
from rules.visit import Visit
from templates.model import RenderJob
from templates.samples import SITE

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
KEY = b"k" * 32
REF = make("booking", 4711)
CUSTOMER = "karin@beispiel.example"
REPLY_TO = f"desk+{token(REF, 'customer', KEY)}@muster.example"
STATES = {
    "visit-offer": OFFERED,
    "visit-prebooked": PREBOOKED,
    "visit-declined": CANCELLED,
    "visit-cancelled": CANCELLED,
    "visit-today": ARRIVED,
}
"""In which a mail is written; any other tells of a scheduled visit."""
VISIT = Visit(
    uid=f"{REF.lower()}@mail.muster.example",
    sequence=2,
    invited=True,
    starts_at=datetime(2026, 12, 3, 8, 0, tzinfo=UTC),
    ends_at=datetime(2026, 12, 3, 9, 30, tzinfo=UTC),
    zone="Europe/Berlin",
    services=("Inspektion mit Ölwechsel", "Winterreifen; auswuchten, wechseln"),
    price=Money("329.00", "EUR"),
    remarks="Bitte den Felgenschlüssel mitbringen.\nDie Rückbank bitte leer lassen.",
    adviser="Jonas Muster",
    courtesy_car="yes",
)
READING = Reading(
    kind="booking",
    language="de",
    customer=Customer(name="Karin Beispiel", emails=(CUSTOMER,), phones=("+4915112345678",)),
    vehicles=(Vehicle(role="own", make="Volkswagen", model="Golf", year="2021", plate="B-KB 1414"),),
)
SHOWN = msgspec.structs.replace(
    SITE, geo=(52.5200, 13.4050), directions="https://maps.example/?q=Musterallee+1", reminder=2
)


def booking(state: str = SCHEDULED, visit: Visit = VISIT, reading: Reading = READING) -> Record:
    """A booking in a state."""
    return Record(
        ref=REF,
        kind="booking",
        site=SITE.id,
        state=state,
        language="de",
        received_at=NOW,
        reading=reading,
        visit=visit,
    )


def telling(purpose: str, language: str = "de", *, state: str | None = None, visit: Visit = VISIT) -> RenderJob:
    """A mail about it to its customer."""
    return RenderJob(
        notice=Notice(
            purpose=purpose,
            to=CUSTOMER,
            role="customer",
            template=purpose,
            language=language,
            at=NOW,
            text="Die Hebebühne ist an diesem Tag belegt." if purpose in ("visit-kept", "visit-cancelled") else None,
        ),
        record=booking(state or STATES.get(purpose, SCHEDULED), visit),
        site=SHOWN,
        reply_to=REPLY_TO,
    )


def at(start: datetime, zone: str) -> Visit:
    """A visit of an hour and a half in another zone."""
    return msgspec.structs.replace(VISIT, starts_at=start, ends_at=start + timedelta(minutes=90), zone=zone)
