"""A JSON Schema for each configuration file, for editors that help while one types."""

from typing import Any

from pydantic import TypeAdapter

from config.draft import MAIN, TABLES
from config.machine import Postroom
from config.types import Model

_DRAFT = "https://json-schema.org/draft/2020-12/schema"
FILES = (MAIN, *(f"{stem}.toml" for stem in TABLES))


def schema(file: str) -> dict[str, Any]:
    """Build the JSON Schema of a file.

    Args:
        file: Its name, such as `sites.toml`; a file in `sites.d` has the schema of `sites.toml`.

    Raises:
        KeyError: There is no such file.
    """
    if file == MAIN:
        return {"$schema": _DRAFT, **Postroom.model_json_schema(by_alias=True), "title": file}
    tables = TABLES[file.removesuffix(".toml")]
    properties: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    for key, model in tables.items():
        table = _table(key, model)
        definitions |= table.pop("$defs", {})
        properties[key] = table
    return {
        "$schema": _DRAFT,
        "title": file,
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": definitions,
    }


def _table(key: str, model: type[Model]) -> dict[str, Any]:
    """Give the schema of a table: policies go by name, all others are lists."""
    shape: Any = dict[str, model] if key == "policy" else list[model]  # type: ignore[valid-type]
    return TypeAdapter(shape).json_schema(by_alias=True)
