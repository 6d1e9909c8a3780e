"""`kpi`: how many requests were handled in time."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.house import config_option, now_of, settings_of, store_of
from daemon.cli.output import USAGE, fail, json_line, json_option, line, table

if TYPE_CHECKING:
    from config.models import Settings, Site
    from rules.kpi import Case, Figure

DAY = click.DateTime(["%Y-%m-%d"])
COLUMNS = ("Received", "In time", "Late", "Open", "Share")


@click.command()
@click.option("--site", help="Only of this site.")
@click.option("--team", help="Only of teams of this name.")
@click.option("--unit", help="Only of the sites below this unit.")
@click.option(
    "--from", "first", type=DAY, metavar="YYYY-MM-DD", help="Received on that day or later; default: this month."
)
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help="Received on that day or earlier; default: today.")
@config_option
@json_option
def kpi(
    site: str | None,
    team: str | None,
    unit: str | None,
    first: datetime | None,
    last: datetime | None,
    directory: Path,
    as_json: bool,
) -> None:
    """Count which requests were handled in time, by unit, site, team and kind.

    A person answered or closed the request before E1 was due; taking it or putting it off is not enough. Days are those
    of each site. Late is also what nobody handled and is overdue; open is what is not due yet. With --json each group
    is a line: its unit, site, team or kind, the counts, the share of those in time, the version of the definition.
    """
    from daemon.store.handling import cases
    from rules.kpi import CURRENT, figures
    from rules.periods import periods

    settings = settings_of(directory)
    now, sites = now_of(settings), _sites(settings, site, unit)
    days = (first.date() if first else None, last.date() if last else None)
    _demand_order(*days)
    with store_of(settings) as store, store.read() as connection:
        counted = [
            one
            for span in periods(sites, *days, now)
            for one in cases(connection, span.sites, span.first, span.last)
            if team is None or one.team == team
        ]
    found = figures(counted, lambda one: _groups(settings, one), now)
    if as_json:
        for one in found:
            json_line(_plain(one))
        return
    for title, columns, names in _TABLES:
        rows = [(*(getattr(one, name) for name in names), *_counts(one)) for one in found if _is_by(one, names)]
        if rows:
            table(title, (*columns, *COLUMNS), rows)
    if not found:
        line("No requests with deadlines came in then.")
    line(f"Handled in time, definition {CURRENT.version}: {CURRENT.words}.", style="dim")


_TABLES = (
    ("By unit", ("Unit",), ("unit",)),
    ("By site", ("Site",), ("site",)),
    ("By team", ("Site", "Team"), ("site", "team")),
    ("By kind", ("Kind",), ("kind",)),
)


def _groups(settings: "Settings", one: "Case") -> Iterator[Mapping[str, str]]:
    """Every unit above the site, the site, its team and the kind."""
    from config.lookup import units_above

    site = settings.sites[one.site]
    yield from ({"unit": unit} for unit in units_above(settings, site.unit))
    yield {"site": one.site}
    yield {"site": one.site, "team": one.team}
    yield {"kind": one.kind}


def _is_by(one: "Figure", names: tuple[str, ...]) -> bool:
    return tuple(name for name in ("unit", "site", "team", "kind") if getattr(one, name)) == names


def _counts(one: "Figure") -> tuple[object, ...]:
    share = None if one.share is None else f"{100 * one.share:.0f} %"
    return one.received, one.in_time, one.late, one.open, share


def _plain(one: "Figure") -> dict[str, Any]:
    names = ("unit", "site", "team", "kind", "received", "in_time", "late", "open", "share", "definition")
    return {name: getattr(one, name) for name in names}


def _sites(settings: "Settings", site: str | None, unit: str | None) -> "list[Site]":
    """The sites that are asked for; unknown names end the command."""
    from config.lookup import units_above
    from config.problems import nearest

    for name, what, known in ((site, "site", list(settings.sites)), (unit, "unit", list(settings.units))):
        if name is not None and name not in known:
            fail(USAGE, f"there is no {what} '{name}', {nearest(name, known) or 'known are ' + ', '.join(known)}")
    return [
        one
        for one in settings.sites.values()
        if (site is None or one.id == site) and (unit is None or unit in units_above(settings, one.unit))
    ]


def _demand_order(first: date | None, last: date | None) -> None:
    if first and last and last < first:
        fail(USAGE, f"--to {last} is before --from {first}")


COMMANDS = (kpi,)
