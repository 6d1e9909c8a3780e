"""Hostile calendars, cards and markup (S4): what is read of them is bounded, and a mail without them pays nothing."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from parsers import calendar_event, calendar_text, document, items, json_ld, microdata, requests, vcard_text

ROOT = Path(__file__).parents[3]


def script(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


PAGES = {
    "flat items": "<div itemscope itemtype=Order><b itemprop=orderNumber>1</b></div>" * 9_000,
    "items in items": "<div itemscope itemprop=a>" * 40_000 + "<p itemscope>x",
    "paragraphs": "<p itemscope itemprop=x>" * 40_000,
    "references in a circle": "<div itemscope itemref='a b' id=a>x</div><div id=b itemscope itemref=a></div>" * 500,
    "properties": "<div itemscope>" + "<b itemprop=a>x" * 50_000,
    "objects": script("[" + '{"@type":"Order"},' * 8_000 + "1]"),
    "objects in objects": script('{"@type":"a","a":' * 600 + "1" + "}" * 600),
    "references everywhere": script(
        '{"@graph":['
        + ",".join(f'{{"@id":"{n}","a":[{{"@id":"{(n + 1) % 99}"}},{{"@id":"{(n + 2) % 99}"}}]}}' for n in range(99))
        + "]}"
    ),
    "digits": script('{"@type":"Order","orderNumber":' + "9" * 100_000 + "}"),
    "scripts that never end": '<script type="application/ld+json">' * 20_000,
}


@pytest.mark.parametrize("name", PAGES)
def test_items_are_counted(name: str) -> None:
    found = [*json_ld.items(PAGES[name])[0], *microdata.items(PAGES[name])]
    everything = list(items.all_items(found))
    assert len(everything) <= items.ITEMS
    for item in everything:
        for values in item.properties.values():
            assert len(values) <= items.VALUES
            assert all(len(value) <= items.CHARACTERS for value in values if isinstance(value, str))


@pytest.mark.parametrize("text", ["/" * 200_000, "* " * 100_000, "x" + " " * 200_000 + "x", "--> " * 50_000])
def test_signs_around_a_script_take_no_time(text: str) -> None:
    began = time.process_time()
    json_ld.items(script(text))
    assert time.process_time() - began < 2


CALENDARS = {
    "events": "BEGIN:VEVENT\nUID:1\nEND:VEVENT\n" * 10_000,
    "events in events": "BEGIN:VEVENT\n" * 20_000,
    "calendars": "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n" * 5_000,
    "characters": "BEGIN:VEVENT\nUID:1\nSUMMARY:" + "x" * 1_000_000,
}


@pytest.mark.parametrize("name", CALENDARS)
def test_events_are_counted(name: str) -> None:
    found, defects = calendar_event.events(CALENDARS[name])
    assert 0 < len(found) <= calendar_text.EVENTS
    assert defects == ["calendar over the limit: its end is not read"]


def test_attendees_are_counted() -> None:
    text = "BEGIN:VEVENT\nUID:1\n" + "ATTENDEE:mailto:a@kunde.example\n" * 5_000
    assert len(calendar_event.events(text)[0][0].attendees) == calendar_text.ATTENDEES


def test_cards_are_counted() -> None:
    assert len(vcard_text.cards("BEGIN:VCARD\nFN:x\nEND:VCARD\n" * 3_000)) <= vcard_text.CARDS
    (card,) = vcard_text.cards("BEGIN:VCARD\n" + "TEL:1\nEMAIL:a@b.example\nADR:x\n" * 500 + "END:VCARD\n")
    assert (len(card.phones), len(card.emails), len(card.addresses)) == (vcard_text.EACH,) * 3


@pytest.mark.parametrize(
    "comment",
    [
        "<a" * 30_000,
        "<lead>" * 10_000 + "</x>",
        "<lead>" + "&" * 60_000 + "</lead>",
        "<lead " + "<a=b " * 9_000 + "</lead>",
    ],
)
def test_comments_end(comment: str) -> None:
    mail = document.parse(f"From: a@kunde.example\nContent-Type: text/html\n\n<!--{comment}-->".encode())
    assert requests.readings(mail, mail.hints)[0].kind == "unsorted"
    assert not [defect for defect in mail.defects if defect.startswith("xml")]


def test_a_mail_without_a_calendar_does_not_load_the_library() -> None:
    code = (
        "import sys; from parsers import read; read.parse(b'From: a@kunde.example\\n\\nName: Max\\nTelefon: 030 1');"
        "assert 'icalendar' not in sys.modules; read.parse(b'Content-Type: text/calendar\\n\\nBEGIN:VEVENT\\nUID:1');"
        "assert 'icalendar' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)
