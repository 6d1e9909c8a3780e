"""Who is told of what happens to a workshop visit: its customer, and of his answers whoever sees to it."""

from collections.abc import Callable, Iterator

from parsers.clean import block
from rules.model import Notice
from rules.reach import reply_address
from rules.tellings import Happened
from rules.transition import ACCEPTED, CUSTOMER, LINKED, MOVING, SCHEDULED, SPAM
from rules.visit_mails import entry_number
from rules.visit_reminders import MORNING
from rules.visits import unmet

BECAUSE = "your workshop visit"
ANSWERS = {
    "accept": "the customer accepts the time",
    "agree": "the customer accepts the time",
    "confirm": "the customer keeps the time that is agreed",
    "reject": "the customer declines",
    "postpone": "the customer asks for another day",
    "counter": "the customer proposes another time",
    "tentative": "the customer accepts for now (tentative)",
    "cancel": "the customer cancels",
}
"""What he did, in words of `visit-answer`."""


def _to_customer(it: Happened, purpose: str, text: str | None = None) -> Iterator[Notice]:
    """A mail in his language about the visit as it is now; none where no address of his is known.

    What he has brought about himself counts for the caps (`rules.brakes`), as a program may write in his name; what the
    workshop or the clock has to say does not: who negotiates quickly must not lose his confirmation.
    """
    record, to = it.record, reply_address(it.record)
    if to is None or record.visit is None:
        return
    yield it.notice(
        purpose,
        to,
        BECAUSE,
        role="customer",
        category="action",
        language=record.reading.language or record.language,
        text=text,
        sequence=entry_number(record.visit),
        correspondent=to if it.action.actor.role in CUSTOMER else None,
    )


def _to_team(it: Happened) -> Iterator[Notice]:
    yield it.notice("visit-answer", it.keeper, ANSWERS[it.action.name], text=it.text, message=it.message)


def _warned(it: Happened) -> Iterator[Notice]:
    """Whoever goes on before all is ready hears so; the command line shows it by itself."""
    waits, actor = unmet(it.record, it.site, "warn"), it.action.actor
    if waits and "@" in actor.name and it.action.unanswered is None:
        yield it.notice("status", actor.name, f"not ready yet: {', '.join(waits)}", correspondent=actor.name)


def _offer(it: Happened) -> Iterator[Notice]:
    yield from _to_customer(it, "visit-offer")
    yield from _warned(it)


def _pre_book(it: Happened) -> Iterator[Notice]:
    yield from _to_customer(it, "visit-prebooked")
    yield from _warned(it)


def _schedule(it: Happened) -> Iterator[Notice]:
    """The one confirmation; where the customer knows of another time that was to be, that it has changed."""
    yield from _to_customer(it, "visit-changed" if _has_changed(it) else "visit-scheduled")
    yield from _warned(it)


def _has_changed(it: Happened) -> bool:
    before, visit = it.before.visit, it.record.visit
    if before is None or visit is None or not before.invited or it.before.state == ACCEPTED:
        return False
    if before.starts_at is None:  # it was cancelled, and is asked for anew
        return False
    return it.before.state in (SCHEDULED, MOVING) or visit.starts_at not in (before.starts_at, before.proposed_at)


def _ask(it: Happened) -> Iterator[Notice]:
    return _to_customer(it, "visit-ask", it.text)


def _with_reason(purpose: str) -> Callable[[Happened], Iterator[Notice]]:
    return lambda it: _to_customer(it, purpose, block(it.action.args.get("reason")) or it.text)


def _cancel(it: Happened) -> Iterator[Notice]:
    """Either side may: the customer gets it in writing, without his own words."""
    if it.action.actor.role in CUSTOMER:
        yield from _to_team(it)
        yield from _to_customer(it, "visit-cancelled")
    else:
        yield from _with_reason("visit-cancelled")(it)


def _accept(it: Happened) -> Iterator[Notice]:
    yield from _to_team(it)
    yield from _to_customer(it, "visit-scheduled")


def _agree(it: Happened) -> Iterator[Notice]:
    yield from _to_team(it)
    yield from _to_customer(it, "visit-agreed")


def _thanks(it: Happened) -> Iterator[Notice]:
    return _to_customer(it, "visit-thanks") if it.site.booking.thanks else iter(())


def _current(it: Happened) -> Iterator[Notice]:
    """How things stand; what was found to be spam, or belongs to another record, says nothing."""
    return iter(()) if it.record.state in (SPAM, LINKED) else _to_customer(it, "visit-current")


def _announce(it: Happened) -> Iterator[Notice]:
    return _to_customer(it, "visit-today" if it.action.args["step"] == MORNING else "visit-reminder")


VISIT_TELLS: dict[str, Callable[[Happened], Iterator[Notice]]] = {
    "offer": _offer,
    "pre-book": _pre_book,
    "schedule": _schedule,
    "ask": _ask,
    "decline": _with_reason("visit-declined"),
    "keep": _with_reason("visit-kept"),
    "cancel": _cancel,
    "accept": _accept,
    "agree": _agree,
    "answer": _to_team,
    "thanks": _thanks,
    "current": _current,
    "announce": _announce,
}
"""One function for each value of `Transition.tells` that a booking's own actions have."""
