"""Senders that imitate others, and requests that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import suspicion
from parsers.read import parse
from parsers.records import Hints

SOURCE = Hints(source_type="importer", kind="lead", senders=("importer.example",), own=("verkauf@muster.example",))


def flags(
    body: str, sender: str = "x@bank.example", subject: str = "Anfrage", hints: Hints = SOURCE
) -> tuple[str, ...]:
    head = f"From: {sender}\r\nTo: leads@muster.example\r\nSubject: {subject}\r\n"
    return parse(f"{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}".encode(), hints).flags


@pytest.mark.parametrize(
    "domain",
    [
        "mоbile.de", "xn--mbile-jye.de", "ｍobile.de", "m0bile.de", "rnobile.de", "móbile.de", "autosc0ut24.de",
        "mobile.de.evil.example", "mobile.de-sicherheit.com", "ebay.de-sicherheit.com", "mobile-de.com",
        "autoscout24.evil.example", "notautoscout24.be", "autoscout24-login.com", "autoscout24.shop",
        "k1einanzeigen.de", "kleinanzeigen-sicher.example", "importer-example.com", "irnporter.example",
        "importer.example.evil.example",
    ],
)  # fmt: skip
def test_look_alikes(domain: str) -> None:
    assert suspicion.imitates(domain.lower(), SOURCE.senders)
    assert "look-alike" in flags("Hallo", f"Team <x@{domain}>")


@pytest.mark.parametrize(
    "domain",
    [
        "mobile.de", "mail.mobile.de", "autoscout24.ch", "cargurus.ca", "autotrader.com", "wohnmobile.de",
        "automobile.de", "kunde.example", "gmx.de", "importer.example", "mail.importer.example", "muster.example",
        "bär.example", "公司.example",
    ],
)  # fmt: skip
def test_no_look_alikes(domain: str) -> None:
    assert "look-alike" not in flags("Hallo", f"Eva Beispiel <eva@{domain}>")


@pytest.mark.parametrize("name", ["mobile.de", "Team MOBILE.DE", "m0bile.de Kundenservice", "importer.example Leads"])
def test_a_display_name_that_claims_a_domain(name: str) -> None:
    assert "look-alike" in flags("Hallo", f'"{name}" <x@evil.example>')
    assert "look-alike" not in flags("Hallo", f'"{name}" <verkauf@muster.example>')


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("New credit application", "View it: https://dealer-portal.evil.example/login"),
        ("Reservation request", "Please sign in to confirm: https://evil.example/r/1"),
        ("Neue Finanzierungsanfrage", "Bitte anmelden, um sie zu sehen: https://evil.example/x"),
        ("Ny låneansøgning", "Log ind her: https://evil.example/x"),
        ("新的贷款申请", "请登录查看：https://evil.example/x"),
        ("Credit application", "https://click.example/?url=https%3A%2F%2Fevil.example%2Flogin"),
    ],
)
def test_phishing(subject: str, body: str) -> None:
    assert flags(body, "portal@evil.example", subject) == ("phishing",)


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Credit application", "Name: Eva Beispiel\nPhone: 0151 23456789\nVehicle: VW Golf\nLogin: https://evil.example/login"),
        ("Credit application", "Sign in at https://portal.importer.example/login"),
        ("Credit application", "Sign in at https://www.mobile.de/login"),
        ("Finanzierung", "Kann ich den Wagen finanzieren? Bitte nicht einloggen müssen."),
        ("Finanzierung", "Wie ist der Zins? https://bank.example/zinsen"),
        ("Frage", "Bitte anmelden: https://evil.example/login"),
    ],
)  # fmt: skip
def test_no_phishing(subject: str, body: str) -> None:
    assert "phishing" not in flags(body, "x@bank.example", subject)


@given(st.text(max_size=100), st.text(max_size=60))
def test_hostile_names_raise_nothing(name: str, domain: str) -> None:
    assert suspicion.imitates(domain.lower()) in (True, False)
    head = f"From: {name} <x@{domain}>\r\nSubject: credit {name}\r\n\r\nhttps://{domain} login"
    parsed = parse(head.encode("utf-8", "surrogatepass"))
    assert not [defect for defect in parsed.defects if defect.startswith(("flags", "text"))]
