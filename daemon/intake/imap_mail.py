"""A mail from a mailbox has no envelope: whom it was for is told by the mailbox or by its header."""

from config.lookup import MAILBOX, site_of
from config.machine import Imap
from config.models import Settings
from parsers.arrival import recipients
from parsers.headers import Headers

ADDRESS_LENGTH = 320


def recipient_of(settings: Settings, mailbox: Imap, fields: Headers) -> str:
    """The address of the mailbox's source, else one of ours that the header names, else `imap:` and the mailbox.

    Args:
        settings: Whose addresses are ours.
        mailbox: Where the mail was found; with a site the header is not asked.
        fields: Of the mail's header.
    """
    if mailbox.source is not None:
        return settings.sources[mailbox.source].address
    if mailbox.site is None:
        for address in recipients(fields):
            if len(address) <= ADDRESS_LENGTH and "@" in address and site_of(settings, address) != (None, None):
                return address.lower()
    return f"{MAILBOX}{mailbox.id}"
