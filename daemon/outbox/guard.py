"""The leak guard: nothing that belongs to the house alone goes to a customer.

The cut of a team's answer (`parsers.answers`) is made to leave nothing of our own mails in it; this looks at the whole
finished mail once more, whatever wrote it: a person, a template of the admin's, the command line.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from html import unescape
from itertools import chain
from urllib.parse import unquote

from daemon.outbox.compose import OutgoingMail
from parsers import ours
from parsers.clean import block
from parsers.enclosures import Enclosure
from rules.house import INTERNAL, Internal

FOREIGN_HEADER = "a header of our own mails"
OTHER_ADDRESS = "a reply address of ours"
NOTE = "an internal note"
ORIGINAL = "the mail that opened the record"

NOTHING = Internal()

_WINDOW, _STEP = 1_500, 1_000
"""Characters that `ours.names` looks at in one go; tokens and links are shorter than what two windows share."""
_SHORTEST_NOTE = 12
"""Characters of a note that tell it from common words."""
_NOTHING_LAST = " end"
"""Behind a text, it keeps a reference at its end from being taken for the last line of one of our mails: a customer may
read his own, only what his answer was written above is not his."""
_TAG = re.compile(r"<[^<>]*>")
_FOLD = re.compile("\r?\n[ \t]")
_ESCAPED = re.compile(r"\\(.)")
_MEANT = {"n": "\n", "N": "\n"}


def leak(
    mail: OutgoingMail, own: str, written: str | None, notes: Sequence[str], inside: Internal = NOTHING
) -> str | None:
    """What keeps a mail from going to a customer, in English; None where nothing does.

    Args:
        mail: As it would be composed.
        own: The customer's own token of the record: his Reply-To, the only one that he may see.
        written: What a person wrote, before it became the mail.
        notes: What people of the house noted for each other on the record.
        inside: Addresses that stay in the house.
    """
    found = next(_found(mail, own, written, notes, inside), None)
    return f"it held {found}" if found else None


def _found(mail: OutgoingMail, own: str, written: str | None, notes: Sequence[str], inside: Internal) -> Iterator[str]:
    if mail.list_id or mail.category:
        yield FOREIGN_HEADER
    if mail.original is not None:
        yield ORIGINAL
    if mail.reply_to is not None and ours.names(_without(own, mail.reply_to)):
        yield OTHER_ADDRESS
    for line in (written or "").split("\n"):
        yield from filter(None, [ours.names(_without(own, line))])
    said = _said(mail)
    for text in said:
        yield from _ours_in(_without(own, text))
    for text in said:
        yield from _internal_in(_without(own, text), inside)
    yield from _notes_in(said, written, notes)
    for one in mail.attachments:
        yield from _ours_in(_without(own, one.name))
        yield from _ours_in_file(own, one)


def _said(mail: OutgoingMail) -> tuple[str, ...]:
    """All that a reader can see, and of HTML also what he cannot."""
    html = mail.html or ""
    given = (mail.subject, mail.sender_name, mail.text, unescape(html), unescape(_TAG.sub("", html)))
    return tuple(_bare(text) for text in (*given, *_calendar(mail)) if text)


def _calendar(mail: OutgoingMail) -> tuple[str, ...]:
    """The lines of a calendar as they were before they were folded and escaped (RFC 5545, 3.1 and 3.3.11)."""
    if mail.calendar is None:
        return ()
    lines = _FOLD.sub("", mail.calendar.content)
    return (mail.calendar.name, _ESCAPED.sub(lambda one: _MEANT.get(one[1], one[1]), lines))


def _bare(text: str) -> str:
    """Without what hides letters: other forms of them, and characters that nobody sees."""
    return unicodedata.normalize("NFKC", block(text, len(text) + 1) or "")


def _without(own: str, text: str) -> str:
    return re.sub(re.escape(own), "", text, flags=re.IGNORECASE)


def _ours_in(text: str) -> Iterator[str]:
    # Mail programs wrap long addresses: without white space they are whole again, and `#` could then be anything.
    joined = "".join(text.split()).replace("#", " ")
    for view in dict.fromkeys((text, unquote(text), joined)):
        for line in view.split("\n"):
            for start in range(0, max(1, len(line)), _STEP):
                yield from filter(None, [ours.names(line[start : start + _WINDOW] + _NOTHING_LAST)])


def _internal_in(text: str, inside: Internal) -> Iterator[str]:
    yield from (INTERNAL.format(one) for view in (text, unquote(text)) if (one := inside.named_in(view)))


def _ours_in_file(own: str, file: Enclosure) -> Iterator[str]:
    """Reply addresses and command links in a file, also in UTF-16, and in what is packed in it."""
    views = dict.fromkeys((file.content, file.content.replace(b"\0", b"")))
    for piece in chain(file.packed, (piece for view in views for piece in ours.pieces(view))):
        yield from filter(None, [ours.names(_without(own, piece) + _NOTHING_LAST)])


def _notes_in(said: Sequence[str], written: str | None, notes: Sequence[str]) -> Iterator[str]:
    """A note stands in the mail, unless its writer now sends those very words to the customer."""
    own = _plain(written or "")
    for note in map(_plain, notes):
        if len(note) >= _SHORTEST_NOTE and note != own and any(note in _plain(text) for text in said):
            yield NOTE


def _plain(text: str) -> str:
    return " ".join(_bare(text).casefold().split())
