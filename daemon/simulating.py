"""What a simulation needs from outside: mails to begin with, when they come, and the words of those that go out."""

import gc
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from config.lookup import desk_token, site_of
from config.models import Settings
from daemon.dryrun import DryRun, Unreadable
from daemon.outbox.compose import OutgoingMail, compose
from daemon.outbox.draft import site_card
from daemon.outbox.together import counted_only
from daemon.outbox.watchman import silent_source
from daemon.store import Store, rereading
from daemon.store.rereading import Selection
from parsers.records import Parsed
from rules.cases import Arrival
from rules.openlist import Open, is_overdue
from rules.simulated_mail import Mail, Row
from rules.sites import site_named
from templates.model import MailCard, Rendered, RenderItem, RenderJob
from templates.reports import REPORTS, Report, ReportJob
from templates.standing import MOST_RECORDS

FIRST_HOUR, LAST_HOUR = 7, 22
"""Local hours in which samples come."""
NUMBER_DIGITS = 6
"""Of a telephone number, those that make it another person's."""
STORED_FATES = ("opened", "attached", "ignored")
GARBAGE_AFTER = 1_000_000
_DAY = timedelta(days=1)


def keep_all() -> None:
    """Let Python look for garbage seldom: what a simulation makes, records above all, it needs until its end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_AFTER)


class Sample(NamedTuple):
    """A mail that stands for many of its kind."""

    recipient: str
    parsed: Parsed


def spread(
    settings: Settings, samples: Sequence[Sample], first: date, last: date, a_day: int, seed: int
) -> Iterator[Arrival]:
    """So many mails each local day, one sample after the other, each of another person; in the order of time."""
    dice = random.Random(seed)  # noqa: S311 - a plan that can be repeated, no secret
    turn = 0
    for n in range((last - first).days + 1):
        drawn = []
        for _ in range(a_day):
            sample = samples[turn % len(samples)]
            minutes = dice.randrange(FIRST_HOUR * 60, LAST_HOUR * 60)
            at = datetime.combine(first + n * _DAY, time(*divmod(minutes, 60)), zone_for(settings, sample.recipient))
            drawn.append(Arrival(at.astimezone(UTC), sample.recipient, as_another(sample.parsed, turn)))
            turn += 1
        yield from sorted(drawn, key=lambda one: one.at)


def as_another(parsed: Parsed, number: int) -> Parsed:
    """The same mail of another person: addresses and telephone numbers are others, and so is its digest."""

    def other(mail: str) -> str:
        local, _, domain = mail.rpartition("@")
        return f"{local}.{number}@{domain}"

    readings = []
    for reading in parsed.readings:
        person, call = reading.customer, reading.call
        if person is not None:
            phones = tuple(_dialled(phone, number) for phone in person.phones)
            person = msgspec.structs.replace(person, emails=tuple(map(other, person.emails)), phones=phones)
        if call is not None and call.number:
            call = msgspec.structs.replace(call, number=_dialled(call.number, number))
        readings.append(msgspec.structs.replace(reading, customer=person, call=call))
    return msgspec.structs.replace(parsed, digest=f"{parsed.digest}/{number}", readings=tuple(readings))


def _dialled(phone: str, number: int) -> str:
    kept = phone[: max(len(phone) - NUMBER_DIGITS, 0)]
    return f"{kept}{number % 10**NUMBER_DIGITS:0{NUMBER_DIGITS}d}"


def stored(
    dry: DryRun, store: Store, since: date, until: date, first: date, unread: list[str]
) -> Iterator[tuple[int, Arrival | None]]:
    """Mails that came between two local days, as if the first of these were another day; the time of day stays.

    Answers to mails of ours are left out: what they answer is not there.

    Args:
        dry: Reads them.
        store: Where they lie; nothing is written there.
        since: The first local day.
        until: The last.
        first: The day that `since` becomes.
        unread: Takes a line for each that cannot be read.

    Yields:
        How many were looked at, and what came of the last.
    """
    settings, after, done = dry.settings, 0, 0
    wide = Selection(since=_utc(since) - _DAY, until=_utc(until) + 2 * _DAY, fates=STORED_FATES)
    while True:
        with store.read() as connection:
            batch = rereading.mails(connection, wide, after)
        if not batch:
            return
        for kind in batch:
            mail, done = kind.mail, done + 1
            after = mail.id
            zone = zone_for(settings, mail.recipient)
            local = (mail.received_at or mail.accepted_at).astimezone(zone)
            arrival = None
            if since <= local.date() <= until and desk_token(settings, mail.recipient) is None:
                moved = datetime.combine(local.date() + (first - since), local.time(), zone).astimezone(UTC)
                arrival = _read(dry, mail.content, mail.recipient, mail.sender, moved, unread, f"mail {mail.id}")
            yield done, arrival


def number_stored(store: Store, since: date, until: date) -> int:
    """How many mails `stored` looks at."""
    wide = Selection(since=_utc(since) - _DAY, until=_utc(until) + 2 * _DAY, fates=STORED_FATES)
    with store.read() as connection:
        return rereading.count(connection, wide)


def _read(
    dry: DryRun, raw: bytes, recipient: str, sender: str, at: datetime, unread: list[str], name: str
) -> Arrival | None:
    if site_of(dry.settings, recipient) == (None, None):
        unread.append(f"{name}: {recipient} is no address of ours any more")
        return None
    try:
        parsed = dry.read_for(raw, recipient)
    except Unreadable as error:
        unread.append(f"{name}: {error}")
        return None
    return None if parsed.mail_class == "reply" else Arrival(at, recipient, parsed, sender)


def zone_for(settings: Settings, recipient: str) -> ZoneInfo:
    """The zone of the site that an address belongs to; where the mail names it, that of the first site."""
    _, site = site_of(settings, recipient)
    found = site or next(iter(settings.sites.values()), None)
    return ZoneInfo(found.timezone) if found else ZoneInfo("UTC")


def span(settings: Settings, first: date, last: date) -> tuple[datetime, datetime]:
    """From the first midnight of a day anywhere in the settings to the last one after another, UTC."""
    zones = {ZoneInfo(site.timezone) for site in settings.sites.values()} or {ZoneInfo("UTC")}
    begins = [datetime.combine(first, time(), zone).astimezone(UTC) for zone in zones]
    ends = [datetime.combine(last + _DAY, time(), zone).astimezone(UTC) for zone in zones]
    return min(begins), max(ends)


def local_day(settings: Settings, mail: Mail) -> date:
    """The day at the mail's site."""
    return mail.at.astimezone(ZoneInfo(site_named(settings, mail.site).timezone)).date()


def words(dry: DryRun, mail: Mail, *, subject_only: bool) -> Rendered:
    """The words of a mail; reply addresses in it are the plain desk's, as nothing can be answered."""
    if not mail.rows:
        return dry.report(_report(dry.settings, mail))
    return dry.words(_job(dry.settings, mail), subject_only=subject_only)


def _report(settings: Settings, mail: Mail) -> ReportJob:
    told = mail.notice
    report: Report = next(name for name in REPORTS if name == told.purpose)
    return ReportJob(
        report=report,
        to=told.to,
        language=told.language,
        site=site_card(settings, site_named(settings, mail.site)),
        at=mail.at,
        sources=tuple(silent_source(one, report) for one in mail.silences),
        groups=mail.settings,
    )


def _job(settings: Settings, mail: Mail) -> RenderJob:
    site, first = site_named(settings, mail.site), mail.rows[0]
    return RenderJob(
        notice=mail.notice,
        record=first.record,
        site=site_card(settings, site),
        mail=_card(first) if mail.notice.role != "customer" else None,
        reply_to=None if mail.joint else site.desk,
        others=tuple(_items(settings, mail)) if mail.joint else (),
        deadlines=mail.deadlines,
        course=mail.course,
        later=mail.later,
    )


def _items(settings: Settings, mail: Mail) -> Iterator[RenderItem]:
    for n, row in enumerate(mail.rows):
        place = site_named(settings, row.record.site)
        yield RenderItem(
            record=row.record if n < MOST_RECORDS else counted_only(row.record),
            notice=row.notice,
            due_at=row.due_at,
            overdue=row.part == "past" or is_overdue(Open(record=row.record, due_at=row.due_at), mail.at),
            reply_to=None if row.cleared else place.desk,
            site=None if place.id == mail.site else site_card(settings, place),
            cleared_at=row.cleared.at if row.cleared else None,
            cleared_by=(row.cleared.actor.name or row.cleared.actor.role) if row.cleared else None,
            part=row.part,
            since=row.since,
        )


def _card(row: Row) -> MailCard | None:
    if row.arrival is None:
        return None
    parsed = row.arrival.parsed
    sender = parsed.sender or row.arrival.sender or None
    return MailCard(subject=parsed.subject, sender=sender, received_at=row.arrival.at, attachments=parsed.attachments)


def as_file(settings: Settings, mail: Mail, said: Rendered, number: int) -> bytes:
    """The mail as a mail program shows it; no original is attached, and its ids are made up.

    Raises:
        ComposeError: It cannot be composed, as its recipient is no address.
    """
    site, notice = site_named(settings, mail.site), mail.notice
    return compose(
        OutgoingMail(
            sender=site.desk,
            sender_name=site.name,
            to=notice.to,
            subject=said.subject,
            text=said.text,
            html=said.html,
            calendar=said.calendar,
            message_id=f"<simulated.{number}@{settings.postroom.hostname}>",
            date=mail.at,
            list_id=f"{notice.team or notice.role}.{mail.site}.{settings.postroom.hostname}",
            category=notice.category,
            reference=None if mail.joint else mail.rows[0].record.ref,
        )
    )


def in_order(arrivals: Iterable[Arrival]) -> list[Arrival]:
    """By time."""
    return sorted(arrivals, key=lambda one: one.at)


def _utc(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
