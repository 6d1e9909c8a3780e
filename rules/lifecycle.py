"""Lifecycles as tables: what may happen to a record in which state, who may do it, and what follows.

`rules.apply` walks these tables; nothing else knows what an action does to a state.
"""

from collections.abc import Iterator, Mapping

import msgspec

from rules.booking_cycle import booking_table
from rules.transition import (
    CLOSED_STATES,
    CUSTOMER,
    DONE,
    LINKED,
    NEW,
    OPENERS,
    OUTSIDE,
    OVERSEERS,
    REQUESTED,
    SPAM,
    STAFF,
    STATES,
    TAKEN,
    WAITING,
    WRITERS,
    Table,
    Transition,
    rows,
)

_MAIL = ("class", "imported", "text", "message_id", "subject", "problem")
"""What is said of a mail that comes to a record."""

ATTACH = Transition(
    to=None, who=WRITERS, by_hand=False, needs=("message",), may=_MAIL, ends_deadlines=False, tells="attached"
)
"""A further mail for a record: kept with it whatever its state, and told unless a program wrote it (`class`) or it was
put in later (`imported`)."""

REOPENS = Transition(
    to=NEW,
    who=CUSTOMER,
    by_hand=False,
    needs=("message",),
    may=_MAIL,
    new_cycle=True,
    clocks="policy",
    tells="attached",
)
"""The customer writes, and somebody has to look at it again."""
WRITES = Transition(
    to=None, who=CUSTOMER, by_hand=False, needs=("message",), may=_MAIL, ends_deadlines=False, tells="attached"
)
"""The customer writes to a record that somebody sees to, or that stays closed; what was found to be spam wakes nobody.

Of a second request, his words go to the record that it was joined to (`daemon.desk.answer`)."""
ANSWERED = Transition(to=TAKEN, by_hand=False, may=("text",), undo=True)
"""A team that answers its customers itself (`reply = "direct"`) shows us its answer by Bcc: it has seen to it."""
JOINS = Transition(
    to=None, who=OUTSIDE | STAFF, by_hand=False, may=(*_MAIL, "ref"), ends_deadlines=False, tells="again"
)
"""The same person asks a second time for the same thing: linked and told, never hidden."""

WAKES = msgspec.structs.replace(REOPENS, who=JOINS.who, needs=(), may=JOINS.may, tells="again")
"""It does so while the first request rests."""

PARTS = Transition(to=None, by_hand=False, needs=("ref",), ends_deadlines=False)
"""A second request that a person had joined is taken away again; `rest` also undoes that it woke the record."""

REPARSE = Transition(
    to=None, who=frozenset({"command"}), by_hand=False, needs=("message", "fields"), ends_deadlines=False
)
"""Today's reading of its mail: fields that no person has changed since; its clock goes on as it was."""

RETURNED = Transition(
    to=None,
    who=frozenset({"relay"}),
    by_hand=False,
    needs=("letter", "recipient"),
    may=("status", "text", "house"),
    ends_deadlines=False,
    tells="returned",
)
"""A mail of ours came back for good: kept with the record whatever its state; the team is told, of one to the house
itself (`house`: `news`, or `known` to come back) the admin."""

NOTE = Transition(to=None, who=OVERSEERS, needs=("text",), may=("letter",), ends_deadlines=False, tells="kept")
"""It stays in the house; its writer is told so where it reads like a letter to the customer (`letter`)."""
PASSES = Transition(
    to=None,
    who=frozenset({"clock"}),
    by_hand=False,
    needs=("step", "cycle", "due", "to"),
    may=("deliver", "together", "late"),
    ends_deadlines=False,
)
"""A step's time is over, and nobody has seen to the record: what its policy says of that is done (`EFFECTS`)."""
RESCHEDULE = Transition(
    to=None, who=frozenset({"command"}), by_hand=False, needs=("reason",), new_cycle=True, clocks="anew"
)
"""Hours or a policy were changed, and its open deadlines are to follow: in a cycle of their own,
as a step is set once in each; what has passed stays so."""

ERASES = Transition(to=None, who=frozenset({"command", "clock"}), by_hand=False, needs=("why",))
"""Its person is to be forgotten, or it was kept long enough (`rules.erasing`): what is still open is closed first."""

_ASKS = Transition(to=None, who=OVERSEERS, by_hand=False, ends_deadlines=False)
"""A question of a member or controller: it changes nothing and is answered."""

COMMON: Table = {
    **rows((None,), "open", Transition(to=NEW, who=OPENERS, may=("late",), ends_deadlines=False, tells="new")),
    **rows(REQUESTED, "take", Transition(to=TAKEN, who=OVERSEERS, undo=True)),
    **rows(REQUESTED, "assign", Transition(to=TAKEN, who=OVERSEERS, needs=("to",), tells="assigned", undo=True)),
    **rows(REQUESTED, "done", Transition(to=DONE, may=("result",), undo=True)),
    **rows(
        REQUESTED,
        "later",
        Transition(to=WAITING, needs=("until",), new_cycle=True, clocks="follow-up", undo=True),
    ),
    **rows(
        REQUESTED,
        "not-mine",
        Transition(
            to=NEW,
            who=OVERSEERS,
            may=("team", "reason"),
            new_cycle=True,
            clocks="policy",
            tells="moved",
            undo=True,
        ),
    ),
    **rows(REQUESTED, "spam", Transition(to=SPAM, undo=True)),
    **rows((NEW, TAKEN, WAITING), "reply", Transition(to=TAKEN, needs=("text",), tells="reply", undo=True)),
    **rows((DONE,), "reply", Transition(to=None, needs=("text",), tells="reply", undo=True)),
    **rows(REQUESTED, "answered", ANSWERED),
    **rows((DONE,), "answered", msgspec.structs.replace(ANSWERED, to=None)),
    **rows(
        (*REQUESTED, DONE),
        "hold",
        Transition(to=None, by_hand=False, needs=("text", "problem"), ends_deadlines=False, tells="held"),
    ),
    **rows(REQUESTED, "send", Transition(to=TAKEN, tells="reply", undo=True)),
    **rows((DONE,), "send", Transition(to=None, tells="reply", undo=True)),
    **rows(STATES, "attach", ATTACH),
    **rows((NEW, TAKEN), "write", WRITES),
    **rows((WAITING, DONE), "write", REOPENS),
    **rows((LINKED,), "write", WRITES),
    **rows((SPAM,), "write", msgspec.structs.replace(WRITES, tells=None)),
    **rows((NEW, TAKEN), "join", JOINS),
    **rows((WAITING,), "join", WAKES),
    **rows(REQUESTED, "again", Transition(to=LINKED, needs=("ref",), undo=True)),
    **rows(REQUESTED, "apart", Transition(to=None, needs=("ref",), ends_deadlines=False)),
    **rows(STATES, "part", PARTS),
    **rows((NEW,), "rest", msgspec.structs.replace(PARTS, to=WAITING)),
    **rows(STATES, "returned", RETURNED),
    **rows(STATES, "reparse", REPARSE),
    **rows(REQUESTED, "reschedule", RESCHEDULE),
    **rows(CLOSED_STATES, "reopen", Transition(to=NEW, new_cycle=True, clocks="policy")),
    **rows(STATES, "note", NOTE),
    **rows(REQUESTED, "overdue", msgspec.structs.replace(PASSES, tells="overdue")),
    **rows(REQUESTED, "escalate", msgspec.structs.replace(PASSES, tells="escalate")),
    **rows(REQUESTED, "mail", msgspec.structs.replace(PASSES, tells="mail")),
    **rows(REQUESTED, "warn", msgspec.structs.replace(PASSES, tells="warn")),
    **rows(REQUESTED, "remind", msgspec.structs.replace(PASSES, tells="remind")),
    **rows(CLOSED_STATES, "erase", ERASES),
    **rows(STATES, "undo", Transition(to=None, ends_deadlines=False)),
    **rows(STATES, "status", msgspec.structs.replace(_ASKS, tells="status")),
    **rows(STATES, "help", msgspec.structs.replace(_ASKS, tells="help")),
    **rows(STATES, "refuse", msgspec.structs.replace(_ASKS, needs=("problem",), may=_MAIL, tells="refused")),
}

LEAD: Table = COMMON
CHECK_IN: Table = COMMON
REVIEW: Table = {**COMMON, **rows((DONE,), "write", WRITES)}
"""A review that was answered stays so, whatever its author writes."""
ALERT: Table = {
    **COMMON,
    **rows(REQUESTED, "done", Transition(to=DONE, needs=("result",), undo=True)),
}
"""An alert is closed with what was done about it: the importer asks."""
UNSORTED: Table = {
    **COMMON,
    **rows(REQUESTED, "read-as", Transition(to=DONE, needs=("kind",), may=("ref",))),
}
"""A person names what an unsorted mail is, and it is read again as that: the new record keeps the time of receipt."""

BOOKING: Table = booking_table(COMMON)

_TABLES: Mapping[str, Table] = {
    "lead": LEAD,
    "booking": BOOKING,
    "check-in": CHECK_IN,
    "review": REVIEW,
    "alert": ALERT,
    "unsorted": UNSORTED,
}


PASSIVE = frozenset(
    {
        *("attach", "write", "join", "part", "rest", "hold", "refuse", "status", "help", "note", "reparse", "returned"),
        *("undo", "overdue", "escalate", "mail", "warn", "remind"),
        *("confirm", "tentative", "stale", "look", "prefer", "announce"),
    }
)
"""What merely came in, was asked or noted, or what time did by itself: `undo` looks past it for what somebody did."""


def table_of(kind: str) -> Table:
    """The lifecycle of a kind; one without its own uses the lead's."""
    return _TABLES.get(kind, LEAD)


def possible(kind: str, state: str | None) -> tuple[str, ...]:
    """The actions that a person can ask for in this state, by name."""
    return tuple(sorted(_actions(table_of(kind), state)))


def known(kind: str) -> tuple[str, ...]:
    """All actions of a kind, by name."""
    return tuple(sorted({action for _, action in table_of(kind)}))


def can_be_undone(kind: str, action: str) -> bool:
    """Whether an actor may take this action back."""
    return any(transition.undo for (_, name), transition in table_of(kind).items() if name == action)


def _actions(table: Table, state: str | None) -> Iterator[str]:
    return (action for (at, action), transition in table.items() if at == state and transition.by_hand)
