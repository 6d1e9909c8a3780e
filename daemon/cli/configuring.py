"""`init`, `check`, `config show`, `schema`, `db upgrade`: setting up and changing an installation."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daemon.cli.house import config_option, first_line, settings_of
from daemon.cli.output import (
    BAD_CONFIGURATION,
    FINDINGS,
    OWN_KEYS,
    TRY_AGAIN,
    USAGE,
    counted,
    fail,
    finish,
    json_line,
    json_option,
    line,
    table,
)

if TYPE_CHECKING:
    from config.models import Settings
    from config.problems import Problem

MUTE = 'name your border server in [smtp] authserv_id, or write trust = "token" at the site'


@click.command()
@click.argument("directory", type=click.Path(path_type=Path))
def init(directory: Path) -> None:
    """Write a commented configuration to start from: a small group with sources, rules, sample mails and tests."""
    from config.init import initialise

    try:
        written = initialise(directory)
    except FileExistsError as error:
        fail(FINDINGS, str(error))
    except OSError as error:
        fail(FINDINGS, f"{directory} cannot be written: {error.strerror}")
    for path in written:
        line(str(path))
    line(f"\nChange what needs changing, then: postroom check -c {directory}")


@click.command()
@config_option
@json_option
def check(directory: Path, as_json: bool) -> None:
    """Find every error of the configuration and the templates, and run the tests that rules and sources carry.

    Errors are printed as `file:line: key: what is wrong, what was meant`; with one the exit code is 1. Nothing of a
    running daemon is touched.
    """
    settings, problems = problems_of(directory)
    notes = list(_notes(settings)) if settings else []
    if as_json:
        _as_json(problems, notes)
    else:
        for text in (*map(str, problems), *notes):
            line(text)
        line(_counted(settings, problems))
    finish(FINDINGS if problems else 0)


def problems_of(directory: Path) -> "tuple[Settings | None, list[Problem]]":
    """Everything that `check` finds; the settings come with it if they could be built."""
    from config.load import check as check_files
    from daemon.dryrun import DryRun, failing_tests
    from daemon.loading import problems_of_certificate, problems_of_templates

    settings, problems = check_files(directory, [problems_of_templates, problems_of_certificate])
    if settings is not None:
        with DryRun(settings) as dry:
            problems += failing_tests(dry, directory)
    return settings, problems


def _as_json(problems: "list[Problem]", notes: list[str]) -> None:
    for p in problems:
        json_line({"file": p.file, "line": p.line, "key": p.key, "what": p.what, "meant": p.meant})
    for note in notes:
        json_line({"note": note})


def _notes(settings: "Settings") -> "list[str]":
    """What is no error, and worth knowing once."""
    from daemon.shift import has_own_keys

    notes = [f"note: {OWN_KEYS}"] if has_own_keys(settings) else []
    mute = [site.id for site in settings.sites.values() if site.trust == "authenticated"]
    if mute and not settings.postroom.smtp.authserv_id:
        named = ", ".join(mute[:5]) + (f" and {len(mute) - 5} more" if len(mute) > 5 else "")
        notes.append(f"note: nobody can act by mail at {named}: {MUTE}")
    return notes


def _counted(settings: "Settings | None", problems: "list[Problem]") -> str:
    if settings is None:
        return counted(len(problems), "problem")
    numbers = (
        (len(settings.sites), "site"),
        (len(settings.sources), "source"),
        (len(settings.rules), "rule"),
        (len(settings.tests), "test"),
    )
    return f"{', '.join(counted(*each) for each in numbers)}; {counted(len(problems), 'problem')}"


@click.group("config")
def config() -> None:
    """Look at the configuration as it is understood."""


@config.command("show")
@config_option
@click.option("--changed", is_flag=True, help="Only values that the files set, not shipped ones and defaults.")
@json_option
def show(directory: Path, changed: bool, as_json: bool) -> None:
    """Show every effective value and where it comes from: a line of a file, the shipped values or a default.

    Secrets are masked.
    """
    from config.show import effective

    settings = settings_of(directory)
    values = [one for one in effective(settings) if not changed or ":" in one.origin]
    if as_json:
        for one in values:
            json_line({"key": one.key, "value": one.value, "origin": one.origin})
    else:
        table("", ("Key", "Value", "From"), [(one.key, _shown(one.value), one.origin) for one in values])


@config.command("overview")
@click.argument("site", required=False, metavar="[SITE]")
@config_option
@json_option
def overview(site: str | None, directory: Path, as_json: bool) -> None:
    """Show what controllers want to look up of a SITE (default: of all): times, sources, limits and people.

    What is not as it was shipped stands beside the shipped value. Controllers get the same by mail once a month.
    """
    from config.problems import nearest
    from daemon.cli.house import now_of
    from rules.overview import overview as overview_of

    settings = settings_of(directory)
    if site is not None and site not in settings.sites:
        known = f"known are {', '.join(settings.sites)}"
        fail(USAGE, f"there is no site '{site}', {nearest(site, settings.sites) or known}")
    for name in [site] if site else settings.sites:
        for group in overview_of(settings, settings.sites[name], now_of(settings)):
            if as_json:
                for one in group.settings:
                    told = {"name": one.name, "value": one.value, "shipped": one.shipped}
                    json_line({"site": name, "sort": group.sort, **told})
            else:
                rows = [(one.name, one.value, one.shipped) for one in group.settings]
                table(f"{group.site}: {group.sort}", ("Setting", "Value", "Shipped"), rows)


def _shown(value: object) -> str:
    """A text as it is, all else as the files write it: `true`, `["smtp", "work"]`."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@click.command()
@click.argument("file")
def schema(file: str) -> None:
    """Print the JSON Schema of a configuration FILE (sites.toml), for editors that help while one types."""
    from config.problems import nearest
    from config.schema import FILES
    from config.schema import schema as schema_for

    try:
        found = schema_for(Path(file).name)
    except KeyError:
        known = f"known are {', '.join(FILES)}"
        fail(USAGE, f"there is no file {file}, {nearest(file, FILES) or known}")
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


@click.group("db")
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
@config_option
def upgrade(directory: Path) -> None:
    """Bring the database to this version's schema: all of it or nothing.

    Stop the daemon before. An SQLite file is backed up beside itself first; `postroom run` does all this by itself
    for SQLite.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from daemon.shift import data_directory, database_url
    from daemon.store import DriverMissing
    from daemon.store.upgrade import Broken, SchemaTooNew, prepare, schema_state
    from daemon.store.upgrade import upgrade as run_migrations

    settings = settings_of(directory)
    url = database_url(settings)
    os.umask(0o077)  # the database and its backup are the daemon's alone
    try:
        state = schema_state(url)
        if state == "older" and not url.startswith("sqlite"):
            run_migrations(url)
        else:
            prepare(url, data_directory(settings))
    except (Broken, DriverMissing, SchemaTooNew) as error:
        fail(BAD_CONFIGURATION, str(error))
    except (SQLAlchemyError, OSError) as error:
        fail(TRY_AGAIN, f"the database cannot be used now: {first_line(error)}")
    line({"none": "created", "older": "upgraded", "current": "nothing to do: it is up to date"}[state])


COMMANDS = (init, check, config, schema, db)
