"""Who the customer is, and who never is."""

from collections.abc import Callable

import pytest

from parsers import sender
from parsers.document import Document
from parsers.records import Hints

HINTS = Hints(
    source_type="importer", own=("verkauf@muster.example", "muster.verkauf@gmx.de"), senders=("importer.example",)
)


@pytest.mark.parametrize(
    ("head", "emails"),
    [
        ("From: Eva <eva@kunde.example>", ("eva@kunde.example",)),
        ("From: Portal <x@portal.example>\nReply-To: Eva <eva@kunde.example>", ("eva@kunde.example",)),
        ("From: eva@kunde.example\nReply-To: noreply@mobile.de", ("eva@kunde.example",)),
        ("From: eva@kunde.example\nReply-To: verkauf@muster.example", ("eva@kunde.example",)),
        ("From: eva@kunde.example\nReply-To: Post@Berlin.Muster.example", ("eva@kunde.example",)),
        ("From: eva@gmx.de\nReply-To: muster.verkauf@gmx.de", ("eva@gmx.de",)),
        ("From: leads@importer.example", None),
        ("From: leads@mail.importer.example", None),
        ("From: x@notimporter.example", ("x@notimporter.example",)),
        ("From: verkauf@muster.example", None),
        ("From: noreply@kunde.example", None),
        ("From: Eva über Kleinanzeigen <abc@mail.kleinanzeigen.de>", None),
        ("From: Eva (OfferUp) <reply-1@messages.offerup.com>", None),
    ],
)
def test_the_customer_of_the_header(mail: Callable[..., Document], head: str, emails: tuple[str, ...] | None) -> None:
    found = sender.customer(mail(f"To: leads@post.example\n{head}", "x", HINTS))
    assert (found.emails if found else None) == emails


@pytest.mark.parametrize(
    ("head", "is_author"),
    [
        ("From: eva@firma.example\nTo: verkauf@haus.example", True),
        ("From: eva@firma.example\nTo: verkauf@haus.example\nCc: karl@firma.example", True),
        ("From: eva@firma.example\nTo: verkauf@haus.example, karl@firma.example", True),
        ("From: jan@ziggo.nl\nTo: piet@ziggo.nl", True),
        ("From: formular@haus.example\nTo: verkauf@haus.example", False),
        ("From: anfrage@haus.example\nTo: verkauf@haus.example", False),
        ("From: web@haus.example\nTo: verkauf@haus.example, service@berlin.haus.example", False),
        ("From: eva@firma.example\nReply-To: karl@k.example\nTo: verkauf@haus.example", False),
    ],
)
def test_whoever_has_colleagues_in_copy_is_still_the_author(
    mail: Callable[..., Document], head: str, is_author: bool
) -> None:
    assert (sender.author(mail(head, "x", Hints())) is not None) is is_author


def test_addresses_of_the_text_that_can_be_a_persons(mail: Callable[..., Document]) -> None:
    document = mail("From: leads@importer.example\nTo: leads@post.example", "x", HINTS)
    given = (
        "eva@kunde.example", "hotline@importer.example", "verkauf@muster.example", "x@berlin.muster.example",
        "noreply@x.example", "abc@reply.2dehands.be", "leads@post.example",
    )  # fmt: skip
    assert sender.personal(document, given, automatic=True) == ("eva@kunde.example",)


@pytest.mark.parametrize(
    ("head", "named"),
    [
        ("To: Secret@x.example", True),
        ("To: a@x.example, Leads <secret@x.example>", True),
        ("Cc: secret@x.example\nTo: a@x.example", True),
        ("Delivered-To: other@x.example\nDelivered-To: secret@x.example", True),
        ('To: "secret@x.example" <a@x.example>', False),
        ("Subject: secret@x.example", False),
        ("To: notsecret@x.example", False),
    ],
)
def test_the_header_names_an_address(mail: Callable[..., Document], head: str, named: bool) -> None:
    assert sender.is_addressed(mail(f"From: a@b.example\n{head}"), "secret@x.example") is named
