"""Patterns of a layout: what they match, what they take, and that no text makes them slow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.fields import FORM_FIELDS
from parsers.form_values import COMPOUND, READERS
from parsers.pattern import compiled, fits
from tests.support.counting import calls


@pytest.mark.parametrize(
    ("pattern", "line", "values"),
    [
        ("Enquiry - {vehicle.title} - {customer.name}", "Enquiry - VW Golf - Kim Muster",
         {"vehicle.title": "VW Golf", "customer.name": "Kim Muster"}),
        ("Enquiry - {vehicle.title} - {customer.name}", "ENQUIRY  –  VW Golf\u00a0— Kim",
         {"vehicle.title": "VW Golf", "customer.name": "Kim"}),
        ("Enquiry - {vehicle.title} {vehicle.plate} - {customer.first_name}", "Enquiry - BMW Z4 M AB12 CDE - Simon",
         {"vehicle.title": "BMW Z4 M", "vehicle.plate": "AB12 CDE", "customer.first_name": "Simon"}),
        ("Anfrage zu „{vehicle.title}“", 'Anfrage zu "Opel Astra"', {"vehicle.title": "Opel Astra"}),
        ("{-}you missed a call from {call.number}", "Sorry, you missed a call from 07700 900123",
         {"call.number": "07700 900123"}),
        ("{-}you missed a call from {call.number}", "you missed a call from 07700 900123",
         {"call.number": "07700 900123"}),
        ("新线索：{customer.name}（{call.number}）", "新线索：王小明（13812345678）",
         {"customer.name": "王小明", "call.number": "13812345678"}),
        ("New lead", "new  LEAD", {}),
        ("{review.author} left a review for {dealer.name}", "Kim left a review for Muster",
         {"review.author": "Kim", "dealer.name": "Muster"}),
        ("Enquiry - {vehicle.title} - {customer.name}", "Enquiry - VW Golf", None),
        ("Enquiry - {vehicle.title}", "Re: Enquiry - VW Golf", None),
        ("Call from {call.number}", "Call from your friend Kim", None),
        ("Enquiry - {vehicle.title}", "Enquiry - ", None),
        ("New lead", "New lead today", None),
    ],
)  # fmt: skip
def test_a_line_is_matched_whole(pattern: str, line: str, values: dict[str, str] | None) -> None:
    found = compiled(pattern).match(line)
    assert (None if found is None else dict(found)) == values


@pytest.mark.parametrize(
    ("field", "value", "can_be"),
    [
        ("customer.email", "kim@x.example", True),
        ("customer.email", "Kim Muster", False),
        ("customer.phone", "(313) 555-0182", True),
        ("customer.phone", "Kim", False),
        ("customer.name", "Kim Muster", True),
        ("customer.name", "030 123456", False),
        ("comments", "anything: at all", True),
        ("comments", "", False),
        ("-", "", True),
    ],
)
def test_what_a_value_can_be(field: str, value: str, can_be: bool) -> None:
    assert fits(field, value) is can_be


@pytest.mark.parametrize("line", ["a - " * 250, "- " * 500, " " * 1000, "a - a" * 10_000])
def test_work_is_bounded_whatever_the_line(line: str) -> None:
    pattern = compiled("{vehicle.title} - {vehicle.plate} - {vehicle.year} - {customer.phone} - {customer.email} -")
    assert calls(lambda: pattern.match(line)) < 20_000


PIECES = st.sampled_from(["{customer.name}", "{-}", "{vehicle.plate}", " - ", "Enquiry", ": ", "ß", "İ", "{", "}", "("])


@given(st.lists(PIECES, max_size=8), st.text(max_size=60) | st.lists(PIECES, max_size=8).map("".join))
def test_any_pattern_takes_pieces_of_any_line(pieces: list[str], line: str) -> None:
    found = compiled("".join(pieces)).match(line)
    text = " ".join(line.split())
    assert all(value in text for _, value in found or ())


def test_readers_are_of_fields_that_a_label_can_mean() -> None:
    assert {*READERS, *COMPOUND} <= FORM_FIELDS
