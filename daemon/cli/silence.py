"""`silence add`, `silence list`, `silence end`: days on which a silent source is no news."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from daemon.cli.house import config_option, now_of, place_of, settings_of, store_of, user
from daemon.cli.output import FINDINGS, USAGE, fail, json_line, json_option, line, table

if TYPE_CHECKING:
    from config.models import Settings

MOST_REASON = 200
"""Characters."""


@click.group("silence")
def silence() -> None:
    """Plan days on which nobody is told that a source, or any of a site, is silent."""


@silence.command()
@click.argument("name", metavar="SOURCE|SITE")
@click.option("--until", required=True, metavar="DATE", help="The last day, such as 2027-01-01.")
@click.option("--from", "first", metavar="DATE", help="The first day; default: today.")
@click.option("--reason", default="", metavar="TEXT", help="Why; for people.")
@config_option
def add(name: str, until: str, first: str | None, reason: str, directory: Path) -> None:
    """Plan silence of a source, or of all sources of a site.

    The days are those of the site's time zone, the first and the last included. It counts at once, without a reload.
    """
    from daemon.store import silences
    from rules.silence import Planned

    settings = settings_of(directory)
    site, source = _whom(settings, name)
    begins, ends = _day(first) if first else _today(settings, name), _day(until)
    if ends < begins:
        fail(USAGE, f"--until {ends} is before the first day, {begins}")
    planned = Planned(site=site, source=source, first=begins, until=ends, reason=reason[:MOST_REASON])
    with store_of(settings) as store:
        at = now_of(settings)
        added = store.write(lambda c: silences.add(c, planned, user(), at)).result()
    line(f"silence of {name} {'is' if added else 'was already'} planned from {begins} to {ends}")


@silence.command("list")
@config_option
@json_option
def show(directory: Path, as_json: bool) -> None:
    """List what is planned: by silences.toml, and by `silence add`; past days are left out."""
    from daemon.store.silence_report import silence_standing

    settings = place_of(directory)
    with store_of(settings) as store, store.read() as connection:
        found = silence_standing(connection, settings.silences, now_of(settings))["planned"]
    if as_json:
        for one in found:
            json_line(one)
        return
    table("Planned silences", ("Site", "Source", "From", "Until", "Reason", "By"), [_row(one) for one in found])


@silence.command()
@click.argument("name", metavar="SOURCE|SITE")
@config_option
def end(name: str, directory: Path) -> None:
    """End what `silence add` planned for a source or site: from today on silence counts again.

    What silences.toml plans is ended there. Exit code 1 if nothing was planned.
    """
    from daemon.store import silences

    settings = settings_of(directory)
    _whom(settings, name)
    today = _today(settings, name)
    with store_of(settings) as store:
        ended = store.write(lambda c: silences.end(c, name, today)).result()
    if not ended:
        fail(FINDINGS, f"no silence of {name} was planned by `silence add`")
    line(f"silence of {name} is ended")


def _whom(settings: "Settings", name: str) -> tuple[str | None, str | None]:
    """The site or the source of a name."""
    from config.problems import nearest

    known = {*settings.sites, *settings.sources}
    if name not in known:
        meant = nearest(name, known)
        fail(USAGE, f"there is no source and no site '{name}'{f', {meant}' if meant else ''}")
    if name in settings.sites and name in settings.sources:
        fail(USAGE, f"'{name}' is a source and a site: write the silence into silences.toml")
    return (name, None) if name in settings.sites else (None, name)


def _today(settings: "Settings", name: str) -> date:
    from rules.silence import zone_of

    site = settings.sites.get(name)
    zone = site.timezone if site else zone_of(settings, settings.sources[name])
    return now_of(settings).astimezone(ZoneInfo(zone)).date()


def _day(text: str) -> date:
    from config.calendars import parse_date

    try:
        return parse_date(text)
    except ValueError as error:
        fail(USAGE, str(error))


def _row(one: dict[str, Any]) -> tuple[object, ...]:
    by = "silence add" if one["kept"] else "silences.toml"
    return one["site"], one["source"], one["from"], one["until"], one["reason"] or None, by


COMMANDS = (silence,)
