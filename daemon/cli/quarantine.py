"""`quarantine list | show | retry | drop`: mails that could not be read."""

import sys
from pathlib import Path

import click

from daemon.cli.house import config_option, now_of, place_of, store_of, user, wake
from daemon.cli.output import FINDINGS, fail, finish, json_line, json_option, line, table

KEYS = ("id", "accepted_at", "recipient", "sender", "size", "tries", "fate_at", "reason")
NUMBER = click.IntRange(1, 2**63 - 1)


@click.group()
def quarantine() -> None:
    """Look after mails that could not be read: list, show, retry, drop. Their bytes are kept."""


@quarantine.command("list")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="At most so many.")
@config_option
@json_option
def list_mails(limit: int, directory: Path, as_json: bool) -> None:
    """List the mails that are set aside, and why."""
    from daemon.store import messages

    place = place_of(directory)
    with store_of(place) as store, store.read() as connection:
        rows = messages.listing(connection, "quarantined", limit)
    if as_json:
        for row in rows:
            json_line({key: row[key] for key in KEYS})
    else:
        columns = ("Number", "Accepted", "To", "From", "Bytes", "Tries", "Set aside", "Why")
        table("Quarantine", columns, [[row[key] for key in KEYS] for row in rows])


@quarantine.command("show")
@click.argument("number", type=NUMBER)
@click.option("--raw", is_flag=True, help="Only the mail itself, as it was received: look at it with care.")
@config_option
@json_option
def show(number: int, raw: bool, directory: Path, as_json: bool) -> None:
    """Show one mail that is set aside."""
    from daemon.store import messages

    place = place_of(directory)
    with store_of(place) as store, store.read() as connection:
        row = messages.one(connection, number)
        content = messages.original(connection, number)
    if row is None or row["fate"] != "quarantined":
        fail(FINDINGS, f"there is no mail {number} in quarantine")
    if raw:
        sys.stdout.buffer.write(content or b"")
    elif as_json:
        json_line({key: row[key] for key in KEYS})
    else:
        table("", ("", ""), [(key, row[key]) for key in KEYS])
        line(f"Its bytes: postroom quarantine show {number} --raw")


@quarantine.command()
@click.argument("numbers", nargs=-1, required=True, type=NUMBER, metavar="NUMBER…")
@config_option
def retry(numbers: tuple[int, ...], directory: Path) -> None:
    """Have mails read again, each alone."""
    from daemon.store import messages

    place = place_of(directory)
    refused = 0
    with store_of(place) as store:
        for number in numbers:
            done = store.write(lambda c, number=number: messages.retry(c, number)).result()  # type: ignore[misc]
            line(f"{number}: will be read again" if done else f"{number} is not in quarantine")
            refused += not done
    wake(place)
    finish(FINDINGS if refused else 0)


@quarantine.command()
@click.argument("numbers", nargs=-1, required=True, type=NUMBER, metavar="NUMBER…")
@click.option("--reason", default="dropped by hand", show_default=True, help="Why; kept in the ledger.")
@config_option
def drop(numbers: tuple[int, ...], reason: str, directory: Path) -> None:
    """Decide that mails are nothing: they are ignored, with the reason; their bytes are kept."""
    from daemon.store import messages

    place = place_of(directory)
    now, refused = now_of(place), 0
    why = f"{reason} ({user()})" if user() else reason
    with store_of(place) as store:
        for number in numbers:
            done = store.write(lambda c, number=number: messages.drop(c, number, why, now)).result()  # type: ignore[misc]
            line(f"{number}: ignored" if done else f"{number} is not in quarantine")
            refused += not done
    wake(place)
    finish(FINDINGS if refused else 0)


COMMANDS = (quarantine,)
