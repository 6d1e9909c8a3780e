"""What a form says outside its labels: a message below them, and questions that are answered in the same line.

Programs write below their forms, too. A text counts as the person's where it speaks of itself, or asks the workshop.
"""

import re

from parsers import clean, labels
from parsers.dictionary import is_footer, meaning
from parsers.language import guess
from parsers.merge import marked, merged
from parsers.records import Reading
from parsers.several import has_words
from parsers.signs import DECORATION, LABELLED, is_ruler
from parsers.vocabulary import Vocabulary

_LINES = 400
_MOST = 20
"""Answered questions that are kept."""
_QUESTION = re.compile(r"(?P<question>[^?？]{3,100}[?？])\s*(?P<answer>[^?？]{1,40})")
_WORD = re.compile(r"[^\W\d_]+")
_SELF = {
    "de": ("ich", "mir", "mich", "mein", "meine", "meinen", "meinem", "meiner"),
    "en": ("i", "my", "me"),
    "da": ("jeg", "mig", "mit", "min", "mine"),
    "nl": ("ik", "mij", "mijn"),
    "fr": ("je", "j", "me", "mon", "ma", "mes"),
    "it": ("io", "mi", "mio", "mia", "vorrei"),
}
"""Words by which people speak of themselves; a program says `we`."""
_WORKSHOP = ("check-in", "booking")


def completed(reading: Reading, text: str, words: Vocabulary) -> Reading:
    """The reading with what stands in the text of its mail outside all labels.

    Args:
        reading: The only one of a source's mail.
        text: Of the mail, as a person reads it.
        words: The source's own.
    """
    answered, below = _outside(text, words)
    answers = {question: answer for question, answer in answered.items() if question not in reading.extra}
    if answers:
        reading = merged(reading, marked(Reading(extra=answers), "text"))
    if has_words(reading):
        return reading
    said = _said(below, reading)
    return merged(reading, marked(Reading(comments=said), "text")) if said else reading


def _outside(text: str, words: Vocabulary) -> tuple[dict[str, str], list[str]]:
    """Questions with their answers, and the lines below the last label up to the form's own words."""
    pairs = labels.pairs_of_text(text, words)
    known = {label for label, _ in pairs}
    values = {line.strip(DECORATION) for _, value in pairs for line in value.split("\n")}
    answers: dict[str, str] = {}
    below: list[str] = []
    seen = False
    for line in text.split("\n")[:_LINES]:
        bare = line.strip(DECORATION)
        if seen and bare and (is_ruler(bare) or is_footer(bare) or words.ends(bare)):
            break
        if bare and (bare in values or bare in known or _label(bare) in known):
            seen, below = True, []
        elif (asked := _QUESTION.fullmatch(bare)) and meaning("answers", asked["answer"], whole=True):
            answers[asked["question"].strip()] = asked["answer"].strip()
        elif seen:
            below.append(bare)
    return dict(list(answers.items())[:_MOST]), below


def _label(line: str) -> str | None:
    found = LABELLED.match(line)
    return found["label"].strip(" \t*_") if found else None


def _said(lines: list[str], reading: Reading) -> str | None:
    """The paragraphs from the first one on that a person wrote."""
    paragraphs = "\n".join(lines).strip().split("\n\n")
    first = next((number for number, one in enumerate(paragraphs) if _is_a_persons(one, reading)), None)
    return None if first is None else clean.block("\n\n".join(paragraphs[first:]))


def _is_a_persons(text: str, reading: Reading) -> bool:
    if reading.kind in _WORKSHOP and text.rstrip().endswith(("?", "？")):
        return True
    return speaks_of_self(text, reading.language)


def speaks_of_self(text: str, language: str | None = None) -> bool:
    """Whether its writer says I; `language` is that of his mail, where his words do not tell."""
    words = _SELF.get(guess(text) or language or "", ())
    return "我" in text or not set(words).isdisjoint(_WORD.findall(text.casefold()))
