"""Secrets that were revealed are remembered, so that they can be masked in what others say.

Servers repeat in their complaints what we sent them, and libraries in their exceptions what they were given.
"""

import itertools
import json
import urllib.parse
from base64 import b64encode
from collections.abc import Iterator

MASK = "***"
SHORTEST = 6
"""Characters of what is masked: shorter ones stand in too many words that say nothing of them."""
MOST_PASSING = 200
_standing: dict[str, frozenset[str]] = {}
"""Forms of each secret of the configuration: as many as it names."""
_passing: dict[str, frozenset[str]] = {}
"""Those of tokens, which come and go; the newest last. None of them displaces a secret that stands."""
_numbers = itertools.count(1)
_changed = 0
"""Another number after each change; see `_in_order`."""
_longest_first: tuple[int, list[str]] = (0, [])
"""All forms as they were at a change, so ordered that of a secret that begins like another nothing is left."""


def remember(secret: str, *, passing: bool = False) -> None:
    """From now on it is masked, in each of the forms in which it may be repeated; from any thread.

    Args:
        secret: It.
        passing: It is good for a while only, and others like it come.
    """
    global _changed
    kept = _passing if passing else _standing
    if secret in kept:
        return
    kept[secret] = frozenset(form for form in _forms(secret) if len(form) >= SHORTEST)
    for old in tuple(_passing)[:-MOST_PASSING]:
        _passing.pop(old, None)
    _changed = next(_numbers)


def masked(text: str) -> str:
    """A text without any secret that was revealed in this process."""
    for form in _in_order():
        if form in text:
            text = text.replace(form, MASK)
    return text


def _in_order() -> list[str]:
    """All forms. What another thread adds meanwhile has another number, and is in the list of the next who asks."""
    global _longest_first
    number, forms = _longest_first
    if number != _changed:
        number = _changed
        forms = sorted(frozenset().union(*tuple(_standing.values()), *tuple(_passing.values())), key=len, reverse=True)
        _longest_first = (number, forms)
    return forms


def _forms(secret: str) -> Iterator[str]:
    """A secret as it is, each line of a longer one, quoted once or twice, and in base64."""
    yield from (line for line in secret.splitlines() if not line.startswith("-----"))
    yield from (urllib.parse.quote(secret, safe=""), *_in_base64(secret.encode("utf-8", "surrogateescape")))
    for once in (secret, secret.replace("\\", "\\\\").replace('"', '\\"')):  # the latter by RFC 3501 4.3
        yield from (once, json.dumps(once)[1:-1], json.dumps(once, ensure_ascii=False)[1:-1])
        # what an exception says of bytes or texts; of quotation marks it escapes those that it stands in
        for told in (repr(f'"{once}')[2:-1], repr(f'"{once}'.encode("utf-8", "surrogateescape"))[3:-1]):
            yield from (told, told.replace("'", "\\'"), told.replace("\\'", "'"))


def _in_base64(content: bytes) -> Iterator[str]:
    """The characters that only these bytes decide, whatever stands before and behind (RFC 4616)."""
    for before in range(3):
        whole = len(content) - (before + len(content)) % 3
        encoded = b64encode(b"\0" * before + content[: max(whole, 0)]).decode("ascii")
        yield encoded[4 if before else 0 :]
