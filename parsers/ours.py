"""What only our own mails say: the line that parts a reply from its quotation, tokens, command links, the last line.

None of it may reach a customer. Whoever answers one of our mails sends all of it back, in whatever form the mail
program gave it.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

DELIMITER = "##-"
"""Begins the first line of every mail of ours that carries a token: `##- A reply goes to the customer. -##`."""
DELIMITER_END = "-##"
"""Ends that line."""

_DELIMITER = re.compile(r"##\s?[-–—]|[-–—]\s?##(?!#)")
_TOKEN = re.compile(r"(?<![a-z0-9])[a-z]-[0-9a-z]{6,21}-[0-9a-z]\.[a-z][a-z2-7]{16}(?![a-z0-9])", re.IGNORECASE)
_BOUNCE = re.compile(r"(?<![a-z0-9])b\d{1,20}\.[a-z2-7]{16}(?=@)", re.IGNORECASE)
_COMMAND_LINK = re.compile(r"mailto:[^\s<>\"]{1,400}[?&](?:body|subject)=(?:%20|%0[ad])*[!！]", re.IGNORECASE)
_LAST = re.compile(r"[\[/·] ?[LBCGRAKU]-[0-9A-Z]{6,21}-[0-9A-Z](?P<subject>\])?\W{0,3}$")
_LINE = 2_000
_BYTES = tuple(map(re.compile, (rb"-[0-9a-z]\.[a-z][a-z2-7]{16}", rb"b\d{1,20}\.[a-z2-7]{16}@", rb"mailto:")))
_BEFORE, _BEHIND, _STEP = 500, 1_000, 500
"""Bytes shown around a hit, and after which the next one is looked for: a link is shorter than what two share."""


def is_delimiter(line: str) -> bool:
    """Whether a line holds a mark of the delimiter, wherever in it: long ones are wrapped."""
    return "##" in line and _DELIMITER.search(line) is not None


def names(line: str) -> str | None:
    """What a line holds that is ours, in English; None where it holds nothing."""
    if is_delimiter(line):
        return "our line above the quotation"
    told = line[:_LINE]
    if _TOKEN.search(told) or _BOUNCE.search(told):
        return "a reply address of ours"
    if "mailto:" in told.lower() and _COMMAND_LINK.search(unquote(told)):
        return "a command link"
    last = _LAST.search(told)
    if last and (last["subject"] or ":" in told[: last.start()] or "：" in told[: last.start()]):
        return "the last line or subject of a mail of ours"
    return None


def pieces(content: bytes) -> Iterator[str]:
    """The surroundings of all that may be a token or a command link in the bytes of a file, for `names`."""
    lower = content.lower()
    for pattern in _BYTES:
        at = 0
        while (hit := pattern.search(lower, at)) is not None:
            around = content[max(0, hit.start() - _BEFORE) : hit.end() + _BEHIND].decode("latin-1")
            yield around.replace("#", " ").replace("\n", " ")  # in a file `##-` is no line of ours
            at = hit.end() + _STEP


def without(lines: Iterable[str]) -> tuple[list[str], str | None]:
    """The lines without those that hold anything of ours, and what was found first."""
    kept: list[str] = []
    first: str | None = None
    for line in lines:
        found = names(line)
        if found is None:
            kept.append(line)
        first = first or found
    return kept, first
