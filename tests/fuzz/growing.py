"""Inputs that grow: a piece repeated in each place of a mail where strangers' words can stand."""

from tests.fuzz.pieces import PIECES

_SIGNS = [
    "(", "[", "<", "{", '"', "'", " ", "\t", "\n", ">", ":", "-", "=", "&", "@", "+", ",", ";", "\\", "/", "*", "|",
    "%68", ".", "1", "1 ", "12.", "a ", "a.", "a@", "a@b.c ", "é", "e\u0301", "\u0301", "\u200b", "中", "\r", "\x00",
    "_", "#", "~", ": ", "a: ", "a:\n", "a: b\n", "a\n", "a\n\n", "\n\n", " \n", "---\n", "-- \n", "x\n ", "Name: ",
    "Name:\n", "Name Max ", "a|", "| a | b |\n", "<a", "<b>", "</b>", "<!--", "<?", "<!DOCTYPE", "<!ENTITY a 'b'>",
    "<td>a", "<dt>a<dd>b", "<p>a:", "<x a='", "<a/>", "<a>b</a>", "<i itemscope itemprop=a>", "<i itemprop=a>b",
    "itemref='a' id='a' ", "[{", '{"a":', "TEL;", "ATTENDEE:mailto:a@b.c\n", "DTSTART:2026\n", "=?utf-8?q?a?= ",
    "=?", "http://", "https://a.b/ ", "WVW1", "AB-", "EUR ", "1,", "1 000 ", "20 km ", "10:00 ", "und ", "VW ",
    "550 5.1.1 ", "On 1.1.2026 a@b.c ", "a wrote:\n",
]  # fmt: skip
GROWING = tuple(dict.fromkeys([*_SIGNS, *(piece.decode("utf-8", "replace") for piece in PIECES)]))
_HEAD = "From: {}\r\nTo: lead@muster.example\r\nSubject: {}\r\n"
_PERSON = _HEAD.format("Max <max@kunde.example>", "Anfrage")
_FORWARD = _HEAD.format("Max <max@kunde.example>", "WG: Anfrage")
_BOUNCE = _HEAD.format("MAILER-DAEMON@kunde.example", "Undelivered Mail Returned to Sender")
_PLAIN = "Content-Type: text/plain; charset=utf-8\r\n\r\n"
_HTML = "Content-Type: text/html; charset=utf-8\r\n\r\n"
_CALENDAR = (
    "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDESCRIPTION:"
)
PLACES = {
    "text": _PERSON + _PLAIN,
    "forward": _FORWARD + _PLAIN,
    "answer": "In-Reply-To: <1@muster.example>\r\n" + _PERSON + _PLAIN,
    "bounce": _BOUNCE + _PLAIN,
    "value": _PERSON + _PLAIN + "Name: Max Muster\r\nTelefon: 030 123456\r\nNachricht: ",
    "html": _PERSON + _HTML,
    "forward in html": _FORWARD + _HTML,
    "script": _PERSON + _HTML + '<script type="application/ld+json">',
    "text in a script": _PERSON + _HTML + '<script type="application/ld+json">{"@type":"Person","name":"',
    "comment": _PERSON + _HTML + "<!-- <call></call><x>",
    "adf": _PERSON + "Content-Type: application/xml\r\n\r\n<adf><prospect><customer><comments>",
    "calendar": _PERSON + _CALENDAR,
    "card": _PERSON + "Content-Type: text/vcard\r\n\r\nBEGIN:VCARD\r\nFN:",
    "parts": _PERSON + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
    **{
        f"field {name}": _PERSON + f"{name}: "
        for name in (
            "Reply-To",
            "Content-Type",
            "Content-Disposition",
            "Authentication-Results",
            "DKIM-Signature",
            "Received",
            "References",
            "Date",
        )
    },
}
"""What stands before the piece; fields of the header end with their mail."""


def mail(place: str, piece: str, size: int) -> bytes:
    """A mail with about `size` bytes of a piece in that place."""
    content = piece * (size // len(piece.encode()))
    if place.startswith("field "):
        content = content.replace("\n", "\n ") + "\r\n" + _PLAIN + "Name: Max\r\n"
    return (PLACES[place] + content).encode()
