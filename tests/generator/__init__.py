"""Writes mails with new values each run, in every layout and language, and counts what is read from them.

Seeded and written by us: the same seed gives the same mails. `fill` makes a form, `layouts` renders it, `mails.mail`
wraps it; a source type brings its own renderer and uses the rest.
"""

import random

from parsers.records import Hints
from tests.generator import layouts, mails, words
from tests.generator.compare import Score, compare
from tests.generator.forms import Form, fill
from tests.generator.layouts import LAYOUTS
from tests.generator.sample import Sample
from tests.generator.words import LANGUAGES, REGIONS

__all__ = ["LANGUAGES", "LAYOUTS", "Form", "Sample", "Score", "compare", "fill", "generate", "hints_of", "write"]


def generate(rng: random.Random, layout: str, language: str, *, kind: str | None = None) -> Sample:
    """Write one mail in a layout and language.

    Args:
        rng: Where everything comes from; the same state writes the same mail.
        layout: One of LAYOUTS.
        language: One of LANGUAGES.
        kind: lead, booking or complaint; any of them by default.
    """
    return write(rng, layout, fill(rng, language, kind))


def write(rng: random.Random, layout: str, form: Form) -> Sample:
    """Write the mail of a form."""
    language = form.language
    if layout in layouts.TEXT:
        text: str | None = layouts.TEXT[layout](rng, form)
        html = None
        if rng.random() < 0.3:
            html = layouts.HTML[rng.choice(("bold", "rows"))](rng, form)
        text = _by_client(rng, layout, text or "")
    else:
        html = layouts.HTML[layout](rng, form)
        text = layouts.TEXT["colon"](rng, form) if rng.random() < 0.3 else None
    raw = mails.mail(rng, language, subject=words.SUBJECTS[language], text=text, html=html)
    return Sample(raw, form.expected, layout, language, hints_of(rng, form))


def _by_client(rng: random.Random, layout: str, text: str) -> str:
    if layout == "one line":
        return text
    chance = rng.random()
    if chance < 0.2:
        return mails.wrapped(text, rng.choice((65, 72, 76)))
    return mails.quoted(text) if chance < 0.3 else text


def hints_of(rng: random.Random, form: Form) -> Hints:
    """What the source tells: its country, and half of them their language."""
    language = form.language if rng.random() < 0.5 else None
    return Hints(source_type="website", region=REGIONS[form.language], language=language)
