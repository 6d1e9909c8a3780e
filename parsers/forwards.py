"""A forwarded mail is read as the mail inside, by its own sender; what the forwarder wrote above it is a note.

A forward is a mail that says so: by a line ("Begin forwarded message"), by its subject (`Fwd:`, `WG:`, `转发:`), by
beginning with the lines of the inner mail, or by enclosing the mail whole. An answer has the same lines around its
quotation and is none. The inner From comes from whoever typed it: it is evidence of nothing.
"""

import re
from typing import NamedTuple

from parsers import classify, document, headblock, html, mailboxes, quoteline, sender
from parsers.clean import block, single_line
from parsers.document import Document
from parsers.headblock import Block
from parsers.headers import Headers
from parsers.mime import Part
from parsers.records import Forwarded, MailClass

Inside = tuple[tuple[Document, Forwarded], ...]
"""The mails inside one mail, each with how it was passed on."""

DEPTH = 3
"""Forwards of forwards that are opened."""
ENCLOSED = 10
"""Mails that one mail may enclose and forward."""
NOTE_LIMIT = 4_000
TEXT_LIMIT = 200_000
"""Characters of a text that are searched for the lines of an inner mail."""
RECIPIENTS = 20

_PREFIX = re.compile(
    r"\s*(?:\[[^\]]{0,30}\]\s*)?\[?(?:" + "|".join(map(re.escape, headblock.phrases("prefixes"))) + r")\.?\s?[:：]\s*",
    re.IGNORECASE,
)
_LEADING = re.compile(r"\s*(?:\[[^\]]{0,30}\]\s*)?[\w.İ]{1,12}\.?\s?(?:\[\d{1,3}\]|\(\d{1,3}\))?\s?[:：]\s*")
_STEMS = tuple(
    dict.fromkeys(headblock.folded(max(phrase.split(), key=len)) for phrase in headblock.phrases("forwarded"))
)


class _Found(NamedTuple):
    """An inner mail in one text: what stands above it, its fields and its text."""

    above: str
    fields: dict[str, str]
    below: str


def opened(mail: Document, mail_class: MailClass) -> Inside:
    """The mails inside: nothing where the mail is none that forwards, several where it encloses several.

    Args:
        mail: The mail as it came.
        mail_class: Its class: answers and bounces quote mails, but do not forward them.
    """
    told = says_forward(mail.headers.get("subject"))
    if mail_class in ("bounce", "reply") or (mail_class == "automatic" and not told):
        return ()
    several = _several(mail) if told else []
    if several:
        return tuple(_innermost(mail, inner, [mail.text] if mail.text else []) for inner in several)
    first = _next(mail, mail)
    return (_innermost(mail, first[0], [first[1]] if first[1] else []),) if first else ()


def _innermost(mail: Document, inner: Document, notes: list[str]) -> tuple[Document, Forwarded]:
    """Open what the inner mail forwards itself, up to `DEPTH` in all."""
    for _ in range(DEPTH - 1):
        following = _next(mail, inner)
        if following is None or _wrote_himself(inner, following[1]):
            break
        inner, note = following
        notes += [note] if note else []
    return inner, _forwarded(mail, inner, block("\n\n".join(notes), NOTE_LIMIT))


def _next(mail: Document, outer: Document) -> tuple[Document, str | None] | None:
    found = _enclosed(outer) or _inline(outer)
    return None if found is None or _is_own(mail, found[0]) else found


def _several(mail: Document) -> list[Document]:
    """Two or more mails enclosed whole, at most `ENCLOSED`; what else hangs on the mail hangs on the first of them."""
    parts = [part for part in mail.leaves if part.type in document.NESTED_TYPES]
    if len(parts) < 2:
        return []
    found = [(part, document.parse(part.data, mail.hints)) for part in parts[:ENCLOSED]]
    read = [(part, inner) for part, inner in found if "from" in inner.headers and not _is_own(mail, inner)]
    taken = [part for part, _ in read]
    if read:
        read[0][1].leaves += [part for part in mail.others if not any(part is one for one in taken)]
    return [inner for _, inner in read]


def says_forward(subject: str | None) -> bool:
    """Whether a subject begins as those of forwards do."""
    return _PREFIX.match(subject or "") is not None


def is_answer(inner: Document) -> bool:
    """Whether the inner mail answers another one, so that labels below it are not its own."""
    return classify.is_answer(inner.headers.get("subject"))


def bare_subject(subject: str | None) -> str | None:
    """The subject without one `Fwd:`; old Mozillas put all of it in brackets."""
    bare = _PREFIX.sub("", subject or "", count=1)
    return single_line(bare[:-1] if bare.endswith("]") and "[" not in bare else bare)


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
        if not mail.plain and "-----" not in text and "cite" not in text:
            continue  # markup is long, and programs draw dashes there or use <blockquote type="cite">
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
    name, address = mailboxes.one(fields["from"])
    header = {
        "from": mailboxes.written(name, address),
        "subject": fields.get("subject", ""),
        "date": fields.get("date", ""),
        "to": ", ".join(mailboxes.written(*each) for each in mailboxes.several(fields.get("to", ""))[:RECIPIENTS]),
    }
    headers = Headers({key: [value.encode("utf-8", "replace")] for key, value in header.items() if value}, others)
    leaves = [_leaf(kind, text, others) for kind, text in texts]
    root = leaves[0] if leaves else mail.root
    whole = Part(root.source, headers, root.type, root.params, root.start, root.end, others, leaves)
    return Document(b"", whole, [*leaves, *mail.others], [], mail.hints)


def _leaf(kind: str, text: str, others: tuple[str, ...]) -> Part:
    source = text.encode("utf-8", "replace")
    return Part(source, Headers({}, others), kind, {"charset": "utf-8"}, 0, len(source), others, [], 1)


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
