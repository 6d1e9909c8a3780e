"""The leak guard: what is ours alone is found wherever it stands and however it is hidden; ordinary words pass."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from daemon.outbox.compose import OutgoingMail
from daemon.outbox.guard import leak
from parsers.enclosures import Enclosure
from rules.house import Internal
from rules.reference import bounce_token, make, token

KEY = b"k" * 32
REF, OTHER = make("lead", 7), make("lead", 8)
OWN, TEAM = token(REF, "customer", KEY), token(REF, "team", KEY)
NOTE = "Der Kunde hat noch eine offene Rechnung."
MAIL = OutgoingMail(
    sender="desk@muster.example",
    sender_name="Autohaus Muster",
    to="karin@beispiel.example",
    reply_to=f"desk+{OWN}@muster.example",
    subject=f"Re: Anfrage: Karin Beispiel, VW Golf [{REF}]",
    text="Guten Tag,\nder Golf ist noch da.\n",
    html="<html><body><p>Guten Tag,<br>der Golf ist noch da.</p></body></html>",
    message_id="<1@muster.example>",
    date=datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    auto_submitted=None,
    reference=REF,
)
OURS = {
    "team token": f"Schreiben Sie an desk+{TEAM}@muster.example",
    "token of another record": f"<desk+{token(OTHER, 'customer', KEY)}@muster.example>",
    "token in capitals": f"DESK+{token(REF, 'controller', KEY).upper()}@MUSTER.EXAMPLE",
    "token behind a percent sign": f"mailto:desk%2B{TEAM}@muster.example",
    "token of percent signs": "".join(f"%{ord(c):02x}" for c in TEAM),
    "wrapped token": f"desk+{TEAM[:20]}\n{TEAM[20:]}@muster.example",
    "wrapped and quoted token": f"Antwort an desk+{TEAM[:12]}\n  {TEAM[12:]}@muster.example",
    "token in fullwidth letters": "".join(chr(ord(c) + 0xFEE0) for c in f"+{TEAM}"),
    "token with what nobody sees": f"desk+{TEAM[:5]}\u200b{TEAM[5:20]}\u00ad{TEAM[20:]}@muster.example",
    "token far out on a line": "x " * 3_000 + TEAM + " x" * 3_000,
    "token across two windows": "x" * 1_480 + " " + TEAM + " x" * 3_000,
    "envelope sender": f"desk+{bounce_token(17, KEY)}@muster.example",
    "command link": "mailto:desk@muster.example?subject=x&body=%21take",
    "command link in capitals": "MAILTO:desk@muster.example?SUBJECT=!erledigt",
    "delimiter": "Ja.\n##- Antworten gehen an den Kunden. -##\nAnfrage: Karin",
    "quoted delimiter": "> > ##- Eine Antwort auf diese Mail bleibt hier. -##",
    "half a delimiter": "gehen NICHT an den Kunden. -##",
    "delimiter in fullwidth letters": "\uff03\uff03\uff0d x",
    "note": f"Anna: {NOTE.upper()}",
    "wrapped note": NOTE.replace(" ", "\n  "),
}
PLACES: dict[str, Any] = {
    "text": lambda found: {"text": f"Guten Tag,\n\n{found}\n\nGruß"},
    "end of the text": lambda found: {"text": f"Guten Tag, {found}"},
    "html": lambda found: {"html": f"<p>Guten Tag</p><p>{found}</p>"},
    "hidden html": lambda found: {"html": f'<p>Guten Tag</p><div style="display:none">{found}</div>'},
    "attribute": lambda found: {"html": f'<p><a title="x" href="{found}">hier</a></p>'},
    "entities": lambda found: {"html": "".join(f"&#{ord(c)};" for c in found)},
    "comment": lambda found: {"html": f"<p>Guten Tag</p><!-- {found} -->"},
    "subject": lambda found: {"subject": f"Re: {found}"},
    "name": lambda found: {"sender_name": found},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", OURS)
def test_what_is_ours_is_found(name: str, place: str) -> None:
    mail = replace(MAIL, **PLACES[place](OURS[name]))
    found = leak(mail, OWN, None, [NOTE])
    assert found is not None
    assert found.startswith("it held ")


@pytest.mark.parametrize("name", [name for name in OURS if "token" in name and "wrapped" not in name])
def test_it_is_found_where_tags_stand_between(name: str) -> None:
    found = "</b><b>".join(OURS[name])
    assert leak(replace(MAIL, html=f"<p><b>{found}</b></p>"), OWN, None, [])


@pytest.mark.parametrize(
    "change",
    [
        {"reply_to": f"desk+{TEAM}@muster.example"},
        {"reply_to": f"desk+{token(OTHER, 'customer', KEY)}@muster.example"},
        {"list_id": "sales.berlin.muster.example"},
        {"category": "action"},
        {"original": b"Subject: x\r\n\r\ny"},
        {"attachments": (Enclosure(name=f"{TEAM}.pdf", type="application/pdf", content=b""),)},
    ],
)
def test_headers_and_parts_of_mail_to_the_house_are_found(change: dict[str, Any]) -> None:
    assert leak(replace(MAIL, **change), OWN, None, [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("name", ["team token", "envelope sender", "command link", "token in capitals"])
def test_it_is_found_in_files(name: str, encoding: str) -> None:
    content = b"\0\xff\xfe" * 1_000 + f"<p>{OURS[name]}</p>".encode(encoding) + b"\0##-" * 1_000
    file = Enclosure(name="verlauf.msg", type="application/octet-stream", content=content)
    assert leak(replace(MAIL, attachments=(file,)), OWN, None, [])


def test_what_its_writer_left_of_our_last_line_is_found() -> None:
    assert leak(MAIL, OWN, f"Ja.\nWarum hier: Regel · Autohaus Muster · {REF}", [])


HARMLESS = [
    "Guten Tag,\nder Golf ist noch da.\n-- \nAnna Muster\nVerkauf",
    f"Ihre Vorgangsnummer: {REF}",
    f"Sie erreichen uns unter {REF} oder über desk+{OWN}@muster.example.",
    f"<DESK+{OWN.upper()}@muster.example>",
    "## Angebot\n- Golf, 24.490 €\n- Winterräder",
    "##\n-1 % Skonto #1 -# #-",
    "mailto:anna@muster.example oder mailto:anna@muster.example?subject=Golf%20Style!",
    "Ja! Nein! 100 % !wichtig",
    "a" * 30_000,
    "L-7KQ2M4-2.pdf b17.pdf A-B.tuv",
    "Rechnung 2026-11-20, FIN WVWZZZCDZMW000001, https://suchen.example/?id=398001122&ref=lead",
    "高尔夫还在。星期六可以来吗？",
    "",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_ordinary_words_pass(text: str) -> None:
    mail = replace(MAIL, text=text, html=f"<p>{text}</p>", sender_name="Müller & Söhne ## GmbH")
    file = Enclosure(name="Angebot.pdf", type="application/pdf", content=text.encode() + b"##- -##" + bytes(256))
    assert leak(replace(mail, attachments=(file,)), OWN, text, [NOTE, "", "kurz"]) is None


INSIDE = Internal(frozenset(["verkauf@muster.example", "chef@importeur.example"]), "desk+", "muster.example")
INTERNAL = [
    "verkauf@muster.example",
    "Verkauf <VERKAUF@Muster.Example>.",
    "mailto:verkauf@muster.example",
    "verkauf%40muster.example",
    "ver\u00adkauf@muster.example",
    "(chef@importeur.example)",
    "desk+irgendwas@muster.example",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("address", INTERNAL)
def test_an_internal_address_is_found(address: str, place: str) -> None:
    found = leak(replace(MAIL, **PLACES[place](address)), OWN, None, [], INSIDE)
    assert found is not None
    assert found.endswith(", an address of the house")


@pytest.mark.parametrize(
    "address",
    [
        "desk@muster.example",
        f"desk+{OWN}@muster.example",
        "anna.muster@muster.example",
        "einkauf-verkauf@muster.example",
        "verkauf@muster.example.org",
        "verkauf@ muster.example",
        "helpdesk+x@muster.example",
        "desk+@muster.example",
    ],
)
def test_what_customers_may_see_passes(address: str) -> None:
    html = f"<p>{address}</p>"
    assert leak(replace(MAIL, text=f"Gruß\n{address}", html=html), OWN, None, [], INSIDE) is None


def test_a_note_that_its_writer_sends_himself_passes() -> None:
    assert leak(replace(MAIL, text=NOTE), OWN, NOTE, [NOTE]) is None
    assert leak(replace(MAIL, text=f"Ja. {NOTE}"), OWN, f"Ja. {NOTE}", [NOTE]) == "it held an internal note"
