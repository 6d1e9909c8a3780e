"""Texts that say the same in the same words: as a pattern with a field for each value between them."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from parsers.dictionary import make_of, squeeze
from parsers.learn_values import Known, certain_field

Fields = dict[str, str]
"""Field -> value, as a sample's labels give them."""

TOKEN = re.compile(
    r"[\u3400-\u9fff]|[+€$£¥#]*(?:(?![\u3400-\u9fff])\w)(?:(?:(?![\u3400-\u9fff()\[\]（）【】：，。])\S)*\w)?[€%]?|\S"
)
IDEOGRAPH = re.compile(r"[\u3400-\u9fff]")
MOST_TOKENS = 40
"""Tokens of a text that are compared."""
_CURRENCY = re.compile(r"[€$£¥]|kr\.?|eur|usd|dkk|gbp|cny|chf", re.IGNORECASE)
_HOLDER = re.compile(r"\{[^{}]+\}")
_MOST_SLOTS = 5
"""Values in one line."""
_CODE = re.compile(r"[A-Z]{0,3}-?\d{5,12}")

Slots = list[str]
Template = tuple[tuple[str, ...], tuple[Slots, ...]]
"""The words that stay, and for each text what stands before, between and behind them."""


def template(texts: Sequence[str]) -> Template | None:
    """Find the words that several texts share in the same order; None where that is not most of what they say."""
    tokens = [[match[0] for match in TOKEN.finditer(text)][:MOST_TOKENS] for text in texts]
    common = tokens[0]
    for other in tokens[1:]:
        blocks = SequenceMatcher(None, common, other, autojunk=False).get_matching_blocks()
        common = [token for block in blocks for token in common[block.a : block.a + block.size]]
    common = [token for token in common if not (any(c.isdigit() for c in token) or _is_content(token))]
    slots = [_slots(text, common) for text in texts]
    if not common or not all(slots):
        return None
    return _without_marks(tuple(common), tuple(slot for slot in slots if slot))


def _is_content(token: str) -> bool:
    """Words that samples share by chance: the make that the dealer sells, a currency."""
    return (len(token) > 1 and make_of(token)[0] is not None) or bool(_CURRENCY.fullmatch(token))


def _slots(text: str, words: Sequence[str]) -> Slots | None:
    """What stands around the words in a text."""
    found, at, wanted = [], 0, iter(words)
    word = next(wanted, None)
    for token in TOKEN.finditer(text):
        if token[0] == word:
            found.append(text[at : token.start()])
            at, word = token.end(), next(wanted, None)
    return [*found, text[at:]] if word is None else None


def _without_marks(words: tuple[str, ...], slots: tuple[Slots, ...]) -> Template | None:
    letters = sum(len(word) for word in words if word[0].isalpha())
    ideographs = sum(bool(IDEOGRAPH.match(word)) for word in words)
    filled = sum(any(slot[i].strip() for slot in slots) for i in range(len(words) + 1))
    if (letters < 4 and ideographs < 2) or not 0 < filled <= _MOST_SLOTS:
        return None
    return words, slots


def pattern(found: Template, samples: Sequence[tuple[Known, Fields]]) -> tuple[str, dict[str, str]] | None:
    """Write a template as a pattern with a field for each value.

    Args:
        found: The template of a text of each sample.
        samples: What is known of these samples.

    Returns:
        The pattern, and its fields with the first value of each; None where no value shows what it is.
    """
    words, slots = found
    written, fields = "", {}
    for number, column in enumerate(zip(*slots, strict=True)):
        values = [value.strip() for value in column]
        before = column[0]
        if any(values):
            field = _slot_field(values, samples)
            if field in fields or (field == "-" and not all(values)):
                return None
            if field != "-":
                fields[field] = next(filter(None, values))
            written += before[: len(before) - len(before.lstrip())] + f"{{{field}}}" + before[len(before.rstrip()) :]
        else:
            written += before[:1]
        written += words[number] if number < len(words) else ""
    return (written.strip(), fields) if fields else None


def with_listing(found: Template, written: str, fields: Fields) -> tuple[str, Fields]:
    """The number beside the car in a subject is that of its listing, if no two samples have the same."""
    codes = [column for column in zip(*found[1], strict=True) if all(_CODE.fullmatch(slot.strip()) for slot in column)]
    if "vehicle.title" not in fields or len(codes) != 1 or len(set(codes[0])) < len(codes[0]):
        return written, fields
    places = [number for number, column in enumerate(zip(*found[1], strict=True)) if any(s.strip() for s in column)]
    wanted = next(n for n, place in enumerate(places) if tuple(s[place] for s in found[1]) == codes[0])
    holders = list(_HOLDER.finditer(written))
    if holders[wanted][0] != "{-}":
        return written, fields
    start, end = holders[wanted].span()
    return f"{written[:start]}{{vehicle.listing_id}}{written[end:]}", {
        **fields,
        "vehicle.listing_id": codes[0][0].strip(),
    }


def _slot_field(values: Sequence[str], samples: Sequence[tuple[Known, Fields]]) -> str:
    found = [(value, known, given) for value, (known, given) in zip(values, samples, strict=True) if value]
    if len(found) < 2:
        return "-"
    for field in found[0][2]:
        if all(squeeze(given.get(field, "")) == squeeze(value) for value, _, given in found):
            return field
    names = [given.get("customer.name") or known.name or "" for _, known, given in found]
    for position, field in ((0, "customer.first_name"), (-1, "customer.last_name")):
        if all(
            name.split()[position : position + 1 or None] == [value]
            for name, (value, _, _) in zip(names, found, strict=True)
        ):
            return field
    shown = certain_field([(value, known) for value, known, _ in found])
    return shown if shown and shown != "comments" else "-"


def likeness(one: str, other: str) -> int:
    """Letters of the words that both hold."""
    shared = {m[0] for m in TOKEN.finditer(one)} & {m[0] for m in TOKEN.finditer(other)}
    return sum(len(w) if w.isascii() else 2 * len(w) for w in shared if w[0].isalpha() and not _is_content(w))
