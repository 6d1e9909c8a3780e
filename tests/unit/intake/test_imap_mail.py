"""Whose a mail from a mailbox is, when no envelope says so."""

import pytest

from config.load import load
from config.machine import Imap
from config.models import Settings
from daemon.intake.imap_mail import recipient_of
from parsers.arrival import return_path
from parsers.mime import HEADER_BYTES, header
from tests.support.daemon import EXAMPLE

WEBSITE = "website.berlin.h3t8@leads.muster.example"
MOBILE = "mobile.berlin.x7k2@leads.muster.example"


@pytest.fixture(scope="module")
def settings() -> Settings:
    settings, problems = load(EXAMPLE)
    assert settings is not None, problems
    return settings


def mailbox(**keys: str) -> Imap:
    return Imap.model_validate({"id": "main", "host": "imap.example", "username": "leads", **keys})


@pytest.mark.parametrize(
    ("fields", "recipient"),
    [
        (f"To: {WEBSITE}", WEBSITE),
        (f"To: Leads <{WEBSITE.upper()}>", WEBSITE),
        (f"To: someone@elsewhere.example,\r\n {WEBSITE}", WEBSITE),
        (f"Cc: {WEBSITE}\r\nTo: {MOBILE}", MOBILE),
        (f"To: {MOBILE}\r\nX-Original-To: {WEBSITE}", WEBSITE),
        (f"X-Original-To: {MOBILE}\r\nDelivered-To: {WEBSITE}", WEBSITE),
        (f"Delivered-To: leads@mailbox.example\r\nDelivered-To: {WEBSITE}", WEBSITE),
        ("To: desk.berlin+l7kq2m49.abc@leads.muster.example", "desk.berlin+l7kq2m49.abc@leads.muster.example"),
        ("To: someone@elsewhere.example", "imap:main"),
        ("To: imap:second", "imap:main"),
        (f"Subject: {WEBSITE}", "imap:main"),
        (f"Subject: x\r\n\r\nTo: {WEBSITE}", "imap:main"),
        (f"To: {'x' * HEADER_BYTES}\r\nTo: {WEBSITE}", "imap:main"),
        ('To: <<<>>>,,@,"', "imap:main"),
        (f"To: {'(' * 3000}\r\nCc: {WEBSITE}", WEBSITE),
        (f"Cc: {'a:' * 3000}", "imap:main"),
        ("To: \udcff\udcfe@x", "imap:main"),
        ("", "imap:main"),
    ],
)
def test_the_header_names_one_of_ours(settings: Settings, fields: str, recipient: str) -> None:
    raw = f"{fields}\r\n\r\nHallo\r\n".encode("utf-8", "surrogateescape")
    assert recipient_of(settings, mailbox(), header(raw)) == recipient


def test_source_and_site_come_before_the_header(settings: Settings) -> None:
    fields = header(f"To: {WEBSITE}\r\n\r\n".encode())
    assert recipient_of(settings, mailbox(source="mobile-berlin"), fields) == MOBILE
    assert recipient_of(settings, mailbox(site="potsdam"), fields) == "imap:main"


@pytest.mark.parametrize(
    ("fields", "sender"),
    [
        (b"Return-Path: <bounce@mobile.example>", "bounce@mobile.example"),
        (b"Return-Path: <>", ""),
        (b"From: a@b.example", ""),
        (b"Return-Path: <" + b"a" * 1000 + b"@b.example>", ""),
        (b"Return-Path: " + b"(" * 3000, ""),
        (b"Return-Path: " + b"a:" * 3000, ""),
        (b"Return-Path: <a\0b@kunde.example>", ""),
    ],
)
def test_the_sender_is_what_the_delivering_server_noted(fields: bytes, sender: str) -> None:
    assert return_path(header(fields + b"\n\nHallo\n")) == sender
