"""`source verify`: does what is sent to the address of a source come the whole way?"""

import secrets
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.house import config_option, now_of, settings_of, store_of, wake
from daemon.cli.output import FINDINGS, OK, USAGE, complain, fail, finish, json_line, json_option, line

if TYPE_CHECKING:
    from config.models import Settings, Source
    from daemon.store import Store
    from daemon.store.outgoing import Letter
    from daemon.store.probes import Probe

WAIT_SECONDS = 60.0
LOOK_SECONDS = 0.3
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PROOFS = {
    "address": "it came to the secret address",
    "authenticated": "the border server vouches for it",
    None: "but nothing proves that it is the source's own: such mails do not count as its mails",
}


@click.command()
@click.argument("name", metavar="ID")
@click.option("--print", "by_hand", is_flag=True, help="Send nothing: say which mail to send to the address by hand.")
@click.option("--wait", "seconds", type=click.FloatRange(0, 86400), metavar="SECONDS", help="How long to wait for it.")
@config_option
@json_option
def verify(name: str, by_hand: bool, seconds: float | None, directory: Path, as_json: bool) -> None:
    """Send a mail to the address of a source, and wait until it came the whole way.

    It goes out by the relay as any mail does, comes in at the address, and is known by its token: it opens no record
    and counts for nothing. The result is kept, see `postroom sources`. Waits for 60 seconds, with --print not at all
    unless --wait is given. Exit code 1 if it did not come, or not as the source's own.
    """
    from config.problems import nearest
    from daemon.store import outgoing, probes

    settings = settings_of(directory)
    source = settings.sources.get(name)
    if source is None:
        meant = nearest(name, settings.sources)
        fail(USAGE, f"there is no source '{name}'{f', {meant}' if meant else ''}")
    token, at = "".join(secrets.choice(_LETTERS) for _ in range(16)), now_of(settings)
    letter = None if by_hand else _letter(settings, source, token, at)
    with store_of(settings) as store:
        store.write(lambda c: probes.keep(c, token, name, at)).result()
        if letter is not None:
            store.write(lambda c: outgoing.put(c, letter, at)).result()
        _say(source, token, by_hand=by_hand, is_running=wake(settings), as_json=as_json)
        if by_hand and as_json:  # without the token nobody can send it
            _tell(source, token, None, as_json=True)
        if by_hand and not seconds:
            finish(OK)
        came = _wait(store, token, WAIT_SECONDS if seconds is None else seconds)
    _tell(source, token, came, as_json=as_json)
    finish(OK if came is not None and came.verified else FINDINGS)


def _letter(settings: "Settings", source: "Source", token: str, at: datetime) -> "Letter":
    from email.utils import make_msgid

    from daemon.outbox.compose import OutgoingMail, compose
    from daemon.outbox.signing import signed
    from daemon.store.outgoing import Letter
    from rules.probe import mark_of

    host = settings.postroom.hostname
    mail = OutgoingMail(
        sender=f"postmaster@{host}",
        sender_name="Postroom",
        to=source.address,
        subject=mark_of(token),
        text=f"This mail of Postroom shows that mails to {source.address} come the whole way.\n\n{mark_of(token)}\n",
        message_id=make_msgid(domain=host),
        date=at,
    )
    return Letter(
        dedupe=f"probe:{token}:{source.address}",
        purpose="probe",
        recipient=source.address,
        sender=mail.sender,
        subject=mail.subject,
        message_id=mail.message_id,
        content=signed(settings, mail.sender, compose(mail)),
    )


def _say(source: "Source", token: str, *, by_hand: bool, is_running: bool, as_json: bool) -> None:
    """What was done, and what is to be done by hand."""
    from rules.probe import mark_of

    if not is_running:
        complain("postroom: no daemon runs here: the mail is sent and known once one does")
    if as_json:
        return
    if by_hand:
        line(f"Send a mail to {source.address}, or a test request by the source itself, with this in its text:")
        line(f"    {mark_of(token)}")
        line(f"Then look: postroom sources {source.id}")
    else:
        line(f"A mail to {source.address} is on its way.")


def _wait(store: "Store", token: str, seconds: float) -> "Probe | None":
    """The probe once it came; None where it did not."""
    from daemon.store import probes

    until = time.monotonic() + seconds
    while True:
        with store.read() as connection:
            found = probes.find(connection, [token])
        if found is not None and found.came_at is not None:
            return found
        if time.monotonic() >= until:
            return None
        time.sleep(LOOK_SECONDS)


def _tell(source: "Source", token: str, came: "Probe | None", *, as_json: bool) -> None:
    from rules.probe import mark_of

    told: dict[str, Any] = {"source": source.id, "address": source.address, "token": mark_of(token)}
    if as_json:
        json_line(
            told
            | {
                "came_at": came.came_at if came else None,
                "channel": came.channel if came else None,
                "verified": came.verified if came else None,
            }
        )
    elif came is None:
        line(f"It did not come yet. If it does, `postroom sources {source.id}` says so.", style="yellow")
    else:
        line(f"It came the whole way by {came.channel}: {_PROOFS[came.verified]}.")
