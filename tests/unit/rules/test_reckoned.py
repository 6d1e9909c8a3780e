"""Deadlines that were reckoned by hand: `explain --at` on a configuration made of the rows says the same."""

import json
import tomllib
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from config.load import load
from config.models import Settings
from daemon.cli import main
from daemon.dryrun import DryRun, moment

HERE = Path(__file__).parent / "reckoned"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CALENDARS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "calendars.toml").read_text("utf-8"))
SHIPPED = ("standard", "hot-alert", "booking-request", "none")
MAIL = b"From: Eva Beispiel <eva@kunde.example>\r\nSubject: Frage\r\n\r\nBitte rufen Sie mich an.\r\n"
HOUSE = """
hostname = "post.muster.example"
admin = "it@muster.example"
data = "data"
[[relay]]
url = "maildir:mail-out"
"""


class Row(NamedTuple):
    """One request: the hours that count, when it came, the steps, when each is due and told, why."""

    calendar: str
    at: str
    steps: str
    due: str
    why: str


ROWS = [
    Row(*row)
    for name in ("days", "places", "policies")
    for row in tomllib.loads((HERE / f"{name}.toml").read_text("utf-8"))["rows"]
]
LAST = {str(CALENDARS[row.calendar]["timezone"]): number for number, row in enumerate(ROWS) if row.due}


def when(text: str) -> str:
    """`Wed 2026-05-20 10:00` as an ISO time; a weekday that is not that of the date is a slip of the table."""
    day, iso = text.split(" ", 1)
    assert DAYS[date.fromisoformat(iso[:10]).weekday()] == day, text
    return iso.replace(" ", "T")


def instant(text: str, zone: str) -> datetime:
    at = datetime.fromisoformat(when(text))
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))


def policy(number: int, row: Row) -> tuple[str, dict[str, str], str]:
    """Its name, what the site changes of it, and its text in escalation.toml where it is the row's own."""
    name, *said = row.steps.split(" ")
    if name in SHIPPED:
        return name, dict(text.split("=") for text in said), ""
    steps = [step.split() for step in row.steps.split("; ")]
    return f"row-{number}", {}, "".join(_step(number, index, *step) for index, step in enumerate(steps))


def _step(number: int, index: int, after: str, *words: str) -> str:
    return (
        f'[[policy.row-{number}.step]]\nname = "S{index}"\nafter = "{after}"\neffect = "remind"\n'
        f'clock = "{"wall" if "wall" in words else "business"}"\n'
        f'deliver = "{"any" if "any" in words else "business"}"\n'
        f'to = "{"controller" if "controller" in words else "team"}"\n\n'
    )


def site(number: int, row: Row) -> str:
    name, changes, _ = policy(number, row)
    told = {
        "id": f"row-{number}",
        "name": row.why,
        "language": "de",
        "teams": {"desk": f"team-{number}@muster.example"},
        "roles": {"service-manager": "meister@muster.example"},
        "controllers": ["controlling@muster.example"],
        "fallback": "desk",
        "desk": f"row-{number}@post.muster.example",
        "escalate": {"unsorted": name},
        **CALENDARS[row.calendar],
        **({"steps": {name: changes}} if changes else {}),
    }
    return "[[site]]\n" + "".join(f"{key} = {inline(value)}\n" for key, value in told.items()) + "\n"


def inline(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(key)} = {inline(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration with a site and, where it is not a shipped one, a policy for each row."""
    made = tmp_path_factory.mktemp("reckoned")
    (made / "postroom.toml").write_text(HOUSE)
    (made / "rules.toml").write_text('[[rule]]\nname = "All"\nnotify = { team = "desk" }\n')
    (made / "sites.toml").write_text("".join(site(number, row) for number, row in enumerate(ROWS)))
    (made / "escalation.toml").write_text("".join(policy(number, row)[2] for number, row in enumerate(ROWS)))
    (made / "mail.eml").write_bytes(MAIL)
    return made


@pytest.fixture(scope="module")
def dry(directory: Path) -> Iterator[DryRun]:
    settings, problems = load(directory)
    assert problems == []
    assert isinstance(settings, Settings)
    with DryRun(settings) as run:
        yield run


def expected(row: Row) -> list[tuple[datetime, datetime]]:
    zone = CALENDARS[row.calendar]["timezone"]
    found = []
    for text in filter(None, row.due.split("; ")):
        due, _, told = text.partition(", told ")
        found.append((instant(due, zone), instant(told or due, zone)))
    return found


def said(found: dict[str, Any]) -> list[tuple[datetime, datetime]]:
    return [
        (datetime.fromisoformat(one["due_at"]), datetime.fromisoformat(one["deliver_at"])) for one in found["deadlines"]
    ]


def test_the_table_is_long_enough() -> None:
    assert len(set(ROWS)) == len(ROWS) >= 80
    assert {row.calendar for row in ROWS} == set(CALENDARS), "every calendar is counted"


@pytest.mark.parametrize(("number", "row"), list(enumerate(ROWS)), ids=lambda value: getattr(value, "why", ""))
def test_what_was_reckoned_is_what_explain_says(dry: DryRun, number: int, row: Row) -> None:
    recipient = f"row-{number}@post.muster.example"
    found = dry.explain(MAIL, recipient, moment(dry.settings, recipient, when(row.at)))
    assert (found["fate"], found["site"]) == ("opened", f"row-{number}")
    assert said(found) == expected(row), [one["because"] for one in found["deadlines"]]


@pytest.mark.parametrize("number", list(LAST.values()), ids=list(LAST))
def test_the_command_says_it_too(directory: Path, number: int) -> None:
    row = ROWS[number]
    to = ["--to", f"row-{number}@post.muster.example", "--at", when(row.at), "--json", "-c", str(directory)]
    answer = CliRunner().invoke(main, ["explain", str(directory / "mail.eml"), *to])
    assert answer.exit_code == 0, answer.output
    assert said(json.loads(answer.stdout)) == expected(row)
