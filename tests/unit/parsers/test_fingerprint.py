"""What a mail is made of: the same for mails of one template whatever is filled in, another for another template."""

import itertools

import pytest

from parsers.layout import Layout
from parsers.read import parse
from parsers.records import Hints, Shape

VALUES = {
    "Name": "Eva Beispiel", "E-Mail": "eva@kunde.example", "Telefon": "030 5550123", "Marke": "VW", "Modell": "Golf",
    "Nachricht": "Ist er noch da?",
}  # fmt: skip
HINTS = Hints(source_type="website", language="de", kind="lead")


def shape(kind: str, body: str, hints: Hints = HINTS) -> Shape:
    head = f"From: form@muster.example\r\nSubject: Anfrage\r\nMIME-Version: 1.0\r\nContent-Type: text/{kind}"
    found = parse(f"{head}; charset=utf-8\r\n\r\n{body}".encode(), hints).shape
    assert found
    return found


def lines(*without: str) -> str:
    return "".join(f"{label}: {value}\r\n" for label, value in VALUES.items() if label not in without)


def table(*without: str) -> str:
    rows = (f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in VALUES.items() if label not in without)
    return f"<html><body><h1>Anfrage</h1><table>{''.join(rows)}</table></body></html>"


def definitions(*without: str) -> str:
    rows = (f"<dt>{label}</dt><dd>{value}</dd>" for label, value in VALUES.items() if label not in without)
    return f"<html><body><dl>{''.join(rows)}</dl></body></html>"


TEMPLATES = [("plain", lines), ("html", table), ("html", definitions)]


@pytest.mark.parametrize(("kind", "template"), TEMPLATES)
@pytest.mark.parametrize("without", VALUES)
def test_a_missing_field_does_not_change_the_structure(kind: str, template: object, without: str) -> None:
    assert callable(template)
    whole, less = shape(kind, template()), shape(kind, template(without))
    assert less.structure == whole.structure
    assert set(less.fields) < set(whole.fields) or without in ("Nachricht", "E-Mail", "Name")


def test_another_template_has_another_structure() -> None:
    found = {shape(kind, template()).structure for kind, template in TEMPLATES}
    assert found == {"label in plain", "table in html (table, h1)", "table in html (dl)"}


def test_a_mail_that_is_not_understood_has_no_level() -> None:
    found = shape("plain", "Guten Tag, ich wollte nur einmal fragen.\r\n", Hints())
    assert (found.structure, found.unsorted, found.fields) == ("no level in plain", True, ("customer.emails",))


def test_what_the_customer_writes_does_not_change_it() -> None:
    said = ("kurz", "zwei\r\n\r\nAbsätze", "PS: bitte anrufen", "1. Frage\r\n2. Frage")
    for one, other in itertools.pairwise(said):
        assert shape("plain", lines() + one).structure == shape("plain", lines() + other).structure


def test_fields_are_those_that_are_filled() -> None:
    names = "comments customer.emails customer.first_name customer.last_name customer.name"
    assert shape("plain", lines("Telefon")).fields == (
        *names.split(),
        "wanted.make",
        "wanted.model",
        "wanted.role",
    )


def test_labels_are_unknown_until_somebody_knows_them() -> None:
    body = lines() + "Wunschtermin Filiale: Montag\r\n"
    body = body.replace("Nachricht", "Lieblingsfarbe: rot\r\nNachricht")
    assert "Lieblingsfarbe" in shape("plain", body).unknown
    known = Hints(source_type="website", layout=Layout(labels={"lieblingsfarbe": "comments"}))
    assert "Lieblingsfarbe" not in shape("plain", body, known).unknown
    assert shape("plain", lines()).unknown == ()


def test_labels_are_bounded() -> None:
    many = "".join(f"Merkmal{chr(97 + n // 26)}{chr(97 + n % 26)}: {n}\r\n" for n in range(300))
    assert len(shape("plain", lines("Nachricht") + many).unknown) <= 40


def test_what_nothing_was_read_from_has_no_shape() -> None:
    bounce = b"From: MAILER-DAEMON@relay.example\r\nContent-Type: multipart/report; report-type=delivery-status\r\n\r\n"
    assert parse(bounce).shape is None
