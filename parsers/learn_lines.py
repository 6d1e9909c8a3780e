"""Subjects and lines with values in them: what most samples say in the same words becomes a pattern."""

from collections.abc import Iterator, Sequence

from parsers import clean
from parsers.document import Document
from parsers.learn_pairs import Pair, Side
from parsers.learn_templates import Fields, Template, likeness, pattern, template, with_listing
from parsers.learn_values import Known
from parsers.learn_view import View, bare, is_blank

_MOST_LINES = 60
_LONGEST = 300
"""Lines of a sample that are compared, and characters of one."""
_ALIKE = 4
"""Letters of shared words from which two lines may be the same sentence."""


def subjects(samples: Sequence[Document], known: Sequence[Known], given: Sequence[Fields]) -> tuple[str, ...]:
    """Find the pattern of the subjects, if it says something that the labels do not say in every sample."""
    texts = [clean.single_line(sample.headers.get("subject")) or "" for sample in samples]
    found = template(texts) if len(samples) > 1 else None
    written = pattern(found, list(zip(known, given, strict=True))) if found else None
    if not (found and written):
        return ()
    subject, fields = with_listing(found, *written)
    return (subject,) if _is_news(fields, given) else ()


def lines(sides: Sequence[Side], known: Sequence[Known], given: Sequence[Fields]) -> tuple[str, ...]:
    """Find the patterns of single lines that say something new."""
    patterns: dict[str, None] = {}
    for side in sides:
        for found, numbers in _templates(side):
            written = pattern(found, [(known[number], given[number]) for number in numbers])
            if written and _is_news(written[1], given):
                patterns.setdefault(written[0])
    return tuple(patterns)


def _is_news(fields: Fields, given: Sequence[Fields]) -> bool:
    return any(field not in sample for field in fields for sample in given)


def _templates(side: Side) -> Iterator[tuple[Template, list[int]]]:
    """Lines that most samples hold with the same words and different values, with the samples that hold each."""
    needed = side.view.needed
    free = [list(_free(side.view, number, pairs)) for number, pairs in enumerate(side.pairs)]
    for base, own in enumerate(free[: len(free) - needed + 1]):
        for line in own:
            texts, numbers = [line], [base]
            for number in range(base + 1, len(free)):
                other = max(free[number], key=lambda text: likeness(line, text), default="")
                if other and likeness(line, other) >= _ALIKE:
                    texts.append(other)
                    numbers.append(number)
            found = template(texts) if len(texts) >= needed else None
            if found:
                for text, number in zip(texts[1:], numbers[1:], strict=True):
                    free[number].remove(text)
                yield found, numbers


def _free(view: View, number: int, pairs: Sequence[Pair]) -> list[str]:
    """The lines of a sample that no label takes, and that not every sample has."""
    taken = {at for pair in pairs for at in range(pair.first, pair.last + 1)}
    rows = (row for at, row in enumerate(view.samples[number]) if at not in taken)
    texts = (bare(row) for row in rows if len(row.cells) == 1 and not is_blank(row))
    return [text for text in texts if len(text) <= _LONGEST and not view.is_everywhere(text)][:_MOST_LINES]
