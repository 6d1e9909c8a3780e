"""Lifecycles as tables: what may happen to a record in which state, who may do it, and what follows.

`rules.apply` walks these tables; nothing else knows what an action does to a state.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from rules.model import ActorRole

NEW, TAKEN, WAITING, DONE, SPAM = "new", "taken", "waiting", "done", "spam"
OPEN_STATES = (NEW, TAKEN, WAITING)
CLOSED_STATES = (DONE, SPAM)

_STAFF = frozenset[ActorRole]({"team", "command"})
_OPENERS = frozenset[ActorRole]({"customer", "source", "team", "command"})
_WRITERS = _OPENERS | frozenset[ActorRole]({"controller"})


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """What an action does to a record in some state."""

    to: str | None
    """The new state; None leaves it as it is."""
    who: frozenset[ActorRole] = _STAFF
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()
    """Arguments that must and that may be given."""
    by_hand: bool = True
    """Whether a person can ask for it by its name; what only happens is not offered."""
    ends_deadlines: bool = True
    new_cycle: bool = False
    clocks: Literal["policy", "follow-up"] | None = None
    """Deadlines that start: those of the record's policy from now, or the follow-up's from the resubmission."""
    tells: Literal["new", "attached", "assigned", "moved"] | None = None


Table = Mapping[tuple[str | None, str], Transition]
"""(state, action) -> what follows; the state of a record that is not there yet is None."""


def _rows(states: tuple[str | None, ...], action: str, transition: Transition) -> Table:
    return {(state, action): transition for state in states}


ATTACH = Transition(
    to=None,
    who=_WRITERS,
    by_hand=False,
    needs=("message",),
    may=("class", "imported"),
    ends_deadlines=False,
    tells="attached",
)
"""A further mail for a record: kept with it whatever its state, and told unless a program wrote it (`class`) or it was
put in later (`imported`)."""

REPARSE = Transition(
    to=None, who=frozenset({"command"}), by_hand=False, needs=("message", "fields"), ends_deadlines=False
)
"""Today's reading of its mail: fields that no person has changed since; its clock goes on as it was."""

LEAD: Table = {
    **_rows((None,), "open", Transition(to=NEW, who=_OPENERS, may=("late",), ends_deadlines=False, tells="new")),
    **_rows(OPEN_STATES, "take", Transition(to=TAKEN)),
    **_rows(OPEN_STATES, "assign", Transition(to=TAKEN, needs=("to",), tells="assigned")),
    **_rows(OPEN_STATES, "done", Transition(to=DONE, may=("result",))),
    **_rows(OPEN_STATES, "later", Transition(to=WAITING, needs=("until",), new_cycle=True, clocks="follow-up")),
    **_rows(
        OPEN_STATES,
        "not-mine",
        Transition(to=NEW, may=("team", "reason"), new_cycle=True, clocks="policy", tells="moved"),
    ),
    **_rows(OPEN_STATES, "spam", Transition(to=SPAM)),
    **_rows((*OPEN_STATES, *CLOSED_STATES), "attach", ATTACH),
    **_rows((*OPEN_STATES, *CLOSED_STATES), "reparse", REPARSE),
    **_rows(CLOSED_STATES, "reopen", Transition(to=NEW, new_cycle=True, clocks="policy")),
    **_rows((*OPEN_STATES, *CLOSED_STATES), "note", Transition(to=None, needs=("text",), ends_deadlines=False)),
}
UNSORTED: Table = LEAD
"""What a person makes of an unsorted mail is done by the same actions; reading it again as another kind is its own."""

_TABLES: Mapping[str, Table] = {"lead": LEAD, "unsorted": UNSORTED}


def table_of(kind: str) -> Table:
    """The lifecycle of a kind; one without its own uses the lead's."""
    return _TABLES.get(kind, LEAD)


def possible(kind: str, state: str | None) -> tuple[str, ...]:
    """The actions that a person can ask for in this state, by name."""
    return tuple(sorted(_actions(table_of(kind), state)))


def known(kind: str) -> tuple[str, ...]:
    """All actions of a kind, by name."""
    return tuple(sorted({action for _, action in table_of(kind)}))


def _actions(table: Table, state: str | None) -> Iterator[str]:
    return (action for (at, action), transition in table.items() if at == state and transition.by_hand)
