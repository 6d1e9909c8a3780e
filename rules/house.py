"""Addresses of the house that no customer is to see: of controllers, and of the desk with a tag behind it.

The desk itself is where a site's mail comes from, and a team's address stands in its people's signatures.
"""

import re
from collections.abc import Iterator

import msgspec

from config.lookup import controllers_of
from config.models import Settings, Site

INTERNAL = "{}, an address of the house"
"""What is said of one that was found."""

_ADDRESS = re.compile(r"[^\s<>()\[\]{}\"'`*|=?&/,;:@]{1,64}@[^\s<>()\[\]{}\"'`*|=?&/,;:@]{1,255}")


class Internal(msgspec.Struct, frozen=True):
    """What is internal at one site."""

    addresses: frozenset[str] = frozenset()
    """In lower case."""
    tagged: str = ""
    """How an address of the desk with a tag begins."""
    domain: str = ""

    def named_in(self, text: str) -> str | None:
        """The first of them that stands in a text."""
        return next((one for one in _addresses(text) if one in self.addresses or self._is_tagged(one)), None)

    def _is_tagged(self, address: str) -> bool:
        local, _, domain = address.partition("@")
        return bool(self.domain) and domain == self.domain and local.startswith(self.tagged) and local != self.tagged


def internal(site: Site, settings: Settings) -> Internal:
    """What is internal at a site."""
    known = {address.casefold() for address in controllers_of(settings, site)}
    shown = {address.casefold() for address in (*site.teams.values(), site.desk)}
    local, _, domain = site.desk.casefold().partition("@")
    return Internal(frozenset(known - shown), local + settings.postroom.desk.separator, domain)


def _addresses(text: str) -> Iterator[str]:
    return (found[0].casefold().rstrip(".-_!…。，、") for found in _ADDRESS.finditer(text))
