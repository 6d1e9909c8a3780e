"""`kpi`, `escalation show`, `config overview`: what controllers ask for at a terminal."""

from typing import Any

import pytest

from tests.unit.conftest import PostRoom


@pytest.fixture
def ask(postroom: Any, post_room: PostRoom) -> Any:
    """Run a command on a copy of a room in which some days of work were done."""
    return lambda *words, **more: postroom(*words, directory=post_room.directory, **more)


NOVEMBER = ("--from", "2026-11-01", "--to", "2026-11-30")


def counts(answer: Any) -> dict[tuple[str | None, ...], tuple[int, int, int, int]]:
    """What was counted, by what each group has in common."""
    return {
        tuple(one[name] for name in ("unit", "site", "team", "kind")): (
            one["received"], one["in_time"], one["late"], one["open"],
        )
        for one in answer.rows
    }  # fmt: skip


def test_handled_in_time_is_counted_by_unit_site_team_and_kind(ask: Any) -> None:
    found = counts(ask("kpi", *NOVEMBER, "--json"))
    sites = {names[1]: one for names, one in found.items() if names[1] and not names[2]}
    teams = [one for names, one in found.items() if names[2]]
    assert set(sites) == {"berlin", "potsdam", "odense"}
    received = sum(one[0] for one in sites.values())
    assert sum(one[0] for one in teams) == received
    assert sum(one[0] for names, one in found.items() if names[3]) == received
    assert all(one[0] == sum(one[1:]) for one in found.values())
    below = tuple(sites["berlin"][n] + sites["potsdam"][n] for n in range(4))
    assert found["muster", None, None, None] == found["muster-ost", None, None, None] == below
    assert found["vw-dk", None, None, None] == sites["odense"]
    # done by anna; what was only put off or passed on is not handled
    assert sum(one[1] for one in sites.values()) == 1


def test_only_what_is_asked_for_is_counted(ask: Any) -> None:
    every = counts(ask("kpi", *NOVEMBER, "--json"))
    assert counts(ask("kpi", *NOVEMBER, "--unit", "vw-dk", "--json")).keys() == {
        *(("vw-dk", None, None, None), (None, "odense", None, None), (None, "odense", "sales", None)),
        (None, None, None, "lead"),
    }
    berlin = counts(ask("kpi", *NOVEMBER, "--site", "berlin", "--json"))
    assert berlin[None, "berlin", None, None] == every[None, "berlin", None, None]
    assert not any("potsdam" in names for names in berlin)
    service = counts(ask("kpi", *NOVEMBER, "--team", "service", "--json"))
    assert {names[2] for names in service if names[2]} == {"service"}
    assert ask("kpi", "--from", "2025-01-01", "--to", "2025-01-31", "--json").rows == []


def test_people_read_the_share_and_the_definition(ask: Any) -> None:
    out = ask("kpi", *NOVEMBER).out
    for text in ("By unit", "By site", "By team", "By kind", "muster-ost", "In time", "definition 2", "not enough"):
        assert text in out
    empty = ask("kpi", "--from", "2025-01-01", "--to", "2025-01-31").out
    assert "No requests with deadlines" in empty


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--site", "berlni"), "did you mean 'berlin'?"),
        (("--unit", "nowhere"), "known are muster"),
        (("--from", "2026-11-30", "--to", "2026-11-01"), "is before --from"),
    ],
)
def test_what_kpi_does_not_know(ask: Any, words: tuple[str, ...], said: str) -> None:
    answer = ask("kpi", *words)
    assert (answer.code, said in answer.err) == (2, True)


def test_the_course_of_each_policy_at_a_site(ask: Any) -> None:
    rows = ask("escalation", "show", "berlin", "--at", "2026-11-20T16:30", "--json").rows
    assert [row["policy"] for row in rows] == ["standard", "follow-up", "hot-alert", "booking-request", "workshop"]
    standard = rows[0]
    assert "lead" in standard["runs_for"]
    assert [
        (one["set"]["step"], one["set"]["value"], one["set"].get("shipped"), one["due_at"]) for one in standard["steps"]
    ] == [
        ("E1", "3h", "2h", "2026-11-21T09:30:00Z"),
        ("E2.1", "4h", None, "2026-11-23T08:30:00Z"),
        ("EM2.1", "2h", "off", "2026-11-23T10:30:00Z"),
    ]
    out = ask("escalation", "show", "berlin", "--at", "2026-11-20T16:30").out
    for text in ("Sat 2026-11-21 10:30 +01:00", "controlling@muster.example", "counts Mon-Fri 08-18 and Sat 09-13"):
        assert text in out


def test_without_a_site_all_of_them_are_shown(ask: Any) -> None:
    rows = ask("escalation", "show", "--json").rows
    assert {row["site"] for row in rows} == {"berlin", "potsdam", "odense"}
    only = ask("escalation", "show", "--team", "customer-care", "--json").rows
    assert {(row["site"], row["team"]) for row in only} == {("berlin", "customer-care")}


def test_the_course_of_a_record(ask: Any) -> None:
    waits = ask("records", "--state", "waiting", "--json").rows[0]["ref"]
    rows = ask("escalation", "show", waits, "--json").rows
    first = [row for row in rows if row["cycle"] == 0]
    assert [(row["step"], row["stands"], row["by"]) for row in first] == [
        ("E1", "ended", "take by anna"),
        ("E2.1", "ended", "take by anna"),
        ("EM2.1", "ended", "take by anna"),
    ]
    assert [row["step"] for row in rows if row["cycle"] == 1] == ["E2.2"]
    out = ask("escalation", "show", waits).out
    assert "ended: take by anna" in out
    assert "waiting, anna has it" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("berlni",), 2, "neither a site nor a reference, did you mean 'berlin'?"),
        (("L-7KQ2M4-2",), 1, "there is no record L-7KQ2M4-2"),
        (("L-7KQ2M4-2", "--at", "2026-11-20"), 2, "a record has times of its own"),
        (("berlin", "--team", "nobody"), 2, "berlin has no team 'nobody'"),
        (("berlin", "--at", "then"), 2, "is no time"),
    ],
)
def test_what_escalation_show_does_not_know(ask: Any, words: tuple[str, ...], code: int, said: str) -> None:
    answer = ask("escalation", "show", *words)
    assert (answer.code, said in answer.err) == (code, True), answer.err


def test_the_overview_of_the_settings(ask: Any) -> None:
    rows = ask("config", "overview", "berlin", "--json").rows
    assert {row["site"] for row in rows} == {"berlin"}
    assert {row["sort"] for row in rows} == {"times", "sources", "limits", "people"}
    assert {"site": "berlin", "sort": "times", "name": "standard E1", "value": "3h", "shipped": "2h"} in rows
    assert {row["site"] for row in ask("config", "overview", "--json").rows} == {"berlin", "potsdam", "odense"}
    out = ask("config", "overview", "odense").out
    assert "Muster Biler Odense: people" in out
    assert "kunde@importer.example" in out
    assert "did you mean 'odense'?" in ask("config", "overview", "odens").err
