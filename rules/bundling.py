"""Which notices that are due go out in one mail: what waited for others, by person; the rest each as its own.

The daemon and the simulated week decide by this same function.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import msgspec

from rules.model import Notice, Record, Way

MOST = 1000
"""Notices that one mail tells of, naming the first records and counting the others; more make a further mail."""
SHARED: tuple[Way, ...] = ("bundle", "digest")


class Due(Protocol):
    """A notice whose time has come, with its record as it is now."""

    @property
    def record(self) -> Record:
        """What it is about."""

    @property
    def notice(self) -> Notice:
        """What is told."""


D = TypeVar("D", bound=Due)


def mails_of(due: Iterable[D]) -> list[tuple[D, ...]]:
    """Group notices into mails, in the order of the first of each.

    A mail of several has one reader, category and language; it is of one site, unless its reader oversees several.
    Several notices that say the same of one record to one address, however it is written, are one.
    """
    return _grouped(due, _key)


def rows_of(mail: Sequence[D]) -> list[tuple[D, Notice]]:
    """One row for each record that a mail tells of: its first notice, and what was written with any of them."""
    return [(first, _joined([first, *more])) for first, *more in _grouped(mail, lambda one: (one.record.ref,))]


def _key(one: Due) -> tuple[object, ...]:
    notice, record = one.notice, one.record
    site = None if notice.role == "controller" else record.site
    reader = (notice.to.casefold(), notice.language)
    if notice.way in SHARED:
        return (notice.way, site, *reader, notice.category)
    return ("own", site, *reader, record.ref, notice.purpose, notice.role, notice.text, notice.message)


def _grouped(due: Iterable[D], key: Callable[[D], tuple[object, ...]]) -> list[tuple[D, ...]]:
    groups: dict[tuple[object, ...], list[list[D]]] = {}
    for one in due:
        parts = groups.setdefault(key(one), [[]])
        if len(parts[-1]) == MOST:
            parts.append([])
        parts[-1].append(one)
    return [tuple(part) for parts in groups.values() for part in parts]


def _joined(told: Sequence[Due]) -> Notice:
    notices = [one.notice for one in told]
    if len(notices) == 1:
        return notices[0]
    texts = dict.fromkeys(notice.text for notice in notices if notice.text)
    reasons = dict.fromkeys(notice.because for notice in notices if notice.because)
    return msgspec.structs.replace(
        notices[0],
        text="\n\n".join(texts) or None,
        because="; ".join(reasons),
        message=next((notice.message for notice in reversed(notices) if notice.message is not None), None),
    )
