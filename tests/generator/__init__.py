"""Writes mails with new values each run, in every layout and language, and counts what is read from them.

Seeded and written by us: the same seed gives the same mails. `fill` makes a form, `layouts` renders it, `mails.mail`
wraps it; a source type brings its own renderer and uses the rest.
"""

import random

from parsers.layout import Layout
from parsers.records import Hints
from tests.generator import layouts, mails, words
from tests.generator.compare import Score, compare
from tests.generator.forms import Form, fill
from tests.generator.sample import Sample
from tests.generator.special import SPECIAL
from tests.generator.words import LANGUAGES, REGIONS

__all__ = ["LANGUAGES", "LAYOUTS", "Form", "Sample", "Score", "compare", "fill", "generate", "hints_of"]

LAYOUTS = (*layouts.TEXT, *layouts.HTML, *SPECIAL)
"""Every layout of formats.md part 6, and mails of several requests."""


def generate(rng: random.Random, layout: str, language: str, *, kind: str | None = None) -> Sample:
    """Write one mail in a layout and language.

    Args:
        rng: Where everything comes from; the same state writes the same mail.
        layout: One of LAYOUTS.
        language: One of LANGUAGES.
        kind: lead, booking or complaint; any of them by default. Layouts of SPECIAL have their own.
    """
    if layout in SPECIAL:
        return _special(rng, layout, language)
    form = fill(rng, language, kind)
    text: str | None = None
    html: str | None = None
    if layout in layouts.TEXT:
        text = _by_client(rng, layout, layouts.TEXT[layout](rng, form))
        if rng.random() < 0.3:
            html = layouts.HTML[rng.choice(("bold", "rows"))](rng, form)
    else:
        html = layouts.HTML[layout](rng, form)
        if rng.random() < 0.3:
            text = layouts.TEXT["colon"](rng, form)
    raw = mails.mail(rng, language, subject=words.SUBJECTS[language], text=text, html=html)
    return Sample(raw, form.expected, layout, language, hints_of(rng, language))


def _special(rng: random.Random, layout: str, language: str) -> Sample:
    laid = SPECIAL[layout](rng, language)
    subject = laid.subject or words.SUBJECTS[language]
    raw = mails.mail(rng, language, subject=subject, text=laid.text, html=laid.html)
    first, *others = (form.expected for form in laid.forms)
    return Sample(raw, first, layout, language, hints_of(rng, language, laid.layout), more=tuple(others))


def _by_client(rng: random.Random, layout: str, text: str) -> str:
    if layout == "one line":
        return text
    chance = rng.random()
    if chance < 0.2:
        return mails.wrapped(text, rng.choice((65, 72, 76)))
    return mails.quoted(text) if chance < 0.3 else text


def hints_of(rng: random.Random, language: str, layout: Layout | None = None) -> Hints:
    """What the source tells: its country, half of them their language, and how it writes."""
    spoken = language if rng.random() < 0.5 else None
    return Hints(source_type="website", region=REGIONS[language], language=spoken, layout=layout)
