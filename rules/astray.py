"""Answers of the house to mails of ours that tell of several records: nobody can know which of them they mean.

Such a mail opens nothing and changes nothing; its writer hears how to say which record he means.
"""

from config.lookup import desk_token, site_of
from config.models import Settings
from parsers.records import Parsed
from rules.gate import closed_to_writer
from rules.identity import is_proven, may_act
from rules.model import IMPORTED, Envelope
from rules.shapes import Fact

TEXT_LIMIT = 4_000
"""Characters of his words that its writer gets back."""


class Astray(Fact, frozen=True, kw_only=True):
    """Such an answer."""

    to: str
    """Its writer, who is proven to be of the house."""
    site: str
    message: int
    text: str = ""
    refused: str | None = None
    """Why the booking that he asked for by mail is not made; None: his answer names none of several records."""


def astray(parsed: Parsed, envelope: Envelope, message: int, settings: Settings) -> Astray | None:
    """What its writer is to be told if a mail answers one about several records; None where it is to be read as others.

    A program's mail, a customer's, and one that only says that it is of the house, are.

    Args:
        parsed: The mail.
        envelope: How it came; to the desk of a site, without a token.
        message: Its number.
        settings: The settings in force.
    """
    address = (parsed.sender or "").casefold()
    source, site = site_of(settings, envelope.recipient)
    if source is not None or site is None or site.id not in settings.sites or envelope.channel == IMPORTED:
        return None
    if desk_token(settings, envelope.recipient) or closed_to_writer(parsed, envelope, settings) is not None:
        return None
    if not any(may_act(address, role, site, settings) for role in ("team", "controller")):
        return None
    if not is_proven(parsed, site):
        return None
    return Astray(to=address, site=site.id, message=message, text=(parsed.new_text or parsed.text or "")[:TEXT_LIMIT])
