"""Bodies made into mails: character sets, transfer encodings, text or HTML or both, and what clients do to lines."""

import base64
import quopri
import random
import textwrap
from email.header import Header

CHARSETS = {"zh": ("utf-8", "gb18030", "gb2312"), "": ("utf-8", "utf-8", "iso-8859-1", "windows-1252")}


def mail(
    rng: random.Random,
    language: str,
    *,
    subject: str,
    text: str | None = None,
    html: str | None = None,
    sender: str = "formular@site.example",
    to: str = "leads@dealer.example",
    headers: tuple[str, ...] = (),
) -> bytes:
    """Write a mail with one body or two alternatives, in a character set that can say all of it."""
    bodies = [(body, kind) for body, kind in ((text, "plain"), (html, "html")) if body is not None]
    head = [
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {_encoded(subject)}",
        "Date: Wed, 25 Nov 2026 10:15:00 +0100",
        f"Message-ID: <{rng.randrange(10**12)}@site.example>",
        "MIME-Version: 1.0",
        *headers,
    ]
    if len(bodies) == 1:
        return "\r\n".join(head).encode() + b"\r\n" + _part(rng, language, *bodies[0])
    boundary = f"b{rng.randrange(10**9)}"
    head.append(f'Content-Type: multipart/alternative; boundary="{boundary}"')
    parts = b"".join(f"--{boundary}\r\n".encode() + _part(rng, language, *body) + b"\r\n" for body in bodies)
    return "\r\n".join(head).encode() + b"\r\n\r\n" + parts + f"--{boundary}--\r\n".encode()


def _encoded(text: str) -> str:
    return text if text.isascii() else Header(text, "utf-8").encode().replace("\n", "\r\n")


def _part(rng: random.Random, language: str, body: str, kind: str) -> bytes:
    choices = [c for c in CHARSETS.get(language, CHARSETS[""]) if _can_say(body, c)]
    charset = rng.choice(choices or ["utf-8"])
    data = body.encode(charset).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    encoding = rng.choice(("8bit", "quoted-printable", "base64"))
    if encoding == "quoted-printable":
        data = quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    elif encoding == "base64":
        data = base64.encodebytes(data).replace(b"\n", b"\r\n")
    head = f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode() + data


def _can_say(text: str, charset: str) -> bool:
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        return False
    return True


def wrapped(text: str, width: int = 76) -> str:
    """Long lines broken as mail clients and form mailers break them; words longer than a line stay whole."""
    lines = (
        textwrap.wrap(
            line, width, break_long_words=False, break_on_hyphens=False, expand_tabs=False, replace_whitespace=False
        )
        or [""]
        for line in text.split("\n")
    )
    return "\n".join(part for wrapped_line in lines for part in wrapped_line)


def quoted(text: str) -> str:
    """The text as a quotation."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
