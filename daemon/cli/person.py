"""`person export`, `person erase`: all that a site keeps of one person."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from daemon.cli.house import config_option, now_of, remember, settings_of, store_of, user
from daemon.cli.output import FINDINGS, TRY_AGAIN, USAGE, complain, counted, fail, finish, json_line, json_option, line
from daemon.cli.progress import display

if TYPE_CHECKING:
    from config.models import Settings, Site
    from daemon.person.erase import Plan
    from daemon.person.find import Found
    from daemon.person.search import Mention
    from daemon.store import Store

site_option = click.option("--site", required=True, help="At this site: each knows its own customers.")


@click.group()
def person() -> None:
    """All that a site keeps of one person: write it to a file, or erase it.

    KEY is a mail address, a telephone number or the reference of a record.
    """


@person.command()
@click.argument("key")
@site_option
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Where to; default: a ZIP file named after the site and the day, here.",
)
@config_option
@json_option
def export(key: str, site: str, target: Path | None, directory: Path, as_json: bool) -> None:
    """Write all that is kept of a person into a ZIP file: person.json, their mails as they came, ours as they went.

    Mails that also tell of other people are listed without their words.
    """
    from daemon.person.export import export as write
    from daemon.person.find import elsewhere

    settings = settings_of(directory)
    place, now = _site(settings, site), now_of(settings)
    file = target or Path(f"person-{place.id}-{now:%Y-%m-%d}.zip")
    with store_of(settings) as store:
        found = _found(store, place, key)
        loose = [one.message for one in _loose(settings, store, found, as_json=as_json)]
        with store.read() as connection:
            further = elsewhere(connection, found)
            if not loose and not found.records:
                _nobody(found, further)
            try:
                made = write(connection, found, loose, file, now)
            except FileExistsError:
                fail(FINDINGS, f"{file} is there already; say --to with another name")
            except OSError as error:
                fail(TRY_AGAIN, f"{file} cannot be written: {error.strerror}")
    if as_json:
        json_line({"file": str(file), "made": made, "elsewhere": further})
        return
    parts = (counted(made.records, "record"), counted(made.mails, "mail"), counted(made.letters, "outgoing mail"))
    line(f"{file}: {', '.join(parts)}", style="bold")
    for mail in made.left_out:
        line(f"  mail {mail} also tells of other people: it is listed without its words", style="yellow")
    for letter in made.left_out_letters:
        line(f"  outgoing mail {letter} has such a mail with it: it is listed without its words", style="yellow")
    for mail, refs in further.items():
        line(f"  mail {mail} of theirs belongs to {', '.join(refs)}: it is not in the file", style="yellow")


@person.command()
@click.argument("key")
@site_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
@json_option
def erase(key: str, site: str, yes: bool, directory: Path, as_json: bool) -> None:
    """Erase a person: show what there is, ask, and blank it in records, their history, mails in and out and contacts.

    Keys, times and kinds stay, so that figures add up and the ledger holds; what was said, and by whom, is gone and
    cannot be brought back. What is still open is named, and nothing is done until it is closed.

    Ends with 1 if something is in the way, or was left.
    """
    from daemon.person.erase import planned

    settings = settings_of(directory)
    place = _site(settings, site)
    if as_json and not yes:
        fail(USAGE, "--json asks nothing: it needs --yes")
    with store_of(settings) as store:
        found = _found(store, place, key)
        plan = planned(settings, store, found, _loose(settings, store, found, as_json=as_json))
        if not found.records and not plan.loose:
            _nobody(found, plan.elsewhere)
        if not as_json:
            _show(found, plan)
        if plan.in_the_way:
            _refuse(plan, as_json=as_json)
        if not yes and not click.confirm("Erase all of it? It cannot be brought back"):
            finish(FINDINGS)
        is_clear = _erase(settings, store, plan, place)
    if as_json:
        json_line({"erased": plan, "log_cleared": is_clear})
    else:
        line("Erased.", style="bold")
    _tell_rest(settings, is_clear=is_clear)
    finish(FINDINGS if plan.left or not is_clear else 0)


def _refuse(plan: "Plan", *, as_json: bool) -> None:
    if as_json:
        json_line({"in_the_way": plan.in_the_way})
    fail(FINDINGS, "nothing was erased: first see to what is in the way")


def _erase(settings: "Settings", store: "Store", plan: "Plan", site: "Site") -> bool:
    from daemon.person.erase import erase as forget
    from daemon.store.letters_erased import OnItsWay
    from rules.model import Actor, Refused

    now = now_of(settings)
    remember(store, settings, now)
    try:
        return forget(settings, store, plan, site.id, Actor("command", user()), now)
    except (Refused, OnItsWay) as error:
        fail(TRY_AGAIN, f"{error}; what was erased so far stays so, begin again for the rest")


def _tell_rest(settings: "Settings", *, is_clear: bool) -> None:
    """What this command cannot reach."""
    from daemon.shift import data_directory

    if not is_clear:
        complain("the database's own log could not be cleared now: it still holds what was erased; begin again")
    for file in sorted(data_directory(settings).glob("postroom.db.*")):  # before an upgrade, or moved to PostgreSQL
        complain(f"{file} is a database of before: delete it when you need it no more")


def _show(found: "Found", plan: "Plan") -> None:
    line(f"{', '.join(found.names) or 'Somebody'} at {found.site}, known by {', '.join(found.contacts) or 'nothing'}")
    line(f"  {counted(len(plan.records), 'record')}: {', '.join(plan.records) or '-'}")
    line(f"  {counted(plan.mails, 'mail')} of these records, {len(plan.loose)} more that mention the person")
    line(f"  {counted(len(plan.letters), 'outgoing mail')} about several records, with the person among others")
    for mail, refs in plan.shared.items():
        line(f"  mail {mail} also stands for {', '.join(refs)}, and goes with the others", style="yellow")
    for one in plan.left:
        line(f"  left: {one}", style="yellow")
    for one in plan.in_the_way:
        line(f"  in the way: {one}", style="red")


def _site(settings: "Settings", site: str) -> "Site":
    from config.problems import nearest
    from rules.sites import is_configured, site_named

    if not is_configured(settings, site):
        fail(
            USAGE,
            f"there is no site '{site}', {nearest(site, settings.sites) or 'known are ' + ', '.join(settings.sites)}",
        )
    return site_named(settings, site)


def _found(store: "Store", site: "Site", key: str) -> "Found":
    from daemon.cli.known import show_people
    from daemon.person.find import NoKey, Several, find

    with store.read() as connection:
        try:
            return find(connection, site, key)
        except NoKey:
            fail(USAGE, f"'{key}' is no mail address, telephone number or reference of a record of {site.id}")
        except Several as several:
            show_people(f"Several people are known by '{key}'", several.people)
            fail(FINDINGS, "say which one is meant, by one of the references")


def _loose(settings: "Settings", store: "Store", found: "Found", *, as_json: bool) -> list["Mention"]:
    """Mails that mention the person and stand for no record; what could not be looked through is told."""
    from daemon.person.search import mentions
    from daemon.store import person as rows

    with store.read() as connection:
        total = rows.count_loose(connection, found.site)
    named: list[Mention] = []
    with display(total, as_json=as_json, name="Looking through mails") as shown, _reader(settings) as reader:
        done = 0
        for some in mentions(settings, store, found, reader):
            done += rows.BATCH
            named += [one for one in some if not one.is_unread]
            for one in some:
                if one.is_unread:
                    shown.note(f"mail {one.message} could not be looked through: it may mention the person")
            shown.reached(min(done, total), {"taken": done})
    return named


def _nobody(found: "Found", further: "Mapping[int, Sequence[str]]") -> NoReturn:
    """No record of theirs, no mail that is nobody's: only, perhaps, what they wrote to other people's records."""
    told = "".join(f"; mail {mail} of theirs belongs to {', '.join(refs)}" for mail, refs in further.items())
    fail(FINDINGS, f"nothing is known of them at {found.site}{' by itself' if told else ''}{told}")


@contextmanager
def _reader(settings: "Settings") -> Iterator[Any]:
    from daemon.reader import Reader

    reader = Reader(settings.templates)
    try:
        yield reader
    finally:
        reader.close()


@person.command()
@config_option
def clear(directory: Path) -> None:
    """Write the database anew, so that nothing that was erased lies on in what is unused of it.

    `person erase` does that at its end; retention does it for small files of SQLite only. Writers wait meanwhile, some
    seconds for each 100 MB: for large files take a quiet hour. On PostgreSQL it is VACUUM.
    """
    from daemon.shift import database_url
    from daemon.store import remains

    settings = settings_of(directory)
    with store_of(settings):
        if not remains.clear(database_url(settings)):
            fail(TRY_AGAIN, "the database could not be written anew now; try again")


COMMANDS = (person,)
