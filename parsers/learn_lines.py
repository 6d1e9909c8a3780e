"""What samples have beside labels: lines and subjects with values in them, lines without labels, how they end."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from parsers.dictionary import make_of, squeeze
from parsers.html import Row
from parsers.layout import Block
from parsers.learn_rows import Pair, View, bare, is_blank, shown
from parsers.learn_values import Known, certain_field, field_of, is_name

Fields = dict[str, str]
"""Field -> value, as a sample's labels give them."""

_TOKEN = re.compile(
    r"[\u3400-\u9fff]|[+€$£¥#]*(?:(?![\u3400-\u9fff])\w)(?:(?:(?![\u3400-\u9fff()\[\]（）【】：，。])\S)*\w)?[€%]?|\S"
)
_CURRENCY = re.compile(r"[€$£¥]|kr\.?|eur|usd|dkk|gbp|cny|chf", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])\s*|\n")
_DIGITS = re.compile(r"\d+|https?://\S+")
_STREET = re.compile(r"[^\W\d_][^@:;]{2,60} \d{1,4} ?[a-zA-Z]?|\d{1,5} [^\W\d_][^@:;]{2,60}")
_HOLDER = re.compile(r"\{[^{}]+\}")
_MOST_LINES = 60
_MOST_TOKENS = 40
_MOST_SLOTS = 5
_LONGEST = 300
_ENDING = 60
_SUFFIX_WORDS = 4
"""Lines and tokens that are compared, values in one line, characters of a line and of an ending, words of a suffix."""
_ONE_OF_ONE = re.compile(r"\W{0,9}(?:[^\W\d]{1,20}\W{1,3}){0,2}1\W{1,3}(?:[^\W\d]{1,5}\W{1,3})?1\W{0,9}")
"""`Lead 1 of 1`: the line above each request of a source whose samples hold one request each."""
_CODE = re.compile(r"[A-Z]{0,3}-?\d{5,12}")

Slots = list[str]
Template = tuple[tuple[str, ...], tuple[Slots, ...]]
"""The words that stay, and for each text what stands before, between and behind them."""


def template(texts: Sequence[str]) -> Template | None:
    """Find the words that several texts share in the same order; None where that is not most of what they say."""
    tokens = [[match[0] for match in _TOKEN.finditer(text)][:_MOST_TOKENS] for text in texts]
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
    for token in _TOKEN.finditer(text):
        if token[0] == word:
            found.append(text[at : token.start()])
            at, word = token.end(), next(wanted, None)
    return [*found, text[at:]] if word is None else None


def _without_marks(words: tuple[str, ...], slots: tuple[Slots, ...]) -> Template | None:
    letters = sum(len(word) for word in words if word[0].isalpha())
    ideographs = sum("\u3400" <= word <= "\u9fff" for word in words)
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


def line_templates(view: View, taken: Sequence[Sequence[Pair]]) -> Iterator[tuple[Template, list[int]]]:
    """Lines that most samples hold with the same words and different values, with the samples that hold each."""
    free = [list(_free(view, number, pairs)) for number, pairs in enumerate(taken)]
    for base, lines in enumerate(free[: len(free) - view.needed + 1]):
        for line in lines:
            texts, numbers = [line], [base]
            for number in range(base + 1, len(free)):
                other = max(free[number], key=lambda text: _likeness(line, text), default="")
                if other and _likeness(line, other) >= 4:
                    texts.append(other)
                    numbers.append(number)
            found = template(texts) if len(texts) >= view.needed else None
            if found:
                for text, number in zip(texts, numbers, strict=True):
                    if number > base:
                        free[number].remove(text)
                yield found, numbers


def _likeness(one: str, other: str) -> int:
    """Letters of the words that both hold."""
    shared = {m[0] for m in _TOKEN.finditer(one)} & {m[0] for m in _TOKEN.finditer(other)}
    return sum(len(w) if w.isascii() else 2 * len(w) for w in shared if w[0].isalpha() and not _is_content(w))


def _free(view: View, number: int, pairs: Sequence[Pair]) -> Iterator[str]:
    taken = {at for pair in pairs for at in range(pair.first, pair.last + 1)}
    count = 0
    for at, row in enumerate(view.samples[number]):
        text = bare(row)
        if (
            at not in taken
            and len(row.cells) == 1
            and not is_blank(row)
            and not view.is_everywhere(text)
            and len(text) <= 300
        ):
            count += 1
            if count <= _MOST_LINES:
                yield text


def blocks(view: View, taken: Sequence[Sequence[Pair]], known: Sequence[Known]) -> Iterator[Block]:
    """Lines of different kinds below the same line of most samples: a name, then a mail address, then a number."""
    below: dict[str, list[tuple[str, int, list[str]]]] = {}
    for number, pairs in enumerate(taken):
        for at, lines in _runs(view, number, pairs):
            text = shown(view.samples[number][at])
            below.setdefault(squeeze(text), []).append((text, number, lines))
    for found in below.values():
        if len({number for _, number, _ in found}) >= view.needed and len(found) == len({n for _, n, _ in found}):
            fields = _block_fields([(lines, known[number]) for _, number, lines in found])
            if len(fields) > 1:
                yield Block(after=found[0][0], fields=fields)


def _runs(view: View, number: int, pairs: Sequence[Pair]) -> Iterator[tuple[int, list[str]]]:
    """Constant lines of a sample with the several lines below each, up to a gap or the next constant line."""
    rows = view.samples[number]
    beside = {pair.first for pair in pairs if pair.first == pair.last}
    for at, row in enumerate(rows):
        if is_blank(row) or not (view.is_constant(bare(row)) and len(row.cells) == 1):
            continue
        lines: list[str] = []
        for below in rows[at + 1 : at + 12]:
            if is_blank(below) and not lines:
                continue
            number_below = at + 1 + len(lines)
            if is_blank(below) or view.is_constant(bare(below)) or len(below.cells) > 1 or number_below in beside:
                break
            lines.append(shown(below))
        if len(lines) > 1:
            yield at, lines


def _block_fields(samples: Sequence[tuple[list[str], Known]]) -> tuple[str, ...]:
    """What each line is; empty where the samples do not agree, or a line shows nothing."""
    order: list[str] = []
    for lines, known in samples:
        typed = [_line_field(line, known) for line in lines]
        if not {"customer.email", "customer.phone"} & set(typed) or len(set(typed)) < len(typed):
            return ()
        at = 0
        for field in typed:
            if field is None:
                return ()
            if field in order and order.index(field) < at:
                return ()
            if field not in order:
                order.insert(at, field)
            at = order.index(field) + 1
    return tuple(order)


def _line_field(line: str, known: Known) -> str | None:
    field = field_of(line, known)
    if field and field != "comments":
        return field
    if is_name(line):
        return "customer.name"
    return "customer.address.street" if _STREET.fullmatch(line) else None


def endings(view: View, taken: Sequence[Sequence[Pair]]) -> Iterator[str]:
    """The first line of what all samples end with; numbers and addresses in it may differ, values of labels not."""
    values: dict[str, set[str]] = {}
    for pair in (pair for pairs in taken for pair in pairs):
        values.setdefault(pair.key, set()).add(squeeze(pair.value))
    own = [list(_own_lines(*one, values)) for one in zip(view.samples, taken, strict=True) if one[0]]
    tail: list[str] = []
    for lines in zip(*own, strict=False):
        if len({squeeze(_DIGITS.sub("", line)) for line in lines}) > 1:
            break
        tail.append(lines[0])
    labels = {pair.key for pairs in taken for pair in pairs}
    filled = ([shown(row) for row in sample if not is_blank(row)] for sample in view.samples)
    above = [line for lines in filled for line in lines[: len(lines) - len(tail)]]
    for line in reversed(tail):
        first = _DIGITS.split(line)[0].strip(" :：(") if len(line) <= _ENDING else line[:_ENDING].rpartition(" ")[0]
        long = sum(map(str.isalpha, first)) >= 6 or (not first.isascii() and len(first) >= 3)
        if long and squeeze(re.split("[:：\t]", line)[0]) not in labels and not any(a.startswith(first) for a in above):
            yield first
            return


def suffix(values: Sequence[str]) -> str | None:
    """The words with which all these texts end, up to the first number: the source's own, behind the customer's."""
    tokens = [[*_TOKEN.finditer(value)][-_MOST_TOKENS:] for value in values]
    count = 0
    for ends in zip(*(reversed(one) for one in tokens), strict=False):
        if len({_DIGITS.sub("", token[0]) for token in ends}) > 1:
            break
        count += 1
    if len(values) < 2 or not count:
        return None
    whole = values[0][tokens[0][-count].start() :]
    shared = _SENTENCE.split(_DIGITS.split(whole)[0].rstrip(" (:.,;#（"))[-1]
    ideographs = sum("\u3400" <= letter <= "\u9fff" for letter in shared)
    length = ideographs // 2 if ideographs else len(shared.split())
    ends_at = ((value, one[-count].start()) for value, one in zip(values, tokens, strict=True))
    counted = len({tuple(_DIGITS.findall(value, start)) for value, start in ends_at}) > 1
    # people end alike, too, with thanks and greetings; with numbers that differ nobody but a program does
    own = length >= _SUFFIX_WORDS if counted else length >= 2 * _SUFFIX_WORDS and len(values) > 2
    return shared if own and not any(value.startswith(shared) for value in values) else None


def _own_lines(sample: Sequence[Row], pairs: Sequence[Pair], values: dict[str, set[str]]) -> Iterator[str]:
    """The lines from the last one upwards, to the first value that differs from sample to sample."""
    varied = [pair.last for pair in pairs if len(values[pair.key]) > 1]
    for row in reversed(sample[max(varied, default=0) + 1 :]):
        if not is_blank(row):
            yield shown(row)


def split(view: View, taken: Sequence[Sequence[Pair]]) -> str | None:
    """The line between two requests in one mail: the same above each time that the first label comes again.

    Where all samples hold one request, a line above it that counts to one tells that others hold several.
    """
    for number, pairs in enumerate(taken):
        starts = [pair.first for pair in pairs if pair.key == pairs[0].key]
        times = Counter(pair.key for pair in pairs)
        repeated = sum(count == len(starts) for count in times.values())
        if len(starts) < 2 or repeated < 3 or any(end - begin < 3 for begin, end in pairwise(starts)):
            continue
        above = [_DIGITS.sub("{-}", _line_above(view, number, start)) for start in starts[1:]]
        if above[0] and len(set(above)) == 1:
            return above[0]
    firsts = {_line_above(view, number, pairs[0].first) for number, pairs in enumerate(taken) if pairs}
    only = firsts.pop() if len(firsts) == 1 and all(taken) else ""
    return _DIGITS.sub("{-}", only) if _ONE_OF_ONE.fullmatch(only) else None


def parted(view: View, line: str) -> tuple[View, list[int]]:
    """The requests of each sample as samples of their own, and which sample each is of."""
    parts: list[tuple[Row, ...]] = []
    owners = []
    for number, sample in enumerate(view.samples):
        cuts = [at for at, row in enumerate(sample) if _DIGITS.sub("{-}", shown(row)) == line]
        for begin, end in pairwise([0, *cuts, len(sample)]):
            if any(not is_blank(row) for row in sample[begin:end][1 if begin in cuts else 0 :]):
                parts.append(sample[begin:end])
                owners.append(number)
    return View(tuple(parts)), owners


def _line_above(view: View, number: int, at: int) -> str:
    rows = view.samples[number]
    lines = (shown(row) for row in reversed(rows[max(0, at - 3) : at]))
    return next(filter(None, lines), "")
