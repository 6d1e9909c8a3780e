"""The tags of HTML: how they are told from text, which of them end a line, and which elements nobody sees."""

import re

LIMIT = 1_000_000
"""Characters of markup that are read; no form or portal mail comes near."""

# Every alternative stops at the next "<" or swallows up to its end for good: no text is scanned twice.
UNSEEN = re.compile(
    r"<(?=[!stST])(?:!--.*?(?:-->|\Z)|(?P<raw>script|style|title|template|svg)\b[^<>]*>.*?(?:</(?P=raw)\b[^<>]*>|\Z))",
    re.DOTALL | re.IGNORECASE,
)
TOKEN = re.compile(
    r"(?P<text>[^<]*+)(?:"
    r"<(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:]*+)"
    r"(?P<attributes>[^<>\"']*+(?:\"[^\"<]*+\"[^<>\"']*+|'[^'<]*+'[^<>\"']*+)*+)>"
    r"|<[!?/][^<>]*>|(?P<bare><)|\Z)"
)
_HIDDEN = re.compile(
    r"display\s{0,3}:\s{0,3}none|visibility\s{0,3}:\s{0,3}hidden|mso-hide\s{0,3}:\s{0,3}all|(?:^|\s)hidden(?=[\s=/]|$)",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"href\s{0,3}=\s{0,3}[\"']?(?:mailto|tel):([^\"'>?\s]{3,100})", re.IGNORECASE)
VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
SPACED = frozenset(["p", "h1", "h2", "h3", "h4", "h5", "h6"])
BLOCKS = SPACED.union(
    ("div", "li", "ul", "ol", "dl", "section", "article", "header", "footer", "main", "aside", "nav", "form"),
    ("fieldset", "legend", "blockquote", "pre", "center", "address", "body", "html", "head", "caption", "figure"),
    ("option",),
)
LINE_ENDS = BLOCKS.union(("br", "hr", "tr", "table"))


def is_hidden(attributes: str) -> bool:
    """Whether an element with these attributes is there for programs only."""
    lower = attributes.lower()
    return ("none" in lower or "hid" in lower) and bool(_HIDDEN.search(lower))
