"""Secrets that were revealed are remembered, so that they can be masked in what others say.

Servers repeat in their complaints what we sent them, and libraries in their exceptions what they were given.
"""

import json
import urllib.parse
from base64 import b64encode
from collections.abc import Iterator

MASK = "***"
SHORTEST = 6
"""Characters of what is masked: shorter ones stand in too many words that say nothing of them."""
_MOST = 2_000
_revealed: dict[str, None] = {}
"""The newest last; tokens come and go."""


def remember(secret: str) -> None:
    """From now on it is masked, in each of the forms in which it may be repeated."""
    if secret not in _revealed:
        for form in sorted(_forms(secret), key=len, reverse=True):
            if len(form) >= SHORTEST:
                _revealed[form] = None
    while len(_revealed) > _MOST:
        del _revealed[next(iter(_revealed))]


def masked(text: str) -> str:
    """A text without any secret that was revealed in this process."""
    for form in tuple(_revealed):
        if form in text:
            text = text.replace(form, MASK)
    return text


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
