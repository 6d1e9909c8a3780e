"""Who may book in a customer's name by mail, and what at once."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest

from config.models import Settings
from parsers.records import Behalf, Command, Customer, Parsed, Reading
from rules.behalf import Asked, as_asked, asked_for, at_once, context_of, why_not
from rules.decide import decide_mail
from rules.model import Action, Actor, Context, Envelope

House = Callable[..., Settings]
At = Callable[[str], datetime]

NOW = "2026-11-20T10:00"
READING = Reading(kind="booking", customer=Customer(name="Eva Beispiel"))
PARSED = Parsed(
    digest="x",
    sender="anna@muster.example",
    authenticated="muster.example",
    readings=(Reading(),),
    behalf=Behalf(reading=READING),
)


def command(name: str | None, **args: str) -> Command:
    return Command(name=name, args=args, written=f"!{name}")


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        ((), None),
        ((command("schedule", at="2026-12-03T09:00"),), ("schedule", {"at": "2026-12-03T09:00"})),
        ((command("offer"),), ("offer", {})),
        ((command("take"),), "take is not possible below !booking, only offer, schedule and pre-book are"),
        ((command("offer"), command("schedule")), "a booking gets one time"),
        ((command(None),), "'!None' is no command"),
    ],
)
def test_what_is_done_at_once(commands: tuple[Command, ...], expected: Any) -> None:
    asked = Asked(Actor("team", "a@b.example"), "berlin", Behalf(reading=READING, commands=commands))
    if isinstance(expected, str):
        assert (why_not(asked) or "").startswith(expected)
        return
    found = at_once(asked)
    assert why_not(asked) is None
    assert expected == (found and (found.name, found.args))
    assert found is None or isinstance(found, Action)


def test_nobody_is_asked_for_without_a_name() -> None:
    for reading in (None, Reading(kind="booking"), Reading(kind="booking", customer=Customer())):
        asked = Asked(Actor("team", "a@b.example"), "berlin", Behalf(reading=reading))
        assert (why_not(asked) or "").startswith("no customer stands below !booking")


def envelope(at: At, recipient: str, **more: Any) -> Envelope:
    return Envelope(recipient=recipient, sender="anna@muster.example", accepted_at=at(f"{NOW}+01:00"), **more)


@pytest.mark.parametrize(
    ("mail", "more", "site"),
    [
        ({}, {}, {}),
        ({"authenticated": None}, {}, None),
        ({"authenticated": "kunde.example"}, {}, None),
        ({"sender": "eva@kunde.example", "authenticated": "kunde.example"}, {}, None),
        ({"behalf": None}, {}, None),
        ({"mail_class": "automatic"}, {}, None),
        ({"no_answer": "a list"}, {}, None),
        ({}, {"channel": "import"}, None),
        ({}, {}, {"trust": "token"}),
    ],
)
def test_who_may(house: House, at: At, mail: Any, more: Any, site: Any) -> None:
    settings = house(members={"sales": ["*@muster.example"]}, **(site or {}))
    desk = settings.sites["berlin"].desk
    parsed = msgspec.structs.replace(PARSED, **mail)
    asked = asked_for(parsed, envelope(at, desk, **more), settings)
    if site == {}:
        assert asked is not None
        assert asked.actor == Actor("team", "anna@muster.example")
        assert as_asked(parsed, asked).readings == (READING,)
    else:
        assert asked is None
        assert as_asked(parsed, asked) is parsed


def test_a_token_makes_it_a_command_of_its_record(house: House, at: At) -> None:
    settings = house(members={"sales": ["*@muster.example"]})
    desk = settings.sites["berlin"].desk.replace("@", "+b7kq2m42.abc@")
    assert asked_for(PARSED, envelope(at, desk), settings) is None


@pytest.mark.parametrize(("refused", "fate"), [(None, "opened"), ("a booking gets one time", "ignored")])
def test_its_fate(house: House, at: At, refused: str | None, fate: str) -> None:
    settings = house(members={"sales": ["*@muster.example"]}, receipt=("booking",))
    came = envelope(at, settings.sites["berlin"].desk)
    asked = asked_for(PARSED, came, settings)
    decision = decide_mail(
        as_asked(PARSED, asked), came, settings, context_of(asked, Context(), refused), came.accepted_at
    )
    assert decision.fate == fate
    assert "anna@muster.example" in decision.reason
    assert [one.kind for one in decision.decisions] == (["booking"] if fate == "opened" else [])
    assert all(one.receipt is None for one in decision.decisions)
