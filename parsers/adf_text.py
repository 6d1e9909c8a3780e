"""Finding ADF in a mail and making it parse.

ADF travels as a body, as an attachment, escaped in HTML or naked in HTML; its prolog is often not well-formed and
its ampersands are often bare. Nothing is validated: the published DTD does not even load.
"""

import html
import re
from functools import lru_cache, partial
from html.entities import html5

from lxml import etree

from parsers.document import Document

FRAGMENT_CHARACTERS = 1 << 20
TOTAL_CHARACTERS = 2 << 20
"""Of all fragments of one mail; what goes beyond is not read."""

_SIGNS = ("adf", "ADF", "Adf", "rospect", "ROSPECT")
_START = re.compile(r"<(?:[\w-]{1,40}:)?(?:adf|prospect)(?=[\s/>])", re.IGNORECASE)
_END = re.compile(r"</(?:[\w-]{1,40}:)?(?:adf|prospect)\s*>", re.IGNORECASE)
_LESS = r"&(?:lt|#0*60|#x0*3c);"
_ESCAPED_START = re.compile(_LESS + r"(?:[\w-]{1,40}:)?(?:adf|prospect)\b", re.IGNORECASE)
_ESCAPED_END = re.compile(_LESS + r"/(?:[\w-]{1,40}:)?(?:adf|prospect)\s*&(?:gt|#0*62|#x0*3e);", re.IGNORECASE)
_MARKUP_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li)\b[^<>]*>", re.IGNORECASE)
_MARKUP = re.compile(r"<[^<>]*>")

_UNSAFE = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)"  # kept as it is
    r"|<!--.*?(?:-->|\Z)"  # dropped: "--" inside one ends the document for a parser
    r"|<!(?:DOCTYPE|ENTITY)[^<>\[]*(?:\[[^\]]{0,2000}\]\s*)?>?"  # dropped: nothing may be declared
    r"|<[A-Za-z_][^<>=]*=[^<>]*>"  # a tag with attributes: they are quoted
    r"|<(?![/?A-Za-z_])"  # a bare sign
    r"|&(?:\#?\w{1,32};)?",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(
    r"""(\s[\w:.-]+\s*=\s*)(?:"([^"<>]*)"|'([^'<>]*)'|[“”„]([^<>“”„]*)[“”„]|([^\s"'<>]+?)(?=[\s>]|/>|$))"""
)
_SOUND_TAG = re.compile(r'<[\w:.-]+(?:\s+[\w:.-]+="[^"<>&]*")*\s*/?>')
_ODD_TAG = re.compile(r"<(?![a-z]++[\s/>]|/[a-z]++\s*>)|xmlns")
"""Where no sign is another's than that of a bare name, names need not be looked at one by one."""
_PREDEFINED = {"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"}
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 forbids."""


def fragments(document: Document) -> list[str]:
    """Find every piece of ADF in the mail's own text-like parts, as markup without prolog and tail."""
    found: list[str] = []
    for part in document.structured:
        text = part.text
        piece = (cut(text) or cut_escaped(text)) if holds(text) else None
        if piece is None:
            continue
        if sum(map(len, found)) + len(piece) > TOTAL_CHARACTERS:
            document.defects.append("ADF over the limit of size: the rest is not read")
            break
        found.append(piece)
    return found


@lru_cache(maxsize=4)  # every level asks for the same few texts
def holds(text: str) -> bool:
    """Whether there is ADF in a text, as markup or escaped."""
    if not any(sign in text for sign in _SIGNS):  # most mails end here, at the price of a substring search
        return False
    return _START.search(text) is not None or _ESCAPED_START.search(text) is not None


def cut(text: str) -> str | None:
    """Cut ADF out of a text that holds it as markup."""
    if not (start := _START.search(text)):
        return None
    end = start.end()
    for closing in _END.finditer(text, start.end()):
        end = closing.end()
    return text[start.start() : end if end > start.end() else len(text)][:FRAGMENT_CHARACTERS]


def cut_escaped(text: str) -> str | None:
    """Cut ADF out of HTML that shows it as text (`&lt;adf&gt;`), and unescape it once."""
    if not (start := _ESCAPED_START.search(text)):
        return None
    end = None
    for closing in _ESCAPED_END.finditer(text, start.end()):
        end = closing.end()
    shown = text[start.start() : end][:FRAGMENT_CHARACTERS]
    return html.unescape(_MARKUP.sub("", _MARKUP_BREAK.sub("\n", shown)))


def repair(markup: str) -> str:
    """Make ADF well-formed enough for a recovering parser, without losing a word of it.

    A bare ampersand becomes `&amp;`, HTML's named characters become themselves, entities of the document's own stay
    literal, unquoted attributes are quoted, comments and characters that XML forbids are dropped.
    """
    return _UNSAFE.sub(_repaired, _ILLEGAL.sub("", markup))


def _repaired(match: re.Match[str]) -> str:
    text = match[0]
    if text.startswith("<!"):
        return text if text.startswith("<![CDATA[") else ""
    if text.startswith("<"):
        if len(text) == 1:
            return "&lt;"
        return text if _SOUND_TAG.fullmatch(text) else _ATTRIBUTE.sub(_quoted, text)
    if text in _PREDEFINED or text.startswith("&#"):
        return text
    return html.escape(html5.get(text[1:], "")) or "&amp;" + text[1:]


def _quoted(match: re.Match[str]) -> str:
    value = next((group for group in match.groups()[1:] if group is not None), "")
    return f'{match[1]}"{html.escape(html.unescape(value))}"'


_parser = partial(
    etree.XMLParser,
    resolve_entities=False,
    no_network=True,
    load_dtd=False,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
    strip_cdata=True,
)
"""Never expands an entity, never fetches anything, and keeps libxml2's limits on depth and size."""
_STRICT, _LENIENT = _parser(recover=False), _parser(recover=True)


def prospects(markup: str) -> list[etree._Element]:
    """Parse ADF; returns its prospects in order. Names of elements are bare afterwards: lower case, no prefix."""
    root = _tree(markup, _STRICT)
    if root is not None and _ODD_TAG.search(markup) is None:
        return list(root.iter("prospect"))
    if root is None:  # few sources send XML that is none
        root = _tree(repair(markup), _LENIENT)
    if root is None:
        return []
    for element in root.iter(etree.Element):
        tag = str(element.tag)
        if not (tag.isalpha() and tag.islower()):
            _rename(element, tag.rpartition("}")[2].rpartition(":")[2].lower())
    return list(root.iter("prospect"))


def _tree(markup: str, parser: etree.XMLParser) -> etree._Element | None:
    try:
        return etree.fromstring(f"<postroom>{markup}</postroom>".encode(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _rename(element: etree._Element, name: str) -> None:
    try:
        element.tag = name
    except ValueError:
        element.tag = "unnamed"  # nothing that XML would allow is left of it


def text_of(element: etree._Element) -> str:
    """All text inside an element, foreign elements' too."""
    if len(element) == 0:
        return element.text or ""
    return "".join(str(piece) for piece in element.itertext())
