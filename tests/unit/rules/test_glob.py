import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.glob import any_of, found, matches


@given(pattern=st.text("ab*?", max_size=8), text=st.text("abc", max_size=12))
def test_agrees_with_the_shell_patterns_of_the_standard_library(pattern: str, text: str) -> None:
    assert matches(pattern, text) == fnmatchcase(text, pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("vw", "VW", True),
        ("golf*", "Golf GTI", True),
        ("*gti", "Golf GTI line", False),
        ("m?ller", "Müller", True),
        ("STRASSE", "Straße", True),
        ("[a]", "a", False),
        ("a.c", "abc", False),
        ("ab*ba", "aba", False),
        ("*", "", True),
        ("a*b", "a\nb", True),
    ],
)
def test_globs(pattern: str, text: str, fits: bool) -> None:
    assert matches(pattern, text) is fits


def test_found_anywhere_and_any_of() -> None:
    assert found("test*drive", "May I have a Test of your drive?")
    assert any_of(["skoda", "vw*"], ["BMW", "VW Nutzfahrzeuge"]) == "VW Nutzfahrzeuge"
    assert any_of(["skoda"], ["BMW"]) is None


@pytest.mark.parametrize("pattern", ["*a*a*a*a*a*a*a*a*b", "*a?a?a*a?a*" * 5 + "b", "?" * 60 + "b*"])
def test_hostile_text_costs_no_more_than_its_length(pattern: str) -> None:
    start = time.process_time()
    assert not matches(pattern, "a" * 1_000_000)
    assert time.process_time() - start < 1
