"""How long what is done with is kept, before it is erased."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from config.values import Duration, parse_duration

SHORTEST = 30
"""Days; less would be a slip of the pen, and what is erased cannot be brought back."""


def parse_keep(text: object) -> Duration | str:
    """Read `730d` or `keep`."""
    if text == "keep":
        return "keep"
    duration = parse_duration(text)
    if duration.unit != "d":
        raise ValueError(f"'{text}' is no time to keep something for, write 730d or keep")
    if duration.amount < SHORTEST:
        raise ValueError(f"'{text}' is too short: {SHORTEST}d is the least, as nothing that is erased comes back")
    return duration


Keep = Annotated[
    Duration | Literal["keep"],
    BeforeValidator(parse_keep),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d{2,6}d|keep)$"}),
]
"""So many days, or for ever."""
