"""How samples end: the source's own words below the request, or behind the customer's in the same line.

Customers end alike, too, with thanks and greetings. What nothing shows to be the source's is left to the admin.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from parsers.dictionary import squeeze
from parsers.html import Row
from parsers.learn_pairs import MESSAGES, Pair, Side
from parsers.learn_templates import IDEOGRAPH, MOST_TOKENS, TOKEN, Fields
from parsers.learn_view import is_blank, shown

_LONGEST = 60
_LETTERS = 6
_WORDS = 4
_SENTENCE_WORDS = 8
"""Characters of an ending, letters of one at least; words behind a customer's at least, and of one worth asking for."""
_VARIES = re.compile(r"\d+|https?://\S+")
_ADDRESS = re.compile(r"https?://|www\.|\S@\S")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n")
_SENTENCE_END = re.compile(r"[\s(:.,;#（]+\Z")
_NUMBER_SIGN = re.compile(r"[\s]*[(（][^()（）]{0,20}\Z")
"""`(Ref` before its number."""
_CLOSING = re.compile(
    r"(?:\w+ ){0,3}(?:grüße|grüßen|regards|wishes|cordialement|salutations|hilsen|groet|groeten|saluti) ", re.IGNORECASE
)
"""A greeting without a full stop before the source's own words."""


class Endings(NamedTuple):
    """What samples end with."""

    own: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()
    """Words that may be the customers'."""


class _Line(NamedTuple):
    text: str
    sure: bool
    """It cannot be part of a customer's message."""


def endings(sides: Sequence[Side], given: Sequence[Fields], names: Sequence[str]) -> Endings:
    """Find the first words of what comes behind the request.

    Args:
        sides: The samples in each of their ways of writing.
        given: What their labels give.
        names: What the source calls itself.
    """
    if len(given) < 2:
        return Endings()
    found = [ending for side in sides for ending in _below(side, names)]
    found += _behind([value for sample in given for field, value in sample.items() if field in MESSAGES])
    own = dict.fromkeys(ending.text for ending in found if ending.sure)
    return Endings(tuple(own), tuple(dict.fromkeys(e.text for e in found if not e.sure and e.text not in own)))


def _below(side: Side, names: Sequence[str]) -> Iterator[_Line]:
    """The first line of what all samples end with; numbers and addresses in it may differ, values of labels not."""
    values: dict[str, set[str]] = {}
    for pair in (pair for pairs in side.pairs for pair in pairs):
        values.setdefault(pair.key, set()).add(squeeze(pair.value))
    varied = {key for key, different in values.items() if len(different) > 1}
    both = [one for one in zip(side.view.samples, side.pairs, strict=True) if one[0]]
    tail = list(_common([_own_lines(sample, pairs, varied) for sample, pairs in both], names))[::-1]
    filled = ([shown(row) for row in sample if not is_blank(row)] for sample in side.view.samples)
    above = [line for lines in filled for line in lines[: len(lines) - len(tail)]]
    sure = False
    for line in tail:
        sure = sure or line.sure
        first = _first_words(line.text)
        if _is_long(first) and squeeze(re.split("[:：\t]", line.text)[0]) not in values:
            if not any(text.startswith(first) for text in above):
                yield _Line(first, sure)
            if sure:
                return


def _own_lines(sample: Sequence[Row], pairs: Sequence[Pair], varied: set[str]) -> list[_Line]:
    """The lines from the last one upwards, to the last value that differs from sample to sample, or is a message.

    Below a message only a ruler, or the markup, shows where it ends.
    """
    above = [pair for pair in pairs if pair.key in varied or pair.is_message]
    last = max(above, key=lambda pair: pair.last, default=None)
    sure = last is None or not last.is_message or last.in_cells
    found: list[_Line] = []
    for row in sample[last.last + 1 if last else 0 :]:
        if not is_blank(row):
            found.append(_Line(shown(row), sure))
        sure = sure or (is_blank(row) and bool(row.line.strip()))
    return found[::-1]


def _common(samples: Sequence[Sequence[_Line]], names: Sequence[str]) -> Iterator[_Line]:
    """The lines that all samples share from the last one upwards."""
    for lines in zip(*samples, strict=False):
        if len({squeeze(_VARIES.sub("", line.text)) for line in lines}) > 1:
            return
        text = lines[0].text
        counted = len({tuple(_VARIES.findall(line.text)) for line in lines}) > 1
        named = any(name in squeeze(text) for name in names)
        yield _Line(text, counted or named or bool(_ADDRESS.search(text)) or any(line.sure for line in lines))


def _first_words(line: str) -> str:
    """As much of a line as is always the same."""
    return _VARIES.split(line)[0].strip(" :：(") if len(line) <= _LONGEST else line[:_LONGEST].rpartition(" ")[0]


def _is_long(text: str) -> bool:
    return sum(map(str.isalpha, text)) >= _LETTERS or (not text.isascii() and len(text) >= _LETTERS // 2)


def _behind(values: Sequence[str]) -> list[_Line]:
    """The words with which all messages end, up to the first number that differs.

    With numbers that differ nobody but a program ends each time.
    """
    tokens = [[*TOKEN.finditer(value)][-MOST_TOKENS:] for value in values]
    count = 0
    for ends in zip(*(reversed(one) for one in tokens), strict=False):
        if len({_VARIES.sub("", token[0]) for token in ends}) > 1:
            break
        count += 1
    if len(values) < 2 or not count:
        return []
    shared = [value[one[-count].start() :] for value, one in zip(values, tokens, strict=True)]
    numbers = zip(*map(_VARIES.finditer, shared), strict=False)
    end = next((same[0].start() for same in numbers if len({number[0] for number in same}) > 1), None)
    text = _SENTENCE.split(_SENTENCE_END.sub("", shared[0][:end]))[-1]
    text = _NUMBER_SIGN.sub("", text) if end is not None else text
    text = _CLOSING.sub("", text, count=1) if _CLOSING.match(text) else text
    ideographs = len(IDEOGRAPH.findall(text))
    words = ideographs // 2 if ideographs else len(text.split())
    if words < (_SENTENCE_WORDS if end is None else _WORDS) or any(value.startswith(text) for value in values):
        return []
    return [_Line(text, end is not None)]
