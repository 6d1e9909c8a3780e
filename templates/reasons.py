"""Why a mail came to its reader, in the reader's language.

Decisions and actions say their reason in English, for `explain` and `why`. The table `reasons` of `words.toml` has
their sentences with places (`{0}`, `{1}`) for names; what it does not know stays as it is.
"""

import re
from collections.abc import Mapping
from functools import cache

_PLACE = re.compile(r"\{(\d)\}")


def translated(because: str, reasons: Mapping[str, str]) -> str:
    """Say a reason in other words; several are parted by semicolons.

    Args:
        because: As a notice has it.
        reasons: Sentence -> its translation. The first that fits counts.
    """
    return "; ".join(_sentence(sentence, reasons) for sentence in because.split("; "))


def _sentence(sentence: str, reasons: Mapping[str, str]) -> str:
    for known, translation in reasons.items():
        if found := _pattern(known).fullmatch(sentence):
            return _filled(str(translation), found.groups())
    return sentence


def _filled(translation: str, names: tuple[str, ...]) -> str:
    """The names at their places; an admin's place that no name has stays empty."""
    return _PLACE.sub(lambda place: names[int(place[1])] if int(place[1]) < len(names) else "", translation)


@cache
def _pattern(known: str) -> re.Pattern[str]:
    """A sentence in which each place stands for any text; places come in the order of their numbers."""
    return re.compile("(.+?)".join(map(re.escape, _PLACE.split(known)[::2])), re.DOTALL)
