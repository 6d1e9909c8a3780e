"""Mails of form mailers and of the forms of importers and homepages."""

import random
from collections.abc import Callable

from tests.generator import makers, words
from tests.generator.forms import Form, fill
from tests.generator.layouts import HTML, TEXT
from tests.generator.sample import Sample
from tests.generator.sources.writing import REGIONS, Writing


def contact_form_7(rng: random.Random) -> Sample:
    language = rng.choice(("en", "de", "da", "nl", "fr", "it"))
    w = Writing(rng, "contact-form-7", REGIONS[language], language)
    topic = words.SUBJECTS[language]
    text = f"From: {w.named()} <{w.mailed()}>\nSubject: {topic}\n\nMessage Body:\n{w.said()}\n\n--\n"
    text += "This e-mail was sent from a contact form on Sample Cars (https://samplecars.example)\n"
    return w.mail(f'Sample Cars "{topic}"', text, sender="Sample Cars <wordpress@dealer.example>", reply=w.email)


def website(rng: random.Random) -> Sample:
    layout = rng.choice(("rows", "cells", "label row", "strong above", "paragraphs", "divs", "bold"))
    return _form(rng, "website", layout, "Homepage <formular@site.example>")


def complaint(rng: random.Random) -> Sample:
    return _form(rng, "complaint-form", rng.choice(("colon", "rows")), "Homepage <formular@site.example>", "complaint")


def importer(rng: random.Random) -> Sample:
    return _form(rng, "importer", rng.choice(("colon", "rows")), "Importer <leads@importer.example>", "lead")


def generic(rng: random.Random) -> Sample:
    return _form(rng, "generic", "tab", "Portal <noreply@portal.example>", "lead")


def _form(rng: random.Random, name: str, layout: str, sender: str, kind: str | None = None) -> Sample:
    w, form = _filled(rng, name, rng.choice(words.LANGUAGES), kind)
    text = TEXT[layout](rng, form) if layout in TEXT else None
    html = HTML[layout](rng, form) if layout in HTML else None
    return w.mail(words.SUBJECTS[form.language], text, html=html or (None if text is None else ""), sender=sender)


def _filled(rng: random.Random, name: str, language: str, kind: str | None = None) -> tuple[Writing, Form]:
    form = fill(rng, language, kind)
    return Writing(rng, name, REGIONS[language], language, form.expected), form


def _mailer(name: str, sender: str, end: str, layouts: tuple[str, ...]) -> Callable[[random.Random], Sample]:
    """Form mailers differ in layout and in what they add below."""

    def write(rng: random.Random) -> Sample:
        w = Writing(rng, name, "GB")
        layout = rng.choice(layouts)
        form = Form("en", "lead", expected=w.expected)
        form.add(rng, "customer.name", makers.Value(w.name, w.name), "customer.name")
        form.add(rng, "customer.email", makers.Value(w.email, w.email), "customer.emails.0")
        if rng.random() < 0.8:
            form.add(rng, "customer.phone", w.phone(), "customer.phones.0")
        form.add(rng, "vehicle.title", makers.Value(w.car(), None))
        rng.shuffle(form.filled)
        form.add(rng, "comments", makers.message(rng, "en", 2), "comments")
        if layout == "rows":
            rows = "\n".join(f"<tr><td>{f.label}</td><td>{_br(f.written)}</td></tr>" for f in form.filled)
            html = f"<html><body><table>\n{rows}\n</table><p>{end}</p></body></html>"
            return w.mail("New submission", html=html, sender=sender, reply=w.email)
        sign = ":\n" if layout == "next line" else "\n"
        text = "\n\n".join(f"{f.label}{sign}{f.written}" for f in form.filled)
        return w.mail("New submission", f"You have a new response.\n\n{text}\n\n{end}\n", sender=sender, reply=w.email)

    return write


def _br(text: str) -> str:
    return text.replace("\n", "<br>")


WRITERS: dict[str, tuple[Callable[[random.Random], Sample], ...]] = {
    "contact-form-7": (contact_form_7,),
    "website": (website,),
    "formspree": (
        _mailer("formspree", "Formspree <noreply@formspree.io>", "Submitted at 10:15 AM", ("next line", "rows")),
    ),
    "typeform": (
        _mailer("typeform", "Typeform <notifications@typeform.com>", "Log in to view your responses", ("bare lines",)),
    ),
    "jotform": (_mailer("jotform", "Jotform <noreply@jotform.com>", "You can edit this submission", ("rows",)),),
    "wix": (
        _mailer("wix", "Wix <notifications@wix-forms.com>", "To respond, reply to this email", ("next line", "rows")),
    ),
    "complaint-form": (complaint,),
    "importer": (importer,),
    "generic": (generic,),
}
