"""How forms are laid out in mails: every layout of formats.md part 6, as text, as HTML, or as both."""

import random
from collections.abc import Callable, Sequence
from html import escape as escaped

from tests.generator import words
from tests.generator.forms import TEXTS, Filled, Form

Fields = Sequence[Filled]
Renderer = Callable[[random.Random, Form], str]


def _lines(sign: str, between: str = "\n") -> Renderer:
    def render(rng: random.Random, form: Form) -> str:
        return _framed(rng, form, between.join(f"{one.label}{sign}{one.written}" for one in form.filled))

    return render


def _colon(rng: random.Random, form: Form) -> str:
    sign = rng.choice((": ", ":", " : ", ":\xa0")) if form.language != "zh" else rng.choice((": ", "：", "： "))
    return _lines(sign, rng.choice(("\n", "\n", "\n\n")))(rng, form)


def _stars(rng: random.Random, form: Form) -> str:
    return _framed(rng, form, "\n".join(f"*{one.label}:* {one.written}" for one in form.filled))


def _one_line(rng: random.Random, form: Form) -> str:
    rest = [one for one in form.filled if one.name not in TEXTS]
    line = " ".join(f"{one.label}: {one.written}" for one in rest)
    return _framed(
        rng, form, "\n".join([line, *(f"{one.label}: {one.written}" for one in form.filled if one not in rest)])
    )


def _sections(rng: random.Random, form: Form) -> str:
    """Parts of a form under upper-case heads, with rulers between them."""
    person, car = words.HEADS[form.language]
    of_person = form.part(("customer.",))
    of_car = form.part(("vehicle.",))
    rest = [one for one in form.filled if one not in of_person and one not in of_car]
    ruler = rng.choice(("---", "-" * 40, "=" * 20, "__________"))
    parts = [_part(person.upper(), of_person), _part(car.upper(), of_car), _part("", rest)]
    return _framed(rng, form, f"\n{ruler}\n".join(part for part in parts if part))


def _part(head: str, fields: Fields) -> str:
    lines = [f"{one.label}: {one.written}" for one in fields]
    return "\n".join([head, *lines] if head else lines)


def _framed(rng: random.Random, form: Form, body: str) -> str:
    """Intro above, footer below, as form mailers write them."""
    if rng.random() < 0.5:
        body = f"{words.INTROS[form.language]}\n\n{body}"
    if rng.random() < 0.5:
        body = f"{body}\n\n{rng.choice(('-- ', '--'))}\n{words.FOOTERS[form.language]}"
    return body + "\n"


def _marked(one: Filled) -> str:
    return escaped(one.written, quote=False).replace("\n", "<br>\n")


def _html(pattern: str, around: str = "{}") -> Renderer:
    """Each field by a pattern of `label` and `value`."""

    def render(rng: random.Random, form: Form) -> str:
        fields = [pattern.format(label=escaped(one.label, quote=False), value=_marked(one)) for one in form.filled]
        return _page(rng, form, around.format("\n".join(fields)))

    return render


def _label_row(rng: random.Random, form: Form) -> str:
    cell = rng.choice(("th", "td"))
    heads = "".join(f"<{cell}>{escaped(one.label, quote=False)}</{cell}>" for one in form.filled)
    values = "".join(f"<td>{_marked(one)}</td>" for one in form.filled)
    return _page(rng, form, f"<table>\n<tr>{heads}</tr>\n<tr>{values}</tr>\n</table>")


def _page(rng: random.Random, form: Form, body: str) -> str:
    if rng.random() < 0.5:
        body = f"<p>{words.INTROS[form.language]}</p>\n{body}"
    if rng.random() < 0.5:
        body = f"{body}\n<hr>\n<p>{words.FOOTERS[form.language]}</p>"
    return f"<html><body>\n{body}\n</body></html>\n"


TEXT: dict[str, Renderer] = {
    "colon": _colon,
    "tab": _lines("\t"),
    "stars": _stars,
    "next line": _lines(":\n", "\n\n"),
    "one line": _one_line,
    "sections": _sections,
}
HTML: dict[str, Renderer] = {
    "bold": _html("<b>{label}</b>: {value}<br>"),
    "strong above": _html("<strong>{label}:</strong><p>{value}</p>"),
    "rows": _html("<tr><th>{label}</th><td>{value}</td></tr>", "<table>\n{}\n</table>"),
    "cells": _html("<tr><td>{label}:</td><td>{value}</td></tr>", "<table>\n{}\n</table>"),
    "label row": _label_row,
    "divs": _html('<div class="field"><div class="label">{label}</div><div class="value">{value}</div></div>'),
    "definitions": _html("<dt>{label}</dt><dd>{value}</dd>", "<dl>\n{}\n</dl>"),
    "paragraphs": _html("<p>{label}: <b>{value}</b></p>"),
}
