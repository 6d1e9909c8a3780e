"""Sources to learn: each uses the same labels in the same layout, with fields that come and go."""

import random
from functools import partial
from unittest.mock import patch

from parsers.records import Hints
from tests.generator import Form, Sample, fill, generate, layouts, mails, words
from tests.generator.special import SPECIAL, subject
from tests.generator.words import REGIONS

_MESSAGES = frozenset(("comments", "complaint.text", "booking.remarks", "review.text"))
_CAR = ("vehicles.0.make", "vehicles.0.model")


class Source:
    """Somebody who always uses the same labels in the same layout."""

    def __init__(self, seed: int, layout: str, language: str, kind: str, *, invented: bool = False) -> None:
        self.rng = random.Random(f"{seed} {layout} {language} {kind}")  # noqa: S311 - the same mails each time
        self.layout, self.language, self.kind = layout, language, kind
        known = {name: self.rng.choice(labels) for name, labels in words.LABELS[language].items()}
        self.labels = dict(zip(known, self._invented(len(known)), strict=True)) if invented else known
        self.own = dict(zip(("customer.email", "customer.phone"), self._invented(2), strict=True))
        self.hints = Hints(source_type="website", region=REGIONS[language], language=language)

    def _invented(self, count: int) -> list[str]:
        syllables = [a + b for a in "bdfglmnprtvz" for b in ("ak", "el", "im", "or", "un")]
        return ["".join(self.rng.sample(syllables, 3)).title() for _ in range(count)]

    def mail(self) -> Sample:
        one = {self.language: {name: (label,) for name, label in self.labels.items()}}
        own = {"subject": partial(subject, names=self.own)}  # labels that only their values explain
        with patch.dict(words.LABELS, one), patch.dict(SPECIAL, own):
            return generate(self.rng, self.layout, self.language, kind=self.kind)

    def lesson(self) -> list[Sample]:
        """Three mails as docs/sources.md asks for: about different cars, and with what only this source has."""
        chosen: list[Sample] = []
        while len(chosen) < 3:
            sample = self.mail()
            cars = {tuple(one.expected[name] for name in _CAR) for one in (*chosen, sample)}
            if len(cars) > len(chosen) and self._shows_all(sample.expected):
                chosen.append(sample)
        return chosen

    def _shows_all(self, expected: dict[str, object]) -> bool:
        if self.layout == "suffix":
            return not _MESSAGES.isdisjoint(expected)
        return self.layout != "subject" or {"customer.emails.0", "customer.phones.0"} <= expected.keys()

    def form(self) -> Form:
        with patch.dict(words.LABELS, {self.language: {name: (label,) for name, label in self.labels.items()}}):
            return fill(self.rng, self.language, self.kind)

    def mail_of(self, form: Form) -> Sample:
        text = layouts.TEXT[self.layout](self.rng, form) if self.layout in layouts.TEXT else None
        html = layouts.HTML[self.layout](self.rng, form) if self.layout in layouts.HTML else None
        raw = mails.mail(self.rng, self.language, subject=words.SUBJECTS[self.language], text=text, html=html)
        return Sample(raw, form.expected, self.layout, self.language, self.hints)
