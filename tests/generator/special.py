"""Layouts that only a source's own layout can read, or that hold several requests: each brings its hints."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Self

from parsers.layout import Block, Layout
from tests.generator import layouts, words
from tests.generator.forms import TEXTS, Filled, Form, fill


class Laid(NamedTuple):
    """Forms laid out, and what the source's layout says of how."""

    forms: tuple[Form, ...]
    text: str | None
    html: str | None
    layout: Layout | None
    subject: str | None = None


_FROM = {"de": "Von", "en": "From", "da": "Fra", "zh": "发件人", "nl": "Van", "fr": "De", "it": "Da"}
_ENDINGS = {
    "de": "Dieses Interesse wurde vermittelt durch Autoplatz",
    "en": "This interest was passed on to you by Carplace",
    "da": "Denne interesse er formidlet til dig af Bilplads",
    "zh": "此意向由汽车广场平台转交给您",
    "nl": "Deze interesse werd doorgegeven door Autoplein",
    "fr": "Cet intérêt vous est transmis par Autoplace",
    "it": "Questo interesse le viene inoltrato da Autopiazza",
}
_SUBJECTS = {
    "de": "Ihr Angebot: {vehicle.title} ({vehicle.listing_id})",
    "en": "Your offer: {vehicle.title} ({vehicle.listing_id})",
    "da": "Din annonce: {vehicle.title} ({vehicle.listing_id})",
    "zh": "您的车源：{vehicle.title}（{vehicle.listing_id}）",
    "nl": "Uw aanbod: {vehicle.title} ({vehicle.listing_id})",
    "fr": "Votre offre : {vehicle.title} ({vehicle.listing_id})",
    "it": "La sua offerta: {vehicle.title} ({vehicle.listing_id})",
}


def unlabelled(rng: random.Random, language: str) -> Laid:
    """Name, address and number without labels below `From`, the rest with labels (formats.md 3, Cars.com)."""
    form = fill(rng, language, plain=True)
    lines = []
    name, bare = form.expected["customer.name"], ("customer.name", "customer.email", "customer.phone")
    written = {one.name: one.written for one in form.filled}
    lines = [name, *(written[field] for field in bare[1:] if field in written)]
    rest = [one for one in form.filled if one.name not in (*bare, "customer.first_name", "customer.last_name")]
    below = "\n".join(f"{one.label}: {one.written}" for one in rest)
    head = rng.choice((_FROM[language], f"{_FROM[language]}:"))
    own = Layout(blocks=(Block(after=_FROM[language], fields=bare),)) if rng.random() < 0.7 else None
    if own is None:
        head = f"{_FROM[language]}:"
    return Laid((form,), f"{head}\n" + "\n".join(lines) + f"\n\n---\n{below}\n", None, own)


def suffix(rng: random.Random, language: str) -> Laid:
    """The source's own words behind the customer's, in the same line (formats.md 3, CarGurus)."""
    form = fill(rng, language, plain=True)
    ending = _ENDINGS[language]
    for one in form.filled:
        if one.name in TEXTS:
            one.written += f" {ending} (Ref {rng.randrange(10**6)})."
    own = Layout(endings=(ending,))
    if rng.random() < 0.5:
        return Laid((form,), layouts.TEXT["colon"](rng, form), None, own)
    return Laid((form,), None, layouts.HTML["rows"](rng, form), own)


def subject(rng: random.Random, language: str, names: dict[str, str] | None = None) -> Laid:
    """The car in the subject, the person in lines with the source's own labels: `names`, or other ones each time."""
    form = fill(rng, language, "lead", plain=True)
    car = f"{form.expected['vehicles.0.make']} {form.expected['vehicles.0.model']}"
    number = f"{rng.randrange(10**6, 10**8)}"
    form.expected["vehicles.0.listing_id"] = number
    gone = ("vehicle.title", "vehicle.make", "vehicle.model", "vehicle.listing_id")
    form.filled = [one for one in form.filled if one.name not in gone]
    own = {}
    for index, one in enumerate(form.filled):
        if names is not None:
            one.label = names.get(one.name, one.label)
        elif one.name not in TEXTS and rng.random() < 0.4:
            one.label = f"{words.LABELS[language]['unknown'][0]} {'abcdefghijklmnopqrstuvw'[index]}x"
            own[one.label] = one.name
    pattern = _SUBJECTS[language]
    line = pattern.replace("{vehicle.title}", car).replace("{vehicle.listing_id}", number)
    layout = Layout(subjects=(pattern,), labels=own)
    name = rng.choice(("next line", "colon", "bold", "rows", "divs"))
    if name in layouts.TEXT:
        return Laid((form,), layouts.TEXT[name](rng, form), None, layout, line)
    return Laid((form,), None, layouts.HTML[name](rng, form), layout, line)


def digest(rng: random.Random, language: str) -> Laid:
    """The same form for two or three persons, with rulers between them."""
    forms = _different(rng, language)
    ruler = rng.choice(("---", "=" * 30, "***"))
    body = f"\n{ruler}\n".join(_fields(form) for form in forms)
    return Laid(forms, f"{words.INTROS[language]}\n\n{body}\n", None, None)


def split(rng: random.Random, language: str) -> Laid:
    """Requests of several persons with the source's own line between them."""
    forms = _different(rng, language)
    parts = [f"## {number} / {len(forms)} ##\n{_fields(form)}" for number, form in enumerate(forms, 1)]
    return Laid(
        forms, words.INTROS[language] + "\n\n" + "\n\n".join(parts) + "\n", None, Layout(split="## {-} / {-} ##")
    )


def _fields(form: Form) -> str:
    return "\n".join(f"{one.label}: {one.written}" for one in form.filled)


def _different(rng: random.Random, language: str) -> tuple[Form, ...]:
    """Two or three forms of the same fields, order and labels, of different persons."""
    chances = [rng.random() for _ in range(50)]
    count, forms = rng.choice((2, 2, 3)), list[Form]()
    while len(forms) < count:
        form = fill(_SameFields.of(rng, chances), language, "lead", plain=True)
        if form.expected["customer.name"] not in {one.expected["customer.name"] for one in forms}:
            forms.append(form)
    for form in forms[1:]:
        by_name = {one.name: one for one in form.filled}
        form.filled = [Filled(one.name, one.label, by_name[one.name].written) for one in forms[0].filled]
    return tuple(forms)


class _SameFields(random.Random):
    """Chances that are given, everything else new: `fill` leaves to chance which fields a form has."""

    chances: Iterator[float]

    @classmethod
    def of(cls, rng: random.Random, chances: Sequence[float]) -> Self:
        made = cls(rng.getrandbits(64))
        made.chances = iter(chances)
        return made

    def random(self) -> float:
        return next(self.chances)

    def getrandbits(self, k: int, /) -> int:
        return super().getrandbits(k)  # named here, or choices would be made of the chances


SPECIAL: dict[str, Callable[[random.Random, str], Laid]] = {
    "unlabelled": unlabelled,
    "suffix": suffix,
    "subject": subject,
    "digest": digest,
    "split": split,
}
