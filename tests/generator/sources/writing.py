"""One mail of a source while it is written: values with what has to be read from them."""

import random
from dataclasses import dataclass, field
from html import escape
from typing import Any

from config.defaults import shipped_versions
from parsers.records import Hints
from tests.generator import mails, makers, words
from tests.generator.makers import Value
from tests.generator.sample import Sample

SITES = {
    "DE": "de",
    "AT": "de",
    "GB": "en",
    "US": "en",
    "DK": "da",
    "NL": "nl",
    "BE": "nl",
    "FR": "fr",
    "IT": "it",
    "CN": "zh",
}
"""Country of a site -> its language."""
REGIONS = {"de": "DE", "en": "GB", "da": "DK", "nl": "NL", "fr": "FR", "it": "IT", "zh": "CN"}


def hints_of_type(name: str, region: str, language: str | None = None) -> Hints:
    """What the daemon knows of a source of this type at a site of this country."""
    known = next(known for known in shipped_versions()[1].type if known.name == name)
    return Hints(source_type=name, region=region, language=language or known.language or SITES[region], kind=known.kind)


@dataclass
class Writing:
    """A mail of a source type, from first value to bytes."""

    rng: random.Random
    type: str
    region: str
    language: str = ""
    expected: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    first: str = ""
    email: str = ""

    def __post_init__(self) -> None:
        self.language = self.language or SITES[self.region]
        self.first, last = makers.person(self.rng, self.language)
        self.name = f"{self.first} {last}".strip()
        self.email = makers.email(self.rng, self.first, last).written

    def note(self, value: Value, *paths: str) -> str:
        """Expect a value under its paths; gives it as written."""
        self.expected.update(dict.fromkeys(paths, value.read))
        return value.written

    def named(self, path: str = "customer.name") -> str:
        return self.note(Value(self.name, self.name), path)

    def mailed(self) -> str:
        return self.note(Value(self.email, self.email), "customer.emails.0")

    def phoned(self, *paths: str) -> str:
        return self.note(self.phone(), *(paths or ("customer.phones.0",)))

    def phone(self) -> Value:
        if self.region != "US":
            return makers.phone(self.rng, self.language)
        area, last = self.rng.choice(("312", "415", "713")), f"01{self.rng.randrange(100):02}"
        forms = (f"({area}) 555-{last}", f"{area}-555-{last}", f"+1 {area} 555 {last}", f"{area}555{last}")
        return Value(self.rng.choice(forms), f"+1{area}555{last}")

    def price(self) -> Value:
        if self.region != "US":
            return makers.price(self.rng, self.language)
        amount = self.rng.randrange(3, 80) * 1000 + 995
        return Value(f"${amount:,}", {"amount": f"{amount}.00", "currency": "USD"})

    def car(self) -> str:
        """A title of make and model."""
        make, model = self.rng.choice(words.CARS)
        self.expected |= {"vehicles.0.make": make, "vehicles.0.model": model}
        return f"{make} {model}"

    def said(self, path: str = "comments", most: int = 5) -> str:
        return self.note(makers.message(self.rng, self.language, most), path)

    def maybe(self, chance: float, line: str, value: Value, *paths: str) -> str:
        """A line that some mails lack: `Label: {}`."""
        return line.format(self.note(value, *paths)) + "\n" if self.rng.random() < chance else ""

    def lines(self, *lines: str) -> str:
        """Lines in any order."""
        chosen = [line for line in lines if line]
        self.rng.shuffle(chosen)
        return "".join(chosen)

    def mail(
        self,
        subject: str,
        text: str | None = None,
        *,
        sender: str,
        html: str | None = None,
        reply: str | None = None,
        more: tuple[dict[str, Any], ...] = (),
    ) -> Sample:
        """The mail; of a text, some have a twin in HTML or only that."""
        if text is not None and html is None and self.rng.random() < 0.4:
            html = as_html(text)
            text = text if self.rng.random() < 0.6 else None
        if text is not None and "\t" not in text and " ..." not in text:  # tabs and dots stay where they stand
            text = mails.wrapped(text, self.rng.choice((72, 76))) if self.rng.random() < 0.2 else text
        headers = (f"Reply-To: {reply}",) if reply else ()
        raw = mails.mail(self.rng, self.language, subject=subject, text=text, html=html, sender=sender, headers=headers)
        hints = hints_of_type(self.type, self.region, self.language)
        return Sample(raw, self.expected, self.type, self.language, hints, more)


def as_html(text: str) -> str:
    """What a platform makes of its text: paragraphs of lines."""
    paragraphs = (
        "<br>\n".join(escape(line, quote=False) for line in part.split("\n")) for part in text.strip().split("\n\n")
    )
    return "<html><body>\n" + "\n".join(f"<p>{part}</p>" for part in paragraphs) + "\n</body></html>\n"
