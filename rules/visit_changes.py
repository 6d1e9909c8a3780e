"""What each action of a booking writes into its visit, beside state, cycle and revision."""

from collections.abc import Callable
from datetime import UTC, datetime

from msgspec.structs import replace

from config.models import Settings, Site
from config.problems import nearest
from parsers.records import Reading
from rules.cars import with_plate
from rules.changes import Fields, conversation
from rules.model import Action, Record, Refused
from rules.reach import reply_address, unreachable
from rules.transition import CUSTOMER, PROPOSED
from rules.visit import Visit
from rules.visit_checks import objection
from rules.visit_details import said, times, until_of
from rules.visits import SHOWN, local_time, local_words, unmet, visit_of

_AGREED_BY_WORD = "schedule"
_STATES = {"offer": "offered", "schedule": "scheduled", "pre-book": "pre-booked"}
_ENTRY = ("starts_at", "ends_at", "services", "price", "remarks", "adviser", "courtesy_car", "preferred")
"""What an action can change of a visit that is offered or agreed as it is."""
REMINDERS = ("1", "2", "3", "4")
_NEVER = ("off", "0")

Change = Callable[[Record, Action, Site, Settings, datetime], Fields]


def _set_time(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """`offer`, `schedule` and `pre-book`: a time with all that is needed before the customer can be told of it."""
    visit, named = _visit(record, site, settings), with_plate(record, action.args.get("plate"))
    if waits := unmet(record, site, action.name):
        raise Refused(f"{action.name} waits for {', '.join(waits)}: say ready what={waits[0]} once it is so")
    starts_at, ends_at = times(visit, action, record, site)
    told = replace(_settled(visit), starts_at=starts_at, ends_at=ends_at, **said(action.args, site, record))
    _require(named, told, action)
    if (why := objection(record, starts_at, ends_at, action.beside, site, now)) is not None:
        raise Refused(why)
    same = named == record and all(getattr(told, name) == getattr(visit, name) for name in _ENTRY)
    if record.state == _STATES[action.name] and same:
        raise Refused(f"nothing would change: {local_words(starts_at, site)} is {record.state} already")
    same_time = (starts_at, ends_at) == (visit.starts_at, visit.ends_at)
    reached = visit.invited or reply_address(record) is not None
    told = replace(_raised(told), invited=reached, answer=visit.answer if same_time else None)
    return {**_by_staff(record, action, told), "reading": named.reading}


def _require(record: Record, told: Visit, action: Action) -> None:
    """What the workshop must know; by telephone a car may be named later."""
    missing = []
    if not any(map(_knows_customer, record.readings)):
        missing.append("neither name, telephone number nor mail address of the customer is known")
    if not told.services:
        missing.append(f"{action.name} needs services='…'")
    if action.name != _AGREED_BY_WORD and not any(map(_knows_vehicle, record.readings)):
        missing.append("neither make, plate nor VIN of the vehicle is known: write plate=…, or ask for it")
    if missing:
        raise Refused("; ".join(missing))


def _knows_customer(reading: Reading) -> bool:
    one = reading.customer
    return one is not None and any((one.name, one.first_name, one.last_name, one.company, one.emails, one.phones))


def _knows_vehicle(reading: Reading) -> bool:
    cars = (car for car in reading.vehicles if car.role != "trade-in")
    return any(car.make or car.model or car.plate or car.vin for car in cars)


def _ask(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """A question goes by mail or not at all: nobody is to wait for an answer to one that nobody has read."""
    if reply_address(record) is None:
        raise Refused(unreachable(record))
    return _by_staff(record, action, _settled(_visit(record, site, settings)))


def _decline(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """Of what the customer proposes: what was offered or agreed stands. Of the request: there will be no visit."""
    visit = _visit(record, site, settings)
    if record.state not in PROPOSED:
        return _by_staff(record, action, _raised(_settled(visit)))
    if visit.starts_at is None:
        raise Refused("no time was offered that could stand: offer one, or cancel")
    if visit.starts_at <= now:
        raise Refused(f"{local_words(visit.starts_at, site)} has passed")
    return _by_staff(record, action, _settled(visit))


def _cancel(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    visit = _raised(_settled(_visit(record, site, settings)))
    if action.actor.role in CUSTOMER:
        return {**_by_customer(record, action, visit, "declined"), "resubmit_at": None}
    return _by_staff(record, action, visit)


def _accept(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """He takes what was offered, if that is still possible: whoever makes the action says `agree` otherwise."""
    visit = _visit(record, site, settings)
    if waits := unmet(record, site, "schedule"):
        raise Refused(f"schedule waits for {', '.join(waits)}: say ready what={waits[0]} once it is so")
    if visit.starts_at is None or visit.ends_at is None:
        raise Refused("no time is offered")
    if (why := objection(record, visit.starts_at, visit.ends_at, action.beside, site, now)) is not None:
        raise Refused(why)
    return _by_customer(record, action, _raised(_settled(visit)), "accepted")


def _says(answer: str) -> Change:
    """The customer answers; what he proposed before no longer counts."""

    def change(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
        return _by_customer(record, action, _settled(_visit(record, site, settings)), answer)

    return change


def _counter(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    at, until = local_time(action.args["at"], site), action.args.get("until", "")
    ends_at = until_of(until, at, site) if until.strip() else None
    visit = replace(_visit(record, site, settings), proposed_at=at, proposed_until=ends_at)
    return _by_customer(record, action, visit, "tentative")


def _confirm(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """He takes what is agreed, also instead of what he proposed."""
    return _by_customer(record, action, _settled(_visit(record, site, settings)), "accepted")


def _tentative(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    return _by_customer(record, action, _visit(record, site, settings), "tentative")


def _asks(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """What a stale answer says, and when, counts for nothing."""
    return {"visit": _visit(record, site, settings), **conversation(record, action)}


def _ready(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    visit, what, known = _visit(record, site, settings), action.args["what"].strip(), site.booking.preconditions
    if what not in known:
        listed = f"its checklist has {', '.join(sorted(known))}" if known else "it has no checklist"
        raise Refused(f"{site.id} has no precondition '{what[:SHOWN]}', {nearest(what, known) or listed}")
    without = tuple(one for one in visit.ready if one != what)
    return {"visit": replace(visit, ready=without if "no" in action.args else (*without, what))}


def _prefer(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    days = action.args["days"].strip().casefold()
    if days not in (*REMINDERS, *_NEVER):
        raise Refused(f"days '{days[:SHOWN]}' cannot be, write 1, 2, 3, 4 or off")
    visit = replace(_visit(record, site, settings), reminder=0 if days in _NEVER else int(days))
    return {"visit": visit, **(conversation(record, action) if action.actor.role in CUSTOMER else {})}


def _visit(record: Record, site: Site, settings: Settings) -> Visit:
    return record.visit or visit_of(record.ref, record.reading, site, settings)


def _raised(visit: Visit) -> Visit:
    """What the customer's calendar holds is no longer so: the next entry has a higher number."""
    return replace(visit, sequence=visit.sequence + visit.invited)


def _settled(visit: Visit) -> Visit:
    """The workshop or the customer has said something else than what was proposed."""
    return replace(visit, proposed_at=None, proposed_until=None)


def _by_staff(record: Record, action: Action, visit: Visit) -> Fields:
    """Whoever acts has seen to it."""
    return {"visit": visit, "assignee": action.actor.name or record.assignee, "resubmit_at": None}


def _by_customer(record: Record, action: Action, visit: Visit, answer: str | None) -> Fields:
    """What he says goes on with the conversation; the newest answer of his calendar is the one that counts."""
    stamp = _stamp(action.args.get("stamp", ""))
    newest = max(filter(None, (stamp, visit.answered_at)), default=None)
    return {"visit": replace(visit, answer=answer, answered_at=newest), **conversation(record, action)}


def _stamp(text: str) -> datetime | None:
    """A DTSTAMP, UTC; None where there is none."""
    if not text.strip():
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Refused(f"stamp '{text[:SHOWN]}' is no time with its zone")
    return at.astimezone(UTC)


VISIT_FIELDS: dict[str, Change] = {
    **dict.fromkeys(("offer", "schedule", "pre-book"), _set_time),
    "ask": _ask,
    "decline": _decline,
    "cancel": _cancel,
    "accept": _accept,
    "agree": _says("accepted"),
    "reject": _says("declined"),
    "postpone": _says("tentative"),
    "counter": _counter,
    "confirm": _confirm,
    "tentative": _tentative,
    "stale": _asks,
    "look": _asks,
    "ready": _ready,
    "prefer": _prefer,
}
"""Beside `rules.changes.FIELDS`: of bookings only."""
