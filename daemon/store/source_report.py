"""What `postroom sources` tells: rhythm, fill rates, unknown labels and structures of sources."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, select

from daemon.store import sources
from daemon.store.schema import message
from daemon.store.sources import Rhythm, Seen
from rules.drift import MOST_BASE, RECENT, Finding, counts, lasting, split

_LABELS, _STRUCTURES = 30, 20
"""Unknown labels and structures that are told, the most frequent first."""
_EXAMPLE = 200
"""Characters of a value."""


class Filled(msgspec.Struct, frozen=True):
    """Share of mails in which a field is filled: of those before, and of the latest ones."""

    field: str
    was: float
    now: float


class Unknown(msgspec.Struct, frozen=True):
    """A label that nothing maps to a field, and what stood behind it in the latest mail that has it."""

    label: str
    mails: int
    example: str | None


class Structure(msgspec.Struct, frozen=True):
    """What mails are made of."""

    structure: str
    mails: int
    first: datetime
    last: datetime


class Report(msgspec.Struct, frozen=True):
    """One source."""

    source: str
    rhythm: Rhythm | None
    gap: timedelta | None
    base: int
    """Mails that show what is usual."""
    latest: int
    findings: tuple[Finding, ...]
    fields: tuple[Filled, ...]
    unknown: tuple[Unknown, ...]
    structures: tuple[Structure, ...]


def reports(connection: Connection, names: Sequence[str], now: datetime, *, examples: bool = False) -> list[Report]:
    """Tell of these sources.

    Args:
        connection: A snapshot.
        names: Their ids.
        now: UTC.
        examples: Look up what stood behind unknown labels.
    """
    rhythms = sources.rhythms(connection, now)
    return [_report(connection, name, rhythms.get(name), examples=examples) for name in names]


def _report(connection: Connection, name: str, rhythm: Rhythm | None, *, examples: bool) -> Report:
    mails = sources.latest(connection, name)
    shapes = [one.shape for one in mails]
    base, recent = split(shapes)
    was, now = counts(base), counts(recent)
    fields = sorted({field for what, field in {*was, *now} if what == "field"})
    return Report(
        source=name,
        rhythm=rhythm,
        gap=sources.median_gap(one.at for one in mails),
        base=len(base),
        latest=len(recent),
        findings=lasting(shapes[-RECENT - MOST_BASE :]),
        fields=tuple(
            Filled(field, was["field", field] / max(1, len(base)), now["field", field] / max(1, len(recent)))
            for field in fields
        ),
        unknown=tuple(_unknown(connection, mails, examples=examples)),
        structures=tuple(_structures(mails)),
    )


def _unknown(connection: Connection, mails: Sequence[Seen], *, examples: bool) -> list[Unknown]:
    number = Counter(label for one in mails for label in one.shape.unknown)
    newest = {label: one.message for one in mails for label in one.shape.unknown}
    return [
        Unknown(label, times, _example(connection, newest[label], label) if examples else None)
        for label, times in number.most_common(_LABELS)
    ]


def _example(connection: Connection, mail: int, label: str) -> str | None:
    """From the mail's trace: only the books hold what people wrote, so that it is erased in one place."""
    trace = connection.execute(select(message.c.trace).where(message.c.id == mail)).scalar()
    readings = json.loads(trace).get("readings", []) if trace else []
    return next((str(one["extra"][label])[:_EXAMPLE] for one in readings if label in one.get("extra", {})), None)


def _structures(mails: Sequence[Seen]) -> list[Structure]:
    times: dict[str, list[datetime]] = {}
    for one in mails:
        times.setdefault(one.shape.structure, []).append(one.at)
    found = [Structure(name, len(at), at[0], at[-1]) for name, at in times.items()]
    return sorted(found, key=lambda one: -one.mails)[:_STRUCTURES]
