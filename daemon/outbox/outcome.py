"""How an attempt to send ended."""

import re
from collections.abc import Callable
from typing import Literal

import msgspec

MayGo = Callable[[], None]
"""Called right before a mail's contents leave; it may wait."""

_ADDRESS = re.compile(r"[^\s<>\"',;:()@]{1,100}@[^\s<>\"',;:()@]{1,255}")


class Outcome(msgspec.Struct, frozen=True):
    """What became of one letter; `untried` means that no relay was told of it, so it keeps its place."""

    state: Literal["sent", "waiting", "failed", "unknown", "untried"]
    error: str | None = None
    reached_data: bool = False
    """The relay may have the mail."""
    down: bool = False
    """The relay as a whole did not take part, so that another may be asked."""


def bare(error: str | None) -> str | None:
    """What a relay said, without addresses, of which some are customers': a log names none, and is never erased."""
    return _ADDRESS.sub("(address)", error) if error else error
