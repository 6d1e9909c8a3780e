"""`simulate`: what would go out in some days to come, or would have."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from daemon.cli.house import config_option, demand_known, settings_of, store_of
from daemon.cli.output import FINDINGS, OK, USAGE, complain, counted, fail, finish, json_line, json_option, line, table
from daemon.cli.progress import display

if TYPE_CHECKING:
    from config.models import Settings
    from daemon.dryrun import DryRun
    from daemon.simulating import Sample
    from rules.cases import Arrival
    from rules.simulated_mail import Mail

DATE = click.DateTime(["%Y-%m-%d"])
MOST_DAYS = 1100
"""Three years."""
COLUMNS = ("Time", "To", "Category", "Purpose", "Subject")
NAME = 60
"""Characters of an address in the name of a file."""


@click.command()
@click.option("--from", "first", type=DATE, required=True, metavar="YYYY-MM-DD", help="The first day.")
@click.option("--to", "last", type=DATE, required=True, metavar="YYYY-MM-DD", help="The last day, included.")
@click.option(
    "--mails",
    "paths",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="PATH",
    help="Samples: eml files, directories, mbox files, Maildirs; may be repeated. Default: those of the [[test]]s.",
)
@click.option("--for", "whom", metavar="ADDRESS", help="For whom the samples are; default: our first in each header.")
@click.option("--stored", metavar="FROM..TO", help="Instead of samples the mails that came between these days.")
@click.option("--a-day", "a_day", type=click.IntRange(1, 10_000), help="Samples that come each day; default: 20.")
@click.option(
    "--answers",
    default="0%",
    metavar="SPEC",
    help="What teams do: 70%/90m, 60%/2h/reply,20%/2wd/done. Default: nothing.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another draw.")
@click.option(
    "--export", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Write each mail as an eml file, too."
)
@config_option
@json_option
def simulate(
    first: datetime,
    last: datetime,
    paths: tuple[Path, ...],
    whom: str | None,
    stored: str | None,
    a_day: int | None,
    answers: str,
    seed: int,
    folder: Path | None,
    directory: Path,
    as_json: bool,
) -> None:
    """Show every mail that would go out in some days, by day and recipient: what happens at Christmas?

    Sample mails come at drawn times, or stored ones at theirs; teams answer as --answers says; deadlines, escalations,
    windows, bundles and daily lists follow from the configuration as it is. Nothing is written to the database, nothing
    is sent.

    Ends with 1 if some mails could not be read (each is named).
    """
    from daemon.dryrun import DryRun
    from daemon.simulating import span
    from rules.behaviour import habits_of
    from rules.hours import NeverOpens
    from rules.simulation import Behaviour
    from rules.simulation import simulate as run

    days = first.date(), last.date()
    _demand_span(*days)
    if stored and (paths or whom or a_day):
        raise click.UsageError("--stored takes the place of --mails, --for and --a-day")
    try:
        habits = habits_of(answers)
    except ValueError as error:
        raise click.UsageError(f"--answers: {error}") from None
    settings, unread = settings_of(directory), list[str]()
    if whom:
        demand_known(settings, whom)
    _demand_empty(folder)
    with DryRun(settings) as dry:
        arrivals: Iterable[Arrival]
        if stored:
            arrivals = _stored(dry, stored, days[0], unread, as_json=as_json)
        else:
            arrivals = _samples(dry, paths, whom, days, a_day or 20, seed, unread)
        for said in unread:
            complain(said)
        try:
            mails = run(settings, arrivals, *span(settings, *days), Behaviour(habits, seed))
            rows = _told(dry, mails, days, folder, as_json=as_json)
        except NeverOpens as error:
            fail(FINDINGS, f"{error}; `postroom check` says where")
    if not as_json:
        _show(rows)
        if folder:
            line(f"written to {folder}")
    finish(FINDINGS if unread else OK)


def _demand_span(first: date, last: date) -> None:
    if last < first:
        raise click.UsageError(f"--to {last} is before --from {first}")
    if (last - first).days >= MOST_DAYS:
        raise click.UsageError(f"at most {MOST_DAYS} days, three years, can be simulated at once")


def _demand_empty(folder: Path | None) -> None:
    """Other people's files stay apart from ours."""
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            fail(USAGE, f"{folder} is not empty: name a new directory")
    except OSError as error:
        fail(USAGE, f"{folder}: {error.strerror}")


def _samples(
    dry: "DryRun",
    paths: tuple[Path, ...],
    whom: str | None,
    days: tuple[date, date],
    a_day: int,
    seed: int,
    unread: list[str],
) -> "Iterator[Arrival]":
    from daemon.simulating import spread

    found = list(_read(dry, _contents(dry.settings, paths, whom, unread), unread))
    if not found:
        for said in unread:
            complain(said)
        fail(USAGE, "there are no sample mails: name some with --mails, or stored ones with --stored FROM..TO")
    return spread(dry.settings, found, *days, a_day, seed)


def _contents(
    settings: "Settings", paths: tuple[Path, ...], whom: str | None, unread: list[str]
) -> Iterator[tuple[str, str, bytes]]:
    """Name, recipient and bytes of each sample."""
    from config.draft import read
    from daemon.dryrun import guess_recipient
    from daemon.intake.files import Files

    if not paths:
        for test in read(settings.directory).tests:
            yield str(test.model.mail), test.model.to, (settings.directory / test.model.mail).read_bytes()
    for found in Files(paths, settings.postroom.limits.size):
        to = None if found.wrong else whom or guess_recipient(settings, found.content)
        if to is None:
            unread.append(f"{found.name}: {found.wrong or 'it names none of our addresses: say for whom with --for'}")
        else:
            yield found.name, to, found.content


def _read(dry: "DryRun", mails: Iterator[tuple[str, str, bytes]], unread: list[str]) -> "Iterator[Sample]":
    from daemon.dryrun import Unreadable
    from daemon.simulating import Sample

    for name, to, raw in mails:
        try:
            yield Sample(to, dry.read_for(raw, to))
        except Unreadable as error:
            unread.append(f"{name}: {error}")


def _stored(dry: "DryRun", text: str, first: date, unread: list[str], *, as_json: bool) -> "list[Arrival]":
    from daemon.simulating import in_order, number_stored
    from daemon.simulating import stored as take

    begin, dots, end = text.partition("..")
    try:
        since, until = date.fromisoformat(begin.strip()), date.fromisoformat(end.strip())
    except ValueError:
        raise click.UsageError(f"--stored '{text}': write two days, 2025-12-15..2026-01-11") from None
    if not dots or until < since:
        raise click.UsageError(f"--stored '{text}': the second day is before the first")
    if (first - since).days % 7:
        complain(f"{since} is a {since:%A} and becomes {first}, a {first:%A}: shops have other hours then")
    found = []
    with (
        store_of(dry.settings) as store,
        display(number_stored(store, since, until), as_json=as_json, name="Reading") as shown,
    ):
        for done, arrival in take(dry, store, since, until, first, unread):
            shown.reached(done, {"taken": done})
            if arrival is not None:
                found.append(arrival)
    if not found:
        fail(USAGE, f"no mail that opened a record came between {since} and {until}")
    return in_order(found)


def _told(
    dry: "DryRun", mails: "Iterator[Mail]", days: tuple[date, date], folder: Path | None, *, as_json: bool
) -> list[dict[str, Any]]:
    """What is said of each mail; with --json at once."""
    from daemon.simulating import keep_all, local_day, words

    rows: list[dict[str, Any]] = []
    keep_all()
    first, last = days
    total = (last - first).days + 1
    with display(total, as_json=as_json, name="Simulating") as shown:
        for mail in mails:
            day = local_day(dry.settings, mail)
            if not first <= day <= last:
                continue
            said = words(dry, mail, subject_only=folder is None)
            row = _row(dry.settings, mail, day, said.subject)
            if folder is not None:
                row["file"] = _export(dry.settings, folder, mail, said, len(rows) + 1)
            rows.append(row)
            shown.reached((day - first).days, {"taken": len(rows)})
            if as_json:
                json_line(row)
    return rows


def _row(settings: "Settings", mail: "Mail", day: date, subject: str) -> dict[str, Any]:
    from rules.sites import site_named

    local = mail.at.astimezone(ZoneInfo(site_named(settings, mail.site).timezone))
    told = mail.notice
    return {
        "at": local.isoformat(timespec="seconds"),
        "day": day.isoformat(),
        "to": told.to,
        "role": told.role,
        "site": mail.site,
        "purpose": told.purpose,
        "category": told.category,
        "subject": subject,
        "records": [row.record.ref for row in mail.rows],
    }


def _export(settings: "Settings", folder: Path, mail: "Mail", said: Any, number: int) -> str | None:
    from daemon.outbox.compose import ComposeError
    from daemon.simulating import as_file

    if mail.notice.role == "system":
        return None  # what other programs get is no mail in words
    plain = "".join(c if c.isalnum() or c in "@.-" else "_" for c in mail.notice.to)[:NAME]
    name = f"{number:06d}-{mail.at:%Y%m%dT%H%M}Z-{mail.notice.purpose}-{plain}.eml"
    try:
        (folder / name).write_bytes(as_file(settings, mail, said, number))
    except ComposeError as error:
        complain(f"{mail.notice.to}: {error}")
        return None
    except OSError as error:
        fail(USAGE, f"{folder / name}: {error.strerror}")
    return name


def _show(rows: list[dict[str, Any]]) -> None:
    """A table for each day, its rows by recipient."""
    for day, group in groupby(sorted(rows, key=lambda row: (row["day"], row["to"], row["at"])), lambda row: row["day"]):
        mails = list(group)
        cells = ((row["at"][11:16], row["to"], row["category"], row["purpose"], row["subject"]) for row in mails)
        table(f"{date.fromisoformat(day):%a %Y-%m-%d}: {counted(len(mails), 'mail')}", COLUMNS, cells)
    line(f"{counted(len(rows), 'mail')} in all")


COMMANDS = (simulate,)
