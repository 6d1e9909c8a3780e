"""The language of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import language


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Guten Tag, ich habe Interesse an dem Golf. Ist er noch zu haben?", "de"),
        ("Hello, is this car still available? I would like to see it.", "en"),
        ("Hej, jeg vil gerne prøve bilen. Er den stadig til salg?", "da"),
        ("您好，请问这辆车还在吗？我想预约试驾。", "zh"),
        ("Goedendag, is deze auto nog beschikbaar? Ik wil graag een proefrit.", "nl"),
        ("Bonjour, je souhaite voir la voiture. Est-elle disponible ? Merci.", "fr"),
        ("Buongiorno, vorrei sapere se questa auto è ancora disponibile, grazie.", "it"),
        ("これは日本語です", None),
        ("12345", None),
        ("", None),
    ],
)
def test_guess(text: str, expected: str | None) -> None:
    assert language.guess(text) == expected


def test_labels_decide_before_words() -> None:
    assert language.guess("Hello, is this car still available to you?", "de") == "de"


@given(st.text())
def test_any_text_gives_a_known_language_or_none(text: str) -> None:
    assert language.guess(text) in {None, "de", "en", "da", "zh", "nl", "fr", "it"}
