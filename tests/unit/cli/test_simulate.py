"""`simulate`: what would go out, on samples and on stored mails; nothing is written but what is exported."""

import hashlib
from collections import Counter
from email import policy
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import pytest

SPAN = ("--from", "2026-12-21", "--to", "2027-01-04")
WEBSITE = "website.berlin.h3t8@leads.muster.example"


def run(postroom: Any, room: Any, *words: object) -> Any:
    return postroom("simulate", *SPAN, *words, directory=room.directory)


def test_christmas_of_the_example(postroom: Any, worked_in: Any) -> None:
    """The figures of docs/simulate.md."""
    rows = run(postroom, worked_in, "--answers", "70%/90m", "--json").rows
    page = (Path(__file__).parents[3] / "docs" / "simulate.md").read_text("utf-8")
    purposes = Counter(row["purpose"] for row in rows)
    for purpose, number in purposes.items():
        assert f"| `{purpose}` | {number} |" in page
    assert f"{len(rows)} mails in all" in page
    closed = {f"2026-12-{day}" for day in range(24, 31)}
    berlin = [row for row in rows if row["site"] == "berlin" and row["day"] in closed]
    assert {row["purpose"] for row in berlin} <= {"new", "receipt", "flagged", "untouched", "warning", "escalations"}
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)


def test_people_see_days_and_readers(postroom: Any, worked_in: Any) -> None:
    out = run(postroom, worked_in, "--a-day", "2").out
    assert "Thu 2026-12-31: " in out
    assert "verkauf.berlin@muster.example" in out
    assert out.splitlines()[-1].endswith(" mails in all")


def test_the_same_seed_says_the_same(postroom: Any, worked_in: Any) -> None:
    first, again, other = (
        run(postroom, worked_in, "--a-day", "3", "--answers", "50%/2h", "--seed", seed, "--json").out
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_samples_of_ones_own(postroom: Any, worked_in: Any, tmp_path: Path) -> None:
    form = worked_in.directory / "mails" / "form-german.eml"
    rows = run(postroom, worked_in, "--mails", form, "--for", WEBSITE, "--a-day", "1", "--json").rows
    new = [row for row in rows if row["purpose"] == "new"]
    assert len(new) == 15
    assert {row["to"] for row in new} == {"verkauf.berlin@muster.example"}
    assert all("Jonas Probe" in row["subject"] and row["records"][0] in row["subject"] for row in new)


def test_stored_mails_come_again(postroom: Any, worked_in: Any) -> None:
    before = hashlib.sha256(worked_in.database.read_bytes()).hexdigest()
    answer = run(postroom, worked_in, "--stored", "2026-11-16..2026-11-22", "--json")
    new = [row for row in answer.rows if row["purpose"] == "new"]
    # they came on Friday at ten; the first day of the span is the Monday of that week
    assert {row["at"] for row in new} == {"2026-12-25T10:00:00+01:00"}
    assert Counter(row["to"] for row in new) == {
        "verkauf.berlin@muster.example": 2,
        "verkauf.potsdam@muster.example": 1,
    }
    assert hashlib.sha256(worked_in.database.read_bytes()).hexdigest() == before


def test_other_weekdays_are_said(postroom: Any, worked_in: Any) -> None:
    answer = run(postroom, worked_in, "--stored", "2026-11-20..2026-11-20", "--json")
    assert "2026-11-20 is a Friday and becomes 2026-12-21, a Monday" in answer.err


def test_mails_can_be_looked_at(postroom: Any, worked_in: Any, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    rows = run(postroom, worked_in, "--a-day", "2", "--export", folder, "--json").rows
    files = sorted(folder.iterdir())
    assert [one.name for one in files] == [row["file"] for row in rows if row["file"]]
    mails: list[Any] = [BytesParser(policy=policy.default).parsebytes(one.read_bytes()) for one in files]
    assert [str(mail["Subject"]) for mail in mails] == [row["subject"] for row in rows]
    assert all(mail.get_body(("plain",)).get_content().strip() for mail in mails)
    assert "is not empty" in run(postroom, worked_in, "--export", folder).err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--from", "2026-12-24", "--to", "2026-12-23"), "--to 2026-12-23 is before --from 2026-12-24"),
        (("--from", "2026-13-24", "--to", "2026-12-23"), "'2026-13-24' does not match the format"),
        (("--from", "2026-01-01", "--to", "2030-01-01"), "at most 1100 days"),
        (("--answers", "70%"), "--answers: '70%' is no behaviour, write 70%/90m"),
        (("--stored", "last year"), "--stored 'last year': write two days"),
        (("--stored", "2026-02-02..2026-01-01"), "the second day is before the first"),
        (("--stored", "2020-01-01..2020-01-02"), "no mail that opened a record came between"),
        (("--stored", "2026-11-20..2026-11-20", "--a-day", "3"), "--stored takes the place of"),
        (("--for", "x@nowhere.example"), "is the address of no source"),
    ],
)
def test_what_cannot_be_simulated_is_said(postroom: Any, worked_in: Any, words: tuple[str, ...], why: str) -> None:
    span = () if "--from" in words else SPAN
    answer = postroom("simulate", *span, *words, directory=worked_in.directory)
    assert answer.code == 2
    assert why in answer.err


def test_samples_that_are_none_are_named(postroom: Any, worked_in: Any, tmp_path: Path) -> None:
    strange = tmp_path / "strange.eml"
    strange.write_text("From: a@b.example\nTo: somebody@else.example\nSubject: x\n\nx\n")
    answer = run(postroom, worked_in, "--mails", strange)
    assert answer.code == 2
    assert "strange.eml: it names none of our addresses" in answer.err
    assert "there are no sample mails" in answer.err
    form = worked_in.directory / "mails" / "form-german.eml"
    answer = run(postroom, worked_in, "--mails", form, "--mails", strange, "--a-day", "1")
    assert answer.code == 1
    assert "strange.eml" in answer.err
