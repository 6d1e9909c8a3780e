"""`queue list | show | retry | hold | drop`: outgoing mails."""

import sys
from pathlib import Path
from typing import Any

import click

from daemon.cli.house import config_option, now_of, place_of, store_of, wake
from daemon.cli.output import FINDINGS, fail, finish, json_line, json_option, line, table

STATES = ("waiting", "sending", "sent", "unknown", "held", "failed", "withdrawn")
COLUMNS = ("Number", "State", "To", "About", "Subject", "Tries", "Next try", "Last error")
NUMBERS = click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1, 2**63 - 1), metavar="NUMBER…")


@click.group()
def queue() -> None:
    """Look after outgoing mails: list, show, retry, hold, drop."""


@queue.command("list")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only these; may be repeated.")
@click.option("--all", "everything", is_flag=True, help="Also those that are sent or withdrawn.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="At most so many.")
@config_option
@json_option
def list_letters(states: tuple[str, ...], everything: bool, limit: int, directory: Path, as_json: bool) -> None:
    """List outgoing mails that are not sent yet, oldest first."""
    from daemon.store import mailed

    wanted = states or (() if everything else tuple(s for s in STATES if s not in ("sent", "withdrawn")))
    place = place_of(directory)
    with store_of(place) as store, store.read() as connection:
        rows = mailed.listing(connection, wanted, limit)
    if as_json:
        for row in rows:
            json_line(_plain(row))
    else:
        keys = ("id", "state", "recipient", "ref", "subject", "attempts", "next_try_at", "last_error")
        table("Outgoing mails", COLUMNS, [[row[key] for key in keys] for row in rows])


@queue.command("show")
@click.argument("number", type=click.IntRange(1, 2**63 - 1))
@click.option("--raw", is_flag=True, help="Only the mail itself, as the relay gets it.")
@config_option
@json_option
def show(number: int, raw: bool, directory: Path, as_json: bool) -> None:
    """Show one outgoing mail with its state and its words."""
    from daemon.store import mailed

    place = place_of(directory)
    with store_of(place) as store, store.read() as connection:
        row = mailed.one(connection, number)
    if row is None:
        fail(FINDINGS, f"there is no outgoing mail {number}")
    if raw:
        sys.stdout.buffer.write(row["rendered"])
    elif as_json:
        json_line(_plain(row) | {"mail": row["rendered"].decode("utf-8", "replace")})
    else:
        table("", ("", ""), [(key, value) for key, value in _plain(row).items()])
        line(_words(row["rendered"]))
        line(f"The whole mail: postroom queue show {number} --raw")


def _act(numbers: tuple[int, ...], action: str, directory: Path) -> None:
    """Do it to all; those that it is not possible for are named."""
    from daemon.store import mailed, outgoing

    place = place_of(directory)
    now = now_of(place)
    refused = 0
    with store_of(place) as store:
        for number in numbers:
            done = store.write(lambda c, number=number: outgoing.act_on(c, number, action, now)).result()  # type: ignore[misc]
            with store.read() as connection:
                row = mailed.one(connection, number)
            state = row["state"] if row else "not there"
            line(f"{number}: {state}" if done else f"{number} is {state}: it cannot be {_DONE[action]}")
            refused += not done
    wake(place)
    finish(FINDINGS if refused else 0)


def _words(rendered: bytes) -> str:
    """The plain text of one of our own mails."""
    from email import message_from_bytes

    parts = message_from_bytes(rendered).walk()
    text = next((part for part in parts if part.get_content_type() == "text/plain"), None)
    content = text.get_payload(decode=True) if text is not None else b""
    return content.decode("utf-8", "replace").replace("\r\n", "\n") if isinstance(content, bytes) else ""


_DONE = {"retry": "tried again", "hold": "held", "drop": "dropped"}


@queue.command()
@NUMBERS
@config_option
def retry(numbers: tuple[int, ...], directory: Path) -> None:
    """Try outgoing mails again at once: also held and failed ones."""
    _act(numbers, "retry", directory)


@queue.command()
@NUMBERS
@config_option
def hold(numbers: tuple[int, ...], directory: Path) -> None:
    """Keep outgoing mails back until they are retried."""
    _act(numbers, "hold", directory)


@queue.command()
@NUMBERS
@config_option
def drop(numbers: tuple[int, ...], directory: Path) -> None:
    """Withdraw outgoing mails: they are kept, and never sent."""
    _act(numbers, "drop", directory)


def _plain(row: Any) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("rendered", "lease", "lease_until")}


COMMANDS = (queue,)
