"""Which of the seven languages a text is in."""

import re

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
    scores = sorted((sum(w in stops for w in words), code) for code, stops in dictionary().stop_words.items())
    (second, _), (first, language) = scores[-2:]
    return language if first >= 2 and first > second else None
