"""What may happen to a workshop booking in which state, by whom, and where it leads: written down by hand."""

from collections.abc import Callable

import pytest

from config.models import Settings
from rules.lifecycle import known, possible, table_of
from rules.model import ActorRole, Refused
from rules.transition import ACTIONS, CLOSED_STATES, OPEN_STATES, PLANNED, STATES
from tests.unit.rules.visiting import AGREED, do, visiting

House = Callable[..., Settings]

TEAM = {
    #               offer      schedule    pre-book    ask     decline      cancel       arrived   done
    "new":         "offered    scheduled   pre-booked  asked   cancelled    cancelled    -         done",
    "taken":       "offered    scheduled   pre-booked  asked   cancelled    cancelled    -         done",
    "waiting":     "offered    scheduled   pre-booked  asked   cancelled    cancelled    -         done",
    "offered":     "offered    scheduled   pre-booked  asked   cancelled    cancelled    -         done",
    "asked":       "offered    scheduled   pre-booked  asked   cancelled    cancelled    -         done",
    "accepted":    "offered    scheduled   pre-booked  asked   cancelled    cancelled    -         done",
    "declined":    "offered    scheduled   pre-booked  asked   cancelled    cancelled    -         done",
    "postponed":   "offered    scheduled   pre-booked  asked   cancelled    cancelled    -         done",
    "countered":   "offered    scheduled   pre-booked  asked   offered      cancelled    -         done",
    "moving":      "offered    scheduled   pre-booked  asked   scheduled    cancelled    arrived   done",
    "pre-booked":  "-          scheduled   -           -       -            cancelled    arrived   done",
    "scheduled":   "offered    scheduled   -           -       -            cancelled    arrived   done",
    "arrived":     "-          -           -           -       -            cancelled    -         done",
    "done":        "-          -           -           -       -            -            -         -",
    "spam":        "-          -           -           -       -            -            -         -",
    "linked":      "-          -           -           -       -            -            -         -",
    "cancelled":   "-          -           -           -       -            -            -         -",
}  # fmt: skip
CUSTOMERS = {
    #               accept     agree     confirm    tentative  reject    postpone   counter    cancel     stale  look
    "new":         "-          -         -          -          -         -          -          cancelled  =      =",
    "taken":       "-          -         -          -          -         -          -          cancelled  =      =",
    "waiting":     "-          -         -          -          -         -          -          cancelled  =      =",
    "offered":     "scheduled  accepted  -          =          declined  postponed  countered  cancelled  =      =",
    "asked":       "-          -         -          -          declined  postponed  countered  cancelled  =      =",
    "accepted":    "-          -         =          =          declined  postponed  countered  cancelled  =      =",
    "declined":    "-          -         -          -          -         postponed  countered  cancelled  =      =",
    "postponed":   "-          -         -          -          declined  -          countered  cancelled  =      =",
    "countered":   "-          -         -          =          declined  postponed  countered  cancelled  =      =",
    "moving":      "-          -         scheduled  =          declined  moving     moving     cancelled  =      =",
    "pre-booked":  "-          -         =          =          declined  postponed  countered  cancelled  =      =",
    "scheduled":   "-          -         =          =          declined  moving     moving     cancelled  =      =",
    "arrived":     "-          -         -          -          -         -          -          cancelled  =      =",
    "done":        "-          -         -          -          -         -          -          -          -      =",
    "spam":        "-          -         -          -          -         -          -          -          -      =",
    "linked":      "-          -         -          -          -         -          -          -          -      =",
    "cancelled":   "-          -         -          -          -         -          -          -          -      =",
}  # fmt: skip
BY_TEAM = ["offer", "schedule", "pre-book", "ask", "decline", "cancel", "arrived", "done"]
BY_CUSTOMER = ["accept", "agree", "confirm", "tentative", "reject", "postpone", "counter", "cancel", "stale", "look"]


def rows(table: dict[str, str], actions: list[str]) -> list[tuple[str, str, str]]:
    """State, action and where it leads, for every cell."""
    cells = [(state, line.split()) for state, line in table.items()]
    assert {state for state, _ in cells} == set(STATES)
    return [(state, action, to) for state, line in cells for action, to in zip(actions, line, strict=True)]


ALL: list[tuple[str, str, str, ActorRole]] = [
    *((*row, "team") for row in rows(TEAM, BY_TEAM)),
    *((*row, "customer") for row in rows(CUSTOMERS, BY_CUSTOMER)),
]


@pytest.mark.parametrize(("state", "name", "to", "role"), ALL)
def test_each_action_in_each_state(house: House, state: str, name: str, to: str, role: ActorRole) -> None:
    settings, record = house(), visiting(state)
    if to == "-":
        with pytest.raises(Refused, match=f"{name} is not possible for a record that is {state}"):
            do(settings, record, name, role)
        return
    after, _ = do(settings, record, name, role)
    assert after.state == (state if to == "=" else to)
    assert after.visit is not None
    assert after.visit.uid == AGREED.uid
    assert after.visit.sequence >= AGREED.sequence


def test_the_table_has_no_other_actions() -> None:
    own = {action for _, action in table_of("booking")} - {action for _, action in table_of("lead")}
    assert own == {*BY_TEAM, *BY_CUSTOMER, "ready", "prefer", "announce"} - {"done"}
    assert set(known("lead")) < set(known("booking"))


@pytest.mark.parametrize("name", [*BY_TEAM, *BY_CUSTOMER, "ready", "prefer", "announce"])
@pytest.mark.parametrize("role", ["stranger", "source", "relay", "controller", "clock", "customer", "team"])
def test_nobody_else_may(house: House, name: str, role: ActorRole) -> None:
    """A stranger who writes to a booking changes nothing of it; a customer does not plan, a team does not answer."""
    may = {
        "team": {*BY_TEAM, "ready", "prefer"},
        "customer": {*BY_CUSTOMER, "prefer"},
        "clock": {"announce"},
    }.get(role, set[str]())
    if name in may:
        return
    states = [state for state, action in table_of("booking") if action == name and state is not None]
    for state in states:
        with pytest.raises(Refused, match=f"a {role} may not {name}"):
            do(house(), visiting(state), name, role)


def test_every_open_state_stands_in_one_list() -> None:
    assert sorted((*ACTIONS, *PLANNED)) == sorted(OPEN_STATES)
    assert not {*ACTIONS} & {*PLANNED}
    assert not {*OPEN_STATES} & {*CLOSED_STATES}


@pytest.mark.parametrize("state", STATES)
def test_whoever_asks_what_is_possible_is_offered_no_answers_of_customers(state: str) -> None:
    assert not {*possible("booking", state)} & {*BY_CUSTOMER, "announce"} - {"cancel"}
