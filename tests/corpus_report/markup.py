"""Structured markup of the corpus against the results that the origin projects ship beside their samples.

The gate is on four types; the others are shown. Items are compared type by type: each expected one with the item of
the same type that has most of its values. Values inside a nested item belong to that item's own type.
"""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from parsers import json_ld, microdata, values
from parsers.items import Item, all_items, bare_type
from tests.corpus_report import Finding, Tally, counted

GATE = ("Event", "Order", "Person", "Review")
_TIME = "QDateTime"
_LEFT_OUT = frozenset(("@context", "@id", "id", "potentialAction", "modifyReservationUrl", "ticketToken"))


def pairs(corpus: Path) -> list[tuple[Path, Path]]:
    """HTML files with their expected results."""
    found = []
    for page in sorted((corpus / "markup").rglob("*.html")):
        for result in (page.with_suffix(".json"), page.with_name(page.name + ".json"), page.with_suffix(".jsonld")):
            if result.is_file():
                found.append((page, result))
    return found


def items(markup: str, *, is_ld: bool = True, is_micro: bool = True) -> list[Item]:
    """All items of a page, nested ones too."""
    found = json_ld.items(markup)[0] if is_ld else []
    return list(all_items([*found, *(microdata.items(markup) if is_micro else ())]))


Expected = tuple[str, dict[str, list[str]]]


def expectations(value: Any) -> Iterator[Expected]:
    """Every typed node of an expected result with its plain values."""
    if isinstance(value, list):
        for inner in value:
            yield from expectations(inner)
    elif isinstance(value, dict):
        properties = value.get("properties", value)
        kinds = value.get("@type") or value.get("type") or []
        plain: dict[str, list[str]] = {}
        for name, content in properties.items():
            several: list[Any] = [*content] if isinstance(content, list) else [content]
            texts = [text for one in several if (text := _plain(one))]
            if texts and name not in _LEFT_OUT and name not in ("@type", "type"):
                plain["name" if name == "value" else name] = texts
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            if kind != _TIME:
                yield bare_type(kind), plain
        for content in properties.values():
            yield from expectations(content)


def _plain(value: Any) -> str | None:
    """A plain value as text; a time with its zone is one."""
    if isinstance(value, dict) and value.get("@type") == _TIME:
        return str(value["@value"])
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def findings(corpus: Path) -> Iterator[Finding]:
    """Every expected value of every typed item."""
    for page, result in pairs(corpus):
        is_extruct = "extruct" in page.parts
        markup = page.read_bytes().decode("utf-8", "replace")
        is_ld = not is_extruct or result.suffix == ".jsonld"
        found = items(markup, is_ld=is_ld, is_micro=not is_extruct or not is_ld)
        for kind, plain in expectations(json.loads(result.read_text(encoding="utf-8"), strict=False)):
            item = _closest([one for one in found if one.is_a(kind)], plain)
            for name, texts in plain.items():
                got = [one if isinstance(one, str) else one.text("name") or "" for one in item.values(name)]
                right = all(any(same(text, one) for one in got) for text in texts)
                yield Finding(
                    f"{page.name} {kind}.{name}", kind, " | ".join(texts), " | ".join(got) if got else None, right
                )


def _closest(candidates: list[Item], plain: dict[str, list[str]]) -> Item:
    def score(item: Item) -> int:
        return sum(same(text, one) for name, texts in plain.items() for text in texts for one in item.values(name))

    return max(candidates, key=score, default=Item())


def same(expected: str, got: Item | str) -> bool:
    """Texts without regard to white space, countries by name or code, times as the page has them.

    The expected times carry the zone of the place, which no page names: then the wall time counts, or the day.
    """
    if isinstance(got, Item):
        return False
    a, b = " ".join(expected.split()), " ".join(got.split())
    if a == b or bare_type(a) == bare_type(b) != "" or values.country(a) == values.country(b) is not None:
        return True
    if re.fullmatch(r"\d{4}-\d\d-\d\d", b):
        return a.startswith(b)
    stamps = [datetime.fromisoformat(text) for text in (a, b) if re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{5,8}\S*", text)]
    if len(stamps) < 2:
        return False
    aware = all(stamp.tzinfo for stamp in stamps)
    return stamps[0] == stamps[1] if aware else stamps[0].replace(tzinfo=None) == stamps[1].replace(tzinfo=None)


def tallies(corpus: Path) -> list[Tally]:
    """Counts per type."""
    return counted("markup", findings(corpus))
