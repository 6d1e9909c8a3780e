"""Plain mails to the admin about what waits too long and what stands still, and that it is over."""

from datetime import datetime

from config.models import Settings
from daemon.outbox.alarms import alarm
from daemon.store.alarms import Told
from daemon.store.outgoing import Letter

WAITING = {
    "unread": (
        "accepted mail is not read",
        "A mail that was accepted has waited since {since} for its fate: nobody was told of it.",
        "Nothing is lost. `postroom status` shows how much waits and whether the worker is up; its log says why.",
    ),
    "unsent": (
        "outgoing mail is not sent",
        "An outgoing mail, or what goes to another system, has waited since {since}: nobody has taken it.",
        "`postroom queue list` shows what waits and what the relay, or the system, said last.",
    ),
    "unfired": (
        "steps of policies do not happen",
        "A step of a policy has been due since {since} and has not happened: nobody was reminded, nothing escalated.",
        "`postroom status` shows whether the worker is up. Records of a site that is no longer configured wait, too.",
    ),
}
"""What waits: subject, what it means, what to look at."""
HEALED = {
    "worker": "The worker process is ended and started anew. What it had in hand is taken up again.",
    "mailbox": "Its mailbox is read by a fresh connection from now on.",
    "systemd": "systemd's watchdog is no longer answered, so that it starts Postroom anew. Without one: restart it.",
}


def waits_too_long(settings: Settings, what: str, since: datetime, now: datetime) -> Letter:
    """Something that we owe has waited longer than `[health]` allows."""
    subject, meaning, look = WAITING[what]
    text = (
        f"{meaning.format(since=_clock(since))}\n\n{look}\n"
        f"The limit is `{what}` under [health] in postroom.toml. You will be told when it is over.\n"
    )
    return alarm(settings, _key(what, since), subject, text, now)


def stands_still(settings: Settings, what: str, loop: str, healing: str, since: datetime, now: datetime) -> Letter:
    """A loop was not heard of for too long.

    Args:
        settings: The present ones.
        what: Key of the alarm.
        loop: Daemon, process and loop, as people read it.
        healing: What is done about it, one of HEALED.
        since: When it was found.
        now: UTC.
    """
    text = (
        f"Of {loop} nothing has been heard for too long: it stands still.\n\n{HEALED[healing]}\n"
        "You will be told when it has gone on for five minutes; until then not again.\n"
    )
    return alarm(settings, _key(what, since), f"{loop} stands still", text, now)


def over(settings: Settings, told: Told, name: str, now: datetime) -> Letter:
    """What the admin was told of is over."""
    text = f"You were told at {_clock(told.told_at)}: {name}. That is over.\n"
    return alarm(settings, f"{_key(told.what, told.since)}:over", f"over: {name}", text, now)


def _key(what: str, since: datetime) -> str:
    return f"house:{what}:{since.isoformat()}"


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
