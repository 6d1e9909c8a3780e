"""Teach a source: two or more of its mails side by side become a Layout that says how it writes.

What the dictionaries know is taken from them; what they do not know gets a field only where its values can be nothing
else. Everything else stays unmapped and is shown with its values, for the admin to decide.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

import msgspec

from parsers import clean, document, sender
from parsers.dictionary import LANGUAGES, lookup, section, squeeze, trade_in_label
from parsers.document import Document
from parsers.labels import language_of
from parsers.layout import Block, Layout
from parsers.learn_lines import (
    blocks,
    endings,
    line_templates,
    parted,
    pattern,
    split,
    suffix,
    template,
    with_listing,
)
from parsers.learn_rows import MESSAGES, Pair, View, pairs_of, views
from parsers.learn_values import Known, certain_field, names_match
from parsers.proposal import Note, Proposal, Unmapped
from parsers.read import sent_at
from parsers.records import Hints

MOST_SAMPLES = 12
MOST_BYTES = 5 << 20
"""Samples that are compared, and bytes of one that are read."""

_FORWARD = re.compile(
    r"\s*(?:fwd?|wg|vs|fs|vl|tr|i|doorst|rv|enc|转发|轉寄)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]", re.IGNORECASE
)
_LIKE = 0.34
"""Share of labels and lines in common below which two samples are of two layouts."""
_SHOWN = 3
_LONGEST_LABEL = 80
_TOLD = 20
"""Characters of a label at most, and of a value that may be sentences at least."""


class _Label(msgspec.Struct):
    """A label over all samples."""

    spellings: Counter[str]
    values: dict[int, str]
    """By sample."""
    repeated: bool = False
    orders: list[tuple[int, int]] = []
    """Sample and position among its labels, wherever only the words show that it is one."""
    places: list[tuple[int, int]] = []
    """Sample and position, wherever it stands."""


def propose(raws: Sequence[bytes], hints: Hints | None = None) -> Proposal:
    """Compare samples of one source. Pure, and total: whatever the bytes are, a proposal comes back.

    Args:
        raws: The mails as received, two or more.
        hints: Country and language of the site.
    """
    hints = hints or Hints()
    samples = [document.parse(raw[:MOST_BYTES], hints) for raw in raws[:MOST_SAMPLES]]
    notes = list(_notes(samples, raws))
    usable = [number for number, sample in enumerate(samples) if _is_mail(sample) and (sample.text or "").strip()]
    numbers = _alike(samples, usable)
    if len(numbers) < len(usable):
        different = "is built differently from the others and was left out: learn such mails as a source of their own"
        notes += [Note(different, number) for number in usable if number not in numbers]
    if len(numbers) < 2:
        notes.append(Note("two samples are needed at least, three are better: one alone does not show what changes"))
    found = _learned([samples[number] for number in numbers], hints) if numbers else _Learned(Layout())
    return Proposal(
        layout=found.layout,
        unmapped=found.unmapped,
        by_value=found.by_value,
        domains=_domains(samples),
        notes=tuple(notes),
        learned=tuple(numbers),
    )


class _Learned(msgspec.Struct):
    layout: Layout
    unmapped: tuple[Unmapped, ...] = ()
    by_value: tuple[str, ...] = ()


def _notes(samples: Sequence[Document], raws: Sequence[bytes]) -> Iterable[Note]:
    """What is wrong with single samples."""
    if len(raws) > MOST_SAMPLES:
        yield Note(f"only the first {MOST_SAMPLES} samples are compared")
    seen: dict[bytes, int] = {}
    for number, (sample, raw) in enumerate(zip(samples, raws, strict=False)):
        if not raw.strip():
            yield Note("is empty", number)
        elif not _is_mail(sample):
            yield Note("is no mail: it has neither From nor Subject", number)
        elif not (sample.text or "").strip():
            yield Note("has no text", number)
        if len(raw) > MOST_BYTES:
            yield Note(f"is larger than {MOST_BYTES >> 20} MiB, only its beginning is read", number)
        if raw in seen:
            yield Note(f"is the same mail as sample {seen[raw] + 1}", number)
        seen.setdefault(raw, number)
        subject = sample.headers.get("subject") or ""
        if sample.nested or _FORWARD.match(subject):
            yield Note(
                "was forwarded: what a mail program adds would be learned with it, take the original "
                "(save it as a file, or send it on as an attachment and save that)",
                number,
            )


def _is_mail(sample: Document) -> bool:
    return "from" in sample.headers or "subject" in sample.headers


def _alike(samples: Sequence[Document], numbers: Sequence[int]) -> list[int]:
    """The largest group of samples that are built alike; the first of equal ones."""
    if len(numbers) < 2:
        return list(numbers)
    chosen = [samples[number] for number in numbers]
    prints: list[set[str]] = [set() for _ in chosen]
    for view in views(chosen):
        for at in range(len(chosen)):
            prints[at] |= {pair.key for pair in pairs_of(view, at)} | {
                key for row in view.samples[at] if len(key := squeeze(row.line)) > 3 and view.support[key] > 1
            }
    groups: list[list[int]] = []
    for at, own in enumerate(prints):
        home = next((g for g in groups if any(_likeness(own, prints[other]) >= _LIKE for other in g)), None)
        (groups.append([at]) if home is None else home.append(at))
    return [numbers[at] for at in max(groups, key=len)]


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _learned(samples: Sequence[Document], hints: Hints) -> _Learned:
    all_views = views(samples)
    taken = [_taken(view) for view in all_views]
    pairs = [(pair.label, pair.value) for view in taken for sample in view for pair in sample]
    language = language_of(pairs)
    known = [_known(sample, hints, hints.language or language) for sample in samples]
    between = next(filter(None, map(split, all_views, taken)), None)
    if between and (parts := _learned_of_parts(all_views, between, known, language)):
        return parts
    found = _labels_of(all_views, taken, known)
    blocks_found = _blocks(all_views, taken, known)
    heads = {squeeze(block.after) for block in blocks_found}
    layout = Layout(
        labels={label: field for label, field in found.labels.items() if squeeze(label) not in heads},
        subjects=_subjects(samples, known, found.given),
        lines=_lines(all_views, taken, known, found.given),
        blocks=blocks_found,
        endings=_endings(all_views, taken, found.given),
        split=between,
        language=language,
    )
    return _Learned(
        layout, tuple(label for label in found.unmapped if squeeze(label.label) not in heads), found.by_value
    )


def _learned_of_parts(
    all_views: Sequence[View], between: str, known: Sequence[Known], language: str | None
) -> _Learned | None:
    """Mails of several requests: each request counts as a sample; header and footer belong to none of them.

    None where every sample holds a single one.
    """
    for view in all_views:
        parts, owners = parted(view, between)
        if len(owners) > len(view.samples):
            bare = [known[owner]._replace(name=None) for owner in owners]
            found = _labels_of([parts], [_taken(parts)], bare)
            layout = Layout(labels=found.labels, split=between, language=language)
            return _Learned(layout, found.unmapped, found.by_value)
    return None


def _taken(view: View) -> list[list[Pair]]:
    return [pairs_of(view, number) for number in range(len(view.samples))]


def _known(sample: Document, hints: Hints, language: str | None) -> Known:
    """What a sample's header tells."""
    person = sender.customer(sample, is_form=True)
    return Known(
        region=hints.region,
        language=language,
        name=person.name if person else None,
        sent_at=sent_at(sample),
    )


def _labels(all_views: Sequence[View], taken: Sequence[Sequence[Sequence[Pair]]]) -> dict[str, _Label]:
    """Every label that most samples have, or that a dictionary knows; the HTML goes before its plain twin."""
    found: dict[str, _Label] = {}
    for view, pairs in zip(all_views, taken, strict=True):
        counts = Counter(key for sample in pairs for key in {pair.key for pair in sample})
        for number, sample in enumerate(pairs):
            times = Counter(pair.key for pair in sample)
            for order, pair in enumerate(sample):
                if counts[pair.key] < view.needed and not lookup(pair.label):
                    continue
                if len(pair.label) > _LONGEST_LABEL or (section(pair.label) and not pair.value):
                    continue
                label = found.setdefault(pair.key, _Label(Counter(), {}))
                label.spellings[pair.label] += 1
                label.repeated = label.repeated or times[pair.key] > 1
                label.places.append((number, order))
                if not pair.in_cells:
                    label.orders.append((number, order))
                if pair.value:
                    label.values.setdefault(number, clean.block(pair.value, 2_000) or "")
    return found


class _Labels(msgspec.Struct):
    """What the labels of all samples mean."""

    labels: dict[str, str]
    """Label -> field; empty for those that nobody knows."""
    by_value: tuple[str, ...]
    unmapped: tuple[Unmapped, ...]
    given: list[dict[str, str]]
    """By sample: field -> value."""


def _labels_of(all_views: Sequence[View], taken: Sequence[Sequence[Sequence[Pair]]], known: Sequence[Known]) -> _Labels:
    """Fields of the labels: of the dictionaries, else of the values."""
    labels = {key: label for key, label in _labels(all_views, taken).items() if label.values}
    order = sorted(LANGUAGES, key=lambda code: code != (known[0].language or "")[:2])
    needed = all_views[0].needed if all_views else 2
    mapped: dict[str, str] = {}
    unknown: list[tuple[str, _Label, str | None]] = []
    for label in labels.values():
        name = label.spellings.most_common(1)[0][0]
        field = _by_dictionary(name, order)
        if field is None:
            found = [(value, known[number]) for number, value in label.values.items()]
            unknown.append((name, label, certain_field(found) if len(found) >= needed and not label.repeated else None))
        elif field != "-" and not label.repeated and not trade_in_label(name):
            mapped[name] = field
    unknown = _with_names(unknown, mapped, labels)
    mapped |= dict.fromkeys(_of_the_house(mapped, labels, {field for _, _, field in unknown}), "-")
    likely = Counter(field for _, _, field in unknown if field)
    used = set(mapped.values())
    by_value = {name: field for name, _, field in unknown if field and likely[field] == 1 and _is_free(field, used)}
    unmapped = tuple(
        Unmapped(name, _some(label.values.values()), field) for name, label, field in unknown if name not in by_value
    )
    given: list[dict[str, str]] = [{} for _ in known]
    for name, field in {**mapped, **by_value}.items():
        for number, value in labels[squeeze(name)].values.items():
            given[number].setdefault(field, value)
    messages = {name for name, field in {**mapped, **by_value}.items() if field in MESSAGES}
    spoken = _below([labels[squeeze(name)] for name in messages])
    alone = [label.label for label in unmapped if not _is_spoken(labels[squeeze(label.label)], spoken)]
    every = {**mapped, **by_value, **dict.fromkeys(alone, "")}
    return _Labels(every, tuple(by_value), unmapped, given)


def _below(messages: Sequence[_Label]) -> dict[int, int]:
    """Where in each sample a person's own words begin."""
    found: dict[int, int] = {}
    for number, order in (place for label in messages for place in label.places):
        found[number] = min(order, found.get(number, order))
    return found


def _is_spoken(label: _Label, messages: dict[int, int]) -> bool:
    """Whether it only comes below a message, and may be part of it: `My question: how far has it gone?`."""
    return bool(label.orders) and all(messages.get(number, order) < order for number, order in label.orders)


def _of_the_house(mapped: dict[str, str], labels: dict[str, _Label], shown: set[str | None]) -> list[str]:
    """Labels of the source's own address and number: always the same, where another label shows the customer's."""
    own = (name for name, field in mapped.items() if field in shown and field in ("customer.email", "customer.phone"))
    return [name for name in own if len(found := labels[squeeze(name)].values) > 1 and len(set(found.values())) == 1]


def _with_names(
    unknown: Sequence[tuple[str, _Label, str | None]], mapped: dict[str, str], labels: dict[str, _Label]
) -> list[tuple[str, _Label, str | None]]:
    """Names are certain where the mail addresses of the same samples are made of them."""
    found = [label for _, label, field in unknown if field == "customer.email"]
    found += [labels[squeeze(name)] for name, field in mapped.items() if field == "customer.email"]
    addresses = found[0].values if len(found) == 1 else {}
    return [
        (name, label, "customer.name" if field is None and names_match(label.values, addresses) else field)
        for name, label, field in unknown
    ]


def _some(found: Iterable[str]) -> tuple[str, ...]:
    """The first few different values, each in one line."""
    return tuple(dict.fromkeys(clean.single_line(value, 60) or "" for value in found))[:_SHOWN]


def _by_dictionary(label: str, order: Sequence[str]) -> str | None:
    known = lookup(label)
    return next((known[code] for code in order if code in known), None) if known else None


_EXCLUDES = {
    "comments": {"complaint.text", "review.text", "booking.remarks"},
    "vehicle.title": {"vehicle.model"},
    "vehicle.make": {"vehicle.title"},
    "customer.name": {"customer.first_name", "customer.last_name"},
    "customer.address.postal_city": {"customer.address.city", "customer.address.postal_code"},
}
"""Field -> fields that say the same: where a known label gives one, a value by itself gives none."""


def _is_free(field: str, used: set[str]) -> bool:
    return field not in used and not (_EXCLUDES.get(field, set()) & used)


def _subjects(samples: Sequence[Document], known: Sequence[Known], given: Sequence[dict[str, str]]) -> tuple[str, ...]:
    """The pattern of the subjects, if it says something that the labels do not say in every sample."""
    found = (
        template([clean.single_line(sample.headers.get("subject")) or "" for sample in samples])
        if len(samples) > 1
        else None
    )
    written = pattern(found, list(zip(known, given, strict=True))) if found else None
    if not (found and written):
        return ()
    subject, fields = with_listing(found, *written)
    return (subject,) if _is_news(fields, given) else ()


def _lines(
    all_views: Sequence[View],
    taken: Sequence[Sequence[Sequence[Pair]]],
    known: Sequence[Known],
    given: Sequence[dict[str, str]],
) -> tuple[str, ...]:
    lines: dict[str, None] = {}
    for view, pairs in zip(all_views, taken, strict=True):
        for found, numbers in line_templates(view, pairs):
            written = pattern(found, [(known[number], given[number]) for number in numbers])
            if written and _is_news(written[1], given):
                lines.setdefault(written[0])
    return tuple(lines)


def _is_news(fields: dict[str, str], given: Sequence[dict[str, str]]) -> bool:
    return any(field not in sample for field in fields for sample in given)


def _blocks(
    all_views: Sequence[View], taken: Sequence[Sequence[Sequence[Pair]]], known: Sequence[Known]
) -> tuple[Block, ...]:
    found = {b.after: b for view, pairs in zip(all_views, taken, strict=True) for b in blocks(view, pairs, known)}
    return tuple(found.values())


def _endings(
    all_views: Sequence[View], taken: Sequence[Sequence[Sequence[Pair]]], given: Sequence[dict[str, str]]
) -> tuple[str, ...]:
    if len(given) < 2:
        return ()
    both = zip(all_views, taken, strict=True)
    found = [ending for view, pairs in both for ending in endings(view, pairs)]
    behind = suffix([value for sample in given for field, value in sample.items() if field in MESSAGES])
    behind = behind or _behind_most(all_views, taken)
    return tuple(dict.fromkeys([*found, *([behind] if behind else [])]))


def _behind_most(all_views: Sequence[View], taken: Sequence[Sequence[Sequence[Pair]]]) -> str | None:
    """The words behind the last sentences of most samples, where one ends early or its words look like a label."""
    for view, pairs in zip(all_views, taken, strict=True):
        told = [[pair.value for pair in sample if len(pair.value) >= _TOLD] for sample in pairs]
        last = [values[-1] for values in told if values]
        found = (suffix(chosen) for chosen in combinations(last, view.needed))
        if behind := next(filter(None, found), None):
            return behind
    return None


def _domains(samples: Sequence[Document]) -> tuple[str, ...]:
    """Where the samples came from; the providers of anybody's mailbox are nobody's domain."""
    domains = (sender.registrable(sample.sender[1].rpartition("@")[2]) for sample in samples if sample.sender[1])
    return tuple(dict.fromkeys(domain for domain in domains if domain and not sender.is_mailbox(domain)))
