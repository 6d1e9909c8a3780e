"""Which pictures of an answer belong to the mail it quotes: its markup shows them only below the cut (RFC 2392)."""

import re
from urllib.parse import unquote

from parsers import answers, html_quotes, tags
from parsers.clean import block
from parsers.document import Document

_TAG = re.compile(r"<[^<>]*>")
_SHOWN = re.compile(r"cid:([^\s\"'<>()\[\]\\]{1,250})", re.IGNORECASE)
_MARK = re.compile(r"⟦(\d{1,7})⟧")


def of_the_quotation(mail: Document) -> frozenset[str]:
    """Content-IDs, as `content_id` has them, of what the quotation shows and the text above it does not."""
    shown: list[str] = []

    def marked(tag: re.Match[str]) -> str:
        """The tag, with the number of each picture behind it as a word of the text."""
        found = _ids(tag[0])
        shown.extend(found)
        return tag[0] + "".join(f" ⟦{len(shown) - number}⟧ " for number in range(len(found), 0, -1))

    markup = "\n".join(mail.html)[: tags.LIMIT].replace("⟦", "[")
    told = block(html_quotes.to_text(_TAG.sub(marked, markup))) or ""
    numbers = (int(number) for number in _MARK.findall(answers.above_quotation(told)))
    above = {shown[number] for number in numbers if number < len(shown)}
    return frozenset(_ids(markup)) - above


def content_id(given: str) -> str:
    """A Content-ID without its brackets, in lower case."""
    return given.strip(" \t\r\n<>").lower()


def _ids(markup: str) -> list[str]:
    return [content_id(unquote(found)) for found in _SHOWN.findall(markup)]
