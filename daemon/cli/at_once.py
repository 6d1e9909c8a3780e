"""What `new booking` does at once with the booking that it opens: offer, schedule or pre-book a time."""

from collections.abc import Sequence

from rules.booking_cycle import DETAILS
from rules.model import Action, Actor

AT_ONCE = ("offer", "schedule", "pre-book")
LOOKED_UP = ("person", "vehicle")

Pairs = Sequence[tuple[str, str]]


def at_once(kind: str, pairs: Pairs, actor: Actor) -> Action | None:
    """The action that the keys ask for; None where they ask for none.

    Raises:
        ValueError: They contradict each other; the text says how.
    """
    asked = [(key, value) for key, value in pairs if key in AT_ONCE]
    details = {key: value for key, value in pairs if key in DETAILS}
    if not asked:
        if details and kind == "booking":
            key = next(iter(details))
            raise ValueError(
                f"{key}= goes with offer=, schedule= or pre-book=; alone say booking.services=… and the like"
            )
        return None
    if kind != "booking":
        raise ValueError(f"{asked[0][0]}= is for bookings, not for a {kind}")
    if len(asked) > 1:
        raise ValueError(f"{asked[0][0]}= and {asked[1][0]}=: say one of them")
    name, at = asked[0]
    return Action(name=name, actor=actor, args={"at": at, **details})


def without(pairs: Pairs, then: Action | None) -> list[tuple[str, str]]:
    """What is left for the request itself."""
    own = (*LOOKED_UP, *((*AT_ONCE, *DETAILS) if then else ()))
    return [(key, value) for key, value in pairs if key not in own]
