"""Mails of our own to the address of a source, by which an admin sees that what is sent there comes the whole way.

A token marks them, so that they open nothing and count for nothing. It may stand anywhere in the mail: whoever cannot
write to the address himself types it into the form of an exchange.
"""

import re

from parsers.records import Parsed

MARK = "postroom-probe-"
_TOKEN = re.compile(rf"{MARK}([a-z2-7]{{16}})(?![a-z0-9])", re.IGNORECASE)
_MOST = 5
"""Tokens of one mail that are looked up."""


def mark_of(token: str) -> str:
    """What is written into a mail."""
    return f"{MARK}{token}"


def tokens_in(parsed: Parsed) -> tuple[str, ...]:
    """The tokens that a mail holds, in its subject, its text or what was read from it."""
    comments = (reading.comments for reading in parsed.readings)
    found = (match for text in (parsed.subject, parsed.text, *comments) if text for match in _TOKEN.findall(text))
    return tuple(dict.fromkeys(each.lower() for each in found))[:_MOST]
