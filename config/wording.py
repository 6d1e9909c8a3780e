"""What pydantic found wrong, in words of an admin."""

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from config.problems import listed, nearest

Said = tuple[str, str | None]
"""What is wrong, and what was meant."""

_TABLE = "must be a table, write { key = value }"
_PLAIN = {
    "missing": "is missing",
    "string_type": "must be a text in quotes",
    "path_type": "must be a path in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list, write [ … ]",
    "mapping_type": _TABLE,
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
}
_PATTERNS = (
    ("@", "is not a mail address, write name@domain.example"),
    ("[A-Z]{3}", "is not a currency, write three capital letters like EUR"),
    ("[a-z0-9][", "is not an id, write lower case letters, digits, dots, dashes and underscores"),
    ("[A-Za-z0-9][", "is not a host name, write mail.domain.example"),
)


def said(error: ErrorDetails, model: type[BaseModel]) -> Said:
    """Say one error of pydantic's in plain words."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind], None
    match kind:
        case "extra_forbidden":
            return "unknown key", nearest(str(error["loc"][-1]), keys_at(model, error["loc"]))
        case "literal_error":
            return _choice(error, model)
        case "value_error":
            return _in_halves(str(context["error"]))
        case "string_pattern_mismatch":
            return _in_halves(f"'{error['input']}' {_pattern(str(context['pattern']))}")
        case "too_short":
            return "is empty", "at least one is needed"
    return _bound(kind, context) or error["msg"][:1].lower() + error["msg"][1:], None


def keys_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> tuple[str, ...]:
    """Name the keys known at the table that holds the last element of `loc`."""
    for key in loc[:-1]:
        field = _fields(model).get(str(key))
        model = (_inner(field.annotation) if field else None) or model
    return tuple(_fields(model))


def _choice(error: ErrorDetails, model: type[BaseModel]) -> Said:
    choices = _literals(error.get("ctx", {}))
    what = f"unknown value '{error['input']}'"
    return what, nearest(str(error["input"]), choices) or f"write {listed(choices)}"


def _literals(context: Mapping[str, Any]) -> list[str]:
    """Take the names out of pydantic's `'a', 'b' or 'c'`."""
    return [part.strip("' ") for part in str(context["expected"]).replace(" or ", ", ").split(",")]


def _pattern(pattern: str) -> str:
    return next(words for part, words in _PATTERNS if part in pattern)


def _bound(kind: str, context: Mapping[str, Any]) -> str | None:
    for suffix, key, word in (("greater_than_equal", "ge", "at least"), ("less_than_equal", "le", "at most")):
        if kind == suffix:
            return f"must be {word} {context[key]}"
    return f"has more than {context['max_length']} elements" if kind == "too_long" else None


def _in_halves(text: str) -> Said:
    """Part `what is wrong, write what is meant` at the comma before the advice."""
    for word in (", write ", ", did you mean "):
        what, comma, advice = text.rpartition(word)
        if comma:
            return what, f"{word[2:]}{advice}"
    return text, None


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _inner(annotation: Any) -> type[BaseModel] | None:
    """Find the model inside a type such as `tuple[Model, ...] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner(part))), None)
