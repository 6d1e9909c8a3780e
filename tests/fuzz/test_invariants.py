"""The invariants themselves: they know every field, they can be broken, and a good mail of every field keeps them."""

import msgspec
import pytest

from config.fields import FORM_FIELDS, LEFT_OUT
from parsers import read
from parsers.records import Customer, Parsed, Reading
from tests.fuzz.fields import LABEL_OF, NAMES, SOURCE, VALUES
from tests.fuzz.invariants import ROOTS, RULES, broken, needing_rules, shapes

SHAPES = {shape for root in ROOTS for shape in shapes(root)}
HEAD = "From: Portal <portal@portal.example>\r\nTo: lead@muster.example\r\nSubject: x\r\n"


def mail(*names: str) -> bytes:
    rows = "\r\n".join(f"{LABEL_OF[name]}: {VALUES[name]}" for name in names)
    return f"{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n{rows}\r\n".encode()


@pytest.mark.parametrize("shape", sorted(SHAPES, key=str))
def test_every_field_has_its_rule(shape: type[msgspec.Struct]) -> None:
    assert set(RULES.get(shape, {})) == needing_rules(shape)


def test_no_rule_is_of_a_shape_that_nothing_becomes() -> None:
    assert set(RULES) <= SHAPES


@pytest.mark.parametrize(
    "bad", ["", " ", "\0", "a\nb\x85", "a\u2028b", "\ud800", "x" * 100_000, -1, 10**30, 0.5, ["x"], ("x",) * 1_000,
            dict.fromkeys(map(str, range(1_000)), "x")],
    ids=repr,
)  # fmt: skip
def test_every_rule_can_be_broken(bad: object) -> None:
    for shape, rules in RULES.items():
        for name, rule in rules.items():
            assert rule(bad), (shape, name)


@pytest.mark.parametrize(
    "found",
    [
        Reading(kind="lead", customer=Customer(name="a\nb")),
        Reading(kind="lead", customer=Customer()),
        Reading(kind="lead", customer=Customer(emails=("a@b.example", "a@b.example"))),
        Reading(kind="lead", origins={"customer.name": "label"}),
        Reading(kind="lead", comments="x", origins={"comments": "nowhere"}),
        Reading(kind="lead", alternatives={"vehicles.0.wheels": ("VW",)}),
        Reading(kind="lead", interest=5),  # type: ignore[arg-type]
        Parsed(digest="0" * 64, defects=("table: KeyError",)),
        Parsed(digest="0" * 64, mail_class="nonsense"),  # type: ignore[arg-type]
    ],
    ids=range(9),
)
def test_what_is_broken_is_told(found: msgspec.Struct) -> None:
    assert broken(found)


def test_every_field_of_a_form_has_a_value_here() -> None:
    assert set(VALUES) == FORM_FIELDS - {LEFT_OUT}


@pytest.mark.parametrize("name", NAMES)
def test_a_good_value_of_every_field_is_read(name: str) -> None:
    """With somebody's name and number, so that it is a form, and of a booking its time, so that it is one."""
    others = ["booking.starts_at"] if name.startswith("booking.") else []
    found = read.parse(mail(*dict.fromkeys(["customer.name", "customer.phone", *others, name])), SOURCE)
    assert broken(found) == []
    assert not [one for reading in found.readings for one in reading.extra if one.startswith("Zz")]


def test_all_fields_together() -> None:
    found = read.parse(mail(*NAMES), SOURCE)
    assert broken(found) == []
    assert found.readings[0].origins
