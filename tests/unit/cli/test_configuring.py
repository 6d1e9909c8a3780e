"""`init`, `check`, `config show`, `schema`, `db upgrade`."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def fresh(postroom: Any, tmp_path: Path) -> Path:
    """A configuration as `init` writes it."""
    assert postroom("init", tmp_path / "etc").code == 0
    return tmp_path / "etc"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_what_init_writes_passes_the_check(postroom: Any, fresh: Path) -> None:
    answer = postroom("check", directory=fresh)
    assert answer.code == 0, answer.out
    assert "no problems" in answer.out


def test_init_overwrites_nothing(postroom: Any, fresh: Path) -> None:
    before = (fresh / "sites.toml").read_bytes()
    answer = postroom("init", fresh)
    assert (answer.code, (fresh / "sites.toml").read_bytes()) == (1, before)
    assert "not empty" in answer.err


def test_check_names_file_line_key_and_what_was_meant(postroom: Any, fresh: Path) -> None:
    change(fresh / "rules.toml", 'notify = { team = "service", category = "action" }', 'notify = { team = "servcie" }')
    answer = postroom("check", directory=fresh)
    assert answer.code == 1
    assert "rules.toml:18: rule[Workshop bookings].notify.team" in answer.out
    assert "did you mean 'service'?" in answer.out
    (first, *_) = postroom("check", "--json", directory=fresh).rows
    assert (first["file"], first["line"]) == ("rules.toml", 18)


def test_check_runs_the_tests_of_rules(postroom: Any, fresh: Path) -> None:
    change(fresh / "rules.toml", '"notifications.0.team" = "service"', '"notifications.0.team" = "sales"')
    answer = postroom("check", directory=fresh)
    assert answer.code == 1
    assert "notifications.0.team: expected 'sales', is 'service'" in answer.out
    line = next(text for text in answer.out.splitlines() if "expected 'sales'" in text)
    number = int(line.split(":")[1])
    assert "expect" in (fresh / "rules.toml").read_text().splitlines()[number - 1]


def test_check_compiles_templates(postroom: Any, fresh: Path) -> None:
    (fresh / "templates" / "de").mkdir(parents=True)
    (fresh / "templates" / "de" / "new.txt.j2").write_text("one\n{{ recrod.ref }}\n")
    answer = postroom("check", directory=fresh)
    assert answer.code == 1
    assert "templates/de/new.txt.j2:2: 'recrod' is undefined; did you mean 'record'?" in answer.out


def test_bad_configuration_ends_other_commands_with_78(postroom: Any, fresh: Path) -> None:
    change(fresh / "postroom.toml", "hostname", "hostnmae")
    for words in (["config", "show"], ["sources"], ["new", "lead"], ["send", "-", "--to", "a@b.example"]):
        answer = postroom(*words, directory=fresh, given=b"")
        assert answer.code == 78, words
        assert "postroom.toml" in answer.err


def test_config_show_tells_where_values_come_from(postroom: Any, fresh: Path) -> None:
    rows = {row["key"]: row for row in postroom("config", "show", "--json", directory=fresh).rows}
    assert rows["postroom.hostname"]["origin"] == "postroom.toml:3"
    assert rows["postroom.limits.recipients"]["origin"] == "default"
    changed = postroom("config", "show", "--changed", "--json", directory=fresh).rows
    assert all(":" in row["origin"] for row in changed)
    assert "postroom.limits.recipients" not in {row["key"] for row in changed}


def test_schema(postroom: Any) -> None:
    assert json.loads(postroom("schema", "sites.toml").out)["title"] == "sites.toml"
    answer = postroom("schema", "site.toml")
    assert (answer.code, "did you mean 'sites.toml'?" in answer.err) == (2, True)


def test_db_upgrade_makes_what_is_missing(postroom: Any, fresh: Path) -> None:
    assert postroom("records", directory=fresh).code == 75
    assert "created" in postroom("db", "upgrade", directory=fresh).out
    assert "up to date" in postroom("db", "upgrade", directory=fresh).out
    assert postroom("records", "--json", directory=fresh).rows == []


@pytest.mark.parametrize("name", ["POSTROOM_CONFIG", "CONFIGURATION_DIRECTORY"])
def test_the_environment_names_the_configuration(
    postroom: Any, fresh: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(fresh))
    assert postroom("config", "show").code == 0


HEAVY = frozenset(
    ("alembic", "css_inline", "holidays", "icalendar", "jinja2", "lxml", "mailparser", "phonenumbers", "pydantic")
) | {"sqlalchemy"}


def test_help_comes_at_once() -> None:
    """What is heavy must not be imported to print a page of text."""
    script = "import sys; from daemon.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "records" in done.stdout
    assert HEAVY.isdisjoint(done.stdout.splitlines()[-1].split())


def test_rules_of_a_mailbox(postroom: Any, post_room: Any) -> None:
    answer = postroom("sieve", "sales", directory=post_room.directory)
    assert answer.code == 0
    assert 'require ["fileinto", "mailbox"];' in answer.out
    assert "<sales.berlin.postroom.muster.example>" in answer.out
    asked = ("service", "--site", "berlin", "--for", "outlook", "--json")
    (told,) = postroom("sieve", *asked, directory=post_room.directory).rows
    assert (told["sites"], told["for"]) == (["berlin"], "outlook")
    assert "service.potsdam" not in told["text"]
    for mistyped, meant in ((("slaes",), "sales"), (("sales", "--site", "berlni"), "berlin")):
        answer = postroom("sieve", *mistyped, directory=post_room.directory)
        assert (answer.code, f"did you mean '{meant}'?" in answer.err) == (2, True)
