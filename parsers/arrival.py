"""What a mail that was kept elsewhere says of its own arrival: for whom it was, from whom, and when.

Asked of mails that come without an envelope; whoever wrote the header could write what he likes, so nothing here may
decide more than an envelope would.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from parsers.headers import Headers, split_addresses
from parsers.mime import header

RECIPIENTS = ("delivered-to", "x-original-to", "to", "cc")
"""Fields that name recipients, the most trustworthy first."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
"""What claims to be older has a broken clock."""

_USUAL = frozenset((*RECIPIENTS, "from", "sender", "date", "subject", "message-id", "received", "return-path"))
_ADDRESSES = 200
_ADDRESS = re.compile(r"[^\s<>@]{1,64}@[^\s<>@]{1,255}")
_DATE_LENGTH = 200


class Arrival(NamedTuple):
    """What the header says."""

    recipients: tuple[str, ...]
    """Addresses as written, in the order of `RECIPIENTS`, at most 200."""
    sender: str
    """Return-Path, else From; empty for a delivery report, and where neither stands."""
    times: tuple[datetime, ...]
    """UTC: of the last server that took it (the topmost Received), then of Date; those that can be read."""

    def received_at(self, now: datetime) -> datetime | None:
        """The first of the times that does not lie ahead."""
        return next((at for at in self.times if at <= now), None)


def arrival(raw: bytes) -> Arrival | None:
    """Read the header; None if the bytes are no mail: not one field stands in them that mails have."""
    fields = header(raw)
    if _USUAL.isdisjoint(fields.names()):
        return None
    last_hop = fields.raw("received").rpartition(";")[2]
    times = tuple(at for text in (last_hop, fields.raw("date")) if (at := instant(text)) is not None)
    return Arrival(tuple(recipients(fields)), _sender(fields), times)


def instant(text: str) -> datetime | None:
    """A date as RFC 5322 writes it, in UTC; without a zone it counts as UTC. None for anything else."""
    try:
        at = parsedate_to_datetime(text.strip()[:_DATE_LENGTH])
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at >= EARLIEST else None


def recipients(fields: Headers) -> Iterator[str]:
    """Addresses as written, in the order of `RECIPIENTS`, at most 200."""
    left = _ADDRESSES
    for name in RECIPIENTS:
        for value in fields.all(name):
            for _, address in split_addresses(value)[:left]:
                left -= 1
                yield address
            if left <= 0:
                return


def return_path(fields: Headers) -> str:
    """The envelope's sender as the delivering server noted it (RFC 5321 4.4); empty where nothing sane stands."""
    given = fields.raw("return-path").strip().strip("<>")
    return given if _ADDRESS.fullmatch(given) and given.isprintable() else ""


def _sender(fields: Headers) -> str:
    if "return-path" in fields:
        return return_path(fields)
    return next((address.lower() for _, address in fields.addresses("from")), "")
