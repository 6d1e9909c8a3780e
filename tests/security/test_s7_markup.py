"""S7: whatever strangers wrote, the HTML has no element, attribute or link that ordinary words do not give it."""

from collections import Counter
from functools import cache
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from templates.render import Renderer
from templates.reports import REPORTS
from tests.security.injected import LANGUAGES, PURPOSES, TO_CUSTOMERS, Case, cases, job_of, report_of, texts
from tests.support.fixtures import Tell

Elements = set[tuple[str, str, str | None]]
"""Element, attribute, and its value."""

RENDERER = Renderer({})
LINKS = ("href", "src", "action", "background", "cite", "data", "formaction", "poster", "srcset", "xlink:href")
SCHEMES = {"tel", "mailto", "https", "http"}


def shape(html: str) -> tuple[Elements, Counter[str]]:
    """Every element with its attributes and their values, of links the scheme alone; how often each stands there."""
    root = LexborHTMLParser(html).root
    assert root is not None
    found: Elements = set()
    count: Counter[str] = Counter()
    for node in root.traverse():
        tag = str(node.tag)
        count[tag] += 1
        found.add((tag, "", ""))
        for name, value in node.attributes.items():
            found.add((tag, name, urlsplit(value or "").scheme if name in LINKS else value))
    return found, count


@cache
def benign(purpose: str, language: str) -> tuple[Elements, Counter[str]]:
    """What ordinary words give: alone in all fields, and in those of the sample."""
    # Some words have a meaning: a second line, a second reason (of a stranger's mail) behind a semicolon.
    everywhere = (Case(text, purpose, language) for text in ("Muster", "Muster\nvon zwei Zeilen", "Muster; und mehr"))
    cases = (*everywhere, Case("Muster", purpose, language, "text"))  # the last leaves the sample as it is
    shapes = [shape(RENDERER.render(job_of(case)).html or "") for case in cases]
    found = {each for elements, _ in shapes for each in elements}
    found |= {(tag, name, "http") for tag, name, scheme in found if scheme == "https"}
    return found, Counter({tag: max(count[tag] for _, count in shapes) for _, each in shapes for tag in each})


def assert_harmless(html: str | None, known: Elements, most: Counter[str], what: object) -> None:
    found, count = shape(html or "")
    assert found <= known, (what, found - known)
    assert {scheme for _, name, scheme in found if name in LINKS} <= SCHEMES, what
    more = {tag: n - most[tag] for tag, n in count.items() if n > most[tag] and tag not in ("br", "-text")}
    assert not more, (what, more)


def test_markup_stays_as_it_is(tell: Tell) -> None:
    tried = Counter[str]()
    for case in cases():
        assert_harmless(RENDERER.render(job_of(case)).html, *benign(case.purpose, case.language), case)
        tried[case.purpose] += 1
    assert tried.keys() == set(PURPOSES)
    tell(
        f"S7: {tried.total()} mails of {len(tried)} purposes in {len(LANGUAGES)} languages rendered,"
        " none with a new element, attribute or link"
    )


def test_markup_of_reports_stays_as_it_is() -> None:
    for number, text in enumerate(texts()):
        report, language = REPORTS[number % len(REPORTS)], LANGUAGES[number // 4 % len(LANGUAGES)]
        known, most = shape(RENDERER.render_report(report_of("Muster", report, language)).html or "")
        html = RENDERER.render_report(report_of(text, report, language)).html
        assert_harmless(html, known, most, (text, report, language))


def test_no_text_is_run_as_a_template() -> None:
    for purpose in ("new", "attached", *TO_CUSTOMERS):
        rendered = RENDERER.render(job_of(Case("x{{ 7191*7 }}{% if 1 %}y{% endif %}", purpose, "de")))
        for words in (rendered.subject, rendered.text, rendered.html or ""):
            assert "50337" not in words
            assert "xy" not in words
