"""Watches how sources write: looks at those whose mails came in, and tells when one has changed."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from daemon.shift import Shift
from daemon.store import sources
from daemon.store.sources import Seen
from rules.drift import MOST_BASE, RECENT, findings

EVERY_SECONDS = 1.0
"""A flood of mails is looked at now and then, not with every batch: a look reads some hundred rows."""
PRUNE_EVERY = 100
"""Mails of a source between two prunings."""
OLD = timedelta(days=7)
"""What changed longer ago, as an import shows it, is no news."""

Tell = Callable[[str, Sequence[str], int], None]
"""Tell that a source has changed: its id, sentences, over how many mails."""


class Watch:
    """At most one look per source and second, after its mails are kept."""

    def __init__(self, shift: Shift, tell: Tell) -> None:
        self._shift = shift
        self._tell = tell
        self._due: set[str] = set()
        self._since_pruned: Counter[str] = Counter()
        self._told: dict[str, set[str]] = {}
        self._next = time.monotonic()

    def saw(self, mails: Iterable[Seen]) -> None:
        """Mails were kept; their sources are looked at soon."""
        for one in mails:
            self._due.add(one.source)
            self._since_pruned[one.source] += 1

    def step(self) -> None:
        """Look, if it is time."""
        if not self._due or time.monotonic() < self._next:
            return
        due, self._due = self._due, set()
        for source in due:
            self._look(source)
            if self._since_pruned[source] >= PRUNE_EVERY:
                del self._since_pruned[source]
                self._prune(source)
        self._next = time.monotonic() + EVERY_SECONDS

    def _look(self, source: str) -> None:
        with self._shift.store.read() as connection:
            mails = sources.latest(connection, source, RECENT + MOST_BASE)
        if not mails or mails[-1].at < self._shift.clock.now() - OLD:
            return
        found = findings([one.shape for one in mails])
        names = {f"{one.what} {one.name}" for one in found}
        if names - self._told.get(source, set()):
            self._tell(source, [str(one) for one in found], RECENT)
        self._told[source] = names

    def _prune(self, source: str) -> None:
        self._shift.store.write(lambda c: sources.prune(c, source), sync=False).result()
