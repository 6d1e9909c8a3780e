"""`run`, `status`, `reload`: the daemon itself."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.house import config_option, now_of, place_of, store_of
from daemon.cli.output import (
    FINDINGS,
    OWN_KEYS,
    TRY_AGAIN,
    complain,
    counted,
    duration,
    fail,
    finish,
    json_line,
    json_option,
    line,
    size,
    table,
)

if TYPE_CHECKING:
    from config.models import Settings
    from daemon.cli.house import Rest


@click.command()
@config_option
def run(directory: Path) -> None:
    """Run the daemon in the foreground.

    SIGTERM or Ctrl-C ends it cleanly, SIGHUP reloads the configuration. Says every error of the configuration and
    ends with 78 if there is one.
    """
    from daemon.app import run as run_daemon

    finish(run_daemon(directory))


@click.command()
@config_option
def reload(directory: Path) -> None:
    """Have the running daemon take over the changed configuration.

    With errors the last good one stays in force everywhere, and the errors are printed (exit code 1).
    """
    from daemon.control import NotRunning, ask
    from daemon.shift import data_directory

    settings = place_of(directory)
    try:
        answer = ask(data_directory(settings), {"do": "reload"})
    except NotRunning as error:
        fail(TRY_AGAIN, f"{error}: nothing to reload")
    for problem in answer.get("problems", []):
        complain(problem)
    if not answer.get("ok"):
        told = counted(len(answer.get("problems", [])), "problem")
        fail(FINDINGS, f"{told}: the daemon goes on with the last good configuration")
    line("The daemon runs on the new configuration.")


@click.command()
@config_option
@json_option
def status(directory: Path, as_json: bool) -> None:
    """Show whether the daemon runs and how its work stands (exit code 1 if it does not run).

    Mails by fate, the oldest that waits, outgoing mails by state, alarms, loops that stand still, mailboxes and when
    they were last read, mails set aside, addresses that were refused and what was probably meant, the last reload and
    its errors.
    """
    from daemon.control import NotRunning, ask
    from daemon.shift import data_directory

    settings = place_of(directory)
    try:
        found = ask(data_directory(settings), {"do": "status"})
    except NotRunning:
        found = _status_of_the_store(settings)
    if as_json:
        json_line(found)
    else:
        _show(found)
    if not found["running"]:
        finish(FINDINGS)


def _status_of_the_store(settings: "Settings | Rest") -> dict[str, Any]:
    """What the database says while no daemon runs."""
    from daemon.caretaker import ages
    from daemon.intake.mailboxes import standing_of
    from daemon.shift import has_own_keys
    from daemon.store import alarms, mailboxes, mailed, messages, standstill
    from daemon.store.silence_report import silence_standing

    now = now_of(settings)
    with store_of(settings) as store, store.read() as connection:
        fates: dict[str, int] = {}
        for fate, _, number in messages.by_fate(connection):
            fates[fate] = fates.get(fate, 0) + number
        oldest = ages(connection, now)
        waits = {name: round((now - since).total_seconds()) if since else 0 for name, since in oldest._asdict().items()}
        return {
            "running": False,
            "mails": fates,
            "outbox": mailed.by_state(connection),
            "oldest_pending_seconds": waits["unread"],
            "oldest_unsent_seconds": waits["unsent"],
            "oldest_unfired_seconds": waits["unfired"],
            "alarms": [one._asdict() for one in alarms.standing(connection)],
            "silence": silence_standing(connection, settings.silences, now),
            "standstill": standstill.told(connection, now),
            "mailboxes": standing_of(settings.postroom.imap, mailboxes.standing(connection)),
            "relays": [relay.url for relay in settings.postroom.relay],
            "own_desk_keys": has_own_keys(settings),
        }


def _show(found: dict[str, Any]) -> None:
    if found["running"]:
        line(
            f"running since {_clock(found['started_at'])}, process {found['pid']}, worker {found['worker']}",
            style="bold",
        )
        line(f"settings {found['settings'][:12]}, reloaded {_clock(found['reloaded_at']) or 'not since the start'}")
        smtp = ", ".join([*found["smtp"], *(f"{place} (TLS)" for place in found["smtp_tls"])])
        line(f"SMTP {smtp or 'off'} ({found['connections']} connections), health {found['health'] or 'off'}")
        if found["lmtp"]:
            line(f"LMTP {', '.join(found['lmtp'])} ({found['lmtp_connections']} connections)")
        _show_disk(found["disk"])
    else:
        line("not running; this is what the database says", style="bold")
    for problem in found.get("problems", []):
        line(f"the last reload was refused: {problem}", style="red")
    _show_standstill(found["standstill"])
    mails, letters = found["mails"], found["outbox"]
    line(f"mails: {_counts(mails)}{_waits(mails, ('pending',), found['oldest_pending_seconds'])}")
    waiting = ("waiting", "sending", "unknown")
    line(f"outgoing: {_counts(letters)}{_waits(letters, waiting, found['oldest_unsent_seconds'])}")
    if found["oldest_unfired_seconds"]:
        line(f"steps of policies: the oldest is due for {duration(found['oldest_unfired_seconds'])}")
    for alarm in found["alarms"]:
        line(
            f"the admin was told, and it is not over: {alarm['what']}, since {_clock(str(alarm['since']))}", style="red"
        )
    for one in found.get("standing_still", []):
        doing = f" ({one['doing']})" if one["doing"] else ""
        line(f"stands still: {one['process']}.{one['loop']}{doing}", style="red")
    line(f"relay: {', '.join(found['relays'])}")
    if found["own_desk_keys"]:
        line(OWN_KEYS, style="yellow")
    _show_silence(found["silence"])
    _show_mailboxes(found.get("mailboxes", []))
    if mails.get("quarantined"):
        line(f"{counted(mails['quarantined'], 'mail')} set aside: `postroom quarantine list`", style="yellow")
    if letters.get("failed") or letters.get("held"):
        line("outgoing mails need a person: `postroom queue list`", style="yellow")
    refused = found.get("refused_recipients", [])
    if refused:
        rows = [(one["address"], one["count"], _clock(one["last_at"]), one["meant"]) for one in refused]
        table("Refused recipients", ("Address", "Times", "Last", "Probably meant"), rows)


def _show_disk(disk: dict[str, Any]) -> None:
    free, reserve = size(disk["free"]), size(disk["reserve"])
    if disk["is_short"]:
        line(f"disk: {free} free, {reserve} are kept for what was accepted: new mail is refused for now", style="red")
    else:
        line(f"disk: {free} free, {reserve} of it kept from new mail")


def _show_standstill(found: dict[str, Any] | None) -> None:
    if found is None:
        return
    line(f"NOTHING GOES OUT since {_clock(found['since'])}: {found['why']}", style="bold red")
    waits = ", ".join(counted(found[name], name.removesuffix("s")) for name in ("letters", "notices", "deadlines"))
    line(f"{waits} wait, and mail is taken in; let it all go on: `postroom release`", style="red")


def _show_silence(found: dict[str, Any]) -> None:
    """The watch over silent sources: when it last looked, what it found, what is planned."""
    missed = f", {counted(found['missed'], 'look')} missed so far" if found["missed"] else ""
    line(f"silent sources: last looked {_clock(found['last_run']) or 'never'}{missed}")
    if found["silent"]:
        line(f"silent, and told: {', '.join(found['silent'])}", style="yellow")
    for one in found["planned"]:
        whom = f"site {one['site']}" if one["site"] else one["source"]
        why = f": {one['reason']}" if one["reason"] else ""
        line(f"planned silence of {whom} from {one['from']} to {one['until']}{why}")


def _show_mailboxes(mailboxes: list[dict[str, Any]]) -> None:
    rows = [
        (one["id"], one["account"], one["state"], _clock(one["last_success"]), one["found"], one["waiting"])
        for one in mailboxes
    ]
    if rows:
        table("Mailboxes", ("Mailbox", "Account", "State", "Last read", "Mails seen", "To be fetched"), rows)
    for one in mailboxes:
        if one["error"]:
            line(f"{one['id']}: {one['error']}", style="yellow")


def _clock(told: str | None) -> str | None:
    """A time as the daemon tells it, to the minute; in UTC, as an installation has many zones."""
    return f"{datetime.fromisoformat(told).astimezone(UTC):%Y-%m-%d %H:%M} UTC" if told else None


def _waits(numbers: dict[str, int], states: tuple[str, ...], seconds: float) -> str:
    """How long the oldest that is not finished waits."""
    return f"; the oldest waits for {duration(seconds)}" if any(numbers.get(state) for state in states) else ""


def _counts(numbers: dict[str, int]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(numbers.items())) or "none"


COMMANDS = (run, status, reload)
