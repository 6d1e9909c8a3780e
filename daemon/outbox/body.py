"""The body of an outgoing mail: text, HTML of the same words, files and the original, as MIME parts (RFC 2045-2047).

Everything is 7-bit with CRLF line ends and lines of at most 76 characters, but for an attached original, which keeps
its own. Names of files are written as RFC 2231 wants it, and once more as encoded words for mail programs that do not
know that.
"""

import re
from base64 import b64encode
from binascii import b2a_base64, b2a_qp
from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Final
from urllib.parse import quote_from_bytes

from parsers.enclosures import OCTETS, Enclosure
from templates.forms import printable
from templates.model import Calendar

LINE: Final = 76
CRLF: Final = b"\r\n"

_BARE = re.compile(rb"\r\n|\r|\n")
ORIGINAL = "original.eml"
"""Name under which the mail goes along that a letter tells of."""
_PLAIN_NAME = re.compile(r"[ !#-\[\]-~]{1,50}")
_PIECE = 54
"""Encoded characters of a name on one line: with `filename*10*=`, blank and semicolon they stay below 76."""

Fields = dict[str, str]


def body(
    text: str,
    html: str | None,
    files: Sequence[Enclosure],
    original: bytes | None,
    seed: str,
    calendar: Calendar | None = None,
) -> tuple[Fields, bytes]:
    """A mail's body with the header fields that describe it.

    Args:
        text: Plain text.
        html: The same words as HTML.
        files: What goes along; names and types are as `parsers.enclosures` makes them.
        original: The mail that the record came from, as received.
        seed: Makes the boundaries; the same for the same mail.
        calendar: Goes along as the last alternative, and once more as a file; one to look at only as a file, which
            else would stand in the place of the words.
    """
    fields, content = _text_part("plain", text)
    parts = [_part(fields, content)]
    if html is not None:
        parts.append(_part(*_text_part("html", html)))
    if calendar is not None and calendar.method != "PUBLISH":
        parts.append(_part(*_calendar_part(calendar)))
    if len(parts) > 1:
        fields, content = _multipart("alternative", parts, seed)
    further = [_part(*_file_part(_calendar_file(calendar)))] if calendar is not None else []
    further += (_part(*_file_part(one)) for one in files)
    if original is not None:
        further.append(_part(*_original_part(original)))
    if further:
        fields, content = _multipart("mixed", [_part(fields, content), *further], seed)
    return fields, content


def encoded_words(text: str, used: int) -> str:
    """UTF-8 encoded words of at most 75 characters, cut between characters (RFC 2047).

    Args:
        text: A clean single line.
        used: Characters that stand before the first one on its line.
    """
    words: list[str] = []
    chunk = b""
    room = (LINE - used - 12) // 4 * 3
    for character in text:
        encoded = character.encode("utf-8")
        if len(chunk) + len(encoded) > room:
            words.append(_word(chunk))
            chunk, room = b"", 45
        chunk += encoded
    return "\r\n ".join([*words, _word(chunk)])


def _word(chunk: bytes) -> str:
    return f"=?utf-8?b?{b64encode(chunk).decode('ascii')}?="


def _part(fields: Fields, content: bytes) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields.items()).encode("ascii") + CRLF + content


def _multipart(subtype: str, parts: list[bytes], seed: str) -> tuple[Fields, bytes]:
    """Parts under a boundary that stands in none of them; the same mail always gets the same one."""
    n = 0
    while True:
        # "=_" cannot stand in quoted-printable or base64 (RFC 2045, 6.7); the loop is for attached originals.
        boundary = f"=_{subtype}_{sha256(f'{seed}{n}'.encode('utf-8', 'replace')).hexdigest()[:24]}"
        mark = boundary.encode("ascii")
        if not any(mark in part for part in parts):
            break
        n += 1
    opening = b"--" + mark + CRLF
    content = b"".join(opening + part + CRLF for part in parts)
    return {"Content-Type": f'multipart/{subtype};\r\n boundary="{boundary}"'}, content + b"--" + mark + b"--" + CRLF


def _text_part(subtype: str, text: str) -> tuple[Fields, bytes]:
    """A text in whichever encoding is shorter: base64 for scripts that are not Latin."""
    text = printable(text)
    raw = text.encode("utf-8").replace(b"\n", CRLF)
    foreign = len(raw) - len(text) > len(text) // 2
    fields = {
        "Content-Type": f"text/{subtype}; charset=utf-8",
        "Content-Transfer-Encoding": "base64" if foreign else "quoted-printable",
    }
    return fields, _base64(raw) if foreign else b2a_qp(raw, istext=True)


def _calendar_part(calendar: Calendar) -> tuple[Fields, bytes]:
    """What mail programs offer to answer (RFC 6047, 2.4), in base64: its line ends must come through as they are."""
    fields = {
        "Content-Type": f"text/calendar; charset=utf-8; method={calendar.method}",
        "Content-Transfer-Encoding": "base64",
    }
    return fields, _base64(calendar.content.encode("utf-8"))


def _calendar_file(calendar: Calendar) -> Enclosure:
    return Enclosure(name=calendar.name, type="application/ics", content=calendar.content.encode("utf-8"))


def _base64(raw: bytes) -> bytes:
    encoded = b2a_base64(raw, newline=False)
    return b"".join(encoded[i : i + LINE] + CRLF for i in range(0, len(encoded), LINE))


def _file_part(one: Enclosure) -> tuple[Fields, bytes]:
    charset = f";\r\n charset={_quoted(one.charset)}" if one.charset else ""
    fields = {
        "Content-Type": f"{one.type}{charset};\r\n name={_quoted(one.name)}",
        "Content-Transfer-Encoding": "base64",
        "Content-Disposition": "attachment" + "".join(f";\r\n {piece}" for piece in _filename(one.name)),
    }
    return fields, _base64(one.content)


def _quoted(value: str) -> str:
    return f'"{value}"' if _is_plain(value) else f'"{encoded_words(value, len(" name=") + 1)}"'


def _filename(name: str) -> Iterator[str]:
    """The parameter `filename`, in pieces where it is long (RFC 2231, 3 and 4)."""
    if _is_plain(name):
        yield f'filename="{name}"'
        return
    written = [quote_from_bytes(character.encode("utf-8"), safe="") for character in name]
    pieces = [""]
    for character in ("utf-8''", *written):
        if len(pieces[-1]) + len(character) > _PIECE:
            pieces.append("")
        pieces[-1] += character
    if len(pieces) == 1:
        yield f"filename*={pieces[0]}"
    else:
        yield from (f"filename*{number}*={piece}" for number, piece in enumerate(pieces))


def _is_plain(value: str) -> bool:
    return _PLAIN_NAME.fullmatch(value) is not None and "=?" not in value


def _original_part(original: bytes) -> tuple[Fields, bytes]:
    """The mail as received: as message/rfc822 where 7-bit lines allow it, else as a file.

    message/rfc822 must not be encoded (RFC 2046, 5.2.1), and 8-bit bytes would need a relay with 8BITMIME.
    """
    fields = {"Content-Disposition": f'attachment; filename="{ORIGINAL}"'}
    lines = _BARE.split(original)
    if original.isascii() and b"\0" not in original and max(map(len, lines)) <= 998:
        return {"Content-Type": "message/rfc822", "Content-Transfer-Encoding": "7bit", **fields}, CRLF.join(lines)
    content_type = f'{OCTETS}; name="{ORIGINAL}"'
    return {"Content-Type": content_type, "Content-Transfer-Encoding": "base64", **fields}, _base64(original)
