"""Mail addresses and countries."""

import re
import tomllib
import unicodedata
from functools import lru_cache
from importlib import resources

# Single words only, no quoting, no comments: what a form field holds, and nothing that could become a second header.
_EMAIL = re.compile(
    r"(?<![\w.+-])([A-Za-z0-9_%+'&/=~{}!#$*?^`|-][\w.%+'&/=~{}!#$*?^`|-]{0,63})@((?:[\w](?:[\w-]{0,61}[\w])?\.){1,8}[\w-]{2,24})"
)


def email(text: str) -> str | None:
    """Read the first mail address of a text; its domain in lower case, its local part as written."""
    if "@" not in text:
        return None
    for found in _EMAIL.finditer(text[:1000]):
        local, domain = found[1], found[2]
        if ".." not in local and not local.endswith(".") and len(found[0]) <= 254 and not domain[-1].isdigit():
            return f"{local}@{domain.lower()}"
    return None


def country(text: str) -> str | None:
    """Read a country's name or code as ISO 3166-1 alpha-2; None for words that name none."""
    name = unicodedata.normalize("NFKC", text[:60]).strip(" .()").casefold()
    return _countries().get(name)


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """Case-folded name or code -> alpha-2."""
    data = tomllib.loads(resources.files("parsers").joinpath("dictionaries/countries.toml").read_text("utf-8"))
    by_name = {code.casefold(): code for code in data["codes"].split()}
    for code, names in data["names"].items():
        by_name.update(dict.fromkeys((name.casefold() for name in names), code))
    return by_name
