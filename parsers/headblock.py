"""The lines by which mail programs introduce a mail that they forward or quote: `From: … Sent: … To: … Subject: …`.

What every language and program writes there is data (`dictionaries/forwards.toml`). Finding a block says nothing of
whether the mail is a forward: answers have the same lines (see `parsers.forwards`).
"""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

WORDS = tomllib.loads(resources.files("parsers").joinpath("dictionaries/forwards.toml").read_text("utf-8"))
FIELDS = ("from", "to", "cc", "date", "subject", "other")
LINES = 3_000
"""Lines of a text that are looked at."""

_LINE = 2_000
_GAP = 6
"""Blank lines between the line that says "forwarded" and the block."""
_WRAPPED = 4
"""Lines over which one field may run: mail programs wrap long lists of recipients."""
_DRESS = " \t\xa0\u200b\ufeff*_|"
_LABEL = re.compile(r"[ \t\xa0*_]*([^\s:：*<>@][^:：<>@\n]{0,30}?)[ \t\xa0*_]*[:：][*_]*(.*)", re.DOTALL)
_QUOTE = re.compile(r"(?:[ \t]*>){1,5} ?")


def phrases(kind: str) -> tuple[str, ...]:
    """The phrases of all languages, the longest first."""
    return tuple(sorted({phrase for words in WORDS.values() for phrase in words[kind]}, key=lambda p: (-len(p), p)))


def folded(text: str) -> str:
    """Lower case, with the Turkish I as any other."""
    return text.casefold().replace("\u0307", "")


_MEANING = {folded(label): field for field in FIELDS for label in phrases(field)}
_FORWARDED = frozenset(map(folded, phrases("forwarded")))
_ORIGINAL = frozenset(map(folded, phrases("original")))


class Block(NamedTuple):
    """One found block; lines are counted in the list that was searched."""

    start: int
    """The first line that is not the text above any more."""
    end: int
    """The first line of the mail below it."""
    fields: dict[str, str]
    """By `FIELDS`, as written."""
    forwarded: bool
    """A line above it says that the mail is forwarded."""
    quoted: bool
    """The block itself stands behind `>`."""


def find(lines: Sequence[str]) -> Block | None:
    """The first block of a text; None where there is none."""
    for number, line in enumerate(lines[:LINES]):
        if len(line) > _LINE or not (bare := unquoted(line).strip(_DRESS)):
            continue
        marked = _mark(bare)
        if marked is None and _label(bare) is None:
            continue
        begin = number if marked is None else _after_mark(lines, number)
        read = _read(lines, begin)
        if read is not None and _is_enough(read[0], marked):
            fields, end = read
            return Block(_start(lines, number), end, fields, marked is True, _QUOTE.match(lines[begin]) is not None)
    return None


def find_original(lines: Sequence[str]) -> int | None:
    """The first line that says "original message", whatever follows it."""
    for number, line in enumerate(lines[:LINES]):
        bare = unquoted(line[:200]).strip(_DRESS)
        if bare.startswith(("--", "__")) and _mark(bare) is not None:
            return number
    return None


def split(text: str) -> list[str]:
    """The lines of a plain text, with the one-line blocks of Yahoo taken apart."""
    lines = text.split("\n")
    if not any(_crowded(line) for line in lines[:LINES]):
        return lines
    return [piece for line in lines for piece in (_taken_apart(line) if _crowded(line) else (line,))]


def unquoted(line: str) -> str:
    """A line without the `>` of the mails it was quoted in."""
    return _QUOTE.sub("", line, count=1) if ">" in line[:10] else line


def _mark(bare: str) -> bool | None:
    """True for a line that says "forwarded", False for "original message", None for any other."""
    if len(bare) > 80:
        return None
    words = folded(bare.replace("&nbsp;", " ").strip(" -–—_=*>:：\xa0\t#~"))
    if any(said in _FORWARDED for said in words.split(" --- ")):  # Thunderbird may say it in two languages
        return True if len(words) > 3 or words != folded(bare) else None
    return False if words in _ORIGINAL else None


def _label(bare: str) -> tuple[str, str] | None:
    """Field and value of a line that begins with a known label."""
    match = _LABEL.match(bare) if ":" in bare[:48] or "：" in bare[:48] else None
    field = _MEANING.get(folded(match[1].strip(_DRESS))) if match else None
    return (field, match[2].strip(_DRESS)) if match and field else None


def _after_mark(lines: Sequence[str], number: int) -> int:
    """The first line below a mark that is not blank."""
    at = number + 1
    while at < len(lines) and at - number <= _GAP and not unquoted(lines[at]).strip(_DRESS):
        at += 1
    return min(at, len(lines) - 1)


def _read(lines: Sequence[str], begin: int) -> tuple[dict[str, str], int] | None:
    """Fields from `begin`, and the first line below them."""
    fields: dict[str, str] = {}
    at, last = begin, ""
    while at < len(lines) and len(fields) < 12:
        bare = unquoted(lines[at][:_LINE]).strip(_DRESS)
        labelled = _label(bare)
        if labelled is not None and labelled[0] in fields and labelled[0] not in ("other", "cc"):
            break  # a second block follows
        if labelled is not None:
            last, value = labelled
            fields[last] = value
        elif not (bare and last and _goes_on(lines, at, fields[last])):
            break
        else:
            fields[last] = f"{fields[last]} {bare}".strip()[:_LINE]
        at += 1
    return (fields, at) if fields else None


def _goes_on(lines: Sequence[str], at: int, value: str) -> bool:
    """Whether a line without a label belongs to the field above: a list is open, or labels follow before a blank."""
    if not value or value.endswith((",", ";")):
        return True
    for line in lines[at + 1 : at + _WRAPPED]:
        bare = unquoted(line[:_LINE]).strip(_DRESS)
        if not bare:
            return False
        if _label(bare) is not None:
            return True
    return False


def _is_enough(fields: dict[str, str], marked: bool | None) -> bool:
    """Whether these are the lines above a mail: who, and below no mark at least two of when, to whom and about what."""
    said = sum(bool(fields.get(name)) for name in ("date", "to", "subject"))
    return bool(fields.get("from")) and said >= (2 if marked is None else 1)


def _start(lines: Sequence[str], number: int) -> int:
    """The line where the block begins with the ruler that Outlook draws above it, and the mark above the block."""
    at = number
    while at > 0:
        above = unquoted(lines[at - 1][:200]).strip(_DRESS)
        if above.strip("-–—=") and _mark(above) is None:
            break
        at -= 1
    return at


def _crowded(line: str) -> bool:
    return "-----" in line and len(line) <= 4 * _LINE and ("@" in line) and _mark_inside().search(line) is not None


def _taken_apart(line: str) -> tuple[str, ...]:
    found = _mark_inside().search(line)
    if found is None:
        return (line,)
    rest = _label_inside().sub(r"\n\1", line[found.end() :]).strip().split("\n")
    return (line[: found.start()], found[0].strip(), *rest)


@lru_cache(maxsize=1)
def _mark_inside() -> re.Pattern[str]:
    words = "|".join(map(re.escape, phrases("forwarded")))
    return re.compile(rf"-{{5,20}} ?(?:{words}) ?-{{5,20}}(?=\s{{0,5}}\S)", re.IGNORECASE)


@lru_cache(maxsize=1)
def _label_inside() -> re.Pattern[str]:
    labels = "|".join(re.escape(label) for field in FIELDS for label in phrases(field))
    return re.compile(rf"((?:{labels}) ?:(?= ))")
