"""Authentication-Results (RFC 8601): what a mail server says it found out about a mail.

Anybody can write such a field, so the one that counts is chosen by the name of the server that wrote it, and a field
that is not written as the standard demands says nothing at all.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from parsers.headers import Headers

FIELDS = 50
"""Fields of that name that are looked at, from the top."""
_METHODS = 50
_WORD = r'(?:"(?:[^"\\]|\\.)*+"|[^\s;="\\])++'
_PIECE = re.compile(r'[^"\\()]+|["\\()]')
_AUTHORITY = re.compile(rf"\s*({_WORD})(?:\s+\d+)?\s*")
_PAIR = re.compile(rf"\s*([A-Za-z0-9_-]+(?:\s*/\s*\d+)?(?:\s*\.\s*[A-Za-z0-9_-]+)?)\s*=\s*({_WORD}(?:={_WORD})*=*)?\s*")


class Result(NamedTuple):
    """One method (`dmarc`, `dkim`, `spf`, ...), what came of it, and what it was found out about."""

    method: str
    result: str
    properties: dict[str, str]
    """`header.from` -> domain, and so on; names lower case."""


def trusted_results(headers: Headers, servers: tuple[str, ...]) -> tuple[Result, ...]:
    """What the border server says: its topmost field.

    Every server writes above what it received, so a field further down that bears the same name may be forged.

    Args:
        headers: Of the mail as it was handed to us.
        servers: authserv-ids that are believed.
    """
    wanted = {name.casefold() for name in servers}
    for value in headers.raw_fields("authentication-results")[:FIELDS] if wanted else ():
        authority, results = parsed(value)
        if authority is not None and authority.casefold() in wanted:
            return results
    return ()


def parsed(value: str) -> tuple[str | None, tuple[Result, ...]]:
    """Read one field: the server's name, and its results; none of them where one is not written as it should be."""
    bare = _without_comments(value)
    segments = list(_segments(bare)) if bare is not None else []
    authority = _AUTHORITY.fullmatch(segments[0]) if segments else _AUTHORITY.match(value)
    name = _unquoted(authority[1]).strip() if authority else ""
    if not name:
        return None, ()
    results: list[Result] = []
    for segment in segments[1 : _METHODS + 1]:
        if segment.strip().lower() in ("", "none"):
            continue
        result = _result(segment)
        if result is None:
            return name, ()
        results.append(result)
    return name, tuple(results)


def _without_comments(value: str) -> str | None:
    """Comments (RFC 5322 3.2.2) become spaces; None if one, or a quoted text, has no end."""
    kept: list[str] = []
    depth, quoted, escaped = 0, False, False
    for character in _PIECE.findall(value):  # what stands between signs is one
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif quoted:
            quoted = character != '"'
        elif character == '"' and not depth:
            quoted = True
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth < 0:
                return None
            kept.append(" ")
            continue
        if not depth:
            kept.append(character)
    return None if depth or quoted or escaped else "".join(kept)


def _segments(text: str) -> Iterator[str]:
    """The parts between semicolons that are not quoted."""
    if '"' not in text and "\\" not in text:
        yield from text.split(";")
        return
    start, quoted, escaped = 0, False, False
    for index, character in enumerate(text):
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == ";" and not quoted:
            yield text[start:index]
            start = index + 1
    yield text[start:]


def _result(segment: str) -> Result | None:
    pairs: list[tuple[str, str]] = []
    position = 0
    while position < len(segment):
        found = _PAIR.match(segment, position)
        if found is None:
            return None
        name = re.sub(r"\s", "", found[1]).lower()
        pairs.append((name, _unquoted(found[2] or "")))
        position = found.end()
    method = pairs[0][0].partition("/")[0]
    properties: dict[str, str] = {}
    for name, value in pairs[1:]:
        if "." in name and properties.setdefault(name, value) != value:
            return None  # said twice, and not alike: whoever reads it, reads it his way
    return None if "." in method else Result(method, pairs[0][1].lower(), properties)


def _unquoted(word: str) -> str:
    if '"' not in word:
        return word
    return re.sub(r"\\(.)", r"\1", re.sub(r'(?<!\\)"', "", word))
