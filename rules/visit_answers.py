"""What a customer's answer to a mail about his visit does: the action that his calendar, or his words, stand for.

A calendar answers one version of one entry (RFC 5546, 2.1.4 and 2.1.5): UID, SEQUENCE and DTSTAMP say which, and what
answers another one moves nothing. Whatever is not certain is left to the team, with the reason.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec

from config.models import Site
from parsers import wishes
from parsers.records import Booking, Parsed
from rules.lifecycle import table_of
from rules.model import Record
from rules.reach import customer_addresses
from rules.transition import ARRIVED, CLOSED_STATES, OFFERED
from rules.visit import Visit
from rules.visit_entry import ANSWERS, Version, is_entry, moment, version_of
from rules.visits import local_words, may_accept

OTHER_ENTRY = "his calendar answers another invitation than ours"
SERIES = "his calendar answers for one day of a series, and a visit is none"
NO_ANSWER = "his calendar sends {method}, which is no answer to an invitation"
UNCLEAR = "his calendar says neither yes nor no"
WHOSE = "it is not clear whose answer his calendar sends"
DELEGATED = "he sends somebody else"
OTHER_TIME = "his calendar has another time than ours"
AHEAD = "his calendar answers a later invitation than the last of ours"
NO_TIME = "his calendar proposes no time"
SAME_TIME = "the time that he proposes is the one that stands"
PASSED = "the time that he proposes has passed"
CONTRADICTS = "his words and his calendar do not say the same"
NOT_NOW = "what he asks for is not possible while the booking is {state}"

KEPT = "attach"
"""An answer that says once more what it said before is only kept."""
_RECORDED = {"accept": "accepted", "agree": "accepted", "confirm": "accepted", "reject": "declined"}
"""What an action leaves as the visit's answer; all others leave `tentative`, a cancelled one `declined`."""
_AGAINST: dict[str, tuple[str, ...]] = {
    "accept": ("reject", "postpone", "counter", "cancel"),
    "reject": ("accept",),
    "tentative": ("accept", "reject", "cancel"),
    "counter": ("accept", "cancel"),
    "postpone": ("accept", "cancel"),
    "cancel": ("accept", "postpone", "counter"),
}
"""What a calendar says -> words beside it that say something else."""
_MOVES = ("cancel", "counter", "postpone", "reject")
_WORDS_IN = {"accept": (OFFERED,), "reject": (OFFERED,)}
"""A bare yes or no answers an offer; at any other time it may answer what a person of the team has asked."""


class VisitAnswer(msgspec.Struct, frozen=True):
    """What an answer asks for."""

    name: str | None
    """The action; None: the team has to read it."""
    args: dict[str, str] = {}
    problem: str | None = None
    """Why the team has to read it."""


def calendar_answer(parsed: Parsed, record: Record, site: Site, now: datetime) -> VisitAnswer | None:
    """What the calendar in a customer's mail asks for; None where the mail has none that answers.

    That a program wrote the mail does not matter: calendars do.

    Args:
        parsed: The mail; its writer is the customer (`rules.identity`).
        record: What it came to.
        site: Its site.
        now: UTC, when the mail came.
    """
    if record.visit is None or parsed.mail_class == "bounce" or parsed.forwarded is not None:
        return None
    answers = list(_answers(parsed))
    if not answers:
        return None
    ours = [one for one in answers if is_entry(one.uid, record.visit)]
    if not ours:
        return VisitAnswer(None, problem=OTHER_ENTRY)
    entry = ours[0]
    if any(
        (one.method, one.partstat, one.starts_at) != (entry.method, entry.partstat, entry.starts_at) for one in ours
    ):
        return _with_words(VisitAnswer(None, problem=CONTRADICTS), entry, parsed)
    found = _with_words(_read(entry, parsed, record, record.visit, site, now), entry, parsed)
    if found.name is not None and found.name not in ("stale", "look", KEPT) and _contradicted(found, entry, parsed):
        return _with_words(VisitAnswer(None, problem=CONTRADICTS), entry, parsed)
    return _possible(_of_closed(found) if record.state in CLOSED_STATES else found, record)


def spoken_answer(parsed: Parsed, record: Record, site: Site, now: datetime) -> VisitAnswer | None:
    """What the customer's words ask for, where they are short and clear; None where they are not.

    Args:
        parsed: The mail, which a person wrote.
        record: What it came to.
        site: Its site.
        now: UTC, when the mail came.
    """
    wish = parsed.answer.wish if parsed.answer else None
    if wish is None or record.visit is None or record.state not in _WORDS_IN.get(wish.name, (record.state,)):
        return None
    if wish.name == "accept":
        return _possible(VisitAnswer(_accepted(record, site)), record)
    if wish.name == "prefer":
        return VisitAnswer("prefer", {"days": str(wish.days or "off")})
    if wish.name == "counter":
        return _possible(_countered(wish.at, None, record.visit, site, now), record)
    return _possible(VisitAnswer(wish.name), record)


def _answers(parsed: Parsed) -> Iterator[Booking]:
    """The entries of its calendars that may answer; what we sent ourselves, quoted or enclosed, does not."""
    for reading in parsed.readings:
        if reading.booking and reading.booking.uid and reading.booking.method in ANSWERS:
            yield reading.booking


def _read(entry: Booking, parsed: Parsed, record: Record, visit: Visit, site: Site, now: datetime) -> VisitAnswer:
    if entry.recurrence is not None:
        return VisitAnswer(None, problem=SERIES)
    if entry.method == "REFRESH":
        return VisitAnswer("look")
    if entry.method not in ("REPLY", "COUNTER", "CANCEL"):
        return VisitAnswer(None, problem=NO_ANSWER.format(method=entry.method))
    if entry.method != "CANCEL" and (why := _not_his(entry, parsed, record)) is not None:
        return VisitAnswer(None, problem=why)
    stamp = _stamp(entry, parsed, now)
    asked = _asked(entry, record, visit, site, now)
    version = version_of(entry, visit)
    recorded = "declined" if entry.method == "CANCEL" else _RECORDED.get(asked.name or "", "tentative")
    if stamp == visit.answered_at and recorded == visit.answer and asked.name is not None:
        return VisitAnswer(KEPT)
    if version is Version.OLDER or (visit.answered_at is not None and stamp < visit.answered_at):
        return VisitAnswer("stale")
    if version is Version.NEWER:
        return VisitAnswer(None, problem=AHEAD)
    return msgspec.structs.replace(asked, args={**asked.args, "stamp": stamp.isoformat()}) if asked.name else asked


def _not_his(entry: Booking, parsed: Parsed, record: Record) -> str | None:
    """Why it is not the customer's own answer."""
    if entry.delegate is not None or entry.partstat == "delegated":
        return f"{DELEGATED}: {entry.delegate}" if entry.delegate else DELEGATED
    known = {address.casefold() for address in (*customer_addresses(record), parsed.sender or "")}
    return None if entry.attendee is not None and entry.attendee.casefold() in known else WHOSE


def _asked(entry: Booking, record: Record, visit: Visit, site: Site, now: datetime) -> VisitAnswer:
    """What a current answer asks for."""
    if entry.method == "CANCEL":
        return VisitAnswer("cancel")
    if entry.method == "COUNTER":
        return _countered(entry.starts_at, entry.ends_at, visit, site, now)
    if entry.starts_at is not None and moment(entry.starts_at, site) != visit.starts_at:
        return VisitAnswer(None, problem=OTHER_TIME)
    if entry.partstat == "accepted":
        return VisitAnswer(_accepted(record, site))
    name = {"declined": "reject", "tentative": "tentative"}.get(entry.partstat or "")
    return VisitAnswer(name) if name else VisitAnswer(None, problem=UNCLEAR)


def _accepted(record: Record, site: Site) -> str:
    """An offer is settled by it, or waits for the workshop; what is agreed is only confirmed."""
    if record.state != OFFERED:
        return "confirm"
    return "accept" if may_accept(record, site) else "agree"


def _countered(starts_at: str | None, ends_at: str | None, visit: Visit, site: Site, now: datetime) -> VisitAnswer:
    """Another time; a day without its time is a wish to speak about."""
    at = moment(starts_at, site) if starts_at else None
    if starts_at is None:
        return VisitAnswer(None, problem=NO_TIME)
    if at is None:
        return VisitAnswer("postpone", {"text": starts_at})
    until = moment(ends_at, site) if ends_at else None
    if at == visit.starts_at and (until is None or until == visit.ends_at):
        return VisitAnswer(None, problem=SAME_TIME)
    if at <= now:
        return VisitAnswer(None, problem=PASSED)
    told = {"at": local_words(at, site)}
    return VisitAnswer("counter", {**told, "until": local_words(until, site)} if until and until > at else told)


def _stamp(entry: Booking, parsed: Parsed, now: datetime) -> datetime:
    """When he answered, UTC: by his calendar, else by his mail. A clock that is ahead must not silence what follows."""
    for told in (entry.stamp, parsed.date):
        at = datetime.fromisoformat(told) if told else None
        if at is not None and at.tzinfo is not None:
            return min(at.astimezone(UTC), now)
    return now


def _with_words(found: VisitAnswer, entry: Booking, parsed: Parsed) -> VisitAnswer:
    """What a person added, in his calendar or in the mail; not what his calendar writes by itself."""
    body = parsed.answer.text if parsed.answer else None
    own = None if body is None or wishes.by_calendar(body) else body
    told = dict.fromkeys(filter(None, (found.args.get("text"), entry.remarks, own)))
    return msgspec.structs.replace(found, args={**found.args, "text": "\n".join(told)}) if told else found


def _contradicted(found: VisitAnswer, entry: Booking, parsed: Parsed) -> bool:
    """Whether a person's words in the same mail say something else than his calendar, or may."""
    means = "accept" if found.name in ("accept", "agree", "confirm") else found.name or ""
    body = parsed.answer
    own = None if body is None or wishes.by_calendar(body.text or "") else body.text
    texts = [text for text in (entry.remarks, own) if text]
    spoken = [wish for text in texts if (wish := wishes.wish(text)) is not None]
    if body and body.wish:
        spoken.append(body.wish)
    if any(wish.name in _AGAINST.get(means, ()) for wish in spoken):
        return True
    return means == "accept" and any(map(wishes.restricts, texts))


def _possible(found: VisitAnswer, record: Record) -> VisitAnswer:
    """The answer, if the booking's state knows it; a car that stands in the workshop is not cancelled by mail."""
    if found.name is None or found.name == KEPT:
        return found
    in_workshop = record.state == ARRIVED and found.name in _MOVES
    if (record.state, found.name) in table_of(record.kind) and not in_workshop:
        return found
    said = {"text": found.args["text"]} if "text" in found.args else {}
    return VisitAnswer(None, said, NOT_NOW.format(state=record.state))


def _of_closed(found: VisitAnswer) -> VisitAnswer:
    """What a calendar says of a visit that is cancelled or over.

    Programs decline what we have cancelled; who takes it all the same is told how things stand.
    """
    if found.name in ("reject", "cancel", "tentative"):
        return VisitAnswer(KEPT)
    return VisitAnswer("look") if found.name in ("confirm", "stale") else found
