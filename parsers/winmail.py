"""The parts of a mail with every winmail.dat replaced by what it holds, so that the rest of Postroom sees no TNEF."""

from collections.abc import Iterator

from parsers import tnef
from parsers.attachments import shown_type
from parsers.headers import Headers
from parsers.mime import PART_COUNT, Part

_NAMES = ("winmail.dat", "win.dat")


def opened(leaves: list[Part], defects: list[str]) -> list[Part]:
    """Replace the parts; a body inside counts only where the mail has no other text, as it says the same."""
    if not any(map(is_tnef, leaves)):
        return leaves
    kept: list[Part] = []
    bodies: list[Part] = []
    for part in leaves:
        inside = _inside(part, defects) if is_tnef(part) else None
        if inside is None:
            kept.append(part)
        else:
            bodies += [body for body in inside if body.is_text]
            kept += [other for other in inside if not other.is_text]
    if not any(part.is_text and part.text.strip() for part in kept):
        kept = bodies + kept
    return kept[:PART_COUNT]


def is_tnef(part: Part) -> bool:
    """Whether a part is a winmail.dat."""
    if part.type in tnef.TYPES:
        return True
    return part.type == "application/octet-stream" and (part.name or "").lower() in _NAMES


def _inside(part: Part, defects: list[str]) -> list[Part] | None:
    """The parts in a winmail.dat; None where it cannot be read, so that it stays an attachment."""
    try:
        found = tnef.opened(part.data)
    except Exception as error:
        defects.append(f"winmail.dat: {type(error).__name__}")
        return None
    if found is None:
        defects.append("winmail.dat holds nothing that can be read")
        return None
    return [*_bodies(found, part.others), *_files(found, part.others)]


def _bodies(found: tnef.Opened, others: tuple[str, ...]) -> Iterator[Part]:
    if found.text and found.text.strip():
        yield _part(found.text.encode("utf-8", "replace"), "text/plain", others)
    if found.html and found.html.strip():
        yield _part(found.html.encode("utf-8", "replace"), "text/html", others)


def _files(found: tnef.Opened, others: tuple[str, ...]) -> Iterator[Part]:
    for file in found.files:
        if file.message is not None:
            yield _part(_mail(file.message), "message/rfc822", others)
            yield from _files(file.message, others)
        elif file.data or file.name:
            declared = (file.type or "").lower()
            kind = declared if declared.count("/") == 1 else shown_type(file.data) or "application/octet-stream"
            yield _part(file.data, kind, others, file.name or "attachment")


def _part(data: bytes, kind: str, others: tuple[str, ...], name: str | None = None) -> Part:
    fields = {"content-disposition": [b"attachment"]} if name else {}
    params = {"name": name} if name else {"charset": "utf-8"} if kind.startswith("text/") else {}
    return Part(data, Headers(fields, others), kind, params, 0, len(data), others, [], 1)


def _mail(message: tnef.Opened) -> bytes:
    """An enclosed message written as a mail: sender, subject and words."""
    name, address = message.sender
    quoted = (name or "").replace("\\", "").replace('"', "")
    kind, text = ("html", message.html) if message.html and not message.text else ("plain", message.text or "")
    head = (
        f'From: "{quoted}" <{address}>\r\nSubject: {message.subject or ""}\r\n'
        f"Content-Type: text/{kind}; charset=utf-8\r\n\r\n"
    )
    return (head + (text or "")).encode("utf-8", "replace")
