import string

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.reference import LETTERS, TokenRole, make, parse, read_token, token

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
references = st.builds(make, st.sampled_from(sorted(LETTERS)), st.integers(0, 2**50))
KEY, OLD = b"k" * 32, b"o" * 32


def plain(ref: str) -> str:
    return ref.replace("-", "")


@given(kind=st.sampled_from(sorted(LETTERS)), number=st.integers(0, 2**60))
def test_a_reference_is_read_as_it_was_made(kind: str, number: int) -> None:
    ref = make(kind, number)
    letter, body, check = ref.split("-")
    assert (letter, len(body) >= 6, len(check)) == (LETTERS[kind], True, 1)
    assert parse(ref) == ref


@given(ref=references, place=st.integers(0, 30), char=st.sampled_from(ALPHABET + "LU"))
def test_no_single_wrong_character_gives_another_reference(ref: str, place: int, char: str) -> None:
    text = plain(ref)
    place %= len(text)
    assume(char != text[place])
    wrong = parse(text[:place] + char + text[place + 1 :])
    assert wrong in (None, ref)  # an L typed for a 1 is read as meant


@given(ref=references, place=st.integers(0, 30))
def test_no_two_swapped_neighbours_give_another_reference(ref: str, place: int) -> None:
    text = plain(ref)
    place %= len(text) - 1
    swapped = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    assert parse(swapped) in (None, ref)


@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_none(text: str) -> None:
    ref = parse(text)
    assert ref is None or parse(ref) == ref


REF = make("lead", 0x1234567)


@pytest.mark.parametrize(
    "typed",
    [
        REF.lower(),
        REF.replace("-", ""),
        REF.replace("-", " "),
        f" {REF} ",
        REF.replace("1", "l"),
        REF.replace("0", "o"),
    ],
)
def test_people_type_it_as_they_like(typed: str) -> None:
    assert parse(typed) == REF


@pytest.mark.parametrize("text", ["", "L", "L-1-1", "X-000005-Y", "L-UUUUUU-0", "L-" + "0" * 100 + "-0", "Straße-ſ"])
def test_other_texts_are_no_references(text: str) -> None:
    assert parse(text) is None


def test_a_kind_without_a_letter_counts_as_unsorted() -> None:
    assert make("parcel", 5).startswith("U-")


@pytest.mark.parametrize("role", ["team", "house", "controller", "customer"])
@given(ref=references)
def test_a_token_names_record_and_role(role: TokenRole, ref: str) -> None:
    made = token(ref, role, KEY)
    assert read_token(made, [KEY]) == (ref, role)
    assert read_token(made.upper(), [OLD, KEY]) == (ref, role)
    assert set(made) <= set(string.ascii_lowercase + string.digits + "-.")
    assert len(made) <= 50


def test_a_token_of_another_key_record_or_role_is_none() -> None:
    ref, other = make("lead", 5), make("lead", 6)
    made = token(ref, "customer", KEY)
    assert read_token(made, [OLD]) is None
    assert read_token(made, []) is None
    assert read_token(made.replace(ref.lower(), other.lower()), [KEY]) is None
    assert read_token(made.replace(".k", ".t"), [KEY]) is None
    assert all(read_token(text, [KEY]) is None for text in ("", ".", ref, f"{ref}.", f"{ref}.t", made[:-1], made + "ü"))
