"""Mail addresses: each has one meaning, and no mail of ours comes back to ourselves."""

from collections.abc import Iterator
from typing import Any

from config.draft import Draft, Entry
from config.models import Site, Unit
from config.problems import Path, Problem

Place = tuple[Entry[Any], Path]


def check_addresses(draft: Draft) -> Iterator[Problem]:
    """Find addresses that are given twice, and teams that would write to Postroom."""
    taken: dict[str, Place] = {}
    for address, entry, path in _incoming(draft):
        before = taken.setdefault(address.lower(), (entry, path))
        if before[0] is not entry:
            yield entry.problem(path, f"'{address}' is given twice, first in {_place(before)}")
    yield from _tokens(draft, taken)
    for address, entry, path in _outgoing(draft):
        if address.lower() in taken:
            what = f"'{address}' comes in here, {_place(taken[address.lower()])} takes its mail"
            yield entry.problem(path, what, "write the mailbox of people")
    yield from _vendor_ids(draft)


def _incoming(draft: Draft) -> Iterator[tuple[str, Entry[Any], Path]]:
    """Every address that mail is taken for."""
    for site in draft.sites:
        yield site.model.desk, site, ("desk",)
    for source in draft.sources:
        yield source.model.address, source, ("address",)


def _outgoing(draft: Draft) -> Iterator[tuple[str, Entry[Any], Path]]:
    """Every address of our own people that mail is sent to."""
    if draft.postroom:
        yield draft.postroom.model.admin, draft.postroom, ("admin",)
    overseen: list[Entry[Unit] | Entry[Site]] = [*draft.units, *draft.sites]
    for entry in overseen:
        for index, address in enumerate(entry.model.controllers):
            yield address, entry, ("controllers", index)
        for index, deputy in enumerate(entry.model.deputies):
            yield deputy.to, entry, ("deputies", index, "to")
    for site in draft.sites:
        for key, table in (("teams", site.model.teams), ("roles", site.model.roles)):
            for name, address in table.items():
                yield address, site, (key, name)
        if "@" in site.model.mail.audit:
            yield site.model.mail.audit, site, ("mail", "audit")


def _tokens(draft: Draft, taken: dict[str, Place]) -> Iterator[Problem]:
    """Find source addresses that look like a desk address with a token."""
    if draft.postroom is None:
        return
    separator = draft.postroom.model.desk.separator
    desks: dict[str, Entry[Site]] = {entry.model.desk.lower(): entry for entry in draft.sites}
    for address, (entry, path) in taken.items():
        local, _, domain = address.rpartition("@")
        while separator in local:
            local = local.rpartition(separator)[0]
            desk = desks.get(f"{local}@{domain}")
            if desk is not None:
                what = f"'{address}' looks like a reply to the desk of site '{desk.model.id}'"
                yield entry.problem(path, what, f"choose one without '{separator}'")


def _vendor_ids(draft: Draft) -> Iterator[Problem]:
    first: dict[str, Entry[Site]] = {}
    for entry in draft.sites:
        for index, number in enumerate(entry.model.vendor_ids):
            before = first.setdefault(number.lower(), entry)
            if before is not entry:
                yield entry.problem(("vendor_ids", index), f"'{number}' is also the id of site '{before.model.id}'")


def _place(place: Place) -> str:
    entry, path = place
    return f"{entry.file.name}:{entry.file.line(entry.path + path)}"
