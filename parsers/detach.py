"""The attachments of a mail taken off it, to go along with one of ours: bounded, under safe names, without programs.

Nothing is run, and unpacked only to look for what is ours (`parsers.packed`). A small picture that the text of the mail
shows is a logo of a signature and stays behind; of what goes to a customer, so does any that only the quotation shows.
"""

import re
from collections.abc import Iterator

import msgspec

from parsers import attachments, document, packed, pictures, winmail
from parsers.document import NESTED_TYPES
from parsers.enclosures import OCTETS, Enclosure, Enclosures, LeftOut, Why
from parsers.guard import tried
from parsers.mime import Part

COUNT = 20
BYTES = 10 << 20
"""All that go along together, decoded."""
LOGO_BYTES = 20_000

_TYPE = re.compile(r"(?!multipart/|message/)[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
_CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:+-]{0,39}")
_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")


def detached(raw: bytes, *, mails: bool) -> Enclosures:
    """Take the attachments off a mail; never raises on account of what stands in it.

    Args:
        raw: The mail as received.
        mails: Whether enclosed mails go along, as files.
    """
    taken: list[Enclosure] = []
    left: list[LeftOut] = []
    size, look = 0, packed.Look()
    mail = document.parse(raw)
    for number, part in enumerate(_files(mail, _left_below(mail) if not mails else frozenset()), 1):
        name = part.name or _unnamed(part, number)
        why = _objection(part, name, len(taken), size, mails=mails)
        found = None if why else _taken(part, name)
        if found is None:
            left.append(LeftOut(name, why or "unreadable"))
        else:
            taken.append(found if mails else msgspec.structs.replace(found, packed=look.into(found.content)))
            size += len(found.content)
    return Enclosures(tuple(taken), tuple(left))


def _files(mail: document.Document, quoted: frozenset[str]) -> Iterator[Part]:
    for part in mail.others:
        listed = part.disposition or part.name or not part.type.startswith(("text/", "message/delivery-status"))
        if listed and part.type not in _SIGNATURES and not _is_logo(part) and _content_id(part) not in quoted:
            yield part


def _left_below(mail: document.Document) -> frozenset[str]:
    """Content-IDs of what stays behind with the quotation; of all, where that cannot be told."""
    known = frozenset(map(_content_id, mail.others)) - {""}
    return known & tried("pictures", mail, lambda: pictures.of_the_quotation(mail), known) if known else known


def _content_id(part: Part) -> str:
    return pictures.content_id(part.headers.raw("content-id")) if "content-id" in part.headers else ""


def _is_logo(part: Part) -> bool:
    shown = part.type.startswith("image/") and "content-id" in part.headers and part.disposition != "attachment"
    return shown and part.end - part.start <= LOGO_BYTES * 4 // 3


def _unnamed(part: Part, number: int) -> str:
    return f"mail-{number}.eml" if part.type in NESTED_TYPES else f"attachment-{number}"


def _objection(part: Part, name: str, taken: int, size: int, *, mails: bool) -> Why | None:
    if attachments.is_program(name, part.head):
        return "program"
    if not mails and winmail.is_tnef(part):  # it could not be opened: a whole mail with its quotation may lie in it
        return "unreadable"
    if not mails and (part.type.startswith("message/") or name.lower().endswith((".eml", ".msg"))):
        return "mail"
    if taken >= COUNT:
        return "number"
    # What is encoded is never shorter than what it holds, but for a quarter of base64: a look before it is decoded.
    return "size" if size + (part.end - part.start) * 3 // 4 > BYTES or size + part.size > BYTES else None


def _taken(part: Part, name: str) -> Enclosure | None:
    try:
        content = part.data
    except Exception:  # a mail is hostile: what cannot be decoded is left out, and said so
        return None
    declared = part.type.lower()
    kind = attachments.contradiction(declared, part.head) or declared
    charset = part.params.get("charset", "")
    return Enclosure(
        name=name,
        type=kind if _TYPE.fullmatch(kind) else OCTETS,
        content=content,
        charset=charset if kind.startswith("text/") and _CHARSET.fullmatch(charset) else None,
    )
