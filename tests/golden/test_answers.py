"""Answers to our own mails as mail programs write them: each quotes a notification; what is meant stands beside it.

The .json files are written by hand, not by the program: name, arguments, text, and whether a doubt is right.
"""

import json
import re
import textwrap
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from parsers import document, read
from parsers.records import Answer, Hints
from templates.words import filled, load_words

MAILS = Path(__file__).parent / "answers"
CASES = sorted(MAILS.glob("*.eml"))
OURS = (
    "##",
    "-##",
    "desk+",
    "body=%21",
    "mailto:desk",
    "L-7KQ2M4-2",
    "Warum hier",
    "Why here",
    "Hvorfor her",
    "为何在此",
)
"""What our notifications say: reply line, token, command links, reference, last line."""
QUOTED = (
    "WVWZZZCDZMW000001",
    "Gebrauchtwagen",
    "Samstag gern",
    "on Saturday and take",
    "lørdag og prøve",
    "周六来看车",
)
"""What the notifications say of the customer."""
NOTES = ("Preis war ihr zu hoch", "husband decides", "vil have rabat", "客户要求优惠", "skylder os penge")
HINTS = Hints(answering=True)


class Case(NamedTuple):
    """What was read of a mail, and what is right."""

    name: str
    found: Answer
    wanted: dict[str, Any]

    @property
    def commands_right(self) -> bool:
        """Whether the commands are the meant ones, with their arguments."""
        found = [(one.name, one.args) for one in self.found.commands]
        return found == [(one["name"], one.get("args", {})) for one in self.wanted["commands"]]

    @property
    def text_right(self) -> bool:
        """Whether the text is all of its writer's and nothing else, white space aside."""
        return (self.found.text or "").split() == (self.wanted["text"] or "").split()


@cache
def cases() -> tuple[Case, ...]:
    return tuple(_cases())


def _cases() -> Iterator[Case]:
    for path in CASES:
        found = read.parse(path.read_bytes(), HINTS).answer
        assert found is not None, path.stem
        yield Case(path.stem, found, json.loads(path.with_suffix(".json").read_text("utf-8")))


def test_there_are_enough_of_all_programs_and_languages() -> None:
    words = {word for path in CASES for word in path.stem.split("-")}
    programs = {"outlook", "owa", "olmobile", "gmail", "apple", "tb", "iphone", "gmx", "qq", "163", "foxmail", "yahoo"}
    assert len(CASES) >= 60
    assert programs | {"de", "en", "da", "zh", "plain", "html", "both"} <= words


def test_every_answer_quotes_one_of_ours_unless_it_is_about_that() -> None:
    without = [path.stem for path in CASES if b"desk+" not in path.read_bytes()]
    assert without == []  # the token stands in To at least


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_commands_text_and_doubt_are_as_meant(case: Case) -> None:
    assert case.commands_right, case.found.commands
    assert case.text_right, case.found.text
    assert (case.found.doubt is not None) == case.wanted["doubt"], case.found.doubt


LONG = "karin.beispiel-mustermann@post.haustechnik-beispiel.example"
FIRST_LINES = {
    "to the customer": ("customer", "karin@beispiel.example", "karin@beispiel.example"),
    "to the customer, linked": ("customer", f"{LONG}<mailto:{LONG}>", f'<a href="mailto:{LONG}">{LONG}</a>'),
    "to the customer, linked apart": ("customer", f"{LONG} <mailto:{LONG}>", f"<a href='mailto:{LONG}'>{LONG}</a>"),
    "stays in the house": ("inside", "", ""),
}
"""What the first line of a mail says: which words, with the address as plain text and HTML quote it."""


def with_first_line(raw: bytes, goes: str, plain: str, html: str) -> bytes:
    """A quoting case whose first line says something else, broken as its mail program breaks lines."""
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            text = part.get_content()
            as_html = part.get_content_subtype() == "html"
            changed = FIRST_LINE.sub(lambda found: _first_line(found, goes, html if as_html else plain), text)  # noqa: B023
            part.set_content(changed, subtype=part.get_content_subtype(), charset="utf-8", cte="base64")
    return mail.as_bytes()


def _first_line(found: re.Match[str], goes: str, to: str) -> str:
    language = next(name for name, word in KNOWN_BY.items() if word in found[0])
    words = load_words(language, {})
    told = f"##- {filled(words['reply'][goes], to=to, reply=words['commands']['reply'])} -##"
    return "\n> ".join(textwrap.wrap(told, 70, break_long_words=False)) if "\n>" in found[0] else told


FIRST_LINE = re.compile(r"##-.{0,300}?-##", re.DOTALL)
KNOWN_BY = {"de": "Ihre Antwort", "en": "Your reply", "da": "Dit svar", "zh": "直接回复"}


def test_nearly_all_quote_the_first_line() -> None:
    _, plain, html = FIRST_LINES["to the customer"]
    changed = [with_first_line(path.read_bytes(), "customer", plain, html) for path in CASES]
    assert sum(plain in (document.parse(raw).quoted_text or "") for raw in changed) >= 80


@pytest.mark.parametrize(("goes", "plain", "html"), FIRST_LINES.values(), ids=FIRST_LINES)
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_whatever_the_first_line_says_it_is_known_in_a_quotation(path: Path, goes: str, plain: str, html: str) -> None:
    raw = path.read_bytes()
    found = read.parse(with_first_line(raw, goes, plain, html), HINTS).answer
    assert found is not None
    case = Case(path.stem, found, json.loads(path.with_suffix(".json").read_text("utf-8")))
    assert case.commands_right, found.commands
    assert case.text_right, found.text
    assert (found.doubt is not None) == case.wanted["doubt"], found.doubt


def test_commands_are_right_and_nothing_of_ours_gets_out(capsys: pytest.CaptureFixture[str]) -> None:
    all_cases = cases()
    right = sum(case.commands_right for case in all_cases)
    texts = sum(case.text_right for case in all_cases)
    doubts = sum(case.found.doubt is not None for case in all_cases)
    quoted = [case.name for case in all_cases if len(case.found.commands) > len(case.wanted["commands"])]
    leaks = [
        (case.name, mark) for case in all_cases for mark in (*OURS, *QUOTED, *NOTES) if mark in (case.found.text or "")
    ]
    with capsys.disabled():
        print(  # noqa: T201
            f"\n{len(all_cases)} quoting cases: commands right in {right}, text in {texts}, "
            f"from a quotation {len(quoted)}, leaks {len(leaks)}, doubts {doubts}"
        )
    assert right / len(all_cases) >= 0.95
    assert texts / len(all_cases) >= 0.95
    assert doubts / len(all_cases) <= 0.1
    assert quoted == []
    assert leaks == []


def test_where_our_line_was_deleted_nothing_of_ours_gets_out_undoubted() -> None:
    head = "From: max@muster.example\nSubject: AW: Neu\nContent-Type: text/plain; charset=utf-8\n\n"
    leaks = []
    for path in CASES:
        lines = (document.parse(path.read_bytes()).quoted_text or "").split("\n")
        body = "\n".join(line for line in lines if "##" not in line)
        found = read.parse((head + body).encode(), HINTS).answer
        assert found is not None
        leaks += [(path.stem, mark) for mark in (*OURS, *QUOTED) if mark in (found.text or "") and not found.doubt]
        leaks += [(path.stem, mark) for mark in OURS[:5] if mark in (found.text or "")]
    assert leaks == []


def test_nothing_is_computed_where_nobody_answers() -> None:
    assert all(read.parse(path.read_bytes()).answer is None for path in CASES[:10])
