"""What comes to the envelope sender of a mail of ours: bounces, and what answers it by mistake.

The address names the outgoing mail and is signed, so that nobody can say of a mail that it came back who never had it.
"""

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from config.lookup import desk_token, site_of
from config.models import Settings
from daemon.act import Change, changed
from daemon.store import mailed, records
from daemon.store.messages import Claimed
from parsers.records import Parsed
from rules.model import Action, Actor
from rules.reference import read_bounce_token

_KNOWN_FOR = timedelta(days=1)
"""The admin is told once so long that an address of the house takes no mail."""
_WORDS = 500
"""Characters of what the mail server says."""


class Returned(msgspec.Struct, frozen=True):
    """An outgoing mail that came back for good, the first time that we hear of it."""

    letter: int
    changes: tuple[Change, ...] = ()
    """What its record learns; nothing where it is about none."""


def bounced_letter(settings: Settings, keys: tuple[bytes, ...], mail: Claimed) -> int | None:
    """The outgoing mail that the recipient's token names, if the token is genuine: its bounces come back there."""
    token = desk_token(settings, mail.recipient)
    return read_bounce_token(token, keys) if token else None


def sent_from_here(connection: Connection, settings: Settings, number: int, mail: Claimed) -> mailed.SentTo | None:
    """An outgoing mail, if it went out from the desk that this one came to."""
    sent = mailed.sent_to(connection, number)
    _, site = site_of(settings, mail.recipient)
    return sent if sent is not None and site is not None and sent.site == site.id else None


def returned(
    connection: Connection, settings: Settings, sent: mailed.SentTo, mail: Claimed, parsed: Parsed
) -> Returned | None:
    """What a bounce of an outgoing mail leads to; None where it is only late, or known to have come back."""
    if not (parsed.mail_class == "bounce" or parsed.bounce) or not _is_final(parsed) or sent.returned_at is not None:
        return None
    kept = records.load(connection, sent.ref) if sent.ref else None
    if kept is None:
        return Returned(sent.letter)
    at = mail.received_at or mail.accepted_at
    args = {"message": str(mail.id), **_args(connection, sent, parsed, at)}
    action = Action(name="returned", actor=Actor("relay", parsed.sender or ""), args=args)
    return Returned(sent.letter, tuple(changed(connection, kept, action, settings, at)))


def _is_final(parsed: Parsed) -> bool:
    """Some recipient was refused; a report that names none is taken for a refusal."""
    return not parsed.bounce or any(one.action in (None, "failed") for one in parsed.bounce)


def _args(connection: Connection, sent: mailed.SentTo, parsed: Parsed, at: datetime) -> dict[str, str]:
    """The server's words on it; whom it names is of no account, as the address may have been passed on."""
    first = next((one for one in parsed.bounce if one.action in (None, "failed")), None)
    said = (first and first.diagnostic) or parsed.subject or ""
    known = not sent.customer and mailed.came_back_since(connection, sent.recipient, at - _KNOWN_FOR)
    told = {
        "letter": str(sent.letter),
        "recipient": sent.recipient,
        "status": first.status if first else None,
        "text": said[:_WORDS],
        "house": None if sent.customer else "known" if known else "news",
    }
    return {name: value for name, value in told.items() if value}
