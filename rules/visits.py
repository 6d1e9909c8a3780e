"""A workshop visit as a record begins with it, its local times, and what the site's checklist asks of it."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from config.models import Settings, Site
from parsers.amounts import money
from parsers.clean import block, single_line
from parsers.records import Booking, Reading
from rules.model import Record, Refused
from rules.visit import Visit

MOST_WANTED = 10
MOST_SERVICES = 20
TEXT_LIMIT = 200
"""Characters of a service, an adviser or a car."""
REMARKS_LIMIT = 2000
SHOWN = 40
"""Characters of what somebody wrote that stand in a refusal."""
GATES = ("offer", "pre-book", "schedule")
"""Steps in their order: a precondition of one stands before those behind it, too."""

_NO_WISH = ("REPLY", "CANCEL", "REFRESH", "DECLINECOUNTER")
"""Calendar methods whose time is somebody else's: that of the invitation they speak of."""

_LOCAL = re.compile(r"\d{4}-\d\d-\d\d[T ]\d{1,2}:\d\d(?::\d\d)?(?:Z|[+-]\d\d:?\d\d)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_YEARS = range(2000, 2101)


def visit_of(ref: str, reading: Reading, site: Site, settings: Settings) -> Visit:
    """The visit that a booking is opened with: nothing is offered yet.

    Args:
        ref: The record's reference; its calendar entry is named after it, for life.
        reading: The request.
        site: Where the workshop is.
        settings: The settings in force.
    """
    asked = reading.booking or Booking()
    services = (single_line(one, TEXT_LIMIT) for one in asked.services[:MOST_SERVICES])
    price = reading.extra.get("price")
    return Visit(
        uid=f"{ref.lower()}@{settings.postroom.hostname}",
        zone=site.timezone,
        wanted=_wanted(reading, site),
        services=tuple(one for one in services if one),
        price=money(price, site.currency, reading.language) if price else None,
        remarks=block(asked.remarks, REMARKS_LIMIT),
        answer=_answered(asked),
    )


def read_anew(record: Record, reading: Reading, site: Site, settings: Settings) -> Visit:
    """The visit of a booking whose mail was read again: what was read follows it, what people said since stays."""
    today = visit_of(record.ref, reading, site, settings)
    if record.visit is None:
        return today
    before = visit_of(record.ref, record.reading, site, settings)
    followed = {
        name: getattr(today, name)
        for name in ("wanted", "services", "price", "remarks")
        if getattr(record.visit, name) == getattr(before, name) and record.visit.starts_at is None
    }
    return replace(record.visit, **followed)


def asked_anew(visit: Visit) -> Visit:
    """A visit of a record that was closed and is open again: nothing that was said of it holds any more."""
    gone = ("starts_at", "ends_at", "proposed_at", "proposed_until", "answer")
    return replace(visit, sequence=visit.sequence + visit.invited, **dict.fromkeys(gone))


def local_time(text: str, site: Site) -> datetime:
    """Read a site's local time, `2026-12-03T09:00` or with a blank between; one with an offset means that moment.

    A time that the clock shows twice is the first of the two.

    Args:
        text: As it was given.
        site: Its time zone counts.

    Returns:
        UTC, whole minutes.

    Raises:
        Refused: It is no time, or the clock skips it.
    """
    told = text.strip()
    if _LOCAL.fullmatch(told) is None:
        raise Refused(f"'{told[:SHOWN]}' is no day and time, write 2026-12-03T09:00")
    try:
        day, clock = told[:10], told[11:]
        given = datetime.fromisoformat(f"{day}T{clock if clock[1] != ':' else f'0{clock}'}")
    except ValueError:
        raise Refused(f"'{told[:SHOWN]}' is no day and time, write 2026-12-03T09:00") from None
    if given.year not in _YEARS:
        raise Refused(f"'{told[:SHOWN]}' is no day and time, write 2026-12-03T09:00")
    given = given.replace(second=0, microsecond=0)
    if given.tzinfo is not None:
        return given.astimezone(UTC)
    zone = ZoneInfo(site.timezone)
    at = given.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) != given:
        raise Refused(f"{told} does not exist: the clock is put forward then")
    return at


def local_words(at: datetime, site: Site) -> str:
    """A moment (UTC) as the site's clock shows it, in a form that every language reads: `2026-12-03 09:00`."""
    return f"{at.astimezone(ZoneInfo(site.timezone)):%Y-%m-%d %H:%M}"


def unmet(record: Record, site: Site, step: str) -> tuple[str, ...]:
    """Preconditions of the site's checklist that a step waits for, and that are not met.

    Args:
        record: A booking.
        site: Its site.
        step: One of `GATES`, or `warn` for those that nothing waits for.
    """
    ready = record.visit.ready if record.visit else ()
    before = ("warn",) if step == "warn" else GATES[: GATES.index(step) + 1]
    return tuple(name for name, gate in site.booking.preconditions.items() if gate in before and name not in ready)


def may_accept(record: Record, site: Site) -> bool:
    """Whether a customer's yes settles the offered time (`accept`), or the workshop has to see to it (`agree`)."""
    return site.booking.accepted == "schedule" and not unmet(record, site, "schedule")


def _answered(asked: Booking) -> str | None:
    """What a calendar said to an invitation for which no record was found: it must not be taken for a wish."""
    return {"REPLY": asked.partstat, "CANCEL": "declined"}.get(asked.method or "")


def _wanted(reading: Reading, site: Site) -> tuple[str, ...]:
    """The times that the customer named, as the site's clock shows them; what is no time is left to the team."""
    asked = reading.booking
    if asked and asked.method in _NO_WISH:
        return ()
    first = asked.starts_at if asked else None
    given = (first, *reading.alternatives.get("booking.starts_at", ()))
    return tuple(dict.fromkeys(_localised(given, site)))[:MOST_WANTED]


def _localised(given: tuple[str | None, ...], site: Site) -> Iterator[str]:
    for text in given:
        told = (text or "").strip()[:SHOWN]
        try:
            at = datetime.fromisoformat(told)
            local = at if at.tzinfo is None else at.astimezone(ZoneInfo(site.timezone))
        except (ValueError, OverflowError):
            continue
        yield told if _DAY.fullmatch(told) else f"{local:%Y-%m-%dT%H:%M}"
