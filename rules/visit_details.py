"""What a team says of a visit (`at`, `until`, `services`, …), read; refused in clear words where it cannot be."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from config.models import Site
from parsers.amounts import money
from parsers.clean import block, single_line
from parsers.records import Money
from rules.daybook import daybook_of
from rules.hours import elapsed
from rules.model import Action, Record, Refused
from rules.transition import DECLINED, MOVING, POSTPONED, PROPOSED
from rules.visit import Visit
from rules.visits import MOST_SERVICES, REMARKS_LIMIT, SHOWN, TEXT_LIMIT, local_time

_CLOCK = re.compile(r"\d{1,2}:\d\d")
_REFUSED = (DECLINED, POSTPONED, MOVING)
"""The customer does not want what was offered or agreed: which time it is then has to be said."""
_YES_NO = {"yes": True, "no": False}


def times(visit: Visit, action: Action, record: Record, site: Site) -> tuple[datetime, datetime]:
    """When a visit begins and ends, UTC: as an action says, else as was proposed, offered, agreed or wanted.

    Args:
        visit: As it is.
        action: `offer`, `schedule` or `pre-book`.
        record: Before the action.
        site: The record's.

    Raises:
        Refused: Something cannot be read, or no time is known.
        NeverOpens: The usual length of a visit is in working days, and there are none.
    """
    starts_at, proposed = _starts(visit, action, record, site)
    return starts_at, _ends(visit, action.args, record, site, starts_at, proposed=proposed)


def said(args: Mapping[str, str], site: Site, record: Record) -> dict[str, Any]:
    """Fields of a visit that an action names, beside its times; an empty value takes them away.

    Raises:
        Refused: Something cannot be read.
    """
    read: dict[str, tuple[str, Callable[[str], Any]]] = {
        "services": ("services", _services),
        "price": ("price", lambda text: _price(text, site, record.reading.language)),
        "remarks": ("remarks", lambda text: block(text, REMARKS_LIMIT)),
        "adviser": ("adviser", lambda text: single_line(text, TEXT_LIMIT)),
        "courtesy-car": ("courtesy_car", lambda text: single_line(text, TEXT_LIMIT)),
        "preferred": ("preferred", _yes_no),
    }
    return {field: how(args[name]) for name, (field, how) in read.items() if name in args}


def until_of(text: str, starts_at: datetime, site: Site) -> datetime:
    """When a visit ends, UTC: an hour of the day on which it begins, or a day and time.

    Raises:
        Refused: It is neither, or not after the beginning.
    """
    told = text.strip()
    if _CLOCK.fullmatch(told):
        told = f"{starts_at.astimezone(ZoneInfo(site.timezone)):%Y-%m-%d} {told}"
    ends_at = local_time(told, site)
    if ends_at <= starts_at:
        raise Refused(f"until {text.strip()[:SHOWN]} is not after the beginning")
    return ends_at


def _starts(visit: Visit, action: Action, record: Record, site: Site) -> tuple[datetime, bool]:
    """When it begins, UTC, and whether that is what the customer proposed."""
    if given := action.args.get("at", "").strip():
        at = local_time(given, site)
        return at, at == visit.proposed_at
    if visit.proposed_at is not None and record.state in PROPOSED:
        return visit.proposed_at, True
    if visit.starts_at is not None and record.state not in _REFUSED:
        return visit.starts_at, False
    if visit.starts_at is None and len(visit.wanted) == 1 and "T" in visit.wanted[0]:
        return local_time(visit.wanted[0], site), False
    raise Refused(f"{action.name} needs at=2026-12-03T09:00")


def _ends(
    visit: Visit, args: Mapping[str, str], record: Record, site: Site, starts_at: datetime, *, proposed: bool
) -> datetime:
    """As given or proposed; else it lasts as long as was said before, else as visits of the site do."""
    if given := args.get("until", "").strip():
        return until_of(given, starts_at, site)
    if proposed and visit.proposed_until is not None:
        return visit.proposed_until
    if visit.starts_at is not None and visit.ends_at is not None:
        return starts_at + (visit.ends_at - visit.starts_at)
    return elapsed(daybook_of(site, record.team), starts_at, site.booking.length)[0]


def _services(text: str) -> tuple[str, ...]:
    found = (single_line(one, TEXT_LIMIT) for one in text.split(";")[: MOST_SERVICES + 1])
    services = tuple(one for one in found if one)
    if len(services) > MOST_SERVICES:
        raise Refused(f"a visit has {MOST_SERVICES} services at most")
    return services


def _price(text: str, site: Site, language: str | None) -> Money | None:
    """Nothing takes it away; an amount without a currency is in the site's."""
    if not text.strip():
        return None
    found = money(text, site.currency, language)
    if found is None:
        raise Refused(f"price '{text[:SHOWN]}' cannot be read, write price='129,00 EUR'")
    return found


def _yes_no(text: str) -> bool:
    said = _YES_NO.get(text.strip().casefold())
    if said is None:
        raise Refused(f"preferred is yes or no, not '{text[:SHOWN]}'")
    return said
