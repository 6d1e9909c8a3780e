import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.read import parse
from parsers.records import Parsed

REPORT = """From: MAILER-DAEMON@mx.example
To: desk@muster.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

I could not deliver it.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

{blocks}
--b
Content-Type: message/rfc822

From: desk@muster.example
To: eva@kunde.example

Hallo
--b--
"""
DAEMON = "From: MAILER-DAEMON@mx.example\nTo: desk@muster.example\nSubject: Undelivered mail\nReturn-Path: <>\n\n"


def bounced(content: str) -> Parsed:
    return parse(content.replace("\n", "\r\n").encode())


def test_a_report_names_each_recipient() -> None:
    blocks = (
        "Final-Recipient: rfc822; Eva@Kunde.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such\n user here\n\n"
        "Original-Recipient: rfc822;max@kunde.example\nAction: delayed\nStatus: 4.2.2 (mailbox full)\n"
    )
    first, second = bounced(REPORT.format(blocks=blocks)).bounce
    assert (first.recipient, first.action, first.status) == ("eva@kunde.example", "failed", "5.1.1")
    assert first.diagnostic == "550 5.1.1 no such user here"
    assert (second.recipient, second.action, second.status) == ("max@kunde.example", "delayed", "4.2.2")


def test_a_report_of_thousands_is_bounded() -> None:
    blocks = "\n".join(f"Final-Recipient: rfc822; n{n}@kunde.example\nAction: failed\n" for n in range(5_000))
    assert len(bounced(REPORT.format(blocks=blocks)).bounce) == 50


@pytest.mark.parametrize(
    ("text", "recipients", "action"),
    [
        ("<eva@kunde.example>:\n550 5.1.1 unknown user", ["eva@kunde.example"], "failed"),
        (
            "eva@kunde.example: 550 full\nmax@kunde.example: 550 full",
            ["eva@kunde.example", "max@kunde.example"],
            "failed",
        ),
        ("RCPT TO: eva@kunde.example\n550 no", ["eva@kunde.example"], "failed"),
        ("Delivery to eva@kunde.example failed: mailbox full", ["eva@kunde.example"], "failed"),
        ("This is a warning message only; it will be retried.\n\neva@kunde.example", ["eva@kunde.example"], "delayed"),
        ("550 refused.\n\n--- Below this line is a copy of the message.\n\nmax@kunde.example: hallo", [], None),
        (
            "desk@muster.example: hidden? No: 550 rejected the mail of desk@muster.example",
            ["desk@muster.example"],
            "failed",
        ),
    ],
)
def test_servers_that_only_talk(text: str, recipients: list[str], action: str | None) -> None:
    found = bounced(DAEMON + text)
    assert found.mail_class == "bounce"
    assert [one.recipient for one in found.bounce] == recipients
    assert {one.action for one in found.bounce} == ({action} if action else set())


def test_a_persons_mail_names_nobody() -> None:
    assert bounced("From: eva@kunde.example\n\nmax@kunde.example: 550 unknown user").bounce == ()


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300))
def test_anything_is_read(text: str) -> None:
    for content in (DAEMON + text, REPORT.format(blocks=text)):
        found = parse(content.encode("utf-8", "replace"))
        assert not [defect for defect in found.defects if defect.startswith("bounce")]
        assert all("@" in one.recipient and one.recipient == one.recipient.strip() for one in found.bounce)
