"""The envelope sender of a letter: where a bounce comes back to, naming the letter it is about."""

from config.models import Settings
from daemon.store.outgoing import InHand
from rules.reference import bounce_token

MAX_LOCAL = 64


def envelope_sender(settings: Settings, letter: InHand, key: bytes) -> str:
    """The desk with a signed token; the plain sender where it is no desk, or its name leaves no room (RFC 5321)."""
    kind, _ = settings.recipients.get(letter.sender.lower(), ("", ""))
    local, _, domain = letter.sender.rpartition("@")
    named = f"{local}{settings.postroom.desk.separator}{bounce_token(letter.id, key)}"
    return f"{named}@{domain}" if kind == "desk" and len(named) <= MAX_LOCAL else letter.sender
