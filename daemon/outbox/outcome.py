"""How an attempt to send ended."""

from collections.abc import Callable
from typing import Literal

import msgspec

MayGo = Callable[[], None]
"""Called right before a mail's contents leave; it may wait."""


class Outcome(msgspec.Struct, frozen=True):
    """What became of one letter; `untried` means that no relay was told of it, so it keeps its place."""

    state: Literal["sent", "waiting", "failed", "unknown", "untried"]
    error: str | None = None
    reached_data: bool = False
    """The relay may have the mail."""
    down: bool = False
    """The relay as a whole did not take part, so that another may be asked."""
