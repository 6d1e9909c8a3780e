"""What somebody wrote above the mail of ours that he answers: commands, and the text that is meant for a reader.

A team's text goes on to a customer, so nothing of what it stands above may come along: everything from the first line
on that looks like a quotation is cut off, whatever mark is left of it, and where words may be lost or meant for
somebody else the answer says so (`doubt`), and its writer is asked. The first line of our mails (`parsers.ours`) comes
back with every quotation and needs no knowledge of the mail program; what stands around it does.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from parsers import commands, forwards, headblock, html_quotes, ours, quoteline, signature
from parsers.clean import BLOCK_LIMIT, block
from parsers.command_words import head
from parsers.commands import Top
from parsers.document import Document
from parsers.records import Answer

INSIDE = "something is written below or inside the quotation"
REFERS = "it speaks of something in the quotation"
FORWARDS = "it forwards a mail instead of answering"
MIXED = "words and quotation stand in one line"
HOLDS = "it held {found}"
STRAY = "a command stands below other text"
COLLEAGUES = "it stands below !{name} and may be meant for colleagues"
SIGNED = "it may be nothing but a signature"
BARE = "its first line reads like a command without !"
DATED = "its last line may introduce the quotation"
ENDLESS = "it is too long for its end to be found"

ANSWERED = frozenset(["take", "done", "later"])
"""Commands with which a customer is answered; what stands below others is often meant for colleagues."""

_DATED = re.compile(r"\d{1,4}[./:年-]\s?\d{1,2}")
_INTRO = 600
_INTRO_LINES = 4
_WRAPPED = 60
_BANNER_LINES = 6
_ADDRESSES = 50
_BARE_LINE = 200
_NEAR = 100
"""Characters that cleaning may take off the end of a text that was cut."""


class _Cut(NamedTuple):
    """A text taken apart: what its writer wrote, and the quotation with the lines that introduce it."""

    own: list[str]
    quotation: list[str]
    marked: bool
    """The lines of the quotation begin with `>`."""
    introduction: int = 0
    """Lines at the start of the quotation that only say whose it is."""
    unsure: str | None = None
    """Words that were cut off may be the writer's."""


def answer(mail: Document) -> Answer:
    """Read what stands above the quotation; never raises for what a mail may hold."""
    text = mail.quoted_text or ""
    cut = _cut(headblock.split(text))
    own, found = ours.without(_without_banner(cut.own))
    top = commands.top(own, mail.hints.region)
    if any(one.name == "note" for one in top.commands):
        return Answer(commands=commands.with_note(top.commands, signature.without(top.below, _writer(mail))))
    below, stray = _without_strays(top.below)
    lost = cut.unsure or (STRAY if stray else None) or (INSIDE if _written_inside(mail, cut) else None)
    to, cc = _addressed(mail, "to"), _addressed(mail, "cc")
    if signature.is_all(below, _writer(mail)):
        return Answer(commands=top.commands, doubt=lost, to=to, cc=cc)
    doubts = (
        HOLDS.format(found=found) if found else None,
        lost,
        ENDLESS if not cut.quotation and len(text) > BLOCK_LIMIT - _NEAR else None,
        FORWARDS if _forwards(mail, cut) else None,
        REFERS if cut.quotation and _refers(below) else None,
        _for_somebody_else(top, below),
        BARE if not top.commands and _reads_like_a_command(below) else None,
    )
    text_, doubt = block("\n".join(below)), next(filter(None, doubts), None)
    return Answer(commands=top.commands, text=text_, doubt=doubt, to=to, cc=cc)


def above_quotation(text: str) -> str:
    """The part of a text that is not cut off with the quotation."""
    return "\n".join(_cut(headblock.split(text)).own)


def _addressed(mail: Document, field: str) -> tuple[str, ...]:
    return tuple(address.lower() for _, address in mail.headers.addresses(field)[:_ADDRESSES])


def _reads_like_a_command(below: Sequence[str]) -> bool:
    """`erledigt`, `/done`, `Notiz: …`: words for the house whose mark is missing."""
    first = next((line.strip() for line in below if line.strip()), "")[:_BARE_LINE].lstrip("/\\!*- ")
    known = head(first, "actions")
    if known is None:
        return False
    rest = known.rest.strip()
    return not rest.strip(" .!*") or (known.meaning == "note" and rest[:1] in ":：")


def _cut(lines: Sequence[str]) -> _Cut:
    """Cut at the first line that belongs to a quotation, by whichever mark; below our own line nothing is looked at."""
    delimiter = next((number for number, line in enumerate(lines) if ours.is_delimiter(line)), None)
    above = lines if delimiter is None else lines[: delimiter + 1]
    intro, head, mark = quoteline.find(above), headblock.find(above), headblock.find_original(above)
    quoted = next((number for number, line in enumerate(above) if _is_quoted(line)), None)
    introduced = (intro and intro.start, head and head.start, mark)
    starts = [start for start in (*introduced, delimiter, quoted) if start is not None]
    if not starts:
        own, unsure = _without_open_intro(list(lines), ends=True)
        return _Cut(own, list(lines[len(own) :]), marked=False, introduction=len(lines) - len(own), unsure=unsure)
    first = min(starts)
    own, unsure = list(lines[:first]), None
    if first not in introduced:
        own, unsure = _without_intro(own)
    while own and ours.names(own[-1]):  # the first part of a wrapped line that names our address
        own.pop()
    marked = _is_quoted(lines[delimiter]) if delimiter is not None else quoted is not None and not head
    if first == delimiter and not marked and any(map(str.isalpha, lines[first].partition("##")[0])):
        unsure = MIXED
    end = next((found.end for found in (intro, head) if found and found.start == first), first)
    if first == mark and quoted is not None:  # whatever a program writes between its ruler and the quotation
        end = max(end, quoted)
    return _Cut(own, list(lines[len(own) :]), marked, end - len(own), unsure)


def _is_quoted(line: str) -> bool:
    return line.lstrip()[:1] == ">"


def _without_intro(own: list[str]) -> tuple[list[str], str | None]:
    """Drop the last lines if they introduce the quotation in an unknown form: address, `wrote` or date, and a colon.

    A date alone may be the writer's as well.
    """
    for start, told in _last_lines(own):
        if not told.endswith((":", "：")):
            return _without_open_intro(own, ends=False)
        if "@" in told or _DATED.search(told) or quoteline.says(told):
            return own[:start], None if "@" in told or quoteline.says(told) else DATED
    return own, None


def _without_open_intro(own: list[str], *, ends: bool) -> tuple[list[str], str | None]:
    """Drop the last lines if they introduce the quotation without a colon: `Am 3. Mai schrieb Max Muster`.

    They may be the writer's where they do not begin with the day, or (`ends`) nothing is quoted below that would show.
    """
    found = [(start, told) for start, told in _last_lines(own) if quoteline.without_colon(" ".join(told.split()))]
    opening = [one for one in found if quoteline.opens(one[1])]
    sure = opening or [one for one in found if "@" in one[1]]
    if ends and sure:
        start, told = sure[0]
        return own[:start], None if "@" in told or quoteline.is_dated(told) else DATED
    if found and not ends:
        return own[: (sure or found)[0][0]], None if sure else DATED
    return own, None


def _last_lines(own: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The last line that is not blank, then also the one above it, and so on within its paragraph: where, and which."""
    last = len(own)
    while last and not own[last - 1].strip():
        last -= 1
    start = last
    while start and last - start < _INTRO_LINES and own[start - 1].strip():
        start -= 1
        yield start, "\n".join(own[start:last])[-_INTRO:].strip()


def _without_banner(own: list[str]) -> list[str]:
    """Drop the paragraph above the text with which a server warns of mail from outside."""
    first = next((number for number, line in enumerate(own) if line.strip()), None)
    if first is None or not signature.is_banner(own[first]):
        return own
    end = next((n for n in range(first, len(own)) if not own[n].strip() or own[n].lstrip()[:1] in "!！"), len(own))
    return own[end:] if end - first <= _BANNER_LINES else own


def _without_strays(below: list[str]) -> tuple[list[str], bool]:
    """Cut the text at a command that stands too far down to be done, so that a note there goes to nobody."""
    for number, line in enumerate(below):
        if line.strip() in ("--", "---"):
            break
        if commands.is_known(line):
            return below[:number], True
    return below, False


def _forwards(mail: Document, cut: _Cut) -> bool:
    head = headblock.find(cut.quotation)
    inline = head is not None and head.forwarded and head.start == 0
    return inline or forwards.says_forward(mail.headers.get("subject"))


def _written_inside(mail: Document, cut: _Cut) -> bool:
    """Whether somebody wrote between or below quoted lines, as far as a text of the mail shows which are quoted."""
    if not cut.marked and mail.plain and mail.html:
        shown = html_quotes.to_text("\n".join(mail.html))
        cut = _cut((block(shown) or "").split("\n"))
    return cut.marked and _fresh(cut.quotation[cut.introduction :], _writer(mail))


def _writer(mail: Document) -> str:
    """His name, and the address before the @."""
    return f"{mail.sender[0] or ''} {mail.sender[1].partition('@')[0]}"


def _fresh(quotation: Sequence[str], writer: str) -> bool:
    """Whether lines that are not quoted stand among the quoted ones, or below them more than a signature."""
    last = max((number for number, line in enumerate(quotation) if _is_quoted(line)), default=-1)
    for number, line in enumerate(quotation):
        if line.strip() and not _is_quoted(line) and not _is_wrapped(quotation, number):
            return number < last or not signature.is_all(quotation[number:], writer)
    return False


def _is_wrapped(lines: Sequence[str], number: int) -> bool:
    """Whether a line is the end of the quoted one above it, broken off by a mail program."""
    above = lines[number - 1] if number else ""
    return _is_quoted(above) and len(above) >= _WRAPPED and len(lines[number]) < _WRAPPED


def _refers(below: Sequence[str]) -> bool:
    told = "\n".join(below).casefold()[:BLOCK_LIMIT]
    return any(phrase in told for phrase in signature.phrases("below"))


def _for_somebody_else(top: Top, below: Sequence[str]) -> str | None:
    """Why the text below a command may not be meant for the customer."""
    names = [one.name or one.written[1:21] for one in top.commands]
    other = next((name for name in names if name not in ANSWERED), None)
    if not names or not commands.TO_CUSTOMER.isdisjoint(names):
        return None
    if other is not None:
        return COLLEAGUES.format(name=other)
    return SIGNED if signature.may_be_all(below) else None
