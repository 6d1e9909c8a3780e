"""What can still be checked of a table with errors: its sound keys, so that all errors come at once."""

from typing import Any, TypeVar

from pydantic import ValidationError

from config.types import Model

M = TypeVar("M", bound=Model)

_STAND_INS: dict[str, dict[str, Any]] = {
    "Postroom": {
        "hostname": "invalid",
        "admin": "admin@invalid.invalid",
        "data": "data",
        "relay": [{"url": "maildir:none"}],
    },
    "Unit": {"type": "group"},
    "Site": {
        "name": "?",
        "timezone": "UTC",
        "language": "en",
        "teams": {},
        "fallback": "none",
        "desk": "desk@invalid.invalid",
    },
    "Source": {"type": "generic", "address": "source@invalid.invalid"},
    "Test": {"mail": "none", "to": "test@invalid.invalid", "expect": {}},
}
"""Values for required keys that are wrong or missing; nothing is reported of them."""
_FOLLOWS = {
    "teams": {"fallback", "members", "team_hours"},
    "unit": {"controllers", "deputies"},
    "controllers": {"deputies"},
    "shipped": {"steps", "escalate"},
}
"""Key -> keys that cannot be judged without it."""


def remainder(model: type[M], value: object, failure: ValidationError) -> tuple[M | None, set[str]]:
    """Build a model of the sound keys of a table.

    Returns:
        The model, None if too little is left; and the keys that nothing may be said of.
    """
    wrong = {str(error["loc"][0]) for error in failure.errors(include_url=False) if error["loc"]}
    if not isinstance(value, dict) or not wrong or wrong & {"id"}:
        return None, wrong
    sound = {key: inner for key, inner in value.items() if key not in wrong}
    stand_ins = {key: inner for key, inner in _STAND_INS.get(model.__name__, {}).items() if key not in sound}
    try:
        built = model.model_validate(stand_ins | sound)
    except ValidationError:
        return None, wrong
    return built, wrong.union(*(_FOLLOWS.get(key, set()) for key in wrong))
