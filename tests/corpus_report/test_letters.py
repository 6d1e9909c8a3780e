"""The figures that must not fall: forwards, answers, winmail.dat, bounces, classes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.corpus_report import Tally, answers, bounces, classes, forwards, replies, tnef

WANTED: tuple[tuple[Callable[[Path], list[Tally]], str, str, float], ...] = (
    (forwards.tallies, "forwards, certain", "sender_address", 0.99),
    (forwards.tallies, "forwards, certain", "sender_name", 0.99),
    (forwards.tallies, "forwards, certain", "subject", 0.99),
    (forwards.tallies, "forwards, certain", "date", 0.95),
    (forwards.tallies, "forwards, all", "sender_address", 0.95),
    (forwards.tallies, "forwards, answers", "left alone", 1),
    (replies.tallies, "replies", "new-text", 0.8),
    (replies.tallies, "replies", "before-forward", 1),
    (answers.tallies, "answers", "text", 0.85),
    (answers.tallies, "answers", "without command", 1),
    (tnef.tallies, "tnef", "text", 1),
    (tnef.tallies, "tnef", "attachments", 1),
    (bounces.tallies, "bounces", "class", 0.98),
    (bounces.tallies, "bounces", "recipients", 0.97),
    (bounces.tallies, "bounces", "action", 0.97),
    (bounces.tallies, "bounces", "status", 0.95),
    (classes.tallies, "classes", "person", 1),
    (classes.tallies, "classes", "bounce", 1),
    (classes.tallies, "classes", "list", 1),
    (classes.tallies, "classes", "spam", 1),
)


@pytest.mark.parametrize(("tallies", "name", "field", "least"), WANTED, ids=[f"{w[1]}-{w[2]}" for w in WANTED])
def test_as_much_is_read_as_ever(
    corpus: Path, tallies: Callable[[Path], list[Tally]], name: str, field: str, least: float
) -> None:
    (tally,) = [one for one in tallies(corpus) if (one.set, one.field) == (name, field)]
    total = tally.read + tally.missed + tally.wrong
    assert total > 0
    assert tally.read / total >= least, tally


def test_of_all_classes_almost_all_are_right(corpus: Path) -> None:
    found = [one for one in classes.tallies(corpus) if one.field in ("person", "automatic", "bounce")]
    assert sum(one.read for one in found) / sum(one.read + one.wrong for one in found) >= 0.98


def test_of_an_answer_whose_end_is_not_found_nothing_foreign_is_taken(corpus: Path) -> None:
    (text, *_) = answers.tallies(corpus)
    assert text.wrong == 0, text
