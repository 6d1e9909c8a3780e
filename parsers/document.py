"""A mail taken apart: header, texts and other parts, decoded lazily and read without ever raising."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property

from parsers import attachments, charset, html, html_quotes, mime, winmail
from parsers.clean import BLOCK_LIMIT, block
from parsers.headers import Address, Headers, parameters
from parsers.mime import Part
from parsers.records import Attachment, Hints

ONCE = ("from", "sender", "reply-to", "to", "subject", "date", "message-id", "in-reply-to", "content-type")
"""Fields of which RFC 5322 allows one; a second one may be an attempt to be read differently by two programs."""
NESTED_TYPES = ("message/rfc822", "message/global", "message/rfc/822")
_DATE = 200
"""Characters."""
_STRUCTURED = ("text/", "application/xml", "application/adf")


@dataclass
class Document:
    """One mail. Parts of nested messages are never among its own parts: `nested` opens them."""

    raw: bytes
    root: Part
    leaves: list[Part]
    """Parts without children in order of appearance; a nested message is one of them."""
    defects: list[str] = field(default_factory=list)
    hints: Hints = field(default_factory=Hints)

    @property
    def headers(self) -> Headers:
        """The mail's own header."""
        return self.root.headers

    @cached_property
    def sent_at(self) -> datetime | None:
        """The Date field, in the zone of its writer (none if it names none); None where it is missing or no date."""
        try:
            return parsedate_to_datetime(self.headers.raw("date")[:_DATE])
        except (ValueError, TypeError, IndexError, OverflowError):
            return None

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """Texts of the plain body parts in order."""
        return tuple(part.text for part in self.leaves if part.is_text and part.type == "text/plain")

    @cached_property
    def html(self) -> tuple[str, ...]:
        """Markup of the HTML body parts in order."""
        return tuple(part.text for part in self.leaves if part.is_text and part.type == "text/html")

    @cached_property
    def text(self) -> str | None:
        """What a person would read, as plain text: of alternatives the plain one, unless it is blank."""
        return self.shown(html.to_text)

    @cached_property
    def quoted_text(self) -> str | None:
        """The same, with `> ` before lines that the markup shows as quoted, as plain texts have it."""
        return self.shown(html_quotes.to_text)

    def shown(self, of_markup: Callable[[str], str]) -> str | None:
        """The text that is shown; `of_markup` makes plain text of parts that are there as HTML only."""
        shown = {part.alternative for part in self.leaves if _is_plain(part) and part.text.strip()} - {0}
        pieces: list[str] = []
        for part in self.leaves:
            if _is_plain(part):
                pieces.append(part.text)
            elif part.is_text and part.alternative not in shown:
                pieces.append(of_markup(part.text))
        return block("\n".join(pieces), BLOCK_LIMIT)

    @property
    def structured(self) -> list[Part]:
        """Parts that may hold XML: all text-like ones and files named so, body or attachment."""
        return [part for part in self.leaves if part.type.startswith(_STRUCTURED) or _is_xml(part)]

    @property
    def others(self) -> list[Part]:
        """Parts that are no body text: attachments, calendars, XML, nested messages, reports."""
        return [part for part in self.leaves if not part.is_text]

    @property
    def nested(self) -> list["Document"]:
        """Messages that are enclosed whole, each a document of its own."""
        return [parse(part.data, self.hints) for part in self.leaves if part.type in NESTED_TYPES]

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """What hangs on the mail, for listing."""
        return tuple(
            _attachment(part)
            for part in self.others
            if part.disposition or part.name or not part.type.startswith(("text/", "message/delivery-status"))
        )

    @cached_property
    def content_type(self) -> tuple[str, dict[str, str]]:
        """Declared type of the whole mail and its parameters; `root.type` may differ where a multipart is none."""
        return parameters(self.headers.raw("content-type"))

    @cached_property
    def sender(self) -> Address:
        """Display name and lower-case address of From, else of Sender; the address is empty where none stands."""
        for name in ("from", "sender"):
            for display, address in self.headers.addresses(name) if name in self.headers else ():
                return display, address.lower()
        return None, ""


def _attachment(part: Part) -> Attachment:
    name, kind, head = part.name, part.type[:100], part.head
    return Attachment(
        name=name,
        type=kind,
        size=part.size,
        found=attachments.contradiction(kind, head),
        executable=attachments.is_program(name, head),
    )


def _is_plain(part: Part) -> bool:
    return part.type == "text/plain" and part.is_text


def _is_xml(part: Part) -> bool:
    return part.type.endswith("+xml") or (part.name or "").lower().endswith((".xml", ".adf", ".txt"))


def parse(raw: bytes, hints: Hints | None = None) -> Document:
    """Take a mail apart. Whatever the bytes are, a Document comes back; what was wrong stands in its `defects`."""
    hints = hints or Hints()
    others = charset.fallbacks(hints.region, hints.language)
    try:
        tree = mime.walk(raw, others)
    except Exception as error:  # last resort: a mail that cannot be taken apart is still a mail
        empty = Part(raw, Headers({}, others), "text/plain", {}, 0, 0, others)
        return Document(raw, empty, [], [f"cannot be taken apart: {type(error).__name__}"], hints)
    headers = tree.root.headers
    doubled = [f"more than one {name.title()} field" for name in ONCE if headers.count(name) > 1]
    missing = ["no From field"] if "from" not in headers else []
    defects = [*tree.defects, *doubled, *missing]
    return Document(raw, tree.root, winmail.opened(tree.leaves, defects), defects, hints)
