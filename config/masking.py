"""Secrets that were revealed are remembered, so that they can be masked in what others say.

Servers repeat in their complaints what we sent them, and libraries in their exceptions what they were given.
"""

import json
import threading
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
_longest_first: list[str] | None = None
"""All forms, so that of a secret that begins like another nothing is left; None until they are put in order."""
_changing = threading.Lock()


def remember(secret: str, *, passing: bool = False) -> None:
    """From now on it is masked, in each of the forms in which it may be repeated.

    Args:
        secret: It.
        passing: It is good for a while only, and others like it come.
    """
    global _longest_first
    kept = _passing if passing else _standing
    if secret in kept:
        return
    with _changing:
        kept[secret] = frozenset(form for form in _forms(secret) if len(form) >= SHORTEST)
        while len(_passing) > MOST_PASSING:
            del _passing[next(iter(_passing))]
        _longest_first = None


def masked(text: str) -> str:
    """A text without any secret that was revealed in this process."""
    forms = _longest_first  # another thread may learn of one meanwhile
    for form in _in_order() if forms is None else forms:
        if form in text:
            text = text.replace(form, MASK)
    return text


def _in_order() -> list[str]:
    global _longest_first
    with _changing:
        forms = frozenset().union(*_standing.values(), *_passing.values())
        _longest_first = sorted(forms, key=len, reverse=True)
        return _longest_first


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
