"""Who is told at once that his request is here, in which language, and until when he is answered."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest

from config.models import Settings
from parsers.records import Customer, Parsed, Reading
from rules.apply import apply
from rules.decide import decide_mail
from rules.model import Action, Actor, Context, Envelope, Opening, Receipt

House = Callable[..., Settings]
At = Callable[[str], datetime]
EVA, DESK, SECRET, COMMON = "eva@kunde.example", "desk@berlin.example", "m@leads.example", "group@leads.example"
MONDAY = "2026-05-18T09:00+02:00"
LEAD = Reading(kind="lead", customer=Customer(emails=(EVA,)), language="de", comments="Noch da?")


def person(**more: Any) -> Parsed:
    """A mail that Eva writes, as her provider confirms."""
    known = Parsed(digest="0", sender=EVA, authenticated="kunde.example", readings=(LEAD,), text="Noch da?")
    return msgspec.structs.replace(known, **more)


@pytest.fixture
def receipt(house: House, at: At) -> Callable[..., Receipt | None]:
    def run(
        parsed: Parsed, to: str = DESK, when: str = MONDAY, context: Context | None = None, **site: Any
    ) -> Receipt | None:
        settings = house(**{"receipt": ["lead"], **site})
        envelope = Envelope(recipient=to, sender=EVA, accepted_at=at(when))
        decision = decide_mail(parsed, envelope, settings, context or Context(), at(when))
        return decision.decisions[0].receipt if decision.decisions else None

    return run


Wanted = Callable[..., Receipt | None]


def test_a_person_whose_provider_vouches_for_him_gets_one(receipt: Wanted, at: At) -> None:
    assert receipt(person()) == Receipt(to=EVA, language="de", by=at("2026-05-18T11:00+02:00"))


@pytest.mark.parametrize(
    ("parsed", "site", "gets"),
    [
        (person(authenticated=None), {}, False),
        (person(authenticated=None), {"trust": "token"}, True),
        (person(authenticated="other.example"), {}, False),
        (person(), {"receipt": []}, False),
        (person(), {"receipt": ["booking"]}, False),
        (person(mail_class="automatic", class_because="Precedence"), {}, False),
        (person(no_answer="X-Loop"), {}, False),
        (person(own_record="L-000005-Y"), {}, False),
        (person(flags=("look-alike",)), {}, False),
        (person(sender="verkauf@muster.example", authenticated="muster.example"), {}, False),
        (person(sender="controlling@muster.example", authenticated="muster.example"), {}, False),
        (person(sender="noreply@kunde.example"), {}, False),
        (person(sender='"eva"@kunde.example'), {}, False),
        (person(sender=None), {"trust": "token"}, False),
        (person(sender=DESK, authenticated="berlin.example"), {}, False),
    ],
)
def test_a_person_who_writes_directly(parsed: Parsed, site: dict[str, Any], gets: bool, receipt: Wanted) -> None:
    assert (receipt(parsed, **site) is not None) is gets


PORTAL = person(sender="noreply@mobile.de", authenticated=None, mail_class="automatic")


@pytest.mark.parametrize(
    ("parsed", "to", "gets"),
    [
        (PORTAL, SECRET, EVA),
        (PORTAL, COMMON, None),
        (person(sender=EVA), COMMON, None),
        (msgspec.structs.replace(PORTAL, flags=("phishing",)), SECRET, None),
        (msgspec.structs.replace(PORTAL, readings=(Reading(kind="lead"),)), SECRET, None),
    ],
)
def test_a_customer_of_a_source_if_it_is_the_source_that_writes(
    parsed: Parsed, to: str, gets: str | None, receipt: Wanted
) -> None:
    got = receipt(parsed, to)
    assert (got.to if got else None) == gets


@pytest.mark.parametrize(
    "address",
    ["noreply@kunde.example", DESK, "x@post.example", "verkauf@muster.example", "eva@kunde.example, a@b.example"],
)
def test_addresses_of_programs_and_of_our_own_get_none(address: str, receipt: Wanted) -> None:
    reading = msgspec.structs.replace(LEAD, customer=Customer(emails=(address,)))
    assert receipt(msgspec.structs.replace(PORTAL, readings=(reading,)), SECRET) is None


@pytest.mark.parametrize("context", [Context(imported=True), Context(late=True)])
def test_what_came_long_ago_gets_none(context: Context, receipt: Wanted) -> None:
    assert receipt(person(), context=context) is None


@pytest.mark.parametrize(
    ("language", "written"), [("de", "de"), ("en", "en"), ("da", "da"), ("zh", "zh"), ("fr", "de"), (None, "de")]
)
def test_it_is_in_the_customers_language_if_we_write_it(language: str | None, written: str, receipt: Wanted) -> None:
    got = receipt(person(readings=(msgspec.structs.replace(LEAD, language=language),)))
    assert got is not None
    assert got.language == written


@pytest.mark.parametrize(
    ("when", "by"),
    [
        ("2026-05-18T09:00+02:00", "2026-05-18T11:00+02:00"),
        ("2026-05-18T16:00+02:00", "2026-05-18T18:00+02:00"),
        ("2026-05-18T17:30+02:00", "2026-05-19T09:30+02:00"),
        ("2026-05-18T23:00+02:00", "2026-05-19T10:00+02:00"),
        ("2026-05-16T12:00+02:00", "2026-05-18T09:00+02:00"),
        ("2026-05-16T20:00+02:00", "2026-05-18T10:00+02:00"),
        ("2026-05-13T20:00+02:00", "2026-05-15T10:00+02:00"),
    ],
    ids=["open", "until closing", "over night", "at night", "Saturday noon", "weekend", "Ascension Day"],
)
def test_the_promise_is_kept_within_opening_hours(when: str, by: str, receipt: Wanted, at: At) -> None:
    got = receipt(person(), when=when)
    assert got is not None
    assert got.by == at(by)


def test_on_a_wall_clock_nobody_is_promised_an_answer_at_night(receipt: Wanted, at: At) -> None:
    policy = {"step": [{"name": "E1", "after": "3h", "clock": "wall", "effect": "overdue"}]}
    got = receipt(person(), when="2026-05-18T17:00+02:00", policies={"fast": policy}, escalate={"lead": "fast"})
    assert got is not None
    assert got.by == at("2026-05-19T08:00+02:00")


def test_without_a_policy_nothing_is_promised(receipt: Wanted) -> None:
    got = receipt(person(), escalate={"lead": "none"})
    assert got is not None
    assert got.by is None


def test_opening_tells_the_customer_once_and_says_nothing_of_what_he_wrote(house: House, at: At) -> None:
    settings, now = house(receipt=["lead"]), at(MONDAY)
    envelope = Envelope(recipient=DESK, sender=EVA, accepted_at=now)
    decision = decide_mail(person(), envelope, settings, Context(), now).decisions[0]
    opening = Opening(ref="L-000005-Y", site="berlin", reading=LEAD, decision=decision, received_at=now)
    _, effects = apply(None, Action(name="open", actor=Actor("customer", EVA), opening=opening), settings, now)
    (told,) = [one for one in effects.notices if one.purpose == "receipt"]
    assert (told.to, told.role, told.language, told.correspondent) == (EVA, "customer", "de", EVA)
    assert datetime.fromisoformat(told.text or "") == at("2026-05-18T11:00+02:00")
    assert told.message is None
