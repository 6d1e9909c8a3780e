"""Why a mail came to its reader, in the reader's language.

Decisions and actions say their reason in English, for `explain` and `why`. The table `reasons` of `words.toml` has
their sentences with places (`{0}`, `{1}`) for names; what it does not know stays as it is. A place in a translation
can name the table that has the word for what stands there: `{0:states}`.
"""

import re
from functools import cache

from templates.words import Words

_PLACE = re.compile(r"\{(\d)(?::([a-z]+))?\}")


def translated(because: str, words: Words) -> str:
    """Say a reason in other words; several are parted by semicolons.

    Args:
        because: As a notice has it.
        words: Those of the reader's language. The first sentence of `reasons` that fits counts; one whose translation
            is empty is left out.
    """
    return "; ".join(filter(None, (_sentence(sentence, words) for sentence in because.split("; "))))


def _sentence(sentence: str, words: Words) -> str:
    for known, translation in words["reasons"].items():
        if found := _pattern(known).fullmatch(sentence):
            return _filled(str(translation), found.groups(), words)
    return sentence


def _filled(translation: str, names: tuple[str, ...], words: Words) -> str:
    """The names at their places; an admin's place that no name has stays empty."""

    def name(place: re.Match[str]) -> str:
        given = names[int(place[1])] if int(place[1]) < len(names) else ""
        return str(words.get(place[2], {}).get(given, given)) if place[2] else given

    return _PLACE.sub(name, translation)


@cache
def _pattern(known: str) -> re.Pattern[str]:
    """A sentence in which each place stands for any text; places come in the order of their numbers."""
    return re.compile("(.+?)".join(map(re.escape, _PLACE.split(known)[::3])), re.DOTALL)
