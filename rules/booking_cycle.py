"""The lifecycle of a workshop booking, after Volvo's VIDA: from the request to the finished visit, as a table.

Until a time is agreed a booking stands in the list of actions, then in that of planned visits. `offer` asks the
customer; `schedule` says what was agreed with him, by telephone or by his answer, and asks nothing.
"""

from msgspec.structs import replace

from rules.transition import (
    ACCEPTED,
    ACTIONS,
    ARRIVED,
    ASKED,
    CANCELLED,
    COUNTERED,
    CUSTOMER,
    DECLINED,
    DONE,
    MOVING,
    NEGOTIATED,
    NEW,
    OFFERED,
    PLANNED,
    POSTPONED,
    PREBOOKED,
    REQUESTED,
    SCHEDULED,
    SPAM,
    STAFF,
    STATES,
    Table,
    Transition,
    rows,
)

DETAILS = ("until", "services", "price", "remarks", "adviser", "courtesy-car", "preferred", "plate")
"""What may be said of a visit beside its time (`at`), local to the site; `plate` is of the customer's car."""
_FURTHER = (*NEGOTIATED, *PLANNED)
_ASKING = (*REQUESTED, OFFERED, ASKED, ACCEPTED, DECLINED, POSTPONED)
"""Nothing is agreed yet, or no longer."""
_AGREED = (SCHEDULED, PREBOOKED, MOVING, ACCEPTED)
_PENDING = (PREBOOKED, ACCEPTED)
"""Agreed but for the workshop's last word: of what the customer wants instead, nothing is agreed any more."""
_MAIL = ("text", "stamp", "message_id", "subject", "class")
"""What is said of a customer's mail."""

_OFFER = Transition(to=OFFERED, may=("at", *DETAILS), tells="offer")
_SCHEDULE = Transition(to=SCHEDULED, may=("at", *DETAILS), new_cycle=True, clocks="visit", tells="schedule")
_PRE_BOOK = Transition(to=PREBOOKED, may=("at", *DETAILS), tells="pre-book")
_ASK = Transition(to=ASKED, needs=("text",), tells="ask")
_DECLINE = Transition(to=CANCELLED, may=("reason",), tells="decline")
_KEEP = Transition(to=OFFERED, may=("reason",), tells="keep")
"""Not at the time that the customer wants: what was offered or agreed stands."""
_CANCEL = Transition(to=CANCELLED, who=STAFF | CUSTOMER, may=("reason", *_MAIL), tells="cancel")
_READY = Transition(to=None, needs=("what",), may=("no",), ends_deadlines=False)
"""A precondition of the site's checklist is met, or (`no`) is not after all."""
_PREFER = Transition(to=None, who=STAFF | CUSTOMER, needs=("days",), may=_MAIL, ends_deadlines=False)
"""How many days before a visit its customer wants to be reminded: 1 to 4, or `off`."""

_SAYS = Transition(
    to=None,
    who=CUSTOMER,
    by_hand=False,
    needs=("message",),
    may=_MAIL,
    new_cycle=True,
    clocks="policy",
    tells="answer",
)
"""The customer answers, in words or through his calendar (`stamp`: its DTSTAMP), and the workshop has to see to it."""
_ACCEPT = replace(_SAYS, to=SCHEDULED, clocks="visit", tells="accept")
"""He takes the time that was offered, and nothing stands against it."""
_AGREE = replace(_SAYS, to=ACCEPTED, tells="agree")
"""He takes it, and a precondition is not met yet."""
_REJECT = replace(_SAYS, to=DECLINED)
_POSTPONE = replace(_SAYS, to=POSTPONED)
_COUNTER = replace(_SAYS, to=COUNTERED, needs=("message", "at"), may=(*_SAYS.may, "until"))
_SILENT = replace(_SAYS, ends_deadlines=False, new_cycle=False, clocks=None, tells=None)
_CONFIRM = _SILENT
"""He takes in his calendar what was agreed before: only that is kept."""
_TENTATIVE = replace(_SILENT, tells="answer")
_STALE = replace(_SILENT, tells="current")
"""His calendar answers an invitation that no longer counts: he gets the one that does."""
_LOOK = replace(_SILENT, tells="current")
"""He asks how things stand."""
_ANNOUNCE = Transition(
    to=None,
    who=frozenset({"clock"}),
    by_hand=False,
    needs=("step", "cycle", "due", "to"),
    may=("deliver", "together", "late"),
    ends_deadlines=False,
    tells="announce",
)
"""A visit comes near: its customer is reminded."""


def booking_table(common: Table) -> Table:
    """The whole table.

    Args:
        common: What may happen to a record of any kind.
    """
    return {
        **common,
        **_general(common),
        **rows((*ACTIONS, SCHEDULED), "offer", _OFFER),
        **rows((*ACTIONS, PREBOOKED, SCHEDULED), "schedule", _SCHEDULE),
        **rows(ACTIONS, "pre-book", _PRE_BOOK),
        **rows(ACTIONS, "ask", _ASK),
        **rows(_ASKING, "decline", _DECLINE),
        **rows((COUNTERED,), "decline", _KEEP),
        **rows((MOVING,), "decline", replace(_KEEP, to=SCHEDULED, new_cycle=True, clocks="visit")),
        **rows((*ACTIONS, *PLANNED), "cancel", _CANCEL),
        **rows((*ACTIONS, *PLANNED), "ready", _READY),
        **rows(STATES, "prefer", _PREFER),
        **rows((SCHEDULED, PREBOOKED, MOVING), "arrived", Transition(to=ARRIVED, undo=True)),
        **rows(PLANNED, "done", Transition(to=DONE, may=("result",), tells="thanks", undo=True)),
        **rows((OFFERED,), "accept", _ACCEPT),
        **rows((OFFERED,), "agree", _AGREE),
        **rows((SCHEDULED, PREBOOKED, ACCEPTED), "confirm", _CONFIRM),
        **rows((MOVING,), "confirm", replace(_ACCEPT, tells="answer")),
        **rows((OFFERED, COUNTERED, *_AGREED), "tentative", _TENTATIVE),
        **rows((OFFERED, COUNTERED, ASKED, POSTPONED, *_AGREED), "reject", _REJECT),
        **rows((OFFERED, COUNTERED, ASKED, DECLINED, *_PENDING), "postpone", _POSTPONE),
        **rows((SCHEDULED, MOVING), "postpone", replace(_POSTPONE, to=MOVING)),
        **rows((OFFERED, ASKED, DECLINED, POSTPONED, COUNTERED, *_PENDING), "counter", _COUNTER),
        **rows((SCHEDULED, MOVING), "counter", replace(_COUNTER, to=MOVING)),
        **rows((*ACTIONS, *PLANNED), "stale", _STALE),
        **rows(STATES, "look", _LOOK),
        **rows((SCHEDULED,), "announce", _ANNOUNCE),
    }


def _general(common: Table) -> Table:
    """What may happen to any record, where a time is negotiated or agreed: it stays in its state."""
    kept = {
        name: replace(common[NEW, name], to=None, ends_deadlines=False, new_cycle=False, clocks=None)
        for name in (*_SEEN_TO, "not-mine", "hold", "write", "join", "apart")
    }
    seen_to = {name: replace(kept[name], ends_deadlines=True) for name in _SEEN_TO}
    return {
        **{(state, name): row for name, row in kept.items() for state in _FURTHER},
        **{(state, name): row for name, row in seen_to.items() for state in NEGOTIATED},
        **rows((OFFERED, ASKED, ACCEPTED, COUNTERED), "write", _WAKES),
        **rows(NEGOTIATED, "done", common[NEW, "done"]),
        **rows(NEGOTIATED, "spam", Transition(to=SPAM, undo=True)),
        **rows(NEGOTIATED, "reschedule", common[NEW, "reschedule"]),
        **rows((CANCELLED,), "write", common[DONE, "write"]),
        **{(state, name): common[NEW, name] for name in _PASSES for state in NEGOTIATED},
    }


_SEEN_TO = ("take", "assign", "reply", "answered", "send")
"""Where somebody waits for the workshop they end what its policy promises; reminders of what is planned stay."""
_WAKES = Transition(
    to=None,
    who=CUSTOMER,
    by_hand=False,
    needs=("message",),
    may=("class", "imported", "text", "message_id", "subject", "problem"),
    new_cycle=True,
    clocks="policy",
    tells="attached",
)
"""Words of the customer that no program understands, while somebody waits for them."""
_PASSES = ("overdue", "escalate", "mail", "warn", "remind")
