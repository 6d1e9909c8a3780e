"""Every language has every word, and the words are what the parser and the rules know."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from config.models import Step
from rules import lifecycle, transition
from rules.model import ActorRole, RecordFlag
from rules.reference import LETTERS
from templates.purposes import PURPOSES
from templates.words import filled, languages, load_words, shipped_files

LANGUAGES = ("da", "de", "en", "zh")
FILES = {language: tomllib.loads(shipped_files()[f"{language}/words.toml"]) for language in LANGUAGES}
PLACE = re.compile(r"\{[a-z0-9]+(?::[a-z]+)?\}")


def texts(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from texts(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)


def test_four_languages_are_shipped() -> None:
    assert languages() == LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_word_itself(language: str) -> None:
    english, own = dict(texts(FILES["en"])), dict(texts(FILES[language]))
    assert own.keys() == english.keys()
    assert (len(FILES[language]["forms"]["weekdays"]), len(FILES[language]["forms"]["months"])) == (7, 12)
    empty = {name for name, text in own.items() if not text}
    assert empty == {name for name, text in english.items() if not text}


@pytest.mark.parametrize("language", LANGUAGES)
def test_sentences_have_the_places_of_the_english_ones(language: str) -> None:
    own = dict(texts(FILES[language]))
    for name, text in texts(FILES["en"]):
        if not name.startswith("forms."):
            assert sorted(PLACE.findall(own[name])) == sorted(PLACE.findall(text)), name


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "en"])
def test_sentences_are_translated(language: str) -> None:
    own = dict(texts(FILES[language]))
    for name, text in texts(FILES["en"]):
        sentences = ("openings.", "asks.", "does.", "reply.", "receipt.", "warnings.", "reasons.")
        if name.startswith((*sentences, "visit_openings.", "visit_states.", "visit_notes.")) and text:
            assert own[name] != text, name


@pytest.mark.parametrize(
    "table", ["states", "kinds", "actors", "effects", "warnings", "openings", "subjects", "happened"]
)
def test_tables_have_a_word_for_everything(table: str) -> None:
    house = {name for name, purpose in PURPOSES.items() if purpose.layout != "customer"}
    actions = {action for kind in LETTERS for action in lifecycle.known(kind)}
    silent = {"status", "help", "refuse", "hold"}
    needed = {
        "states": set(transition.STATES),
        "kinds": set(LETTERS),
        "actors": set(get_args(ActorRole)),
        "effects": set(get_args(Step.model_fields["effect"].annotation)),
        "warnings": {*get_args(RecordFlag), "stranger", "left-out"},
        "openings": {*house, "stranger"},
        "subjects": {*PURPOSES, "stranger"},
        "happened": actions - silent,
    }
    assert load_words("en", {})[table].keys() >= needed[table]


def test_values_are_never_read_as_places() -> None:
    assert filled("{a} and {b}, {c}", a="{b}", b="x") == "{b} and x, {c}"
