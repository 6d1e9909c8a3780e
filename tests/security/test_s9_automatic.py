"""Row S9: what a program wrote is never answered; what a program of a source wrote is taken in all the same.

No brake hides an answer that should not have been given: here they are as wide as they can be.
"""

import re
import smtplib
from collections import Counter
from collections.abc import Iterable

import pytest

from tests.support.automatic import DESK, MACHINES, OURS, OUT_OF_OFFICE, REPORTS, SHAPES, TO_MANY, Shape
from tests.support.client import new_key, send
from tests.support.correspondence import opened
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Arrived, Sink
from tests.support.waiting import wait_until

HEADERS = {**OUT_OF_OFFICE, **TO_MANY, **MACHINES, **OURS}
"""What else than a report may stand above a request."""
BERLIN = "desk.berlin@leads.muster.example"
HERE = {
    DESK: BERLIN,
    "desk+l-000005-y.tabc@berlin.example": "desk.berlin+l-000005-y.tabc@leads.muster.example",
    "postmaster@post.example": "postmaster@postroom.muster.example",
    "m@leads.example": WEBSITE,
}
"""Addresses of the shapes as those of the example group."""
EVA, PERSON = "eva@kunde.example", "petra@mensch.example"
KINDS = '["lead", "booking", "unsorted", "check-in", "review", "complaint", "alert"]'


@pytest.fixture
def house(new_house: Houses) -> Installation:
    """A house that answers as much as one can be made to: receipts for everything, no proof, no brake."""
    made: Installation = new_house(started=False)
    sites = (made.directory / "sites.toml").read_text("utf-8")
    made.write("sites.toml", re.sub(r"# receipt = .*", f'receipt = {KINDS}\ntrust = "token"', sites))
    made.append("postroom.toml", "\n[brakes]\nper_hour = 10000\nper_day = 10000\ncustomers_per_hour = 100000\n")
    made.start()
    return made


def written(shape: Shape, text: str | None = None) -> bytes:
    """A shape as it comes to the example group; no two of them are the same mail."""
    content = shape.mail(text)
    for there, here in HERE.items():
        content = content.replace(there.encode(), here.encode())
    if b"message-id:" not in content.lower():
        content = f"Message-ID: <{new_key()}@programm.example>\r\n".encode() + content
    return content


def request(number: int) -> str:
    """Of a customer whom nobody has heard of before."""
    return (
        f"Name: Jonas Probe\nE-Mail: jonas-{number}@probe.example\nTelefon: 030 55501{number:03d}\n"
        f"Marke: VW\nModell: Tiguan\nInserat-ID: auto-{number}\nNachricht: Noch da?"
    )


def deliver(house: Installation, mails: Iterable[tuple[bytes, str]], sender: str = EVA) -> int:
    """Send them all in one session, and wait until nothing is on its way; how many."""
    assert house.port
    sent = 0
    with smtplib.SMTP("127.0.0.1", house.port, "client.example", timeout=60) as smtp:
        for content, to in mails:
            assert not smtp.sendmail(sender, to, content)
            sent += 1
    house.settle(120)
    return sent


def outside(sink: Sink) -> list[Arrived]:
    """What left the house; the rest is for its teams and its admin."""
    return [one for one in sink.mails if not one.recipient.endswith(("@muster.example", "@muster-biler.example"))]


def test_no_automatic_mail_is_answered(house: Installation, sink: Sink, tell: Tell) -> None:
    lead = Shape(f"From: Autohaus <wordpress@muster.example>\nSubject: Anfrage\nTo: {WEBSITE}", "")
    send(house, written(lead, request(0).replace("jonas-0@probe.example", EVA)), sender="wordpress@muster.example")
    (receipt,) = wait_until(lambda: sink.to(EVA), 30, "the customer's receipt")
    to_record = str(opened(receipt)["Reply-To"]).rpartition("<")[2].strip("<> ")
    to_desk = deliver(house, ((written(shape), BERLIN) for shape in SHAPES.values()))
    in_reply = deliver(house, ((written(shape), to_record) for shape in SHAPES.values()))
    to_nobody = deliver(house, ((written(shape), BERLIN) for shape in SHAPES.values()), sender="")
    person = Shape(f"From: {PERSON}\nSubject: Anfrage zum Golf", "Ist der Golf noch da?")
    deliver(house, [(written(person), BERLIN)], sender=PERSON)
    assert len(sink.to(PERSON)) == 1, "who is no program is answered: silence would prove nothing"
    answered = Counter(one.recipient for one in outside(sink)) - Counter({EVA: 1, PERSON: 1})
    tell(
        f"S9: {len(SHAPES)} automatic mails: {to_desk} to a desk, {in_reply} as answers, {to_nobody} without a sender; "
        f"{answered.total()} answered"
    )
    assert len(SHAPES) >= 60
    assert not answered, [(one.recipient, opened(one)["Subject"]) for one in outside(sink)]
    assert house.value("SELECT count(*) FROM message WHERE fate IN ('pending', 'quarantined')") == 0
    assert house.postroom("ledger").returncode == 0


def test_every_request_of_a_source_is_taken_in(house: Installation, sink: Sink, tell: Tell) -> None:
    mails = [(written(shape, request(number)), WEBSITE) for number, shape in enumerate(HEADERS.values(), 1)]
    deliver(house, mails, sender="bounce@boerse.example")
    fates = dict(house.query("SELECT fate, count(*) FROM message GROUP BY fate"))
    tell(f"S9: {len(mails)} requests under headers of automatic mails: {fates.get('opened', 0)} taken in")
    assert fates == {"opened": len(HEADERS)}
    customers = {f"jonas-{number}@probe.example" for number in range(1, len(HEADERS) + 1)}
    assert {one.recipient for one in outside(sink)} == customers, "who asked is told, and no program"


def test_reports_are_shapes_of_their_own() -> None:
    assert not REPORTS.keys() & HEADERS.keys()
    assert {*REPORTS, *HEADERS} == {*SHAPES}
