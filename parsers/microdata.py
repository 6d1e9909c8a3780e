"""Microdata in an HTML mail (WHATWG HTML, chapter 5): `itemscope`, `itemtype`, `itemprop`, `itemref`."""

import re
from collections.abc import Iterator

from lxml import etree

from parsers.items import CHARACTERS, ITEMS, VALUES, Item, bare_type

MARKUP_CHARACTERS = 512 * 1024
ELEMENTS = 50_000
REFERENCES = 50
DEPTH = 40
"""Items inside items, and elements between an item and its property."""

_LINKS = {"a": "href", "area": "href", "link": "href"} | dict.fromkeys(
    ("audio", "embed", "iframe", "img", "source", "track", "video"), "src"
)
_PARAGRAPH_ITEM = re.compile(r"<p\b[^<>]{0,500}\sitemscope\b", re.IGNORECASE)
_PARAGRAPH = re.compile(r"(</?)p(?=[\s>])", re.IGNORECASE)
_BREAKS = frozenset(("br", "p", "div", "li", "tr", "td", "th", "h1", "h2", "h3"))
_UNSEEN = ("script", "style", "template", "noscript")

Element = etree._Element


def items(markup: str) -> list[Item]:
    """Read the items that are no property of another one, in order."""
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True, recover=True
    )
    if _PARAGRAPH_ITEM.search(markup):  # a <div> inside would end the <p>, and the item with it: seen in mails
        markup = _PARAGRAPH.sub(r"\1div", markup[:MARKUP_CHARACTERS])
    try:
        root = etree.fromstring(markup[:MARKUP_CHARACTERS].encode("utf-8", "replace"), parser)
    except (etree.XMLSyntaxError, ValueError):
        return []
    return _Walk(root).found() if root is not None else []


class _Walk:
    """What is left of the limits, and the elements that `itemref` names."""

    def __init__(self, root: Element) -> None:
        self.root = root
        self.left = ITEMS
        self.elements = ELEMENTS
        self.references = REFERENCES
        self.by_id: dict[str, Element] = {}
        if root.find(".//*[@itemref]") is not None:
            for element in root.iter(etree.Element):
                self.by_id.setdefault(str(element.get("id")), element)

    def found(self) -> list[Item]:
        result = []
        for element in self.root.iter(etree.Element):
            if element.get("itemscope") is not None and element.get("itemprop") is None:
                item = self._item(element, 0)
                if item is not None and (item.types or item.properties):
                    result.append(item)
        return result

    def _item(self, element: Element, depth: int) -> Item | None:
        if self.left <= 0 or depth > DEPTH:
            return None
        self.left -= 1
        properties: dict[str, list[Item | str]] = {}
        self._add_children(element, properties, depth)
        for name in (element.get("itemref") or "").split()[:10]:
            self.references -= 1
            other = self.by_id.get(name) if self.references > 0 else None
            if other is not None and other is not element:
                add = self._add_children if other.get("itemprop") is None else self._add
                add(other, properties, depth + 1)
        types = tuple(bare_type(name) for name in (element.get("itemtype") or "").split()[:10])
        if not properties and (text := _text(element)):
            properties = {"name": [text[:200]]}
        return Item(types, properties)

    def _add_children(self, element: Element, properties: dict[str, list[Item | str]], depth: int) -> None:
        for child in element.iterchildren(etree.Element):
            self._add(child, properties, depth)

    def _add(self, element: Element, properties: dict[str, list[Item | str]], depth: int) -> None:
        self.elements -= 1
        if self.elements <= 0 or depth > DEPTH * 4:
            return
        names = (element.get("itemprop") or "").split()[:10]
        is_item = element.get("itemscope") is not None
        value = (self._item(element, depth + 1) if is_item else _value(element)) if names else None
        for name in names:
            kept = properties.setdefault(bare_type(name), [])
            if value and len(kept) < VALUES:
                kept.append(value)
        if not is_item:
            self._add_children(element, properties, depth + 1)


def _value(element: Element) -> str:
    """The value of a property: of an attribute where the element has one for it, else its text."""
    tag = str(element.tag)
    for attribute in ("content", _LINKS.get(tag), {"time": "datetime", "data": "value", "meter": "value"}.get(tag)):
        written = element.get(attribute) if attribute else None
        if written is not None and written.strip():
            return written.strip()[:CHARACTERS]
    return _text(element)


def _text(element: Element) -> str:
    pieces: list[str] = []
    length = 0
    for piece in _pieces(element):
        pieces.append(piece)
        length += len(piece)
        if length > CHARACTERS:
            break
    return " ".join("".join(pieces).split())[:CHARACTERS]


def _pieces(element: Element) -> Iterator[str]:
    for event, inner in etree.iterwalk(element, events=("start", "end")):
        tag = str(inner.tag)
        if tag in _BREAKS:
            yield " "
        if event == "start" and tag not in _UNSEEN:
            yield inner.text or ""
        elif event == "end" and inner is not element:
            yield inner.tail or ""
