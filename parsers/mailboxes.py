"""Mailboxes as mail programs write them into texts, above the mails that they forward."""

import re

from parsers.clean import single_line
from parsers.headers import split_addresses

_ADDRESS = re.compile(r"[^\s<>\[\]()\"',;:@]{1,64}@[^\s<>\[\]()\"',;:@]{1,255}")
_LINK = re.compile(r"[<\[(]mailto:[^>\])\s]{0,320}[>\])]", re.IGNORECASE)


def one(value: str) -> tuple[str | None, str]:
    """Name and lower-case address out of what programs write behind `From:`; the address may be missing.

    Seen: `Eva Muster <eva@x>`, `eva@x`, `Eva Muster`, `"eva@x" <eva@x>`, `Eva Muster [mailto:eva@x]`,
    `Eva Muster<mailto:eva@x> <eva@x<mailto:eva@x>> on behalf of desk@x<mailto:desk@x>`.
    """
    value = value[:1000]
    bare = _LINK.sub(" ", value)
    found = _ADDRESS.search(bare) or _ADDRESS.search(value.replace("mailto:", " "))
    address = found[0].lower().rstrip(".") if found else ""
    name = re.split(r"[<\[(]|(?<=\s)via\s|[^\s<>\[\]()]{1,64}@", bare, maxsplit=1)[0].strip(" ,;\"'*\xa0\t")
    return single_line(name, 200), single_line(address, 320) or ""


def several(value: str) -> list[tuple[str | None, str]]:
    """Names and lower-case addresses behind `To:`, with commas or semicolons between them."""
    cleaned = _LINK.sub("", value).replace(";", ",")
    return [(name, address.lower()) for name, address in split_addresses(cleaned)]


def written(name: str | None, address: str) -> str:
    """A mailbox as a header has it; only the name where the address is missing."""
    if not address:
        return name or ""
    quoted = (name or "").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>' if quoted else address
