"""XML that a service hides in comments of its HTML for the programs of dealers, as AutoScout24 does for calls.

No sample of it is public (formats.md part 3 and 7), so names of elements are read like labels of a form, with what
stands around them: `caller` > `number` is the caller's number, whatever stands in `dealer` is not the customer's.
"""

import re
from collections.abc import Iterator

import msgspec
from lxml import etree

from parsers import adf_text, labels
from parsers.clean import block
from parsers.dictionary import lookup, section, squeeze, trade_in_label
from parsers.document import Document
from parsers.layouts import Pairs
from parsers.records import Hints, Reading

COMMENTS = 200
"""Of one mail that are looked at."""
CHARACTERS = 64 * 1024
PAIRS = 200
DEPTH = 20

_ROOT = re.compile(
    r"\s*(?:<[?!][^<>\[]{0,200}(?:\[[^\]]{0,2000}\]\s*)?>\s*){0,3}<(?P<name>[A-Za-z_][\w.-]{0,60}(?::[\w.-]{1,60})?)[\s/>]"
)
_HTML_NAMES = """
    a b body br button center div em font form h1 h2 h3 h4 h5 h6 head hr html i img input li link meta ol option p
    script section select small span strong style table tbody td tfoot th thead title tr u ul o v w xml svg picture
"""
_HTML = frozenset(_HTML_NAMES.split())
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|[_.\-]+")
_OTHERS = frozenset(("dealer", "seller", "vendor", "provider", "portal", "service", "haendler", "verkaeufer", "sender"))
"""What stands inside these is not the customer's."""
_IN_CALLS = {
    "Caller number": "caller callernumber callerphone callerphonenumber callerid callingnumber cli anrufer rufnummer",
    "Call time": "start starttime startedat callstart callstarttime calltime calldate calldatetime timestamp datetime",
    "Call status": "status callstatus state result callresult outcome accepted answered",
    "": "called callednumber callee destination destinationnumber dialednumber to trackingnumber duration callduration",
}
"""Label of the dictionaries -> names inside something called call; of the last ones none is, they keep their names."""
_CALLS = {name: label for label, names in _IN_CALLS.items() for name in names.split()}
_OUTCOMES = {
    "yes": "accepted answered connected success successful true 1 yes taken",
    "no": "missed unanswered notanswered noanswer busy failed rejected false 0 no",
}
_ANSWERS = {word: answer for answer, words in _OUTCOMES.items() for word in words.split()}
_MEASURES = frozenset(("unit", "units", "currency"))
"""Attributes that belong to the number in the element."""
_SILENT = frozenset(("lang", "type", "version", "encoding", "schemalocation", "format"))
_parser = etree.XMLParser(
    recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True,
    remove_pis=True,
)  # fmt: skip

Element = etree._Element


def readings(document: Document, hints: Hints) -> tuple[Reading, ...]:
    """Read the XML of all comments in the HTML parts; each comment is a request of its own."""
    found: list[Reading] = []
    for markup in document.html:
        if "<!--" in markup:
            for comment in _comments(markup):
                reading = _reading(comment, hints)
                if reading is not None and reading not in found:
                    found.append(reading)
    return tuple(found[:20])


def _comments(markup: str) -> Iterator[str]:
    """Comments that hold XML: neither conditions for Outlook nor HTML that somebody took out."""
    position = 0
    for _ in range(COMMENTS):
        start = markup.find("<!--", position)
        if start < 0:
            return
        end = markup.find("-->", start)
        position = end + 3 if end >= 0 else len(markup)
        text = markup[start + 4 : end if end >= 0 else position]
        root = _ROOT.match(text) if "</" in text or "/>" in text else None
        if root and root["name"].lower().partition(":")[0] not in _HTML and not adf_text.holds(text):
            yield text[root.start("name") - 1 :][:CHARACTERS]


def _reading(comment: str, hints: Hints) -> Reading | None:
    try:
        root = etree.fromstring(f"<postroom>{adf_text.repair(comment)}</postroom>".encode("utf-8", "replace"), _parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    pairs: Pairs = []
    if root is not None:
        for element in root.iterchildren(etree.Element):
            _add_pairs(element, (), pairs)
    reading = labels.reading(pairs[:PAIRS], hints, "xml") if pairs else None
    return msgspec.structs.replace(reading, language=hints.language) if reading else None


def _add_pairs(element: Element, path: tuple[str, ...], pairs: Pairs) -> None:
    """Pairs of an element: its attributes, its text, its children."""
    if len(path) >= DEPTH or len(pairs) >= PAIRS:
        return
    here = (*path, _words(str(element.tag)))
    measure = ""
    for name, value in list(element.items())[:20]:
        if squeeze(str(name)) in _MEASURES:
            measure = " " + str(value)
        elif squeeze(str(name)) not in _SILENT:
            _add(pairs, (*here, _words(str(name))), str(value))
    if len(element) == 0 and (element.text or "").strip():
        _add(pairs, here, (element.text or "") + measure)
    for child in element.iterchildren(etree.Element):
        _add_pairs(child, here, pairs)


def _words(tag: str) -> str:
    """`lead:callStart_time` as words: `call Start time`."""
    return _CAMEL.sub(" ", tag.rpartition("}")[2].rpartition(":")[2]).strip()[:60]


def _add(pairs: Pairs, path: tuple[str, ...], value: str) -> None:
    text = block(value, 5_000)
    if text and len(pairs) < PAIRS:
        label = _label(path)
        pairs.append((label, _ANSWERS.get(squeeze(text[:40]), text) if label == "Call status" else text))


def _label(path: tuple[str, ...]) -> str:
    """What the dictionaries are asked for: the name with its parent's where they know that, else the name alone."""
    name = path[-1]
    parents = path[:-1]
    joined = f"{parents[-1]} {name}" if parents else name
    in_call = any("call" in squeeze(one) or "anruf" in squeeze(one) for one in path)
    if in_call and (label := _CALLS.get(squeeze(joined), _CALLS.get(squeeze(name)))) is not None:
        return label or joined
    if lookup(joined) or trade_in_label(joined):
        return joined
    if any(squeeze(one) in _OTHERS or section(one) == "dealer" for one in parents):
        return name if all(field.startswith("dealer.") for field in (lookup(name) or {"": ""}).values()) else joined
    return f"{name} name" if section(name) else name
