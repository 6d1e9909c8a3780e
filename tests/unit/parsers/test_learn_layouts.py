"""Every layout in every language: three mails are learned, twenty new ones read, some with a field missing.

Usually a tenth of them, always the same; `POSTROOM_FUZZ_CASES` asks for all, of two new seeds and three kinds of
request. `POSTROOM_SEED` repeats a run that failed.
"""

import os
from collections.abc import Sequence
from itertools import islice

import msgspec
import pytest

from parsers import read
from parsers.learn import propose
from parsers.proposal import Proposal
from parsers.records import Hints, Parsed
from tests.generator import LANGUAGES, LAYOUTS, Form, Sample, Score, compare, layouts
from tests.generator.lessons import Source
from tests.generator.special import SPECIAL
from tests.support.seeds import seed

LONG = "POSTROOM_FUZZ_CASES" in os.environ
SEED = seed()
SEEDS = (SEED, SEED + 1) if LONG else (SEED,)
READ = 20 if LONG else 5
KINDS = ("lead", "booking", "complaint")


def kinds(layout: str, language: str) -> Sequence[str]:
    """Kinds of request to try; layouts of SPECIAL have their own."""
    if layout in SPECIAL:
        return KINDS[:1]
    return KINDS if LONG else KINDS[LANGUAGES.index(language) % 3 :][:1]


def learned(samples: Sequence[Sample], hints: Hints) -> Proposal:
    return propose([sample.raw for sample in samples], hints)


def read_with(sample: Sample, proposal: Proposal, hints: Hints) -> Parsed:
    return read.parse(sample.raw, msgspec.structs.replace(hints, layout=proposal.layout))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_twenty_mails_are_read_after_three_were_learned(layout: str) -> None:
    score = Score()
    for number, language in ((number, language) for number in SEEDS for language in LANGUAGES):
        for kind in kinds(layout, language):
            source = Source(number, layout, language, kind)
            proposal = learned(source.lesson(), source.hints)
            for _ in range(READ):
                sample = source.mail()
                compare(sample, read_with(sample, proposal, source.hints), score)
    told = f"learned {layout}, POSTROOM_SEED={SEED}: {score.right} right, {score.missed} missed, {score.wrong} wrong"
    print(f"{told} ({score.share:.4f} right)")  # noqa: T201 - shown on failure, and by -s
    assert score.wrong == 0, [fault for fault in score.faults if "wrong" in fault][:20]
    assert score.share >= 0.95, score.faults[:20]


def rich(source: Source) -> list[Form]:
    """Three forms that together show most fields twice, as an admin would choose samples."""
    forms = [source.form() for _ in range(100)]
    chosen: list[Form] = []
    for _ in range(3):
        seen = [one.name for form in chosen for one in form.filled]
        chosen.append(max(forms, key=lambda form: sum(seen.count(one.name) < 2 for one in form.filled)))
        forms.remove(chosen[-1])
    return chosen


@pytest.mark.parametrize("layout", [*layouts.TEXT, *layouts.HTML])
def test_labels_that_nobody_knows_are_mapped_only_by_certain_values(layout: str) -> None:
    """Every value that is read is right; what cannot be told by itself is kept under its label."""
    right, mails = 0, 0
    faults: list[str] = []
    for language in LANGUAGES if LONG else LANGUAGES[:3]:
        source = Source(SEED if LONG else 1, layout, language, "lead", invented=True)
        proposal = learned([source.mail_of(form) for form in rich(source)], source.hints)
        forms = (source.form() for _ in range(300))
        shown = (f for f in forms if all(source.labels[one.name] in proposal.layout.labels for one in f.filled))
        for form in islice(shown, 20):  # a label that no sample shows cannot be learned
            sample = source.mail_of(form)
            score = Score()
            compare(sample, read_with(sample, proposal, source.hints), score)
            right += score.right
            faults += [fault for fault in score.faults if "wrong" in fault and "wrong comments" not in fault]
            mails += 1
    assert mails
    assert faults == []
    assert right >= 3 * mails
