"""A forwarded mail is read as the mail inside, by its own sender; what the forwarder wrote above it is a note.

A forward is a mail that says so: by a line ("Begin forwarded message"), by its subject (`Fwd:`, `WG:`, `转发:`), by
beginning with the lines of the inner mail, or by enclosing the mail whole. An answer has the same lines around its
quotation and is none. The inner From comes from whoever typed it: it is evidence of nothing.
"""

import re
from typing import NamedTuple

from parsers import classify, document, headblock, html, quoteline, sender
from parsers.clean import block, single_line
from parsers.document import Document
from parsers.headblock import Block
from parsers.headers import Headers, split_addresses
from parsers.mime import Part
from parsers.records import Forwarded, MailClass

DEPTH = 3
"""Forwards of forwards that are opened."""
NOTE_LIMIT = 4_000
TEXT_LIMIT = 200_000
"""Characters of a text that are searched for the lines of an inner mail."""
RECIPIENTS = 20

_PREFIX = re.compile(
    r"\s*(?:\[[^\]]{0,30}\]\s*)?(?:" + "|".join(map(re.escape, headblock.phrases("prefixes"))) + r")\.?\s?[:：]\s*",
    re.IGNORECASE,
)
_LEADING = re.compile(r"\s*(?:\[[^\]]{0,30}\]\s*)?[\w.İ]{1,12}\.?\s?(?:\[\d{1,3}\]|\(\d{1,3}\))?\s?[:：]\s*")
_ADDRESS = re.compile(r"[^\s<>\[\]()\"',;:@]{1,64}@[^\s<>\[\]()\"',;:@]{1,255}")
_LINK = re.compile(r"[<\[(]mailto:[^>\])\s]{0,320}[>\])]", re.IGNORECASE)
_STEMS = tuple(
    dict.fromkeys(headblock.folded(max(phrase.split(), key=len)) for phrase in headblock.phrases("forwarded"))
)


class _Found(NamedTuple):
    """An inner mail in one text: what stands above it, its fields and its text."""

    above: str
    fields: dict[str, str]
    below: str


def unwrapped(mail: Document, mail_class: MailClass) -> tuple[Document, Forwarded | None]:
    """The mail to read: the innermost forwarded one, or the mail itself.

    Args:
        mail: The mail as it came.
        mail_class: Its class: answers and bounces quote mails, but do not forward them.
    """
    if mail_class in ("bounce", "reply"):
        return mail, None
    if mail_class == "automatic" and not says_forward(mail.headers.get("subject")):
        return mail, None
    inner, notes = mail, list[str]()
    for _ in range(DEPTH):
        opened = _enclosed(inner) or _inline(inner)
        if opened is None or _is_own(mail, opened[0]) or (inner is not mail and _wrote_himself(inner, opened[1])):
            break
        inner, note = opened
        notes += [note] if note else []
    if inner is mail:
        return mail, None
    return inner, _forwarded(mail, inner, block("\n\n".join(notes), NOTE_LIMIT))


def says_forward(subject: str | None) -> bool:
    """Whether a subject begins as those of forwards do."""
    return _PREFIX.match(subject or "") is not None


def is_answer(inner: Document) -> bool:
    """Whether the inner mail answers another one, so that labels below it are not its own."""
    return classify.is_answer(inner.headers.get("subject"))


def bare_subject(subject: str | None) -> str | None:
    """The subject without one `Fwd:`."""
    return single_line(_PREFIX.sub("", subject or "", count=1))


def find(text: str, *, told: bool, alone: bool = False) -> _Found | None:
    """The inner mail of a plain text.

    Args:
        text: What a person would read.
        told: Something else, as the subject, says that the mail is a forward.
        alone: A text that begins with the lines of another mail is a forward as well.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    lines = headblock.split(text[:TEXT_LIMIT])
    found = headblock.find(lines)
    if found is None:
        return _quoted(lines) if told else None
    above = "\n".join(lines[: found.start])
    if not _is_forward(found, above, told=told, alone=alone):
        return None
    below = lines[found.end :]
    rest = text[TEXT_LIMIT:]
    return _Found(above, found.fields, _opened(below, quoted=found.quoted) + rest)


def _is_forward(found: Block, above: str, *, told: bool, alone: bool) -> bool:
    if told:
        return True
    if found.forwarded:
        return not any(map(quoteline.is_one, above.split("\n")))
    begins = not above.strip() and {"from", "date"} <= found.fields.keys()
    return alone and begins


def _quoted(lines: list[str]) -> _Found | None:
    """Apple Mail and old Outlooks forward below one line: `On 28/10/2021, 12:46, "Eva Muster" <eva@…> wrote:`."""
    found = quoteline.author(lines)
    if found is None:
        return None
    below = _opened(lines[found.line + 1 :], quoted=False)
    return _Found("\n".join(lines[: found.line]), {"from": found.writer, "date": found.date}, below)


def _opened(lines: list[str], *, quoted: bool) -> str:
    """The inner text without the one level of `>` or indentation that the forwarder's program added."""
    first = next((line for line in lines if line.strip()), "")
    if quoted or first.startswith(">"):
        lines = [line[1:].removeprefix(" ") if line.startswith(">") else line for line in lines]
    elif first.startswith("    ") and all(line.startswith("    ") for line in lines if line.strip()):
        lines = [line[4:] for line in lines]
    return "\n".join(lines)


def _inline(mail: Document) -> tuple[Document, str | None] | None:
    """The mail inside the text, and the note above it."""
    subject = mail.headers.get("subject")
    told = says_forward(subject)
    if not (told or _may_hold(mail)):
        return None
    alone = not told and not _LEADING.match(subject or "") and "in-reply-to" not in mail.headers
    plain = "\n".join(mail.plain)
    in_plain = find(plain, told=told, alone=alone) if plain.strip() else None
    in_markup = _in_markup("\n".join(mail.html), told=told, alone=alone) if mail.html else None
    found = in_plain or in_markup
    if found is None:
        return None
    fields = dict(found.fields)
    fields.setdefault("subject", bare_subject(subject) or "" if told else subject or "")
    texts = [("text/plain", in_plain.below)] if in_plain else []
    texts += [("text/html", in_markup.below)] if in_markup else []
    return _document(mail, fields, texts), block(found.above, NOTE_LIMIT)


def _may_hold(mail: Document) -> bool:
    """A quick look: does some line say "forwarded", or do the first lines look like those above a mail?"""
    for text in mail.plain or mail.html:
        beginning = text[:400].casefold()
        if "@" in beginning and any(label in beginning for label in _FIRST):
            return True
        lowered = headblock.folded(text[:TEXT_LIMIT])
        if any(stem in lowered for stem in _STEMS):
            return True
    return False


_FIRST = tuple(
    f"{headblock.folded(label)}{colon}" for label in headblock.phrases("from") for colon in (":", " :", "：")
)


def _in_markup(markup: str, *, told: bool, alone: bool) -> _Found | None:
    """The inner mail of an HTML text; its `below` is markup, cut where the lines above it end."""
    lines, ends = html.lines(markup[:TEXT_LIMIT])
    found = headblock.find(lines)
    if found is None:
        quoted = _quoted(lines) if told else None
        if quoted is None:
            return None
        return _Found(quoted.above, quoted.fields, markup[ends[quoted.above.count("\n") + bool(quoted.above)] :])
    above = "\n".join(lines[: found.start])
    if not _is_forward(found, above, told=told, alone=alone):
        return None
    return _Found(above, found.fields, markup[ends[found.end - 1] :])


def _enclosed(mail: Document) -> tuple[Document, str | None] | None:
    """The mail that is enclosed whole (message/rfc822), if enclosing it means to pass it on.

    A customer who encloses an old mail as evidence has a letter of his own above it, and no `Fwd:`.
    """
    parts = [part for part in mail.leaves if part.type in document.NESTED_TYPES]
    if len(parts) != 1:
        return None
    inner = document.parse(parts[0].data, mail.hints)
    if "from" not in inner.headers:
        return None
    subject, within = mail.headers.get("subject"), inner.headers.get("subject")
    same = subject is not None and subject == within
    if not (same or says_forward(subject) or not (mail.text or "").strip()):
        return None
    inner.leaves += [part for part in mail.others if part is not parts[0]]
    return inner, mail.text


def _document(mail: Document, fields: dict[str, str], texts: list[tuple[str, str]]) -> Document:
    """A mail of its own made of what was found; what hangs on the outer mail hangs on the inner one."""
    others = mail.root.others
    name, address = mailbox(fields["from"])
    header = {
        "from": _written(name, address),
        "subject": fields.get("subject", ""),
        "date": fields.get("date", ""),
        "to": ", ".join(_written(*each) for each in _mailboxes(fields.get("to", ""))),
    }
    headers = Headers({key: [value.encode("utf-8", "replace")] for key, value in header.items() if value}, others)
    leaves = [_leaf(kind, text, others) for kind, text in texts]
    root = leaves[0] if leaves else mail.root
    whole = Part(root.source, headers, root.type, root.params, root.start, root.end, others, leaves)
    return Document(b"", whole, [*leaves, *mail.others], [], mail.hints)


def _leaf(kind: str, text: str, others: tuple[str, ...]) -> Part:
    source = text.encode("utf-8", "replace")
    return Part(source, Headers({}, others), kind, {"charset": "utf-8"}, 0, len(source), others, [], 1)


def mailbox(value: str) -> tuple[str | None, str]:
    """Name and lower-case address out of what programs write behind `From:`; the address may be missing.

    Seen: `Eva Muster <eva@x>`, `eva@x`, `Eva Muster`, `"eva@x" <eva@x>`, `Eva Muster [mailto:eva@x]`,
    `Eva Muster<mailto:eva@x> <eva@x<mailto:eva@x>> on behalf of desk@x<mailto:desk@x>`.
    """
    value = value[:1000]
    bare = _LINK.sub(" ", value)
    found = _ADDRESS.search(bare) or _ADDRESS.search(value.replace("mailto:", " "))
    address = found[0].lower().rstrip(".") if found else ""
    name = re.split(r"[<\[(]|(?<=\s)via\s|[^\s<>\[\]()]{1,64}@", bare, maxsplit=1)[0].strip(" ,;\"'*\xa0\t")
    return single_line(name, 200), single_line(address, 320) or ""


def _mailboxes(value: str) -> list[tuple[str | None, str]]:
    cleaned = _LINK.sub("", value).replace(";", ",")
    return [(name, address.lower()) for name, address in split_addresses(cleaned)[:RECIPIENTS]]


def _written(name: str | None, address: str) -> str:
    if not address:
        return name or ""
    quoted = (name or "").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address}>' if quoted else address


def _is_own(mail: Document, inner: Document) -> bool:
    """Whether the recipient's own house wrote the inner mail: a customer sends it back to ask something about it."""
    own = sender.is_addressed_house(mail, inner.sender[1])
    return own and not sender.is_addressed_house(mail, mail.sender[1])


def _wrote_himself(inner: Document, note: str | None) -> bool:
    """Whether a forwarded mail with another one below its text is meant itself: no `Fwd:`, and words of its own."""
    return note is not None and not says_forward(inner.headers.get("subject"))


def _forwarded(mail: Document, inner: Document, note: str | None) -> Forwarded:
    by_name, by = mail.sender
    name, address = inner.sender
    to = tuple(written.lower() for _, written in inner.headers.addresses("to")[:RECIPIENTS])
    return Forwarded(
        by=by or None,
        by_name=by_name,
        sender=address or None,
        sender_name=name or (None if address else inner.headers.get("from")),
        subject=inner.headers.get("subject"),
        date=inner.headers.get("date"),
        to=to,
        note=note,
    )
