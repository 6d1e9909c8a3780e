"""How often the early test is wrong, and how soon it is right: over source-years that were drawn by foreign models.

A tenth of the source-years unless `POSTROOM_FUZZ_CASES` is set, which asks for all 1,000 of each model, of a new seed;
`POSTROOM_SEED` chooses one. Tables are written to build/artefacts.
"""

import os
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from math import log
from pathlib import Path
from statistics import median

import pytest

from rules.daybook import DayBook
from rules.quiet import FALSE_ALARMS, quiet, told_at
from tests.support.arrivals import BERLIN, COPENHAGEN, MODELS, MUNICH, RATES, SHANGHAI, Made, make
from tests.support.seeds import seed

ARTEFACTS = Path(__file__).parents[3] / "build" / "artefacts"
YEARS = 1000 if os.environ.get("POSTROOM_FUZZ_CASES") else 100
MOST = 0.26
"""False early alarms per source and year at the shipped 0.2."""
FIXED = timedelta(days=14)


def false_alarms(made: Made, fixed: timedelta = FIXED) -> int:
    """Gaps of the year that were told as silence ahead of the fixed limit, and a mail came after all.

    Only gaps are looked at in which so much was to be expected that the limit can be reached: what the model can say
    against chance is at most what it expects, and it does not expect nearly twice of what is true.
    """
    enough = 0.55 * log(365 * made.rate / FALSE_ALARMS)
    found = 0
    for index, (last, following) in enumerate(pairwise(made.mails)):
        if last < made.begins or made.between(last, following) < enough:
            continue
        known = quiet(made.mails[: index + 1], made.book, last, fixed=fixed)
        found += known.limit_at is not None and known.limit_at < following
    return found


def write(name: str, rows: list[tuple[str, ...]]) -> str:
    """A table as Markdown, into build/artefacts."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    text = "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]) + "\n"
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    (ARTEFACTS / name).write_text(text, "utf-8")
    return text


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_a_thousand_source_years_have_few_false_alarms(model: str) -> None:
    begin = seed()
    found = {rate: [] for rate in RATES}  # type: dict[float, list[int]]
    for index in range(YEARS):
        rate = RATES[index % len(RATES)]
        found[rate].append(false_alarms(make(f"{begin} {model} {index}", model, rate)))
    total = sum(map(sum, found.values())) / YEARS
    shares = [f"{sum(years) / len(years):.2f}" for years in found.values()]
    rows = [("model", *(f"{rate:g} a day" for rate in RATES), "all", "source-years")]
    write(f"early-{model.replace(' ', '-')}.md", [*rows, (model, *shares, f"{total:.3f}", str(YEARS))])
    assert total <= MOST, f"seed {begin}: {found}"
