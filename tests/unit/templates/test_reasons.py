"""Why a mail is here is said in the reader's language."""

import pytest

from templates.reasons import translated
from templates.words import load_words

GERMAN = load_words("de", {})


@pytest.mark.parametrize(
    ("because", "german"),
    [
        ("rule 'Used cars'", "Regel „Used cars“"),
        ("rule 'A'; rule 'B'", "Regel „A“; Regel „B“"),
        ("rule 'A' names no team: fallback team sales", "Regel „A“ nennt kein Team, daher sales"),
        (
            "rule 'A'; berlin has no team parts: fallback team sales",
            "Regel „A“; berlin hat kein Team parts, daher sales",
        ),
        ("nothing could be read from it: fallback team sales", "keine Anfrage erkannt, daher sales"),
        ("moved to service by root: wants: all {0} of it", "an service übergeben von root: wants: all {0} of it"),
        ("moved to service by root", "an service übergeben von root"),
        ("assigned to you", "Ihnen zugewiesen"),
        ("nobody has seen to L-1", "L-1 wurde noch nicht bearbeitet"),
        ("nobody has seen to L-1 in time", "L-1 wurde nicht rechtzeitig bearbeitet"),
        ("the time to see to L-1 is nearly over", "die Frist für L-1 läuft bald ab"),
        ("L-1 is still untouched; L-1 has been escalated", "L-1 ist noch unbearbeitet; L-1 wurde eskaliert"),
        ("a reason of another version", "a reason of another version"),
    ],
)
def test_known_sentences_are_translated(because: str, german: str) -> None:
    assert translated(because, GERMAN) == german


def test_a_translation_may_turn_names_round_and_name_what_is_not_there() -> None:
    assert translated("from a to b", {"reasons": {"from {0} to {1}": "{1}, {0}, {5}"}}) == "b, a, "
