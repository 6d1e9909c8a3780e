"""Workshop visits to try the mails to their customers on, each as it is when its mail is written. All is invented."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

from parsers import records as r
from rules.model import Record
from rules.transition import (
    ACCEPTED,
    ARRIVED,
    ASKED,
    CANCELLED,
    DONE,
    NEW,
    OFFERED,
    PREBOOKED,
    SCHEDULED,
)
from rules.visit import Visit

REF = "B-7KQ2M4-5"
TEAM_WORDS: Mapping[str, str] = {
    "visit-ask": "Wie viele Kilometer hat der Wagen, und wann war der letzte Ölwechsel?",
    "visit-kept": "Am Freitag sind alle Bühnen belegt.",
    "visit-declined": "An Reisemobilen arbeiten wir leider nicht.",
    "visit-cancelled": "Der Kollege ist krank geworden, es tut uns leid.",
}
"""What the team wrote, by purpose."""
STATES: Mapping[str, str] = {
    "visit-offer": OFFERED,
    "visit-prebooked": PREBOOKED,
    "visit-agreed": ACCEPTED,
    "visit-ask": ASKED,
    "visit-kept": OFFERED,
    "visit-declined": CANCELLED,
    "visit-cancelled": CANCELLED,
    "visit-today": ARRIVED,
    "visit-thanks": DONE,
}
"""By purpose; `scheduled` of all others."""
_OWN = r.Vehicle(role="own", make="Volvo", model="XC60", year="2021", plate="B-KB 1414", vin="YV1UZ8256M1000001")
VISIT = Visit(
    uid="b-7kq2m4-5@mail.muster.example",
    sequence=1,
    invited=True,
    wanted=("2026-12-03", "2026-12-04T09:00"),
    starts_at=datetime(2026, 12, 3, 8, 0, tzinfo=UTC),
    ends_at=datetime(2026, 12, 3, 10, 30, tzinfo=UTC),
    zone="Europe/Berlin",
    services=("Inspektion", "Räderwechsel"),
    price=r.Money(amount="1299.00", currency="EUR"),
    remarks="Bitte bringen Sie das Serviceheft mit.",
    adviser="Eva Muster",
    courtesy_car="yes",
    reminder=3,
)
"""One that says everything."""
BARE = Visit(uid=VISIT.uid, zone=VISIT.zone)


def visiting(record: Record, purpose: str, *, bare: bool = False) -> Record:
    """A sample record as a booking, in the state in which a mail of that purpose is written."""
    state = NEW if bare else STATES.get(purpose, SCHEDULED)
    visit = BARE if bare else VISIT
    reading = msgspec.structs.replace(
        record.reading, kind="booking", interest="service", vehicles=() if bare else (_OWN,)
    )
    return msgspec.structs.replace(record, ref=REF, kind="booking", state=state, reading=reading, visit=visit)
