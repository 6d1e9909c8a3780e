"""S7: whatever strangers wrote, the HTML has no element, attribute or link that ordinary words do not give it."""

from collections import Counter
from functools import cache
from urllib.parse import urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

from templates.render import Renderer
from tests.security.injected import TO_CUSTOMERS, Case, cases, job_of

RENDERER = Renderer({})
LINKS = ("href", "src", "action", "background", "cite", "data", "formaction", "poster", "srcset", "xlink:href")
SCHEMES = {"tel", "mailto", "https", "http"}


def shape(html: str) -> tuple[set[tuple[str, str, str | None]], Counter[str]]:
    """Every element with its attributes and their values, of links the scheme alone; how often each stands there."""
    root = LexborHTMLParser(html).root
    assert root is not None
    found: set[tuple[str, str, str | None]] = set()
    count: Counter[str] = Counter()
    for node in root.traverse():
        tag = str(node.tag)
        count[tag] += 1
        found.add((tag, "", ""))
        for name, value in node.attributes.items():
            found.add((tag, name, urlsplit(value or "").scheme if name in LINKS else value))
    return found, count


@cache
def benign(purpose: str, language: str) -> tuple[set[tuple[str, str, str | None]], Counter[str]]:
    """What ordinary words give: alone in all fields, and in those of the sample."""
    # Some words have a meaning: a second line, a second reason (of a stranger's mail) behind a semicolon.
    everywhere = (Case(text, purpose, language) for text in ("Muster", "Muster\nvon zwei Zeilen", "Muster; und mehr"))
    cases = (*everywhere, Case("Muster", purpose, language, "text"))  # the last leaves the sample as it is
    shapes = [shape(RENDERER.render(job_of(case)).html or "") for case in cases]
    found = {each for elements, _ in shapes for each in elements}
    found |= {(tag, name, "http") for tag, name, scheme in found if scheme == "https"}
    return found, Counter({tag: max(count[tag] for _, count in shapes) for _, each in shapes for tag in each})


def test_markup_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    tried = 0
    for case in cases():
        found, count = shape(RENDERER.render(job_of(case)).html or "")
        known, most = benign(case.purpose, case.language)
        assert found <= known, (case, found - known)
        assert {scheme for _, name, scheme in found if name in LINKS} <= SCHEMES, case
        more = {tag: n - most[tag] for tag, n in count.items() if n > most[tag] and tag not in ("br", "-text")}
        assert not more, (case, more)
        tried += 1
    with capsys.disabled():
        print(f"\nS7: {tried} mails rendered, none with new markup")  # noqa: T201


def test_no_text_is_run_as_a_template() -> None:
    for purpose in ("new", "attached", *TO_CUSTOMERS):
        rendered = RENDERER.render(job_of(Case("x{{ 7191*7 }}{% if 1 %}y{% endif %}", purpose, "de")))
        for words in (rendered.subject, rendered.text, rendered.html or ""):
            assert "50337" not in words
            assert "xy" not in words
