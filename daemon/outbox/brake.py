"""The brakes of outgoing mail: which of the notices that are due become letters now (`rules.brakes`).

What is told of a site that was taken out of the configuration waits, too: nothing says in whose name it would go.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from config.models import Settings
from daemon.log import get_logger
from daemon.outbox.alarms import customers_braked, over_cap
from daemon.store import brakes, outgoing
from daemon.store.notices import DueNotice
from daemon.store.outgoing import Letter
from rules.brakes import correspondent_of, is_alert, judged
from rules.sites import is_configured

NOT_CONFIGURED_WAIT = timedelta(hours=1)
"""After so long it is looked whether the site is there again."""

log = get_logger(__name__)


class Braked(msgspec.Struct, frozen=True):
    """A batch of notices after the brakes."""

    sending: list[DueNotice]
    dropped: tuple[tuple[int, str], ...] = ()
    """Key, and why it is told to nobody."""
    waiting: tuple[tuple[int, datetime], ...] = ()
    """Key, and until when it waits."""
    alarms: tuple[Letter, ...] = ()
    """To the admin; what was told before is not told again."""


def braked(connection: Connection, settings: Settings, due: Sequence[DueNotice], now: datetime) -> Braked:
    """Decide which notices become letters; three queries where any of them counts, else none."""
    gone = [one for one in due if not is_configured(settings, one.record.site)]
    if gone:
        log.error("site-not-configured", sites=sorted({one.record.site for one in gone}), notices=len(gone))
        here = [one for one in due if is_configured(settings, one.record.site)]
        found = braked(connection, settings, here, now)
        waiting = tuple((one.id, now + NOT_CONFIGURED_WAIT) for one in gone)
        return msgspec.structs.replace(found, waiting=(*found.waiting, *waiting))
    readers = sorted({one.notice.to for one in due if is_alert(one.notice)})
    if not readers and not any(one.notice.correspondent or one.notice.role == "customer" for one in due):
        return Braked(list(due))
    limits = settings.postroom.brakes
    who = sorted({correspondent_of(one) for each in due if (one := each.notice.correspondent)})
    verdicts = judged([one.notice for one in due], brakes.sent(connection, who, now, readers), limits, now)
    judgements = list(zip(due, verdicts, strict=True))
    over = {said.correspondent: said.because for _, said in judgements if said.correspondent is not None}
    waiting = tuple((one.id, said.until) for one, said in judgements if said.until is not None)
    alarms = [over_cap(settings, name, because, now) for name, because in over.items()]
    to_customers = (said for one, said in judgements if one.notice.role == "customer")
    if any(said.what == "wait" and said.correspondent is None for said in to_customers):
        alarms.append(customers_braked(settings, limits.customers_per_hour, now))
    return Braked(
        [one for one, said in judgements if said.what == "send"],
        tuple((one.id, said.because) for one, said in judgements if said.what == "drop"),
        waiting,
        tuple(alarms),
    )


def keep(connection: Connection, stopped: Braked, now: datetime) -> None:
    """Write what the brakes said of those that do not go out, and tell the admin."""
    brakes.drop(connection, stopped.dropped, now)
    brakes.hold(connection, stopped.waiting)
    for letter in stopped.alarms:
        if outgoing.put(connection, letter, now) is not None:
            log.warning("mail-braked", alarm=letter.subject)
