"""What the labels of all samples mean: by the dictionaries, else only where their values can be nothing else."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from parsers import clean
from parsers.dictionary import LANGUAGES, lookup, section, trade_in_label
from parsers.learn_pairs import Side
from parsers.learn_values import Known, certain_field, names_match
from parsers.proposal import Unmapped

_SHOWN = 3
_LONGEST = 80
"""Values of a label that are shown, characters of a label."""
_EXCLUDES = {
    "comments": {"complaint.text", "review.text", "booking.remarks"},
    "vehicle.title": {"vehicle.model"},
    "vehicle.make": {"vehicle.title"},
    "customer.name": {"customer.first_name", "customer.last_name"},
    "customer.address.postal_city": {"customer.address.city", "customer.address.postal_code"},
}
"""Field -> fields that say the same: where a known label gives one, a value by itself gives none."""


class Labels(NamedTuple):
    """What the labels of all samples mean."""

    labels: dict[str, str]
    """Label -> field; empty for those that nobody knows."""
    by_value: tuple[str, ...]
    unmapped: tuple[Unmapped, ...]
    given: list[dict[str, str]]
    """By sample: field -> value."""


@dataclass
class _Label:
    """A label over all samples."""

    spellings: Counter[str] = field(default_factory=Counter)
    values: dict[int, str] = field(default_factory=dict)
    """By sample."""
    repeated: bool = False

    @property
    def name(self) -> str:
        """As it is written most."""
        return self.spellings.most_common(1)[0][0]


def labels_of(sides: Sequence[Side], known: Sequence[Known]) -> Labels:
    """Find the fields of the labels: those of the dictionaries, else those of the values.

    Args:
        sides: The samples in each of their ways of writing.
        known: What each of them says of itself outside its text.
    """
    labels = _collected(sides)
    order = sorted(LANGUAGES, key=lambda code: code != (known[0].language or "")[:2])
    means = {label.name: _by_dictionary(label.name, order) for label in labels}
    by_name = {label.name: label for label in labels}
    mapped = {
        name: target
        for name, target in means.items()
        if target and target != "-" and not by_name[name].repeated and not trade_in_label(name)
    }
    needed = sides[0].view.needed if sides else 2
    likely = {name: _by_values(by_name[name], known, needed) for name, target in means.items() if target is None}
    likely |= dict.fromkeys(_names(likely, mapped, by_name), "customer.name")
    mapped |= dict.fromkeys(_of_the_house(mapped, by_name, set(likely.values())), "-")
    used = set(mapped.values())
    times = Counter(filter(None, likely.values()))
    by_value = {name: target for name, target in likely.items() if target and times[target] == 1}
    by_value = {name: target for name, target in by_value.items() if _is_free(target, used)}
    found = mapped | by_value
    unmapped = [name for name in likely if name not in by_value]
    return Labels(
        labels=found | dict.fromkeys(unmapped, ""),
        by_value=tuple(by_value),
        unmapped=tuple(Unmapped(name, _some(by_name[name].values.values()), likely[name]) for name in unmapped),
        given=_given(found, by_name, len(known)),
    )


def _collected(sides: Sequence[Side]) -> list[_Label]:
    """Every label with a value that most samples have, or that a dictionary knows; HTML goes before its plain twin."""
    found: dict[str, _Label] = {}
    for view, pairs in sides:
        counts = Counter(key for sample in pairs for key in {pair.key for pair in sample})
        for number, sample in enumerate(pairs):
            times = Counter(pair.key for pair in sample)
            for pair in sample:
                if counts[pair.key] < view.needed and not lookup(pair.label):
                    continue
                if len(pair.label) > _LONGEST or (section(pair.label) and not pair.value):
                    continue
                label = found.setdefault(pair.key, _Label())
                label.spellings[pair.label] += 1
                label.repeated = label.repeated or times[pair.key] > 1
                if pair.value:
                    label.values.setdefault(number, clean.block(pair.value, 2_000) or "")
    return [label for label in found.values() if label.values]


def _by_dictionary(label: str, order: Sequence[str]) -> str | None:
    known = lookup(label)
    return next((known[code] for code in order if code in known), None) if known else None


def _by_values(label: _Label, known: Sequence[Known], needed: int) -> str | None:
    if len(label.values) < needed or label.repeated:
        return None
    return certain_field([(value, known[number]) for number, value in label.values.items()])


def _names(likely: dict[str, str | None], mapped: dict[str, str], by_name: dict[str, _Label]) -> Iterator[str]:
    """Names are certain where the mail addresses of the same samples are made of them."""
    addresses = [name for name, target in {**likely, **mapped}.items() if target == "customer.email"]
    if len(addresses) == 1:
        of_samples = by_name[addresses[0]].values
        yield from (n for n, target in likely.items() if target is None and names_match(by_name[n].values, of_samples))


def _of_the_house(mapped: dict[str, str], by_name: dict[str, _Label], shown: set[str | None]) -> list[str]:
    """Labels of the source's own address and number: always the same, where another label shows the customer's."""
    own = (name for name, target in mapped.items() if target in shown)
    own = (name for name in own if mapped[name] in ("customer.email", "customer.phone"))
    return [name for name in own if len(found := by_name[name].values) > 1 and len(set(found.values())) == 1]


def _is_free(target: str, used: set[str]) -> bool:
    return target not in used and not (_EXCLUDES.get(target, set()) & used)


def _some(found: Iterable[str]) -> tuple[str, ...]:
    """The first few different values, each in one line."""
    return tuple(dict.fromkeys(clean.single_line(value, 60) or "" for value in found))[:_SHOWN]


def _given(fields: dict[str, str], by_name: dict[str, _Label], samples: int) -> list[dict[str, str]]:
    given: list[dict[str, str]] = [{} for _ in range(samples)]
    for name, target in fields.items():
        for number, value in by_name[name].values.items():
            given[number].setdefault(target, value)
    return given
