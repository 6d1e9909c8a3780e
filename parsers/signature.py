"""Whether the lines of a letter are its signature only: nobody wants `Kind regards, Max` as an answer."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from parsers import replies

_LINES = 20
_FEW_WORDS, _FEW_HAN = 3, 5
"""A line with as many tells something; Chinese parts no words."""
_NAME_WORDS = 4
_HAN = "\u2e80"
_WORD = re.compile(r"[^\W\d_]+")
_PROGRAM = re.compile(
    r"iphone|ipad|android|mobil|outlook|blackberry|handy|phone|samsung|galaxy|windows|yahoo|gmx|web\.de|proton|mail\b|\bapp\b"
    r"|手机|手機|aka\.ms",
    re.IGNORECASE,
)
_LONG = 100
_SENTENCE = re.compile(r"\S+(?: \S+){3,}[.!?。！？]$|[。！？]$")
_CONTACT = re.compile(
    r"(?:tel|fon|phone|telefon|mobil|handy|fax|mail|www|web|tlf|电话|手机|邮箱)(?=[^a-z]|$)|[^\s@]{1,64}@[^\s@]{1,255}|\d{4,}|\+\d",
    re.IGNORECASE,
)
_BEHIND = re.compile("[,，!！]")
"""Between a salutation and what follows in its line."""
_DASHES = re.compile(r"[-_—–=*]{2,}\s*")


@cache
def phrases(kind: str) -> tuple[str, ...]:
    """The phrases of all languages, lower case: `salutations`, `closings`, `disclaimers`, `below`, `banners`."""
    words = tomllib.loads(resources.files("parsers").joinpath("dictionaries/signatures.toml").read_text("utf-8"))
    return tuple(phrase.casefold() for language in words.values() for phrase in language[kind])


def is_disclaimer(line: str) -> bool:
    """Whether a line begins what a server or program puts below mails."""
    told = line.casefold()[:400]
    return any(phrase in told for phrase in phrases("disclaimers"))


def is_banner(line: str) -> bool:
    """Whether a line is a server's warning of a mail from outside."""
    return line.strip(" *[]<>!⚠️|").casefold().startswith(tuple(phrase.strip("[]") for phrase in phrases("banners")))


def closes(line: str) -> bool:
    """Whether a line is how a letter ends."""
    told = line.strip(" ,.!\t").casefold()
    return any(_goes_on(told[len(phrase) :], phrase) for phrase in phrases("closings") if told.startswith(phrase))


def greets(line: str) -> bool:
    """Whether a line is how a letter begins: `Liebe Frau Beispiel`, no `Liebe Grüße` and no `Hinweis`."""
    told = line.strip(" ,.!\t").casefold()
    begun = (phrase for phrase in phrases("salutations") if told.startswith(phrase))
    return any(phrase >= _HAN or not told[len(phrase) :][:1].isalnum() for phrase in begun) and not closes(line)


def is_letter(text: str) -> bool:
    """Whether a text reads as if it were meant for a customer: a salutation, and more than a few words."""
    first, _, rest = text.strip().partition("\n")
    behind = _BEHIND.split(first, maxsplit=1)[1:]
    return greets(first) and any(map(_says_something, (*behind, *rest.split("\n"))))


def _says_something(line: str) -> bool:
    words = line.split()
    return not closes(line) and (len(words) >= _FEW_WORDS or sum(letter >= _HAN for letter in line) >= _FEW_HAN)


def _goes_on(rest: str, phrase: str) -> bool:
    """Whether what follows a closing in its line may be a name; `Vgl.` is no `Vg`."""
    return len(rest.split()) <= _NAME_WORDS and (phrase >= _HAN or not rest[:1].isalnum())


def is_all(lines: Sequence[str], writer: str) -> bool:
    """Whether the lines are a signature, a disclaimer or a program's own words, and nothing that somebody wrote.

    Args:
        lines: What was written above the quotation, without commands.
        writer: Name and address of From: his name begins a signature that has no closing.
    """
    kept: list[str] = []
    for line in lines:
        if is_disclaimer(line) or (not kept and _DASHES.fullmatch(line.strip())):
            return is_all(kept, writer) if kept else True
        if line.strip() and not _of_program(line):
            kept.append(line.strip())
    if not kept:
        return True
    if len(kept) > _LINES or any(len(line) > _LONG or _SENTENCE.search(line) for line in kept):
        return False
    return closes(kept[0]) or _is_name(kept[0], writer)


def without(lines: Sequence[str], writer: str) -> Sequence[str]:
    """The lines without a signature at their end that begins a paragraph, or with a closing."""
    for start in range(max(0, len(lines) - 2 * _LINES), len(lines)):
        begins = start == 0 or not lines[start - 1].strip() or closes(lines[start])
        if begins and is_all(lines[start:], writer):
            return lines[:start]
    return lines


def _of_program(line: str) -> bool:
    return replies.signs(line) and _PROGRAM.search(line) is not None


def may_be_all(lines: Sequence[str]) -> bool:
    """Whether a few words might be either: capitalised and no sentence, or with a telephone number below."""
    kept = [line.strip() for line in lines if line.strip() and not _of_program(line)]
    if not kept or any(line[-1] in ".!?。！？" and len(line.split()) > 1 for line in kept):
        return False
    named = all(len(line.split()) <= _NAME_WORDS and line[-1] not in ".!?,:;。！？，" for line in kept)
    capitals = all(word[:1].isupper() for line in kept for word in line.split())
    return (len(kept) <= _NAME_WORDS and named and capitals) or (len(kept) > 1 and bool(_CONTACT.search(kept[-1])))


def _is_name(line: str, writer: str) -> bool:
    """Whether a line begins with the writer's name, or with an initial and a name of his."""
    words = _WORD.findall(line)
    known = {word.casefold() for word in _WORD.findall(writer) if len(word) > 1}
    first = words[1:2] if words and len(words[0]) == 1 else words[:1]
    named = bool(first) and first[0].casefold() in known
    return named and len(words) <= _NAME_WORDS and not any(word[0].islower() for word in words)
