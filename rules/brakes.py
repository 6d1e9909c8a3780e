"""Caps per correspondent, and one brake for all mails to customers: no loop outlasts them, whatever headers it strips.

What nobody of the house asked for counts for the caps: over them a notice is dropped, but for what a proven member or a
workshop's customer must learn, which waits for room. All that goes to customers counts for the brake, a person's own
answer too: over it notices wait, as most of them are wanted. What the clock has to tell counts for its reader: over
that it waits, and then goes in one mail.
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
PATIENT: Mapping[str, timedelta | None] = {
    "held": None,
    "refused": DAY,
    **dict.fromkeys(("visit-scheduled", "visit-agreed", "visit-cancelled"), None),
}
"""Purpose -> how long it waits for room under its reader's cap; None for as long as it takes. Without `held` an answer
would lie unsent and nobody know; `refused` is old news after a day, and an erring program would fill weeks with it.
What confirms a customer's yes or no waits until it is sent or no longer true: he would stand before the door."""


class Sent(msgspec.Struct, frozen=True):
    """What went out lately: letters for each correspondent within an hour and a day, and mails to customers."""

    hour: Mapping[str, int] = {}
    day: Mapping[str, int] = {}
    first_in_hour: Mapping[str, datetime] = {}
    first_in_day: Mapping[str, datetime] = {}
    """When the oldest of those went that count: an hour or a day later there is room for one more."""
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
            until = _room(who, hour[who], day[who], sent, brakes, now) if _is_patient(notice, now) else None
            what: Literal["wait", "drop"] = "wait" if until else "drop"
            verdict = Verdict(what, f"more than {over} because of {who}", who, until)
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


def _is_patient(notice: Notice, now: datetime) -> bool:
    """Whether it is kept until there is room for it."""
    if notice.purpose not in PATIENT:
        return False
    most = PATIENT[notice.purpose]
    return most is None or now - notice.at <= most


def _room(who: str, hour: int, day: int, sent: Sent, brakes: Brakes, now: datetime) -> datetime:
    """When the caps allow the next mail to somebody who is over one of them."""
    after_hour = sent.first_in_hour.get(who, now) + HOUR if hour >= brakes.per_hour else now
    after_day = sent.first_in_day.get(who, now) + DAY if day >= brakes.per_day else now
    return max(after_hour, after_day)


def _over(hour: int, day: int, brakes: Brakes) -> str | None:
    if hour >= brakes.per_hour:
        return f"{brakes.per_hour} mails within an hour"
    return f"{brakes.per_day} mails within a day" if day >= brakes.per_day else None
