"""`send`, `parse`, `explain`, `why`: a mail, tried or followed."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.house import config_option, demand_known, now_of, place_of, settings_of, store_of, zone_of
from daemon.cli.output import (
    FINDINGS,
    OK,
    USAGE,
    complain,
    fail,
    finish,
    heading,
    json_line,
    json_option,
    line,
)
from daemon.cli.traces import local, show_decision, show_mail

if TYPE_CHECKING:
    from daemon.dryrun import DryRun

FILES = click.argument("files", nargs=-1, required=True, metavar="FILE…")


@click.command()
@FILES
@click.option("--to", "to", required=True, multiple=True, metavar="ADDRESS", help="For whom it is; may be repeated.")
@click.option("--from", "sender", metavar="ADDRESS", help="Envelope sender; default: the mail's From, else the admin.")
@config_option
def send(files: tuple[str, ...], to: tuple[str, ...], sender: str | None, directory: Path) -> None:
    """Give mails to the running daemon by SMTP, and print its answers.

    FILE may be - for standard input. Ends with 0 if all were accepted, 1 if one was refused, 75 if it should be tried
    again later.
    """
    from daemon.cli.submit import submit

    settings = settings_of(directory)
    codes = [submit(settings, raw, to, sender, name) for name, raw in _contents(files)]
    finish(max(codes, default=OK))


@click.command()
@FILES
@click.option("--to", "to", metavar="ADDRESS", help="Read it as mail for this address: its source tells the layout.")
@click.option("--hops", "hops", is_flag=True, help="Also the mail's way, and what mail-parser finds wrong.")
@config_option
@json_option
def parse(files: tuple[str, ...], to: str | None, hops: bool, directory: Path, as_json: bool) -> None:
    """Show what is read from mails, and where each field came from.

    Nothing is stored. Without --to no configuration is needed.
    """
    from daemon.dryrun import DryRun

    settings = settings_of(directory) if to else None
    if settings and to:
        demand_known(settings, to)
    with DryRun(settings) as dry:
        finish(max(_each(files, lambda raw: _one_parse(dry, raw, to, hops), as_json, show_mail)))


@click.command()
@FILES
@click.option("--to", "to", metavar="ADDRESS", help="For whom it is; default: our first address in its header.")
@click.option(
    "--at", "at", metavar="TIME", help="When it comes, in ISO 8601, the site's time if no offset; default: now."
)
@click.option("--expect", "expected", multiple=True, metavar="KEY=VALUE", help="Fail unless it is so; may be repeated.")
@click.option("--imported", "imported", is_flag=True, help="As `import` takes it: no clock, no mail.")
@config_option
@json_option
def explain(
    files: tuple[str, ...],
    to: str | None,
    at: str | None,
    expected: tuple[str, ...],
    imported: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Show what would become of mails: a dry run of the whole way.

    Source, fields with their origin, every rule with yes or no and why, who would get which mail, every deadline with
    its arithmetic. Nothing is stored, nobody is told. Keys of --expect are dotted paths into --json, lists by index
    or * for any: --expect fate=opened --expect 'notifications.*.team=sales'.
    """
    from daemon.dryrun import DryRun

    settings = settings_of(directory)
    wanted = dict(_pair(text) for text in expected)
    if to:
        demand_known(settings, to)

    def show(found: dict[str, Any]) -> None:
        show_mail(found)
        show_decision(found, zone_of(settings, found["site"]))

    with DryRun(settings) as dry:
        codes = _each(files, lambda raw: _one_explain(dry, raw, to, at, imported), as_json, show, wanted)
        finish(max(codes))


@click.command()
@click.argument("ref")
@config_option
@json_option
def why(ref: str, directory: Path, as_json: bool) -> None:
    """Show what became of a mail and why, as it was stored when it happened.

    REF is the reference of a record (L-7KQ2M4-2), the number of a mail in the ledger, or a Message-ID, of the mail
    that came in or of the one that went out.
    """
    from daemon.cli.lookback import explained

    place = place_of(directory)
    with store_of(place) as store, store.read() as connection:
        found = explained(connection, ref)
    if as_json:
        json_line(found)
        return
    heading(f"{found.get('record') or ''} mail {found['message']}".strip())
    if "readings" in found:
        show_mail(found)
        show_decision(found, zone_of(place, found["site"]))
        for one in found.get("read_again", ()):
            at = local(one["at"], zone_of(place, found["site"]))
            line(f"{one['record']} {at}: Read again by {one['by'] or 'the command line'}: {one['fields']}")
    else:
        line(f"fate {found['fate']}: {found.get('reason') or 'nobody has read it yet'}")


def _each(
    files: tuple[str, ...],
    work: Callable[[bytes], dict[str, Any]],
    as_json: bool,
    show: Callable[[dict[str, Any]], None],
    wanted: dict[str, str] | None = None,
) -> list[int]:
    """Do it for every file; exit codes."""
    from daemon.dryrun import Unreadable
    from rules.explain import differences
    from rules.hours import NeverOpens

    codes = []
    for name, raw in _contents(files):
        try:
            found = {"file": name, **work(raw)}
        except (Unreadable, NeverOpens) as error:
            complain(f"{name}: {error}")
            codes.append(FINDINGS)
            continue
        if as_json:
            json_line(found)
        else:
            heading(name)
            show(found)
        wrong = differences(found, wanted or {})
        for sentence in wrong:
            complain(f"{name}: {sentence}")
        codes.append(FINDINGS if wrong else OK)
    return codes


def _one_parse(dry: "DryRun", raw: bytes, to: str | None, hops: bool) -> dict[str, Any]:
    found = dry.parse(raw, to)
    if hops:
        from parsers.hops import trace

        found["way"] = asdict(trace(raw))
    return found


def _one_explain(dry: "DryRun", raw: bytes, to: str | None, at: str | None, imported: bool) -> dict[str, Any]:
    from daemon.dryrun import guess_recipient, moment

    recipient = to or guess_recipient(dry.settings, raw)
    if recipient is None:
        fail(USAGE, "the mail names none of our addresses: say for whom it is with --to ADDRESS")
    try:
        when = moment(dry.settings, recipient, at) if at else now_of(dry.settings)
    except ValueError:
        fail(USAGE, f"'{at}' is no time, write 2026-11-23T10:00 or 2026-11-23T10:00:00+01:00")
    return dry.explain(raw, recipient, when, imported=imported)


def _contents(files: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for name in files:
        try:
            yield name, sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            fail(USAGE, f"{name} cannot be read: {error.strerror}")


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key:
        fail(USAGE, f"--expect '{text}': write KEY=VALUE")
    return key.strip(), value


COMMANDS = (send, parse, explain, why)
