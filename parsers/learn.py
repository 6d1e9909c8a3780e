"""Teach a source: two or more of its mails side by side become a Layout that says how it writes.

What the dictionaries know is taken from them; what they do not know gets a field only where its values can be nothing
else. Everything else stays unmapped and is shown with its values, for the admin to decide.
"""

import re
from collections.abc import Iterable, Sequence

import msgspec

from parsers import document, sender
from parsers.dictionary import squeeze
from parsers.document import Document
from parsers.labels import language_of
from parsers.layout import Layout
from parsers.learn_blocks import blocks
from parsers.learn_endings import endings
from parsers.learn_labels import labels_of
from parsers.learn_lines import lines, subjects
from parsers.learn_pairs import Side, side
from parsers.learn_parts import parted, split
from parsers.learn_values import Known
from parsers.learn_view import views
from parsers.proposal import Note, Proposal, Unmapped
from parsers.read import sent_at
from parsers.records import Hints

MOST_SAMPLES = 12
MOST_BYTES = 5 << 20
"""Samples that are compared, and bytes of one that are read."""

_FORWARD = re.compile(
    r"\s*(?:fwd?|wg|vs|fs|vl|tr|i|doorst|rv|enc|转发|轉寄)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]", re.IGNORECASE
)
_LIKE = 0.25
"""Share of labels and lines in common below which two samples are of two layouts."""
_DOUBTFUL = "all end with “{}”: if the source and not the customer writes this, put it into endings"
_SHORTEST_NAME = 4
"""Letters of a source's name by which its words are known."""


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
    notes += [Note(_DOUBTFUL.format(words)) for words in found.doubtful]
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
    doubtful: tuple[str, ...] = ()
    """Words at the end that may be the source's own or the customers'."""


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
    prints: list[set[str]] = [set() for _ in numbers]
    for view, pairs in map(side, views([samples[number] for number in numbers])):
        for own, rows, labels in zip(prints, view.samples, pairs, strict=True):
            own |= {pair.key for pair in labels}
            own |= {key for row in rows if len(key := squeeze(row.line)) > 3 and view.support[key] > 1}
    groups: list[list[int]] = []
    for at, own in enumerate(prints):
        home = next((g for g in groups if any(_likeness(own, prints[other]) >= _LIKE for other in g)), None)
        (groups.append([at]) if home is None else home.append(at))
    return [numbers[at] for at in max(groups, key=len)]


def _likeness(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _learned(samples: Sequence[Document], hints: Hints) -> _Learned:
    sides = [side(view) for view in views(samples)]
    language = language_of([(pair.label, pair.value) for one in sides for sample in one.pairs for pair in sample])
    known = [_known(sample, hints, hints.language or language) for sample in samples]
    between = next(filter(None, map(split, sides)), None)
    if between and (parts := _learned_of_parts(sides, between, known, language)):
        return parts
    found = labels_of(sides, known)
    blocks_found = {block.after: block for one in sides for block in blocks(one, known)}
    heads = set(map(squeeze, blocks_found))
    ends = endings(sides, found.given, _names(samples))
    layout = Layout(
        labels={label: field for label, field in found.labels.items() if squeeze(label) not in heads},
        subjects=subjects(samples, known, found.given),
        lines=lines(sides, known, found.given),
        blocks=tuple(blocks_found.values()),
        endings=ends.own,
        split=between,
        language=language,
    )
    unmapped = tuple(label for label in found.unmapped if squeeze(label.label) not in heads)
    return _Learned(layout, unmapped, found.by_value, ends.doubtful)


def _learned_of_parts(
    sides: Sequence[Side], between: str, known: Sequence[Known], language: str | None
) -> _Learned | None:
    """Mails of several requests: each request counts as a sample; header and footer belong to none of them.

    None where every sample holds a single one.
    """
    for one in sides:
        parts, owners = parted(one.view, between)
        if len(owners) > len(one.view.samples):
            found = labels_of([side(parts)], [known[owner]._replace(name=None) for owner in owners])
            layout = Layout(labels=found.labels, split=between, language=language)
            return _Learned(layout, found.unmapped, found.by_value)
    return None


def _known(sample: Document, hints: Hints, language: str | None) -> Known:
    """What a sample's header tells."""
    person = sender.customer(sample, is_form=True)
    return Known(
        region=hints.region,
        language=language,
        name=person.name if person else None,
        sent_at=sent_at(sample),
    )


def _names(samples: Sequence[Document]) -> list[str]:
    """What the source calls itself in all samples: the name it sends by, and that of its domain."""
    shown = set.intersection(*({squeeze(sample.sender[0] or "")} for sample in samples))
    names = [*shown, *(squeeze(domain.partition(".")[0]) for domain in _domains(samples))]
    return [name for name in names if len(name) >= _SHORTEST_NAME]


def _domains(samples: Sequence[Document]) -> tuple[str, ...]:
    """Where the samples came from; the providers of anybody's mailbox are nobody's domain."""
    domains = (sender.registrable(sample.sender[1].rpartition("@")[2]) for sample in samples if sample.sender[1])
    return tuple(dict.fromkeys(domain for domain in domains if domain and not sender.is_mailbox(domain)))
