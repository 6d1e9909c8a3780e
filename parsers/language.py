"""Which of the seven languages a text is in."""

import re
from collections import Counter

from parsers.dictionary import dictionary

_LIMIT = 4_000
_WORD = re.compile(r"[^\W\d_]+")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")


def guess(text: str, labels_hint: str | None = None) -> str | None:
    """Guess the language: of the labels, if those decided; else by script and frequent words.

    Args:
        text: What a person reads; its first 4,000 characters count.
        labels_hint: The language whose dictionary knew most labels of the mail.

    Returns:
        de, en, da, zh, nl, fr or it; None if the text is too short or speaks for two of them alike.
    """
    if labels_hint:
        return labels_hint
    text = text[:_LIMIT]
    words = _WORD.findall(text.lower())
    if len(_HAN.findall(text)) > len(words) // 2:
        return None if _KANA_HANGUL.search(text) else "zh"
    known = dictionary().stop_words
    hits = Counter(code for word in words if word in known for code in known[word])
    languages = [code for code, count in hits.items() if count == max(hits.values())]
    return languages[0] if len(languages) == 1 and hits[languages[0]] >= 2 else None
