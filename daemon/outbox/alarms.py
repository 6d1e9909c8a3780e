"""Plain mails to the admin about the daemon itself."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from email.utils import make_msgid

import msgspec

from config.models import Settings
from daemon.outbox.compose import OutgoingMail, compose
from daemon.outbox.signing import signed
from daemon.store.outgoing import STANDSTILL, Letter
from daemon.store.standstill import Standstill, Waiting


class Alarm(msgspec.Struct, frozen=True):
    """What the admin must know although mail may not go out: the mail, if there is one, and words for another way."""

    letter: Letter | None
    words: str


def alarm(settings: Settings, dedupe: str, subject: str, text: str, now: datetime) -> Letter:
    """A letter to the admin; the same `dedupe` is told once."""
    postroom = settings.postroom
    own_id, sender = make_msgid(domain=postroom.hostname), f"postmaster@{postroom.hostname}"
    mail = OutgoingMail(
        sender=sender,
        sender_name="Postroom",
        to=postroom.admin,
        subject=f"[Postroom] {subject}",
        text=text,
        message_id=own_id,
        date=now,
        category="alarm",
    )
    return Letter(
        dedupe=f"alarm:{dedupe}",
        purpose="alarm",
        recipient=postroom.admin,
        sender=sender,
        subject=mail.subject,
        message_id=own_id,
        content=signed(settings, sender, compose(mail)),
    )


def reload_refused(settings: Settings, problems: Sequence[str], now: datetime) -> Letter:
    """The new configuration has errors; the last good one stays in force."""
    told = "\n".join(problems[:200])
    text = f"The configuration was changed and has errors. Postroom goes on with the last good one.\n\n{told}\n"
    digest = hashlib.sha256("\n".join(problems).encode()).hexdigest()[:16]
    return alarm(settings, f"reload:{digest}", f"errors in the configuration ({len(problems)})", text, now)


def not_delivered(settings: Settings, letter_id: int, recipient: str, why: str, now: datetime) -> Alarm:
    """A mail failed for good."""
    text = (
        f"A mail to {recipient} was not delivered and will not be tried again.\n\n{why}\n\n"
        f"To try it again: postroom queue retry {letter_id}\n"
    )
    return _both(settings, f"failed:{letter_id}", f"mail to {recipient} failed", text, now)


def in_doubt(settings: Settings, letter_id: int, recipient: str, why: str, now: datetime) -> Alarm:
    """Nobody knows whether a mail went out, and it is not sent again by itself."""
    text = (
        f"Nobody knows whether a mail to {recipient} went out, and it is held. Ask there before you send it again.\n\n"
        f"{why}\n\nTo send it again: postroom queue retry {letter_id}\nTo leave it: postroom queue drop {letter_id}\n"
    )
    return _both(settings, f"doubt:{letter_id}:{now.isoformat()}", f"mail to {recipient} is in doubt", text, now)


def leaking(settings: Settings, letter_id: int, ref: str, site: str, why: str, now: datetime) -> Letter:
    """A mail to a customer was held by the leak guard."""
    text = (
        f"A mail to the customer of {ref} ({site}) is held, as {why}. Its writer was told.\n\n"
        f"Look at it: postroom queue show {letter_id}\n"
        f"To send it all the same: postroom queue retry {letter_id}\nTo drop it: postroom queue drop {letter_id}\n"
    )
    return alarm(settings, f"leak:{letter_id}", f"a mail to the customer of {ref} is held", text, now)


def relay_is_down(settings: Settings, minutes: int, why: str, now: datetime) -> Alarm:
    """Mail has been waiting for long; told once a day."""
    text = f"Mail has been waiting for {minutes} minutes.\n\nThe relay says: {why}\n"
    return _both(settings, f"waiting:{now.date()}", "the relay does not take our mail", text, now)


def _both(settings: Settings, dedupe: str, subject: str, text: str, now: datetime) -> Alarm:
    letter = alarm(settings, dedupe, subject, text, now)
    return Alarm(letter, f"{letter.subject}\n\n{text}")


def disk_too_full(settings: Settings, daemon: str, why: str, since: datetime, now: datetime) -> Letter:
    """New mail is refused for now; `daemon` tells several on one database apart."""
    text = (
        f"Since {since:%Y-%m-%d %H:%M} UTC new mail is refused for now, and its senders try again: {why}.\n\n"
        "What was accepted before is read, told and sent all the same. Mail is taken again as soon as there is room; "
        "nothing needs to be started anew.\n"
    )
    return alarm(settings, f"disk:{daemon}:{since.isoformat()}", "the disk is too full for new mail", text, now)


def stands_still(settings: Settings, found: Standstill, waits: Waiting, now: datetime) -> Letter:
    """Nothing goes out; told each day for as long as it lasts."""
    text = (
        f"Since {found.began_at:%Y-%m-%d %H:%M} UTC nothing goes out: {found.why}.\n\n"
        f"Mail is taken in and read. So far {waits.letters} mails, {waits.notices} notifications and {waits.deadlines} "
        "steps whose time has come wait; no list or report is made. This mail alone is sent, once a day.\n\n"
        "See what waits: postroom status; postroom queue list\n"
        "Let everything go on: postroom release\n"
        "The same, but hold the mails that may have gone out before: postroom release --hold\n"
    )
    key = f"{STANDSTILL.removeprefix('alarm:')}{found.id}:{now.date()}"
    return alarm(settings, key, "nothing goes out until you say so", text, now)


def quarantined(settings: Settings, message_id: int, why: str, now: datetime) -> Letter:
    """A mail could not be read; a person must look."""
    text = (
        f"A mail could not be read and was set aside.\n\n{why}\n\nLook at it: postroom quarantine show {message_id}\n"
    )
    return alarm(settings, f"quarantined:{message_id}", "a mail could not be read", text, now)


def not_told(settings: Settings, notice_id: int, ref: str, site: str, why: str, now: datetime) -> Letter:
    """A notice could not be turned into a mail."""
    text = f"A mail about {ref} ({site}) could not be written.\n\n{why}\n"
    return alarm(settings, f"notice:{notice_id}", f"{ref} could not be told", text, now)


def over_cap(settings: Settings, correspondent: str, because: str, now: datetime) -> Letter:
    """What a program would say to somebody, or of what he writes, is stopped or waits; told once a day."""
    text = (
        f"Mails that Postroom would send by itself because of {correspondent} are not written for now: {because}.\n\n"
        "Mostly a program answers there. What came in is kept with its record: postroom show REF\n"
        "That an answer of a team waits, or a command was refused, its writer is told as soon as there is room.\n"
        "The limits stand under [brakes] in postroom.toml.\n"
    )
    return alarm(settings, f"cap:{correspondent}:{now.date()}", f"too many mails because of {correspondent}", text, now)


def customers_braked(settings: Settings, limit: int, now: datetime) -> Letter:
    """Mails to customers wait; told once a day."""
    text = (
        f"{limit} mails went to customers within an hour. Further ones wait until there is room, and go out then.\n\n"
        "If they are wanted, raise customers_per_hour under [brakes] in postroom.toml, and: postroom reload\n"
    )
    return alarm(settings, f"brake:customers:{now.date()}", "mails to customers wait", text, now)


def source_changed(settings: Settings, source: str, changes: Sequence[str], mails: int, now: datetime) -> Letter:
    """A source writes otherwise than before; told once a week, as one change shows in several fields one by one."""
    year, week, _ = now.isocalendar()
    told = "\n".join(f"- {one}" for one in changes[:50])
    text = (
        f"The latest {mails} mails of the source {source} differ from those before them:\n\n{told}\n\n"
        f"Look at it: postroom sources {source}\n"
        "A new label can be given its field under [source.layout] in sources.toml. Then read again what came in "
        "meanwhile: postroom reparse --since DATE --source "
        f"{source}\n"
    )
    return alarm(settings, f"source:{source}:{year}-{week}", f"the source {source} has changed", text, now)
