"""JSON-LD in the scripts of an HTML mail (W3C JSON-LD 1.1, section 7), as far as schema.org is written with it.

No context is fetched or expanded: names are taken as schema.org's, whatever prefix they carry.
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

from parsers.items import CHARACTERS, DEPTH, ITEMS, VALUES, Item, bare_type

SCRIPTS = 20
SCRIPT_CHARACTERS = 256 * 1024

_SCRIPT = re.compile(r"<script\b[^<>]{0,1000}?ld(?:\+|&#0*43;|&#x0*2b;|&plus;)json[^<>]{0,1000}>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script\b", re.IGNORECASE)
_OPENING = re.compile(r"[\s/*]*+(?:<!--|<!\[CDATA\[|\ufeff)+[\s/*]*+")
_CLOSINGS = ("-->", "]]>")
_AROUND = " \t\r\n\f\v\xa0/*"
"""What stands between a script and the marks that hide it from programs without scripts."""
_LOOSE = re.compile(
    r"""(?P<text>"(?:[^"\\]++|\\.)*+(?:"|\Z))|,(?=\s*[}\]])|//[^\n]*+|/\*.*?(?:\*/|\Z)|<!--.*?(?:-->|\Z)""", re.DOTALL
)
"""Texts, which are kept, and what JSON does not allow between them: a comma at the end of a list, comments."""
_DECODER = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str)
"""Numbers stay as written; line ends and tabs inside texts are taken."""


def items(markup: str) -> tuple[list[Item], list[str]]:
    """Read the items of all scripts of this type; returns them in order and what was wrong."""
    found: list[Item] = []
    defects: list[str] = []
    for script in _scripts(markup):
        nodes = _decoded(script)
        if nodes is None:
            defects.append("JSON-LD that is no JSON")
        else:
            found += _Builder(nodes).built()
    return found, list(dict.fromkeys(defects))


def _scripts(markup: str) -> Iterator[str]:
    position = 0
    for _ in range(SCRIPTS):
        if (start := _SCRIPT.search(markup, position)) is None:
            return
        end = _SCRIPT_END.search(markup, start.end())
        position = end.start() if end else len(markup)
        if text := markup[start.end() : position][:SCRIPT_CHARACTERS].strip():
            yield text


def _decoded(text: str) -> list[Any] | None:
    """The documents in a script, mended if they have to be; None where no JSON can be made of it."""
    bare = _unwrapped(text)
    for attempt in (text, _mended(text), bare, _mended(bare), html.unescape(_mended(bare))):
        try:
            return _documents(attempt)
        except (ValueError, RecursionError):
            continue
    return [] if not bare else None


def _unwrapped(text: str) -> str:
    """Without the marks around it; a pattern for the end would look for it from every character."""
    opening = _OPENING.match(text)
    text = text[opening.end() :] if opening else text
    end = text.rstrip(_AROUND)
    return end[:-3].rstrip(_AROUND) if end.endswith(_CLOSINGS) else text


def _mended(text: str) -> str:
    return _LOOSE.sub(lambda match: match["text"] or "", text).strip()


def _documents(text: str) -> list[Any]:
    """One document, or several one after the other."""
    found: list[Any] = []
    position = 0
    if not text:
        raise ValueError("nothing is left of it")
    while position < len(text) and len(found) < VALUES:
        value, position = _DECODER.raw_decode(text, position)
        found.append(value)
        while position < len(text) and text[position] in " \t\r\n,;":
            position += 1
    return found


class _Builder:
    """Makes items of decoded JSON; a node that only names another's `@id` becomes that other."""

    def __init__(self, nodes: list[Any]) -> None:
        self.nodes = nodes
        self.left = ITEMS
        self.by_id: dict[str, dict[str, Any]] = {}
        self._index(nodes, 0)

    def built(self) -> list[Item]:
        found: list[Item] = []
        self._add_roots(self.nodes, found, 0)
        return found

    def _index(self, value: Any, depth: int) -> None:
        if depth > DEPTH or len(self.by_id) > ITEMS:
            return
        if isinstance(value, dict):
            name = value.get("@id")
            if isinstance(name, str) and len(value) > 1:
                self.by_id.setdefault(name, value)
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            if isinstance(inner, dict | list):
                self._index(inner, depth + 1)

    def _add_roots(self, value: Any, found: list[Item], depth: int) -> None:
        if depth > DEPTH:
            return
        if isinstance(value, list):
            for inner in value:
                self._add_roots(inner, found, depth + 1)
        elif isinstance(value, dict):
            if "@graph" in value:
                self._add_roots(value["@graph"], found, depth + 1)
            item = self._item(value, depth)
            if item is not None and (item.types or item.properties):
                found.append(item)

    def _item(self, node: dict[str, Any], depth: int) -> Item | None:
        if depth > DEPTH or self.left <= 0:
            return None
        self.left -= 1
        if set(node) == {"@id"} and isinstance(node["@id"], str):
            node = self.by_id.get(node["@id"], node)
        types = node.get("@type", ())
        names = (types,) if isinstance(types, str) else types if isinstance(types, list) else ()
        properties: dict[str, list[Item | str]] = {}
        for name, value in list(node.items())[:200]:
            if not name.startswith("@") or name == "@value":
                content = list(self._values(value, depth))
                if content:
                    properties.setdefault(bare_type(name), []).extend(content)
        return Item(tuple(bare_type(one) for one in names[:10] if isinstance(one, str)), properties)

    def _values(self, value: Any, depth: int) -> Iterator[Item | str]:
        for one in value[:VALUES] if isinstance(value, list) else (value,):
            if isinstance(one, str):
                yield one[:CHARACTERS]
            elif isinstance(one, bool):
                yield str(one).lower()
            elif isinstance(one, dict) and "@list" in one and depth < DEPTH:
                yield from self._values(one["@list"], depth + 1)
            elif isinstance(one, dict) and (item := self._item(one, depth + 1)) is not None:
                yield item
