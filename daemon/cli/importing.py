"""`import`: mails that were kept elsewhere, for the books or to be worked on."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol

import click

from daemon.cli.house import clock_of, config_option, demand_known, settings_of, store_of, wake
from daemon.cli.output import (
    FINDINGS,
    INTERRUPTED,
    OK,
    TRY_AGAIN,
    USAGE,
    counted,
    fail,
    finish,
    json_line,
    json_option,
    line,
)
from daemon.cli.progress import Display, display

if TYPE_CHECKING:
    from config.models import Settings
    from daemon.intake.files import Found
    from daemon.intake.importer import Importer
    from daemon.store import Store

UNREAD = 400
"""Mails of an import that may wait for the daemon at once: what comes in meanwhile must not wait behind thousands."""
LOOK_SECONDS = 0.05
STILL_SECONDS = 60.0
"""The daemon is not waited for any longer when it reads nothing for so long."""


@click.command("import")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="PATH…")
@click.option("--imap", "mailbox", metavar="ID", help="A folder of this mailbox, instead of files.")
@click.option("--folder", default="INBOX", show_default=True, metavar="NAME", help="Which folder, with --imap.")
@click.option("--to", "to", metavar="ADDRESS", help="For whom all are; default: our first address in each header.")
@click.option("--live", is_flag=True, help="Handle them like mail that comes in now: clocks start, teams are told.")
@click.option("--dry-run", "dry", is_flag=True, help="Read and count; take nothing.")
@click.option("--no-wait", "no_wait", is_flag=True, help="Do not wait until the daemon has read them.")
@config_option
@json_option
def import_mails(
    paths: tuple[Path, ...],
    mailbox: str | None,
    folder: str,
    to: str | None,
    live: bool,
    dry: bool,
    no_wait: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Take in mails that were kept elsewhere: eml files, directories of them, mbox files, Maildirs, an IMAP folder.

    They keep the time at which they came in first. No clock starts for them and nobody is told of them, unless --live
    is given. A mail that was imported before is not taken again, so an import that was stopped by Ctrl-C or killed goes
    on where it was when it is started again.

    Ends with 0 if all were taken, 1 if some could not be (each is named), 130 after Ctrl-C.
    """
    if bool(paths) == (mailbox is not None):
        raise click.UsageError("say what to import: files, or a mailbox with --imap")
    settings = settings_of(directory)
    if to:
        demand_known(settings, to)
    with (
        _while_there_is_room(),
        _mails(settings, paths, mailbox, folder) as (mails, whose),
        store_of(settings) as store,
        Stop() as stop,
        display(mails.size(), as_json=as_json) as shown,
    ):
        run = _Run(settings, store, shown, stop, dry=dry)
        found = run.summary(run.take(mails, to or whose, live=live), wait=not no_wait)
    if as_json:
        json_line({"summary": found})
    else:
        _show(found)
    finish(INTERRUPTED if stop.asked else FINDINGS if found["refused"] else OK)


class Mails(Protocol):
    """Where mails come from."""

    done: int
    """Bytes that were read so far."""

    def size(self) -> int:
        """Bytes of all mails together."""

    def __iter__(self) -> "Iterator[Found]":
        """Each mail, or what stands where one should be."""


@contextmanager
def _mails(
    settings: "Settings", paths: tuple[Path, ...], mailbox: str | None, folder: str
) -> "Iterator[tuple[Mails, str | None]]":
    """The mails of files or of a mailbox, and for whom the latter are."""
    limit = settings.postroom.limits.size
    if mailbox is None:
        from daemon.intake.files import Files

        yield Files(paths, limit), None
        return
    from daemon.intake.folder_mails import FolderMails
    from daemon.intake.imap import TROUBLE, Connection
    from daemon.oauth import OauthError, Tokens

    known = {one.id: one for one in settings.postroom.imap}
    if mailbox not in known:
        fail(USAGE, f"there is no mailbox '{mailbox}'; known: {', '.join(known) or 'none'}")
    box = known[mailbox]
    tokens = Tokens(box.oauth, box.username, settings.directory) if box.oauth else None
    try:
        with closing(Connection(box, settings.directory, limit, tokens)) as connection:
            whose = settings.sources[box.source].address if box.source else f"imap:{box.id}" if box.site else None
            yield FolderMails(connection, box.id, folder, limit), whose
    except (*TROUBLE, OauthError, ValueError) as error:
        fail(TRY_AGAIN, f"mailbox {box.id}: {error}; the same command goes on where it was")


@contextmanager
def _while_there_is_room() -> Iterator[None]:
    """End where the disk is too full: what was taken stays."""
    from daemon.intake.room import NoRoom

    try:
        yield
    except NoRoom as error:
        fail(TRY_AGAIN, f"{error}; make room, then the same command goes on where it was")


class Stop:
    """Ctrl-C once: end with what is in hand. Twice: end at once."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> "Stop":
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _ask(self, *_: object) -> None:
        self.asked = True
        signal.signal(signal.SIGINT, self._before)


class _Run:
    """One import, beside a daemon that may run."""

    def __init__(self, settings: "Settings", store: "Store", shown: Display, stop: Stop, *, dry: bool) -> None:
        from daemon.intake.importer import Importer, into, nowhere
        from daemon.intake.room import Room
        from daemon.shift import data_directory
        from daemon.store.chains import Chain

        self._settings = settings
        self._store = store
        self._shown = shown
        self._stop = stop
        self._dry = dry
        self._chain = Chain(f"import {os.getpid()}")
        room = Room(data_directory(settings), lambda: settings.postroom.limits.reserve)
        self._importer = Importer(nowhere(store) if dry else into(store, self._chain, room), shown.outcome)
        self._running = False
        self._waits = True

    def take(self, files: Mails, to: str | None, *, live: bool) -> "Importer":
        """Take what is in the files, until told to stop."""
        from daemon.intake.directory import Directory
        from daemon.intake.files import NotTaken, accepted
        from daemon.store.imports import LIVE
        from rules.model import IMPORTED

        importer, clock, ours = self._importer, clock_of(self._settings), Directory(self._settings)
        for found in files:
            if self._stop.asked:
                break
            try:
                mail = accepted(found, to, ours.knows, LIVE if live else IMPORTED, clock.now())
            except NotTaken as why:
                importer.refuse(found.name, str(why))
                continue
            if importer.offer(mail):
                self._shown.reached(files.done, importer.counts)
                self._hand_over()
        importer.flush()
        self._shown.reached(files.done, importer.counts)
        return importer

    def _hand_over(self) -> None:
        """Let the daemon read before there is more."""
        if self._dry:
            return
        self._running = wake(self._settings)
        if self._running and self._waits:
            self._waits = self._wait(UNREAD) <= UNREAD or self._stop.asked

    def _wait(self, most: int) -> int:
        """Wait until the daemon has read all but so many, or does not go on; how many it has not."""
        left, since = self._unread(), time.monotonic()
        while left > most and not self._stop.asked and time.monotonic() - since < STILL_SECONDS:
            time.sleep(LOOK_SECONDS)
            before, left = left, self._unread()
            since = time.monotonic() if left < before else since
        return left

    def _unread(self) -> int:
        from daemon.store import imports

        if self._chain.id is None:
            return 0
        with self._store.read() as connection:
            return imports.waiting(connection, self._chain.id)

    def summary(self, importer: "Importer", *, wait: bool) -> dict[str, Any]:
        """What was taken, and what became of it."""
        from daemon.store import imports

        counts, chain = importer.counts, self._chain.id
        found: dict[str, Any] = {
            "mails": counts.total(),
            "taken": counts["taken"],
            "known": counts["known"],
            "refused": counts["refused"],
            "dry_run": self._dry,
            "interrupted": self._stop.asked,
        }
        if self._dry or chain is None:
            return found
        self._running = wake(self._settings)
        if self._running and wait and not self._stop.asked:
            self._wait(0)
        with self._store.read() as connection:
            aside = [dict(row) for row in imports.set_aside(connection, chain)]
            fates, kinds = imports.by_fate(connection, chain), imports.by_kind(connection, chain)
        return found | {"running": self._running, "fates": fates, "opened": kinds, "quarantined": aside}


def _show(found: dict[str, Any]) -> None:
    verb = "would be taken" if found["dry_run"] else "taken"
    told = [f"{found['taken']} {verb}"]
    told += [f"{found['known']} taken before"] if found["known"] else []
    told += [f"{found['refused']} not taken"] if found["refused"] else []
    line(f"{counted(found['mails'], 'mail')}: {', '.join(told)}", style="bold")
    if "fates" in found:
        kinds = ", ".join(f"{number} {kind}" for kind, number in found["opened"].items())
        fates = [f"{number} {fate}" for fate, number in found["fates"].items() if fate != "pending"]
        if fates:
            line(f"{', '.join(fates)}{f'; records: {kinds}' if kinds else ''}")
        _show_unread(found)
    for one in found.get("quarantined", []):
        line(f"set aside: mail {one['id']}, {one['client']}: {one['reason']}", style="yellow")
    if found["interrupted"]:
        line("Interrupted: the same command goes on from here.", style="yellow")


def _show_unread(found: dict[str, Any]) -> None:
    left = found["fates"].get("pending", 0)
    if left and found["running"]:
        line(f"{counted(left, 'mail')} not read yet: `postroom status` shows how far the daemon is")
    elif left:
        line(f"No daemon runs: {counted(left, 'mail')} will be read when it does.")


COMMANDS = (import_mails,)
