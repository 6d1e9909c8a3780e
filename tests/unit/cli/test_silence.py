"""`silence`: what is said of names and days that cannot be, and what is kept."""

from typing import Any

import pytest

from tests.unit.cli.conftest import Postroom


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "mobile-berlni", "--until", "2027-01-06"), 2, "did you mean 'mobile-berlin'?"),
        (("add", "mobile-berlin", "--until", "6.1.2027"), 2, "'6.1.2027' is not a date, write 2026-12-31"),
        (("add", "berlin", "--until", "2026-12-01", "--from", "2026-12-24"), 2, "is before the first day, 2026-12-24"),
        (("end", "mobile-berlin"), 1, "no silence of mobile-berlin was planned"),
        (("end", "nowhere"), 2, "there is no source and no site 'nowhere'"),
    ],
)
def test_what_cannot_be_is_refused(
    postroom: Postroom, post_room: Any, words: tuple[str, ...], code: int, said: str
) -> None:
    answer = postroom("silence", *words, directory=post_room.directory)
    assert (answer.code, said in answer.err) == (code, True), answer.err


def test_what_is_planned_is_listed_until_it_is_ended(postroom: Postroom, post_room: Any) -> None:
    def ask(*words: str) -> Any:
        return postroom(*words, directory=post_room.directory)

    days = ("--from", "2080-12-24", "--until", "2081-01-06")
    assert ask("silence", "add", "berlin", *days, "--reason", "rebuilding").code == 0
    assert ask("silence", "add", "mobile-berlin", *days).code == 0
    again = ask("silence", "add", "mobile-berlin", *days, "--reason", "said twice")
    assert (again.code, "was already planned" in again.out) == (0, True)
    plan = {"from": "2080-12-24", "until": "2081-01-06", "kept": True}
    assert ask("silence", "list", "--json").rows == [
        {"site": "berlin", "source": None, "reason": "rebuilding", **plan},
        {"site": None, "source": "mobile-berlin", "reason": "", **plan},
    ]
    assert "planned silence of site berlin from 2080-12-24 to 2081-01-06: rebuilding" in ask("status").out
    assert ask("silence", "end", "berlin").code == 0  # it had not begun: nothing is left of it
    assert [one["source"] for one in ask("silence", "list", "--json").rows] == ["mobile-berlin"]
    assert "mobile-berlin" in ask("silence", "list").out


def test_a_source_and_a_site_of_one_name_are_told_apart_by_the_file(postroom: Postroom, post_room: Any) -> None:
    sources = post_room.directory / "sources.toml"
    sources.write_text(sources.read_text("utf-8").replace('id = "mobile-berlin"', 'id = "potsdam"'), "utf-8")
    tests = sources.read_text("utf-8").replace('source = "mobile-berlin"', 'source = "potsdam"')
    sources.write_text(tests, "utf-8")
    answer = postroom("silence", "add", "potsdam", "--until", "2081-01-06", directory=post_room.directory)
    assert (answer.code, "write the silence into silences.toml" in answer.err) == (2, True), answer.err


def test_status_says_how_the_watch_stands(postroom: Postroom, post_room: Any) -> None:
    status = postroom("status", "--json", directory=post_room.directory)
    assert status.rows[0]["silence"] == {"last_run": None, "missed": 0, "silent": [], "planned": []}
    (row,) = postroom("sources", "mobile-berlin", "--json", directory=post_room.directory).rows
    assert (row["planned"], row["probe"], row["early"]["chance"]) == (None, None, None)
    assert row["next_look"].endswith("+00:00")
    assert (
        "never verified: postroom source verify mobile-berlin"
        in postroom("sources", "mobile-berlin", directory=post_room.directory).out
    )
