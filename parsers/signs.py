"""What divides and names in a text: labels with a sign behind them, rulers, decoration."""

import re

Pair = tuple[str, str]
Pairs = list[Pair]

RULER: Pair = ("---", "")
"""A line between two parts of a mail."""
NEXT: Pair = ("===", "")
"""The source's own line between two requests."""
LABELLED = re.compile(r"(?P<label>[^\s:：=][^:：=]{0,99}+)(?P<sign>[:：=])(?!//)[ \t*_]*(?P<value>.*)", re.DOTALL)
DECORATION = " \t>*_•·|#▪►➤"
_RULER = re.compile(r"[-=_*~#•–—.\s]{2,}")
_SENTENCE = re.compile(r"\w{6}\. ")
"""A full stop behind a whole word; behind a few letters it may be that of `Tel. gesch.`."""
_PLAUSIBLE = re.compile(r"[^\W_][^,;!\n<>@]{0,49}")


def is_ruler(line: str) -> bool:
    """Whether a line only divides what stands above from what stands below."""
    return _RULER.fullmatch(line) is not None


def is_plausible(label: str) -> bool:
    """An unknown label: short, few words, no sentence."""
    return bool(_PLAUSIBLE.fullmatch(label)) and label.count(" ") < 6 and _SENTENCE.search(label) is None
