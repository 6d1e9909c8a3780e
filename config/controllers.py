"""Controllers and what they are told: who stands in for whom, and lists that reach them by day."""

from collections.abc import Iterator

from config.calendars import parse_date
from config.draft import Draft, Entry
from config.models import Deputy, Site, Unit
from config.problems import Path, Problem, nearest


def check_controllers(draft: Draft) -> Iterator[Problem]:
    """Find deputies of nobody, spans that end before they begin or overlap, and lists that nobody would get."""
    overseen: list[Entry[Unit] | Entry[Site]] = [*draft.units, *draft.sites]
    for entry in overseen:
        known = _controllers(draft, entry.model) if draft.whole("units") else None
        for index, deputy in enumerate(entry.model.deputies):
            yield from _deputy(entry, index, deputy, known)
    for site in draft.sites:
        yield from _told(site)


def _deputy(
    entry: Entry[Unit] | Entry[Site], index: int, deputy: Deputy, known: tuple[str, ...] | None
) -> Iterator[Problem]:
    path: Path = ("deputies", index)
    if known is not None and deputy.absent.casefold() not in {each.casefold() for each in known}:
        meant = nearest(deputy.absent, known) or (f"they are {', '.join(known)}" if known else None)
        yield entry.problem((*path, "of"), f"'{deputy.absent}' is no controller here", meant)
    if deputy.to.casefold() == deputy.absent.casefold():
        yield entry.problem((*path, "to"), f"'{deputy.to}' cannot stand in for himself")
    if parse_date(deputy.last) < parse_date(deputy.first):
        what = f"'{deputy.last}' is before '{deputy.first}', where it begins"
        yield entry.problem((*path, "until"), what, "the last day counts")
    for before in entry.model.deputies[:index]:
        if before.absent.casefold() == deputy.absent.casefold() and _overlap(before, deputy):
            yield entry.problem((*path, "from"), f"'{before.to}' stands in for '{deputy.absent}' then already")


def _overlap(one: Deputy, other: Deputy) -> bool:
    return max(parse_date(one.first), parse_date(other.first)) <= min(parse_date(one.last), parse_date(other.last))


def _controllers(draft: Draft, overseen: Unit | Site) -> tuple[str, ...]:
    """Its own controllers, else those of the nearest unit above that names any."""
    units = {entry.model.id: entry.model for entry in draft.units}
    at: Unit | Site | None = overseen
    for _ in range(len(units) + 2):  # units in a circle are told elsewhere
        if at is None or at.controllers:
            break
        at = units.get((at.unit if isinstance(at, Site) else at.parent) or "")
    return at.controllers if at else ()


def _told(entry: Entry[Site]) -> Iterator[Problem]:
    mail = entry.model.mail
    if mail.escalated == "list" and mail.escalations == "off":
        what = "leaves escalations to the daily list, and the list is off"
        yield entry.problem(("mail", "escalated"), what, 'write escalations = "08:00"')
