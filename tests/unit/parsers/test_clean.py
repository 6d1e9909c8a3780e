import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.clean import block, single_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  Max   Muster ", "Max Muster"),
        ("Max\r\nBcc: evil@example.net", "Max Bcc: evil@example.net"),
        ("a\u2028b\u2029c\u0085d\ve", "a b c d e"),
        ("A\x00\x01B", "AB"),
        ("\u202egro.elpmaxe\u202c", "gro.elpmaxe"),
        ("Mu\u0308ller", "Müller"),
        ("\ud800x", "x"),
        ("\ufeff\u200b", None),
        ("", None),
        (None, None),
    ],
)
def test_single_line(text: str | None, line: str | None) -> None:
    assert single_line(text) == line


def test_single_line_is_cut() -> None:
    assert single_line("x" * 1000, 10) == "x" * 10


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a  \n\n\n\n b\x07\n\n", "a\n\n b"),
        ("a\tb\xa0c", "a\tb c"),
        ("\n \n", None),
    ],
)
def test_block(text: str, cleaned: str | None) -> None:
    assert block(text) == cleaned


@given(st.text(alphabet=st.characters(), max_size=200))
def test_nothing_dangerous_is_left(text: str) -> None:
    line, lines = single_line(text) or "", block(text) or ""
    assert len(line.splitlines()) <= 1
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in line + lines if c not in "\n\t")
    line.encode()
    assert single_line(line) == (line or None)
