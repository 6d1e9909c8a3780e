"""Which addresses are ours, and which of them a stranger meant who mistyped one."""

import difflib
import time
from collections import OrderedDict
from datetime import datetime

import msgspec

from config.models import Settings

REFUSED_KEPT = 1000
SHARE, AT_ONCE_SECONDS = 0.05, 0.2
"""Of all sessions' time, for which address was meant: among 5,000 sources one look takes 0.1 s."""


class RefusedAddress(msgspec.Struct):
    """An address that is not ours and was written to: perhaps a lead address that a source has wrong."""

    address: str
    count: int
    last_at: datetime
    meant: str | None


class Directory:
    """The recipient addresses of one set of settings."""

    def __init__(self, settings: Settings) -> None:
        addresses = {source.address.lower() for source in settings.sources.values()}
        desks = {site.desk.lower() for site in settings.sites.values()}
        self._known = addresses | desks
        self._separator = settings.postroom.desk.separator
        self._desks = desks
        hostname = settings.postroom.hostname.lower()
        domains = {address.rpartition("@")[2] for address in self._known} | {hostname}
        self._postmasters = {f"postmaster@{domain}" for domain in domains} | {"postmaster"}
        self._sources = sorted(addresses)

    def knows(self, address: str) -> bool:
        """Whether mail to this address is ours to take."""
        lower = address.lower()
        return lower in self._known or lower in self._postmasters or self._is_desk(lower)

    def counted_as(self, address: str) -> str:
        """The address of ours whose mails these are: a desk's, whatever record a token names."""
        lower = address.lower()
        local, _, domain = lower.rpartition("@")
        desk = f"{local.partition(self._separator)[0]}@{domain}"
        return desk if lower not in self._known and desk in self._desks else lower

    def nearest(self, address: str) -> str | None:
        """The source's address that was probably meant."""
        return next(iter(difflib.get_close_matches(address.lower(), self._sources, n=1, cutoff=0.8)), None)

    def _is_desk(self, lower: str) -> bool:
        local, _, domain = lower.rpartition("@")
        desk, found, _ = local.partition(self._separator)
        return bool(found) and f"{desk}@{domain}" in self._desks


class Refusals:
    """Counts of refused addresses; bounded, the longest unseen is forgotten first."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, RefusedAddress] = OrderedDict()
        self._left, self._looked_at = AT_ONCE_SECONDS, time.monotonic()
        self.total = 0

    def count(self, address: str, meant: Directory, at: datetime) -> RefusedAddress:
        """One more mail was offered for this address."""
        key = address.lower()[:320]
        self.total += 1
        known = self._seen.setdefault(key, RefusedAddress(key, 0, at, None))
        if known.meant is None and self._may_look():
            known.meant = meant.nearest(key)
            self._left -= time.monotonic() - self._looked_at
        known.count += 1
        known.last_at = at
        self._seen.move_to_end(key)
        while len(self._seen) > REFUSED_KEPT:
            self._seen.popitem(last=False)
        return known

    def _may_look(self) -> bool:
        """Whether there is time left for it; who goes on with an address is looked for later."""
        now = time.monotonic()
        self._left = min(AT_ONCE_SECONDS, self._left + SHARE * (now - self._looked_at))
        self._looked_at = now
        return self._left > 0

    def listing(self, limit: int = 20) -> list[RefusedAddress]:
        """The most often refused, likely typing errors first."""
        return sorted(self._seen.values(), key=lambda r: (r.meant is None, -r.count))[:limit]
