"""Which UIDs a server cannot be asked about: what ended in trouble is asked again in parts, down to a single mail.

Some servers drop the connection as soon as a broken mail is among those asked about. The question would be asked again
with the next connection, and nothing behind that mail would ever be found.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

PARTS = 16
"""Each trouble costs a connection, each part only a command: one mail among 50,000 is found with the fifth."""

T = TypeVar("T")
_Asked = tuple[str, int, int]
"""The question, and the first and last UID that it was about."""


class Narrowing:
    """What went wrong with one folder; outlives its connections.

    Attributes:
        is_needed: Whether anything ever did.
    """

    def __init__(self, uidvalidity: int = 0) -> None:
        self.uidvalidity = uidvalidity
        self.is_needed = False
        self._failed: set[_Asked] = set()

    @contextmanager
    def trying(self) -> Iterator[None]:
        """Ask for something that cannot be asked in parts."""
        try:
            yield
        except Exception:
            self.is_needed = True
            raise

    def ask(self, question: str, uids: Sequence[int], ask: Callable[[Sequence[int]], T]) -> Iterator[T]:
        """Ask about these UIDs, in as few parts as go well; `alone` names those that are not asked about.

        Args:
            question: The same for all that is asked in the same way.
            uids: Ascending; a list or a range.
            ask: Asks about some of them.
        """
        if not uids:
            return
        asked = (question, uids[0], uids[-1])
        if not any(_is_within(one, asked) for one in self._failed):
            self._failed.add(asked)
            with self.trying():
                told = ask(uids)
            self._failed.remove(asked)
            yield told
        elif len(uids) > 1:
            size = -(-len(uids) // PARTS)
            for start in range(0, len(uids), size):
                yield from self.ask(question, uids[start : start + size], ask)
            self._failed -= {one for one in self._failed if _is_within(one, asked) and one[1] < one[2]}

    def alone(self, question: str, first: int, last: int) -> set[int]:
        """UIDs within these bounds that make trouble all alone."""
        asked = (question, first, last)
        return {one[1] for one in self._failed if one[1] == one[2] and _is_within(one, asked)}


def _is_within(one: _Asked, other: _Asked) -> bool:
    return one[0] == other[0] and other[1] <= one[1] and one[2] <= other[2]
