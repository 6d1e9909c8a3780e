"""The gate of automatic answers (RFC 3834): whether what we say by ourselves may go to the writer of a mail.

It never decides what is taken in. Whoever is proven, a member of a team as much as a customer, is not answered by a
program where another one may have written in his name.
"""

from config.lookup import desk_token
from config.models import Settings
from parsers.classify import takes_no_answers
from parsers.records import Parsed
from rules.model import Envelope

_WITH_ENVELOPE = ("smtp", "lmtp")
"""Channels whose envelope sender is known; elsewhere an empty one says nothing."""


def closed_to_writer(parsed: Parsed, envelope: Envelope, settings: Settings) -> str | None:
    """Why nothing that we say by ourselves goes to the writer of a mail; None where it may.

    Args:
        parsed: The mail.
        envelope: How it came; of its sender address.
        settings: The settings in force: their own addresses are never answered.
    """
    if envelope.channel in _WITH_ENVELOPE and not envelope.sender.strip("<> "):
        return "null envelope sender"
    if parsed.mail_class not in ("person", "reply"):
        return f"{parsed.mail_class} mail: {parsed.class_because}"
    if parsed.no_answer is not None:
        return parsed.no_answer
    if parsed.own_record is not None:
        return "a mail of ours, or one that quotes our header"
    named = (("From", parsed.sender), ("Reply-To", parsed.reply_to), ("envelope sender", envelope.sender))
    return next((f"{field}: {why}" for field, one in named if one and (why := closed_to(one, settings))), None)


def closed_to(address: str, settings: Settings) -> str | None:
    """Why nothing that we say by ourselves goes to an address; None where it may.

    Args:
        address: A bare address, of whoever wrote or is written to.
        settings: The settings in force.
    """
    local, at, domain = address.lower().rpartition("@")
    if not at or not local:
        return "no mail address"
    if takes_no_answers(local):
        return "an address that takes no answers"
    host = settings.postroom.hostname.lower()
    if domain == host or domain.endswith(f".{host}"):
        return "an address of our own"
    known = f"{local}@{domain}"
    return "an address of our own" if known in settings.recipients or desk_token(settings, known) else None
