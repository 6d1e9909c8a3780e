"""Caps per correspondent, and one brake for all mails to customers: no loop outlasts them, whatever headers it strips.

What nobody of the house asked for counts for the caps: over them a notice is dropped. All that goes to customers counts
for the brake, a person's own answer too: over it notices wait, as most of them are wanted. What the clock has to tell
counts for its reader: over that it waits, and then goes in one mail.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from config.machine import Brakes
from rules.escalation import PURPOSES
from rules.model import Notice

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


class Sent(msgspec.Struct, frozen=True):
    """What went out lately: letters for each correspondent within an hour and a day, and mails to customers."""

    hour: Mapping[str, int] = {}
    day: Mapping[str, int] = {}
    customers: int = 0
    oldest_customer: datetime | None = None
    """When the first of those went: an hour later there is room for one more."""
    alerts: Mapping[str, int] = {}
    oldest_alert: Mapping[str, datetime] = {}
    """Mails of the clock about one record each within the hour, by reader in lower case, and when the first went."""


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of one notice."""

    what: Literal["send", "drop", "wait"]
    because: str = ""
    correspondent: str | None = None
    until: datetime | None = None


SEND = Verdict("send")


def correspondent_of(address: str) -> str:
    """An address as the caps count it: in lower case, without the tag by which a responder may vary it."""
    local, at, domain = address.casefold().rpartition("@")
    if local.startswith(("prvs=", "btv1==", "msprvs1=")):
        local = local.rpartition("=")[2] or local
    return f"{local.partition('+')[0] or local}{at}{domain}"


def judged(notices: Sequence[Notice], sent: Sent, brakes: Brakes, now: datetime) -> list[Verdict]:
    """Decide on the notices of a batch, in their order; each that goes out counts for the next.

    Args:
        notices: Those that are due.
        sent: What went out before.
        brakes: The limits.
        now: UTC.
    """
    hour, day = Counter(sent.hour), Counter(sent.day)
    customers, alerts = sent.customers, Counter(sent.alerts)
    verdicts = []
    for notice in notices:
        verdict = SEND
        who = correspondent_of(notice.correspondent) if notice.correspondent else None
        over = who is not None and _over(hour[who], day[who], brakes)
        if who is not None and over:
            verdict = Verdict("drop", f"more than {over} because of {who}", correspondent=who)
        elif notice.role == "customer" and customers >= brakes.customers_per_hour:
            because = f"more than {brakes.customers_per_hour} mails to customers within an hour"
            verdict = Verdict("wait", because, until=(sent.oldest_customer or now) + HOUR)
        elif is_alert(notice) and alerts[notice.to.casefold()] >= brakes.escalations_per_hour:
            because = f"more than {brakes.escalations_per_hour} mails to {notice.to} within an hour"
            verdict = Verdict("wait", because, until=sent.oldest_alert.get(notice.to.casefold(), now) + HOUR)
        else:
            alerts[notice.to.casefold()] += is_alert(notice)
            customers += notice.role == "customer"
            if who is not None:
                hour[who] += 1
                day[who] += 1
        verdicts.append(verdict)
    return verdicts


def is_alert(notice: Notice) -> bool:
    """Whether a notice is a mail of its own that the clock sends."""
    return notice.purpose in PURPOSES and notice.way == "own"


def _over(hour: int, day: int, brakes: Brakes) -> str | None:
    if hour >= brakes.per_hour:
        return f"{brakes.per_hour} mails within an hour"
    return f"{brakes.per_day} mails within a day" if day >= brakes.per_day else None
