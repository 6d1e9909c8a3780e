"""The shipped values, by version."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from config.models import Shipped


@cache
def shipped_versions() -> Mapping[int, Shipped]:
    """Read every version of the shipped values; they come with the program and never change once out."""
    found = files("config").joinpath("shipped").iterdir()
    versions = [Shipped.model_validate(tomllib.loads(f.read_text("utf-8"))) for f in found if f.name.endswith(".toml")]
    return {shipped.version: shipped for shipped in sorted(versions, key=lambda shipped: shipped.version)}
