"""Text from strangers made safe at the border: composed (NFC), without control characters, bounded.

Everything that leaves the parsers went through here, so that no header, log line, cell or template can be broken
by a line separator, a NUL, a lone surrogate or a bidirectional override in somebody's name.
"""

import re
import unicodedata

LINE_LIMIT = 500
"""Characters of a single-line field: longer names, labels and subjects are cut."""
BLOCK_LIMIT = 20_000
"""Characters of a text of several lines."""

_LINE_END = re.compile("[\v\f\r\x1c\x1d\x1e\x85\u2028\u2029]")
_INVISIBLE = "\u00ad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Soft hyphen, zero-width space, byte order mark and the bidirectional controls; joiners stay, emoji need them."""


_UNWANTED = re.compile(f"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff{_INVISIBLE}]")
"""C0 and C1 controls but tab and line ends, surrogates, which no encoding can write, and what nobody sees."""


def single_line(text: str | None, limit: int = LINE_LIMIT) -> str | None:
    """Make one line of a text: white space collapsed, nothing unprintable, at most `limit` characters.

    Returns:
        None where nothing readable is left.
    """
    if not text:
        return None
    joined = " ".join(text[: limit * 4].split())  # split() takes all line and paragraph separators as white space
    if not joined.isprintable():
        joined = " ".join(_UNWANTED.sub("", joined).split())
    if not joined.isascii():
        joined = unicodedata.normalize("NFC", joined)
    return (joined if len(joined) <= limit else joined[:limit].rstrip()) or None


def block(text: str | None, limit: int = BLOCK_LIMIT) -> str | None:
    r"""Clean a text of several lines: they end with `\n`, lose trailing space, and at most one in a row is blank.

    Returns:
        None where nothing readable is left.
    """
    if not text:
        return None
    if text.isprintable():  # most values: one line without anything to drop
        return unicodedata.normalize("NFC", text[: limit * 4])[:limit].rstrip() or None
    text = text[: limit * 4].replace("\r\n", "\n")
    if not text.replace("\n", "").isprintable():
        text = _UNWANTED.sub("", _LINE_END.sub("\n", text)).replace("\xa0", " ")
    text = unicodedata.normalize("NFC", text)
    lines: list[str] = []
    for line in text.split("\n"):
        bare = line.rstrip()
        if bare or (lines and lines[-1]):
            lines.append(bare)
    return "\n".join(lines).strip("\n")[:limit].rstrip() or None
