"""What the markup of an answer shows as quoted, written as plain texts have it."""

import re

from parsers import html, tags

_TAG = re.compile(r"(</?blockquote\b[^<>]*>)", re.IGNORECASE)
_MOST = 400
_INDENT = re.compile(r"border\s{0,3}:\s{0,3}(?:none|0)", re.IGNORECASE)


def to_text(markup: str) -> str:
    """What a person reads, as plain text, with `> ` before each line that stands in a quotation (`<blockquote>`).

    A quotation without a border is how some programs indent a paragraph; it is none.
    """
    found: list[str] = []
    quoted: list[bool] = []
    for piece in _TAG.split(tags.UNSEEN.sub("<!>", markup[: tags.LIMIT]), maxsplit=_MOST):
        tag = piece[:12].lower()
        if tag.startswith("<blockquote"):
            quoted.append(_INDENT.search(piece) is None or "border-left" in piece.lower())
        elif tag.startswith("</blockquote"):
            quoted = quoted[:-1]
        elif text := html.to_text(piece):
            found += (f"> {line}".rstrip() for line in text.split("\n")) if any(quoted) else text.split("\n")
    return "\n".join(found)
