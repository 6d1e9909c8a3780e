"""How many mails a minute one client and one recipient address may have; further ones are asked to come later.

A bucket each, full at the beginning: a burst of one minute's mails passes at once, then as many as flow in. A flood of
one secret address so ends at that address, and a flood from one client before it has used up the address of a source.
"""

import time
from collections.abc import Callable

from config.models import Settings

MOST_KEPT = 20_000
"""Clients and addresses that are remembered; what is full again is forgotten first, then what came first."""
CLIENT, RECIPIENT = "client", "recipient"


class Bucket:
    """What flows in each second, up to a minute's worth."""

    __slots__ = ("_at", "_left", "_most")

    def __init__(self, most: int, now: float) -> None:
        self._most, self._left, self._at = most, float(most), now

    def level(self, most: int, now: float) -> float:
        """What is in it now.

        Args:
            most: A minute's worth by the settings in force.
            now: Seconds of a clock that never goes back.
        """
        if most != self._most:
            self._left, self._most = self._left * most / self._most, most
        self._left = min(float(most), self._left + (now - self._at) * most / 60)
        self._at = now
        return self._left

    def take(self) -> None:
        """One less."""
        self._left -= 1


class Rates:
    """The rates of one acceptor; used in its loop alone."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """Take over other limits; what has been used up stays used up."""
        limits = settings.postroom.limits
        self._client, self._recipient = limits.mails_per_client, limits.mails_per_recipient
        self._of = {
            source.address.lower(): source.mails_per_minute
            for source in settings.sources.values()
            if source.mails_per_minute is not None
        }

    def let(self, client: str | None, recipient: str) -> str | None:
        """Count a mail; or say whose limit it is over, and count it nowhere.

        Args:
            client: Its network; None for servers in front, which bring the mail of many.
            recipient: The address as it is counted, in lower case.
        """
        now = self._now()
        wanted = [(RECIPIENT, recipient, self._of.get(recipient, self._recipient))]
        if client is not None:
            wanted.insert(0, (CLIENT, client, self._client))
        found = []
        for kind, key, most in wanted:
            if not most:
                continue
            bucket = self._buckets.get((kind, key))
            if bucket is None:
                bucket = self._buckets[kind, key] = Bucket(most, now)
            if bucket.level(most, now) < 1:
                return kind
            found.append(bucket)
        for bucket in found:
            bucket.take()
        if len(self._buckets) > MOST_KEPT:
            self._forget(now)
        return None

    def _forget(self, now: float) -> None:
        for key, bucket in list(self._buckets.items()):
            most = self._client if key[0] == CLIENT else self._of.get(key[1], self._recipient)
            if not most or bucket.level(most, now) >= most:
                del self._buckets[key]
        for key in list(self._buckets)[: len(self._buckets) - MOST_KEPT // 2]:
            del self._buckets[key]
