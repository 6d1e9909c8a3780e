"""`source learn`, `source test`, `source add`: a source is taught, tried and given its address."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from daemon.cli.configuring import problems_of
from daemon.cli.house import config_option, settings_of
from daemon.cli.lesson import show_lesson, show_matrix
from daemon.cli.output import FINDINGS, OK, USAGE, complain, counted, fail, finish, json_line, json_option, line
from daemon.cli.verify import verify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.models import Settings
    from daemon.teaching import Lesson

SAMPLES = click.argument("files", nargs=-1, required=True, metavar="SAMPLE…", type=click.Path(path_type=Path))
MOST_BYTES = 25 << 20
"""Of a sample: larger mails are not taken in either."""


@click.group("source")
def source() -> None:
    """Teach, try and add a source of mails."""


@source.command()
@SAMPLES
@click.option("--id", "name", metavar="ID", help="What the source is to be called; default: its domain.")
@click.option("--type", "kind", metavar="TYPE", help="Its type; default: the one of its domain, else generic.")
@click.option("--site", "site", metavar="SITE", help="For which site it is; default: the only one.")
@click.option("--write", is_flag=True, help="Write the file and the samples into the configuration, and check it.")
@config_option
@json_option
def learn(
    files: tuple[Path, ...],
    name: str | None,
    kind: str | None,
    site: str | None,
    write: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Propose a source file from two or more sample mails, and show what would be read from each.

    What is the same in the samples is the source's own, what differs are values. Labels get their fields from the
    dictionaries, or from values that can be nothing else; what stays unmapped stands in the file as a comment. Without
    --write nothing is stored, and no configuration is needed.
    """
    from daemon.dryrun import DryRun, Unreadable
    from daemon.teaching import Wanted, source_file
    from daemon.teaching import learn as learn_from

    settings = settings_of(directory) if write or site or _has_configuration(directory) else None
    site = _site(settings, site, needed=write)
    _demand(settings, name, kind)
    raws = [raw for _, raw in _contents(files)]
    with DryRun(settings) as dry:
        try:
            lesson = learn_from(dry, raws, settings, Wanted(name, site, kind))
        except Unreadable as error:
            fail(FINDINGS, f"the samples: {error}")
    samples = [f"mails/{lesson.source.id}/{number}.eml" for number in range(1, len(files) + 1)]
    text = source_file(lesson, samples)
    show_lesson(files, lesson, text, as_json=as_json)
    if len(lesson.proposal.learned) < 2:
        finish(FINDINGS)
    if write:
        learned = {samples[number]: raws[number] for number in lesson.proposal.learned}
        _warn_of_personal_data(lesson, samples)
        _write(directory, {f"sources.d/{lesson.source.id}.toml": text.encode(), **learned}, as_json=as_json)
    finish(OK)


@source.command("test")
@click.argument("name", metavar="ID")
@SAMPLES
@config_option
@json_option
def try_samples(name: str, files: tuple[Path, ...], directory: Path, as_json: bool) -> None:
    """Show what is read from sample mails of a source with the configuration of today.

    Labels that nobody knows are named. Ends with 1 if nothing is read from one of the samples.
    """
    from daemon.dryrun import DryRun, Unreadable
    from daemon.teaching import is_empty

    settings = settings_of(directory)
    found = settings.sources.get(name)
    if found is None:
        fail(USAGE, f"there is no source '{name}'{_meant(name, settings.sources)}")
    mails = []
    with DryRun(settings) as dry:
        for path, raw in _contents(files):
            try:
                mails.append(dry.parse(raw, found.address))
            except Unreadable as error:
                complain(f"{path}: {error}")
                mails.append({"class": "person", "readings": [], "defects": [str(error)]})
    show_matrix(files, mails, as_json=as_json)
    empty = [path for path, mail in zip(files, mails, strict=True) if is_empty(mail)]
    for path in empty:
        complain(f"{path}: nothing is read from it")
    finish(FINDINGS if empty else OK)


@source.command()
@click.argument("name", metavar="ID")
@click.option("--site", "site", required=True, metavar="SITE", help="For which site it is.")
@click.option("--type", "kind", required=True, metavar="TYPE", help="Its type, such as mobile.de, website or generic.")
@click.option("--from", "domains", multiple=True, metavar="DOMAIN", help="Domain that it sends from; may be repeated.")
@click.option("--write", is_flag=True, help="Write it into the configuration, if that is sound with it.")
@config_option
def add(name: str, site: str, kind: str, domains: tuple[str, ...], write: bool, directory: Path) -> None:
    """Make the secret address of a new source, and its block for sources.toml.

    Store the address at the source and nowhere else: what comes in there is known to be from it.
    """
    from pydantic import ValidationError

    from config.models import Source
    from config.sourcefile import source_table
    from config.wording import said
    from daemon.teaching import new_address

    settings = settings_of(directory)
    _site(settings, site, needed=True)
    _demand(settings, name, kind)
    try:
        made = Source.model_validate(
            {"id": name, "site": site, "type": kind, "address": new_address(settings, name), "from": domains}
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        what, meant = said(first, Source)
        fail(USAGE, f"--{first['loc'][0]}: {what}{f', {meant}' if meant else ''}")
    line(source_table(made).rstrip())
    if write:
        _write(directory, {f"sources.d/{name}.toml": source_table(made).encode()}, as_json=False)
    else:
        line(f"\nNothing was written. Add this to sources.toml, then: postroom reload -c {directory}")
        line("With --write this is done for you, with another address: each run makes a new one.")


def _write(directory: Path, files: "Mapping[str, bytes]", *, as_json: bool) -> None:
    """Write files into the configuration; take them back if it is no longer sound with them."""
    from daemon.teaching import remove, write

    try:
        paths = write(directory, files)
    except FileExistsError as error:
        fail(FINDINGS, str(error))
    except OSError as error:
        fail(FINDINGS, f"{directory} cannot be written: {error.strerror}")
    _, problems = problems_of(directory)
    if problems:
        remove(paths)
        for problem in problems:
            complain(str(problem))
        fail(FINDINGS, f"{counted(len(problems), 'problem')} with it: nothing was changed")
    for path in paths:
        json_line({"written": str(path)}) if as_json else line(str(path))
    if not as_json:
        line(f"\nThe configuration is sound with it. To take it over: postroom reload -c {directory}")


def _warn_of_personal_data(lesson: "Lesson", samples: "Sequence[str]") -> None:
    from daemon.teaching import personal

    for number, address in personal(lesson.mails):
        if number in lesson.proposal.learned:
            complain(
                f"{samples[number]}: seems to hold the data of a real person ({address}), and stays with the "
                "configuration: replace it by invented values"
            )


def _contents(files: tuple[Path, ...]) -> Iterator[tuple[Path, bytes]]:
    for path in files:
        try:
            with path.open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
        except OSError as error:
            fail(USAGE, f"{path} cannot be read: {error.strerror}")
        if len(raw) > MOST_BYTES:
            fail(USAGE, f"{path} is larger than {MOST_BYTES >> 20} MiB: no such mail would be taken in")
        yield path, raw


def _has_configuration(directory: Path) -> bool:
    return (directory / "postroom.toml").is_file()


def _site(settings: "Settings | None", name: str | None, *, needed: bool) -> str | None:
    """The site meant: the one named, or the only one."""
    if settings is None:
        return None
    if name is not None and name not in settings.sites:
        fail(USAGE, f"there is no site '{name}'{_meant(name, settings.sites)}")
    if name is None and len(settings.sites) == 1:
        return next(iter(settings.sites))
    if name is None and needed:
        fail(USAGE, "say for which site it is with --site: " + ", ".join(settings.sites))
    return name


def _demand(settings: "Settings | None", name: str | None, kind: str | None) -> None:
    """A name that no source has yet, and a type that is known."""
    from config.defaults import shipped_versions
    from config.types import NAME

    if name is not None and not NAME.fullmatch(name):
        fail(USAGE, f"'{name}' is no id: write lower case letters, digits, dots, dashes and underscores")
    if name is not None and settings and name in settings.sources:
        fail(USAGE, f"there is a source '{name}' already")
    versions = shipped_versions()
    types = [known.name for known in versions[max(versions)].type]
    if kind is not None and kind not in types:
        fail(USAGE, f"there is no type '{kind}'{_meant(kind, types) or ': ' + ', '.join(types)}")


def _meant(name: str, known: "Sequence[str] | Mapping[str, object]") -> str:
    from config.problems import nearest

    meant = nearest(name, known)
    return f", {meant}" if meant else ""


source.add_command(verify)
COMMANDS = (source,)
