"""Whatever stands in a calendar, a card, a script or a comment: no level fails, and every value keeps its shape."""

import string
from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import document, levels
from parsers.clean import BLOCK_LIMIT
from parsers.records import Hints, Part, Reading

LEVELS = ("xml", "markup", "calendar", "vcard")
PROSE = frozenset({"comments", "remarks", "text"})
KINDS = {
    "calendar": b"Content-Type: text/calendar; method=REQUEST\r\n\r\n",
    "card": b"Content-Type: text/vcard\r\n\r\n",
    "html": b"Content-Type: text/html; charset=utf-8\r\n\r\n",
}
HEAD = b"From: a@kunde.example\r\nTo: b@muster.example\r\n"
CALENDAR = """
    BEGIN:VCALENDAR END:VCALENDAR BEGIN:VEVENT END:VEVENT BEGIN:VTIMEZONE END:VTIMEZONE BEGIN:STANDARD END:STANDARD UID:
    SEQUENCE: METHOD:REPLY DTSTART: DTSTART;TZID= DTEND;VALUE=DATE: DURATION:PT1H DURATION: RRULE:FREQ=YEARLY SUMMARY:
    TZOFFSETTO:+0100 TZID:x ATTENDEE;CN=Max:mailto:max@kunde.example ATTENDEE;PARTSTAT= ORGANIZER: DESCRIPTION:Name:
    Telefon: LOCATION: URL:https://x STATUS: 20261112T083000 20261112 Z ; : , " = \\ \\n
"""
CARD = """
    BEGIN:VCARD END:VCARD FN: N: ORG: TEL;CELL: EMAIL: ADR: LANG:de ;ENCODING=QUOTED-PRINTABLE: ;CHARSET=x =C3=BC =
    Max;Müller max@kunde.example 030123456 ; : , " \\
"""
HTML = """
    <script type="application/ld+json"> </script> { } [ ] , : "@type" "@id" "@graph" "Reservation" "Order" "Review"
    "Car" "Person" "name" "startDate" "underName" "reservationFor" "2026-11-12T08:30" "Max" 1 null true <div </div>
    itemscope itemtype="http://schema.org/Order"> itemprop="customer" itemprop="orderNumber"> itemref="a" id="a" <p
    <meta content= <!-- --> <lead> </lead> <Caller> </Caller> <Call> </Call> <Name> </Name> & &x; <![CDATA[ ]]>
"""
WORDS = {"calendar": CALENDAR.split(), "card": CARD.split(), "html": HTML.split()}
FILLED = {
    "calendar": "BEGIN:VEVENT\nUID:{}\nSEQUENCE:{}\nDTSTART;TZID={}:{}\nDURATION:{}\nSUMMARY:{}\n"
    "DESCRIPTION:{}\nLOCATION:{}\n"
    "ATTENDEE;CN={};PARTSTAT={}:mailto:max@kunde.example\nURL:https://{}\nSTATUS:{}\nEND:VEVENT",
    "card": "BEGIN:VCARD\nFN:{}\nN:{}\nORG:{}\nTEL:{}\nEMAIL:{}@kunde.example\nADR:{}\n"
    "LANG:{}\nKIND:{}\n{}{}{}{}\nEND:VCARD",
    "html": "<!--<Call><Caller>030 123456</Caller><Status>{}</Status><Make>{}</Make><{}>{}</lead></Call>-->"
    "<div itemscope itemtype='Order'><b itemprop=orderNumber>{}</b><b itemprop=description>{}</b></div>"
    "<div itemscope itemtype='Reservation'><b itemprop=startTime>{}</b><b itemprop=serviceType>{}</b>"
    "<b itemprop=reservationStatus>{}</b><b itemprop=url>https://{}</b><b itemprop=underName>{}</b>{}</div>",
}
"""Sound ones with anything for their values."""


def texts(kind: str) -> st.SearchStrategy[str]:
    """Texts made of what such parts consist of, and of anything."""
    pieces = st.sampled_from([*WORDS[kind], "\r\n", "\n", " ", "\n "]) | st.text(max_size=20)
    filled = st.lists(st.text(max_size=30) | pieces, min_size=12, max_size=12).map(
        lambda some: FILLED[kind].format(*some)
    )
    return st.lists(pieces, max_size=60).map("".join) | filled


def leaves(part: Part, name: str = "") -> Iterator[tuple[str, object]]:
    for field in part.__struct_fields__:
        value = getattr(part, field)
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Part):
                yield from leaves(one)
            elif isinstance(one, dict):
                yield from ((field, text) for pair in one.items() for text in pair)
            else:
                yield field, one


def check(reading: Reading) -> None:
    """Values are typed, clean and bounded: a line has no line end, no text has what cannot be written."""
    msgspec.convert(msgspec.to_builtins(reading), Reading)
    for name, value in leaves(reading):
        if not isinstance(value, str):
            continue
        assert value
        assert len(value) <= BLOCK_LIMIT
        assert not set(value) & {"\0", "\r", "\u2028", "\u2029", "\x85", "\ud800"}, (name, value)
        if name not in PROSE and name != "extra":
            assert "\n" not in value, (name, value)
            assert len(value) <= 1_000, (name, len(value))
    for when in (reading.booking.starts_at, reading.booking.ends_at) if reading.booking else ():
        assert when is None or (when[:4].isdigit() and set(when) <= set(string.digits + "-:T+Z.")), when


@pytest.mark.parametrize("kind", KINDS)
def test_no_level_fails(kind: str) -> None:
    @settings(max_examples=400, deadline=None)
    @given(texts(kind), st.sampled_from([None, "booking", "lead"]))
    def every(text: str, wanted: str | None) -> None:
        mail = document.parse(HEAD + KINDS[kind] + text.encode("utf-8", "surrogatepass"), Hints(kind=wanted))
        for name, level in levels.LEVELS:
            if name in LEVELS:
                for reading in level(mail, mail.hints):
                    check(reading)

    every()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(KINDS)), st.binary(max_size=300))
def test_bytes(kind: str, raw: bytes) -> None:
    mail = document.parse(HEAD + KINDS[kind] + raw)
    for name, level in levels.LEVELS:
        if name in LEVELS:
            for reading in level(mail, mail.hints):
                check(reading)
