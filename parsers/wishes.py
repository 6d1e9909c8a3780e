"""What a customer answers in plain words to a mail about a workshop visit, where it is short and clear.

Every sentence of the answer must be one of `dictionaries/wishes.toml` and all must say the same: a wrong reading is
worse than none, and what is not read goes to the team with its text. Only `Another time: …` of our own mails, and a
few sentences like it, take what follows as a time.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cache
from importlib import resources
from itertools import takewhile
from typing import NamedTuple

import msgspec

from parsers import signature
from parsers.answers import BARE
from parsers.classify import is_answer
from parsers.document import Document
from parsers.records import Answer, Wish
from parsers.visit_words import HAN
from parsers.wished_time import moment

LONGEST = 400
"""Characters of an answer that can be short and clear."""
_SENTENCES = 12
_CERTAIN = ("accept", "reject", "cancel", "prefer")
"""What nobody says as a question."""
_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "é": "e"})
_SIGNS = re.compile(r"[.,;:!?…·，。；：！？、()（）\n\"„“”–—]+|\s-\s")
_WORD = re.compile(r"[^\W_]+")
_AGAINST = frozenset("👎❌🚫✖⛔🙅")
_NAME_WORDS = 4
_ALL = frozenset(
    {"team", "zusammen", "alle", "all", "everyone", "alle sammen", "jer", "herr", "frau", "mr", "mrs", "ms"}
)


class Words(NamedTuple):
    """The dictionary in the form that sentences are compared in."""

    sentences: dict[str, Wish]
    polite: tuple[str, ...]
    """The longest first."""
    counters: tuple[tuple[str, str], ...]
    """What stands before and behind a time."""
    free: tuple[str, ...]
    but: frozenset[str]
    but_in_chinese: tuple[str, ...]
    programs: tuple[str, ...]


def with_wish(answer: Answer, mail: Document) -> Answer:
    """An answer with what it wishes, if that is clear.

    Args:
        answer: What stands above the quotation (`parsers.answers`).
        mail: The mail: its sender's name may be its signature, its date says which year is meant.
    """
    if answer.commands or answer.doubt not in (None, BARE):  # a customer's `Absagen` is no command that lacks its mark
        return answer
    writer = f"{mail.sender[0] or ''} {mail.sender[1].partition('@')[0]}"
    text = "\n".join(_unsigned((answer.text or "").split("\n"), writer))
    if not text.strip():
        text = _subject(mail)
    found = wish(text, mail.hints.region, mail.sent_at.date() if mail.sent_at else None)
    return msgspec.structs.replace(answer, wish=found) if found else answer


def wish(text: str, region: str = "DE", on: date | None = None) -> Wish | None:
    """Read a short answer; None where it is not clear, or says more than one thing.

    Args:
        text: Without quotation and signature.
        region: ISO country of the site, for days such as `3.12.`.
        on: The day on which it was written.
    """
    if not text.strip() or len(text) > LONGEST or not _AGAINST.isdisjoint(text):
        return None
    told = unicodedata.normalize("NFKC", text).replace("’", "'")
    proposed = _free(told, region, on) or _proposal(told, region, on)
    if proposed is not None:
        return proposed
    wishes: list[Wish] = []
    for number, sentence in enumerate(_sentences(told)):
        known = None if number >= _SENTENCES else _meaning(sentence)
        if known is not None:
            wishes.append(known)
        elif number >= _SENTENCES or not _says_nothing(sentence):
            return None
    if not wishes or any(one != wishes[0] for one in wishes):
        return None
    return None if "?" in told and wishes[0].name in _CERTAIN else wishes[0]


def restricts(text: str) -> bool:
    """Whether somebody's words beside the answer of his calendar may take it back or ask for something else.

    What servers put below mails does not count.
    """
    lines = takewhile(lambda line: not signature.is_disclaimer(line), text[: 2 * LONGEST].split("\n"))
    own = " ".join(lines)
    told = plain(own)
    return (
        "?" in own
        or "？" in own
        or not words().but.isdisjoint(told.split())
        or any(word in told for word in words().but_in_chinese)
    )


def by_calendar(text: str) -> bool:
    """Whether a calendar wrote a text by itself: `Karin has accepted this invitation`."""
    told = text[: 2 * LONGEST].casefold()
    return any(phrase in told for phrase in words().programs)


def plain(text: str) -> str:
    """A sentence in the form in which it is compared: words in lower case, spelt without dots, one blank between."""
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold())).translate(_SPELLED)


@cache
def words() -> Words:
    """The dictionary."""
    tables = tomllib.loads(resources.files("parsers").joinpath("dictionaries/wishes.toml").read_text("utf-8"))

    def of(table: str) -> Iterator[str]:
        return (word for language in tables[table].values() for word in language)

    sentences = {plain(word): Wish(name="prefer", days=0) for word in of("never")}
    for name in ("accept", "reject", "postpone", "cancel", "look"):
        sentences |= {plain(word): Wish(name=name) for word in of(name)}
    for days, spellings in tables["numbers"].items():
        for written in of("remind"):
            asked = Wish(name="prefer", days=int(days))
            sentences |= {plain(written.replace("{n}", spelling)): asked for spelling in spellings}
    counters = (written.casefold().partition("{when}")[::2] for written in of("counters"))
    return Words(
        sentences=sentences,
        polite=tuple(sorted({plain(word) for word in of("polite")}, key=len, reverse=True)),
        counters=tuple((head.strip(), tail.strip()) for head, tail in counters),
        free=tuple(word.casefold() for word in of("free")),
        but=frozenset(plain(word) for word in of("but")),
        but_in_chinese=tuple(tables["but"]["zh"]),
        programs=tuple(word.casefold() for word in of("programs")),
    )


def _meaning(sentence: str) -> Wish | None:
    """What a sentence says, with or without the politeness around it."""
    told = plain(sentence)
    return words().sentences.get(told) or words().sentences.get(_bare(told))


def _bare(told: str) -> str:
    """A sentence without the politeness before and behind it."""
    for _ in range(_NAME_WORDS):
        before = told
        if told in words().polite:
            return ""
        for phrase in words().polite:
            blank = "" if phrase >= HAN else " "
            told = told.removeprefix(phrase + blank).removesuffix(blank + phrase).strip()
        if told == before:
            break
    return told


def _says_nothing(sentence: str) -> bool:
    """Whether a sentence is politeness only, or greets somebody by his name."""
    told = _bare(plain(sentence))
    if not told:
        return True
    if sentence[:1] >= HAN:
        return len(sentence) <= _NAME_WORDS * 2 and sentence.strip().endswith(("您好", "你好"))
    is_frame = signature.greets(sentence) or signature.closes(sentence)
    behind = [word for word in _WORD.findall(sentence) if plain(word) in told.split()]
    return is_frame and len(behind) <= _NAME_WORDS and all(word[0].isupper() or word in _ALL for word in behind)


def _sentences(text: str) -> Iterator[str]:
    return (part.strip() for part in _SIGNS.split(text) if part.strip() and _WORD.search(part))


def _free(text: str, region: str, on: date | None) -> Wish | None:
    """`Another time: …` as our mails begin it: all behind the colon is a time, or goes to the team as it is."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    for number, line in enumerate(lines):
        head, colon, rest = line.replace("：", ":").partition(":")
        if colon and " ".join(head.casefold().split()) in words().free:
            behind = "\n".join((rest, *lines[number + 1 :]))
            at = moment(_without_politeness(behind), region, on)
            return Wish(name="counter", at=at) if at else Wish(name="postpone")
        if not all(map(_says_nothing, _sentences(line))):
            return None
    return None


def _proposal(text: str, region: str, on: date | None) -> Wish | None:
    """A sentence that proposes a day with its time, and nothing else."""
    lines = [line.strip() for line in text.split("\n") if not all(map(_says_nothing, _sentences(line)))]
    if len(lines) != 1:
        return None
    told = _without_politeness(lines[0]).casefold()
    for head, tail in words().counters:
        if told.startswith(head) and told.endswith(tail) and len(told) > len(head) + len(tail):
            middle = told[len(head) : len(told) - len(tail)] if tail else told[len(head) :]
            spaced = not head or head[-1] >= HAN or not head[-1].isalnum() or not middle[:1].isalnum()
            at = moment(middle, region, on) if spaced else None
            if at:
                return Wish(name="counter", at=at)
    return None


def _without_politeness(text: str) -> str:
    """A text without the sentences at its ends that say nothing; dots inside belong to days and times."""
    told = " ".join(text.split()).strip(" ?!？！")
    for _ in range(_NAME_WORDS):
        before = told
        for phrase in words().polite:
            if plain(told).startswith(f"{phrase} ") and told.casefold().startswith(phrase):
                told = told[len(phrase) :].lstrip(" ,!，！。")
            elif told.casefold().endswith(phrase) and not told[: -len(phrase)][-1:].isalnum():
                told = told[: -len(phrase)].rstrip(" ,!，！。?？")
        if told == before:
            break
    return told


def _unsigned(lines: Sequence[str], writer: str) -> Sequence[str]:
    """The lines without the writer's signature, also where only his name stands below without a blank line."""
    kept = list(signature.without(lines, writer))
    while kept and (not kept[-1].strip() or (len(kept) > 1 and signature.is_all(kept[-1:], writer))):
        kept.pop()
    return kept


def _subject(mail: Document) -> str:
    """The subject of a mail without words of its own: `STATUS`; not that of the mail it answers."""
    subject = mail.headers.get("subject") or ""
    return "" if is_answer(subject) else subject
