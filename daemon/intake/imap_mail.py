"""A mail from a mailbox has no envelope: whom it was for, and from whom, is told by the mailbox or by its header."""

import email.utils
from email.message import Message
from email.parser import BytesHeaderParser

from config.lookup import MAILBOX, site_of
from config.machine import Imap
from config.models import Settings

HEADER_BYTES = 64 << 10
ADDRESS_LENGTH = 320
_RECIPIENTS = ("Delivered-To", "X-Original-To", "To", "Cc")
"""Who delivered it last knows best; what the sender wrote comes last."""


def header_of(content: bytes) -> Message:
    """The header of a mail, as far as it is of a sane length."""
    head = content[:HEADER_BYTES]
    end = min((at for mark in (b"\r\n\r\n", b"\n\n") if (at := head.find(mark)) >= 0), default=len(head))
    return BytesHeaderParser().parsebytes(head[:end] + b"\r\n\r\n")


def recipient_of(settings: Settings, mailbox: Imap, header: Message) -> str:
    """The address of the mailbox's source, else one of ours that the header names, else `imap:` and the mailbox.

    Args:
        settings: Whose addresses are ours.
        mailbox: Where the mail was found; with a site the header is not asked.
        header: Of the mail.
    """
    if mailbox.source is not None:
        return settings.sources[mailbox.source].address
    if mailbox.site is None:
        written = [str(value) for name in _RECIPIENTS for value in header.get_all(name, [])]
        for _, address in email.utils.getaddresses(written):
            if len(address) <= ADDRESS_LENGTH and "@" in address and site_of(settings, address) != (None, None):
                return address.lower()
    return f"{MAILBOX}{mailbox.id}"


def sender_of(header: Message) -> str:
    """The envelope's sender as the delivering server noted it (RFC 5321 4.4); empty if it did not."""
    _, address = email.utils.parseaddr(str(header.get("Return-Path", "")))
    return address[:ADDRESS_LENGTH]
