"""`stats mails`: how many mails people get."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from daemon.cli.house import config_option, settings_of, store_of
from daemon.cli.output import json_line, json_option, table

if TYPE_CHECKING:
    from daemon.store.tallies import Sent

COLUMNS = ("Day", "To", "Mails", "Action", "Audit", "About")


@click.group()
def stats() -> None:
    """Count what was done: mails."""


@stats.command("mails")
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d"]), metavar="YYYY-MM-DD", help="Only those sent on that day or later."
)
@config_option
@json_option
def mails(since: datetime | None, directory: Path, as_json: bool) -> None:
    """Count the mails that went out: per recipient and day, by category and purpose.

    Days are those of the site that a mail is from. With --json each purpose has a line of its own.
    """
    from daemon.store.tallies import sent_mails

    settings = settings_of(directory)
    zones = {site.id: ZoneInfo(site.timezone) for site in settings.sites.values()}
    other = next(iter(zones.values()), ZoneInfo("UTC"))
    # the day begins earlier in the east: what is too early for its own zone is left out below
    begin = since.replace(tzinfo=ZoneInfo("Pacific/Kiritimati")).astimezone(UTC) if since else None
    with store_of(settings) as store, store.read() as connection:
        found = sent_mails(connection, zones, other, begin)
    counted = sorted((one, n) for one, n in found.items() if since is None or one.day >= since.date())
    if as_json:
        for one, number in counted:
            json_line(one._asdict() | {"day": one.day.isoformat(), "mails": number})
        return
    table("Mails sent", COLUMNS, _rows(counted))


def _rows(counted: "list[tuple[Sent, int]]") -> Iterator[tuple[object, ...]]:
    """One for each day and recipient; the counts come sorted by these."""
    for (day, recipient), group in groupby(counted, key=lambda each: (each[0].day, each[0].to)):
        categories, purposes = Counter[str](), Counter[str]()
        for one, number in group:
            categories[one.category] += number
            purposes[one.purpose] += number
        about = ", ".join(f"{purpose} {number}" for purpose, number in sorted(purposes.items()))
        yield day, recipient, purposes.total(), categories["action"], categories["audit"], about


COMMANDS = (stats,)
