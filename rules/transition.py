"""The shape of a lifecycle: a table of what may happen to a record in which state, who may do it, and what follows."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from rules.model import ActorRole

NEW, TAKEN, WAITING, DONE, SPAM, LINKED = "new", "taken", "waiting", "done", "spam", "linked"
REQUESTED = (NEW, TAKEN, WAITING)
"""Open, of every kind: somebody of the house has to see to it."""

OFFERED, ASKED, ACCEPTED, DECLINED = "offered", "asked", "accepted", "declined"
POSTPONED, COUNTERED, MOVING = "postponed", "countered", "moving"
PREBOOKED, SCHEDULED, ARRIVED, CANCELLED = "pre-booked", "scheduled", "arrived", "cancelled"
NEGOTIATED = (OFFERED, ASKED, ACCEPTED, DECLINED, POSTPONED, COUNTERED, MOVING)
"""Of a booking: a time was offered or agreed, and somebody still has to say something. `offered` and `asked` wait for
the customer; `accepted` waits for a precondition; `moving` is one that is agreed and is to be at another time."""
PROPOSED = (COUNTERED, MOVING)
"""Its customer wants another time than the one that was offered or agreed."""
ACTIONS = (*REQUESTED, *NEGOTIATED)
PLANNED = (PREBOOKED, SCHEDULED, ARRIVED)
"""The two lists of a workshop: each open booking stands in exactly one."""

OPEN_STATES = (*ACTIONS, *PLANNED)
CLOSED_STATES = (DONE, SPAM, LINKED, CANCELLED)
STATES = (*OPEN_STATES, *CLOSED_STATES)

STAFF = frozenset[ActorRole]({"team", "command"})
OVERSEERS = STAFF | frozenset[ActorRole]({"controller"})
OPENERS = frozenset[ActorRole]({"customer", "source", "team", "command"})
WRITERS = OPENERS | frozenset[ActorRole]({"controller", "stranger"})
CUSTOMER = frozenset[ActorRole]({"customer"})
OUTSIDE = frozenset[ActorRole]({"customer", "source"})

Tells = Literal[
    "new",
    "attached",
    "assigned",
    "moved",
    "again",
    "reply",
    "held",
    "refused",
    "status",
    "help",
    "returned",
    "kept",
    "overdue",
    "escalate",
    "mail",
    "warn",
    "remind",
    "offer",
    "schedule",
    "pre-book",
    "ask",
    "decline",
    "keep",
    "cancel",
    "accept",
    "agree",
    "answer",
    "thanks",
    "current",
    "announce",
]
"""`rules.tellings`, for what the clock does `rules.alerting` and for workshop visits `rules.visit_tellings` have a
function for each; `new` comes from the decision."""


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """What an action does to a record in some state."""

    to: str | None
    """The new state; None leaves it as it is."""
    who: frozenset[ActorRole] = STAFF
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    """Arguments that must and that may be given; every action may name the `message` that it came by."""
    by_hand: bool = True
    """Whether a person can ask for it by its name; what only happens is not offered."""
    ends_deadlines: bool = True
    new_cycle: bool = False
    clocks: Literal["policy", "follow-up", "anew", "visit"] | None = None
    """Deadlines that start: those of the record's policy from now, the follow-up's from the resubmission, those that
    run, counted anew from where they began, or the customer's reminders of a workshop visit."""
    tells: Tells | None = None
    undo: bool = False
    """Whether its actor may take it back."""


Table = Mapping[tuple[str | None, str], Transition]
"""(state, action) -> what follows; the state of a record that is not there yet is None."""


def rows(states: tuple[str | None, ...], action: str, transition: Transition) -> Table:
    """The same row for several states."""
    return {(state, action): transition for state in states}
