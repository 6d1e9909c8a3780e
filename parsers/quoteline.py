"""The line above a quoted mail: `On 28/10/2021, 12:46, Eva <eva@…> wrote:`, wrapped or not, in any language."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from parsers import headblock

_LENGTH = 400
"""Characters of such a line with all lines that it is wrapped to."""
_WRAPPED = 5

_WROTE = re.compile(
    r"(?P<before>[^<>\n]{0,200}?)[<(\[]{0,2}(?P<address>[^\s<>\[\]()\"',;:@]{1,64}@[^\s<>\[\]()\"',;:@]{1,255})[>)\]]{0,2}"
    r"[^\n@]{0,60}[:：]\s*"
)
_ADDRESS = re.compile(r"[^\s<>\[\]()\"',;:@]{1,64}@[^\s<>\[\]()\"',;:@]{1,255}")
_TIME = re.compile(r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\s?(?:[AaPp]\.?[Mm]\.?)?")
_DATED = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[:.]\d{2}(?!\d)|\d{1,2}[./]\d{1,2}[./]\d{2}")
_ALONE = re.compile(r"[^\n]{0,120}\d{1,2}[:.]\d{2}[^\n,:]{0,12}, (?P<name>[^\n,:]{2,60}) \w{2,20}:\s*")
_IN_QUOTES = re.compile(r"[\"„“«»‘'](?:\s|\xa0)?([^\"„“”«»]{2,80}?)(?:\s|\xa0)?[\"”“»«’']")
_SAYS = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, headblock.phrases("wrote"))) + r")(?!\w)", re.IGNORECASE)
_SAYS_ZH = re.compile("|".join(word for word in headblock.phrases("wrote") if word > "\u2fff"))

_OPENS = re.compile(r"(?:am|on|den|op|le|el|il|em|dne|dnia|w dniu)(?= )|[于於在]|(?:19|20)\d\d[年-]", re.IGNORECASE)
_OWN = re.compile(r"(?<!\w)(?:[Ii]ch|[Ww]ir|I|[Ww]e|[Jj]eg|[Vv]i)(?![\w@.-])|我")
_STOPS = (".", "!", "?", "…", ":", "。", "！", "？", "：", ",", "，", ";")
_BEHIND = 8
"""Words behind `wrote`: a name with an address; more are a sentence."""


class Intro(NamedTuple):
    """Where it stands: the first line that belongs to it, and the first one that does not any more."""

    start: int
    end: int


class Author(NamedTuple):
    """Whom it names, as `Name <address>`, and when that was, as written."""

    line: int
    writer: str
    date: str


def find(lines: Sequence[str]) -> Intro | None:
    """The first line, or wrapped lines, that says who wrote what is quoted below."""
    for number, line in enumerate(lines):
        bare = headblock.unquoted(line).strip(" \t\xa0\ufeff*")
        ends = bare.endswith((":", "：")) or (bare.startswith("---") and bare.endswith("---"))
        if not ends or len(bare) > _LENGTH:
            continue
        start = _start(lines, number, bare)
        if start is not None:
            return Intro(start, number + 1)
    return None


def _start(lines: Sequence[str], number: int, bare: str) -> int | None:
    """The first of the lines that end at `number`, if together they are such a line."""
    joined, at = bare, number
    fallback = number if "@" in bare and says(bare) else None
    while True:
        if _DATED.search(joined) and (says(joined) or joined.endswith(">:")):
            known = "@" in joined or _is_quoted(lines, number + 1) or says(joined[-40:])
            return _opening(lines, at, joined) if known else None
        at -= 1
        if at < 0 or number - at >= _WRAPPED:
            return fallback
        above = headblock.unquoted(lines[at]).strip(" \t\xa0\ufeff*")
        if not above and not joined.startswith("<"):
            return fallback
        joined = f"{above} {joined}"
        if len(joined) > _LENGTH:
            return fallback


def _opening(lines: Sequence[str], at: int, joined: str) -> int:
    """The line above with which it begins, where a mail program broke the day off its time."""
    if opens(joined):
        return at
    for start in range(at - 1, max(-1, at - _WRAPPED), -1):
        above = headblock.unquoted(lines[start]).strip(" \t\xa0\ufeff*")
        joined = f"{above} {joined}"
        if not above or len(joined) > _LENGTH:
            break
        if opens(above) and any(map(str.isdigit, above)):
            return start
    return at


def says(text: str) -> bool:
    """Whether a text has a word for `wrote`."""
    return _SAYS.search(text) is not None or _SAYS_ZH.search(text) is not None


def opens(text: str) -> bool:
    """Whether words begin as the line above a quotation does, with a day: `Am 3. Mai …`, `On Sun, …`."""
    return _OPENS.match(text) is not None


def is_dated(text: str) -> bool:
    """Whether a text has a date with its year, or a time."""
    return _DATED.search(text) is not None


def without_colon(text: str) -> bool:
    """Whether words that end without a colon may say who wrote what is quoted below: a day, `wrote`, and whoever did.

    A sentence of one's own (`On 3 May I wrote to you`) does not, nor one that goes on or has its full stop.
    """
    if len(text) > _LENGTH or text.endswith(_STOPS) or not any(map(str.isdigit, text)) or _OWN.search(text):
        return False
    said = _SAYS.search(text) or _SAYS_ZH.search(text)
    return said is not None and len(text[said.end() :].split()) <= _BEHIND


def _is_quoted(lines: Sequence[str], begin: int) -> bool:
    return next((line for line in lines[begin : begin + 4] if line.strip()), "").startswith(">")


def author(lines: Sequence[str]) -> Author | None:
    """The first line that names a writer and ends in a colon: what Apple Mail and old Outlooks put above forwards."""
    for number, line in enumerate(lines[: headblock.LINES]):
        if len(line) > 500 or not line.rstrip().endswith((":", "：")):
            continue
        bare = headblock.unquoted(line).strip(" \t\ufeff\xa0")
        if match := _WROTE.fullmatch(bare) if "@" in bare else None:
            return Author(number, f'"{_name(match["before"])}" <{match["address"]}>', _when(bare))
        if named := _ALONE.fullmatch(bare):
            return Author(number, named["name"], _when(bare))
    return None


def is_one(line: str) -> bool:
    """Whether a single line names an address and ends in a colon."""
    return "@" in line and len(line) < 500 and _WROTE.fullmatch(line) is not None


def _name(before: str) -> str:
    """The name in `On 28/10/2021, 12:46, "Eva Muster" `: in quotes, or the capitalised words at the end."""
    times = list(_TIME.finditer(before))
    tail = before[times[-1].end() :] if times else before.rpartition(",")[2]
    quoted = _IN_QUOTES.search(tail)
    if quoted:
        return quoted[1].strip()
    words = tail.strip(" ,\"'\xa0").split()
    first = next((number for number, word in enumerate(words) if word[:1] != word[:1].lower()), 0)
    return " ".join(words[first:])


def _when(line: str) -> str:
    """The date in the line: from its first digit to the end of the time; what stands before is `On`, `Am`, `Le`."""
    line = _ADDRESS.sub(" ", line)
    digit = re.search(r"\d", line)
    time = _TIME.search(line, digit.end()) if digit else None
    return line[digit.start() : time.end()] if digit and time else ""
