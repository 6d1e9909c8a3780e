"""Which command links a mail offers, what they write, and which commands are explained."""

from itertools import product
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from parsers import commands
from rules import lifecycle, transition
from rules.model import Held, Record, Second
from rules.reference import LETTERS
from templates.commands import MOST, links, possible
from templates.purposes import PURPOSES
from templates.render import Renderer
from templates.samples import AGAIN, ANSWER, AT, REPLY_TO, sample_job
from templates.words import load_words

LANGUAGES = ("da", "de", "en", "zh")
WORDS = {language: load_words(language, {}) for language in LANGUAGES}
SHIPPED = Renderer({})
SECOND = Second(message=1, received_at=AT, reading=AGAIN)


def record(kind: str = "lead", state: str = "new") -> Record:
    return msgspec.structs.replace(sample_job("en").record, kind=kind, state=state)


def offered(one: Record, purpose: str = "new", role: str = "team", language: str = "en") -> list[str]:
    return [command.written for command in links(one, purpose, role, REPLY_TO, WORDS[language])]


@pytest.mark.parametrize(
    ("kind", "state", "role", "commands"),
    [
        ("lead", "new", "team", "!take, !done, !later 1d, !not-mine, !spam, !help"),
        ("lead", "taken", "team", "!done, !later 1d, !not-mine, !undo, !status, !help"),
        ("lead", "waiting", "team", "!take, !done, !later 1d, !undo, !status, !help"),
        ("lead", "done", "team", "!reopen, !undo, !status, !help"),
        ("lead", "spam", "team", "!reopen, !undo, !status, !help"),
        ("lead", "linked", "team", "!reopen, !undo, !status, !help"),
        ("unsorted", "new", "team", "!lead, !booking, !take, !not-mine, !spam, !help"),
        ("alert", "new", "team", "!take, !done, !later 1d, !not-mine, !spam, !help"),
        ("lead", "new", "controller", "!take, !assign, !not-mine, !note, !status, !help"),
        ("lead", "done", "controller", "!note, !status, !help"),
        ("lead", "new", "customer", ""),
        ("lead", "new", "system", ""),
    ],
)
def test_links_are_what_is_sensible_and_possible(kind: str, state: str, role: str, commands: str) -> None:
    assert ", ".join(offered(record(kind, state), role=role)) == commands


def test_a_mail_that_asks_for_something_offers_that_first() -> None:
    again = msgspec.structs.replace(record(), requests=(SECOND,))
    held = msgspec.structs.replace(record(state="taken"), held=(Held(text=ANSWER, by="a@b.example", message=1),))
    assert offered(again, "again") == ["!again no", "!take", "!done", "!later 1d", "!not-mine", "!help"]
    assert offered(held, "held") == ["!send", "!done", "!later 1d", "!not-mine", "!undo", "!help"]
    assert "!again no" not in offered(record(), "again")  # it was parted since
    assert "!send" not in offered(record(), "held")  # it was sent since


def test_a_command_that_needs_words_is_left_open() -> None:
    [done] = [one for one in links(record("alert"), "new", "team", REPLY_TO, WORDS["de"]) if one.written == "!erledigt"]
    assert done.label == "Erledigt …"
    assert parse_qs(urlsplit(done.href or "").query)["body"] == ["!erledigt "]


@pytest.mark.parametrize("language", LANGUAGES)
def test_links_write_to_the_record_with_subject_and_body(language: str) -> None:
    page = LexborHTMLParser(SHIPPED.render(sample_job(language)).html or "")
    found = [urlsplit(a.attributes["href"] or "") for a in page.css("a.small")]
    words = WORDS[language]
    names = ("take", "done", "later", "not-mine", "spam", "help")
    assert [parse_qs(url.query) for url in found] == [
        {"body": [words["commands"][name]], "subject": [f"{words['buttons'][name]} [L-7KQ2M4-2]"]} for name in names
    ]
    assert {url.path for url in found} == {REPLY_TO.replace("+", "%2B")}


@pytest.mark.parametrize(("purpose", "kind", "state"), list(product(PURPOSES, LETTERS, transition.STATES)))
def test_never_more_than_six_and_never_what_is_refused(purpose: str, kind: str, state: str) -> None:
    one = msgspec.structs.replace(
        record(kind, state), requests=(SECOND,), held=(Held(text=ANSWER, by="a@b.example", message=1),)
    )
    found = offered(one, purpose)
    assert 0 < len(found) <= MOST
    assert found[-1] == "!help"
    names = {word: name for name, word in WORDS["en"]["commands"].items()}
    kinds = {"lead": "read-as", "booking": "read-as"}
    may = {*lifecycle.possible(kind, state), "status", "help"}
    assert {kinds.get(names[word], names[word]) for word in found} <= may


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_text_shows_the_words_and_never_a_link(purpose: str) -> None:
    job = sample_job("de", purpose)
    assert "mailto:" not in SHIPPED.render(job).text


def test_without_a_reply_address_there_are_no_commands() -> None:
    mail = SHIPPED.render(msgspec.structs.replace(sample_job("de"), reply_to=None))
    assert "!" not in mail.text.replace("Viele", "")
    assert "a.small" not in (mail.html or "")


def test_help_explains_what_is_possible_and_only_that() -> None:
    lines = [row.label for row in possible(record(), "team", WORDS["en"], replies=True)]
    assert lines == [
        *("!take", "!reply", "!done sold", "!later 2d", "!not-mine", "!assign eva@muster.example"),
        *("!note Will call tomorrow", "!spam", "!again L-7KQ2M4-2", "!undo", "!status", "!help"),
    ]
    assert "!reply" not in [row.label for row in possible(record(), "team", WORDS["en"], replies=False)]
    closed = [row.label for row in possible(record(state="spam"), "team", WORDS["en"], replies=False)]
    assert closed == ["!note Will call tomorrow", "!reopen", "!undo", "!status", "!help"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_parser_understands_every_word_that_we_offer(language: str) -> None:
    words = WORDS[language]
    kinds = {"lead": "read-as", "booking": "read-as"}
    for table in ("commands", "examples"):
        for name, written in words[table].items():
            for one in written.replace("、", ", ").split(", ") if name == "read-as" else [written]:
                understood = commands.command(one)
                assert understood.name == kinds.get(name, name), one
    assert commands.command(words["commands"]["later"]).args == {"until": "1d"}
    assert commands.command(words["examples"]["done"]).args == {"result": "sold"}
