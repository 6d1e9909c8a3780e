"""Walking one prospect: children by name, texts, and a memory of what was read, so that the rest can be kept."""

import html as entities
import re

from lxml import etree

from parsers import html
from parsers.adf_text import text_of
from parsers.clean import BLOCK_LIMIT, block, single_line

Element = etree._Element  # lxml has no public name for it

EXTRA_COUNT = 100
EXTRA_CHARACTERS = 1_000

_NOTHING = frozenset(
    {"n/a", "na", "none", "null", "nil", "-", "--", ".", "not specified", "unspecified", "unknown", "undefined"}
)
_TAG = re.compile(r"</?[A-Za-z][^<>]*>")
_BLOCK_TAG = re.compile(r"<(?:p|div|table|ul|ol|html|body)\b", re.IGNORECASE)
_LINE_BREAK = re.compile(r"(?:<br\s*/?>)?[ \t]*\r?\n", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{1,6}|#x[0-9A-Fa-f]{1,5});")
_UNTOLD = ("vendor.contact", "provider.contact", "provider.email", "provider.phone")
"""Branches whose rest is not kept: how to reach the dealer and the service is no news, and no customer's data."""


class Walker:
    """Reads elements of one prospect and remembers which."""

    def __init__(self, prospect: Element) -> None:
        self.prospect = prospect
        self._read: set[Element] = set()
        self._notes: dict[str, str] = {}

    def children(self, parent: Element | None, *names: str) -> list[Element]:
        """Children of any of these names, in document order; none where there is no parent."""
        return [] if parent is None else list(parent.iterchildren(*names))

    def child(self, parent: Element | None, *names: str) -> Element | None:
        """The first child of any of these names."""
        return None if parent is None else next(parent.iterchildren(*names), None)

    def line(self, element: Element | None) -> str | None:
        """Text of an element as one line; None where it is missing, empty or says that nothing is known."""
        if element is None:
            return None
        self._mark(element)
        text = single_line(text_of(element))
        if text and _ENTITY.search(text):
            text = single_line(entities.unescape(text))
        return None if text is None or text.casefold() in _NOTHING else text

    def first(self, parent: Element | None, *names: str) -> str | None:
        """The first text among the children of these names; later ones stay unread unless the first are empty."""
        children = () if parent is None else parent.iterchildren(*names)
        return next((text for child in children if (text := self.line(child))), None)

    def prose(self, element: Element) -> str | None:
        """Text of several lines; HTML inside is reduced to its text."""
        self._mark(element)
        text = text_of(element)[: BLOCK_LIMIT * 4]
        if _TAG.search(text) or _ENTITY.search(text):
            if not _BLOCK_TAG.search(text):  # mostly plain: its own line ends count
                text = _LINE_BREAK.sub("<br>", text)
            text = html.to_text(text)
        return block(text)

    def note(self, label: str, text: str | None) -> None:
        """Keep what stands in an attribute among the rest."""
        if text:
            self._notes[label] = text

    def _mark(self, element: Element) -> None:
        self._read.add(element)
        if len(element):
            self._read.update(element.iter())

    def rest(self) -> dict[str, str]:
        """What was not read, by dotted path below the prospect: partners' extensions, options, grades, tracking."""
        kept = dict(self._notes)
        leaves: list[tuple[str, Element]] = []
        self._add_leaves(self.prospect, "", leaves)
        for path, element in leaves:
            text = single_line(element.text, EXTRA_CHARACTERS)
            if not text:
                continue
            kind = attribute(element, "type")
            label = (f"{path}.{kind}" if kind else path)[:100]
            if label not in kept and len(kept) >= EXTRA_COUNT:
                break
            joined = f"{kept[label]}; {text}" if label in kept else text
            kept[label] = joined[:EXTRA_CHARACTERS]
        return kept

    def _add_leaves(self, parent: Element, path: str, leaves: list[tuple[str, Element]]) -> None:
        """Unread elements with text and without element children, with their path; vehicles are numbered from 2.

        As deep as the parser allows elements to be nested: 256.
        """
        cars = 0
        for element in parent.iterchildren(etree.Element):
            name = str(element.tag)
            if name == "vehicle":
                cars += 1
                name = name if cars == 1 else f"{name}{cars}"
            here = f"{path}.{name}" if path else name
            if here in _UNTOLD:
                continue
            if len(element):
                self._add_leaves(element, here, leaves)
            elif element.text and element not in self._read:
                leaves.append((here, element))


def attribute(element: Element | None, *names: str) -> str | None:
    """The first attribute of any of these names, without regard to case and prefix, as one line."""
    if element is None:
        return None
    for key, value in element.items():
        if str(key).rpartition("}")[2].rpartition(":")[2].lower() in names and (text := single_line(str(value))):
            return text
    return None
