"""R23: a database with rows goes over to the next schema as a whole or not at all; never back."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest
from sqlalchemy import create_engine, inspect

from daemon.store import snapshots, upgrade
from daemon.store.copying import Content
from daemon.store.schema import HEAD
from tests.support.client import lead, new_key, send
from tests.support.daemon import ROOT, Installation
from tests.support.fixtures import ON_POSTGRESQL_ONLY, Houses, Tell
from tests.support.sink import Sink

NEXT = "9000"
MIGRATION = f"""
import os, signal
import sqlalchemy as sa
from alembic import op

revision, down_revision = "{NEXT}", "{HEAD}"

def reached(point):
    if os.environ.get("CRASH_AT") == point:
        os.kill(os.getpid(), signal.SIGKILL)
    if os.environ.get("FAIL_AT") == point:
        raise RuntimeError(point)

def upgrade():
    reached("the beginning")
    op.add_column("message", sa.Column("language", sa.String(), nullable=False, server_default="de"))
    op.create_index("ix_message_language", "message", ["language"])
    reached("a column and an index")
    op.create_table("holiday", sa.Column("day", sa.String(), primary_key=True))
    op.bulk_insert(sa.table("holiday", sa.column("day")), [{{"day": "2026-12-24"}}])
    reached("a table with rows")
    with op.batch_alter_table("record") as record:
        record.alter_column("category", existing_type=sa.String(), nullable=True)
    reached("a table that others refer to, made anew")
    op.execute("UPDATE record SET category = 'action' WHERE category = 'action'")
    reached("the end")
"""  # noqa: S608 - a constant of ours
"""What a release may bring; of each step it is tried what a crash or an error behind it leaves."""
POINTS = (
    "the beginning",
    "a column and an index",
    "a table with rows",
    "a table that others refer to, made anew",
    "the end",
)
MAILS = 12
ON_BOTH = pytest.mark.parametrize("engine", ["sqlite", ON_POSTGRESQL_ONLY])
UPGRADE = """
import sys
from pathlib import Path
from daemon.store import upgrade
upgrade.MIGRATIONS, upgrade.HEAD = Path(sys.argv[3]), sys.argv[4]
upgrade.prepare(sys.argv[1], Path(sys.argv[2])) if sys.argv[1].startswith("sqlite") else upgrade.upgrade(sys.argv[1])
"""


class Worked(NamedTuple):
    """An installation whose daemon has worked and was stopped, and what stands in its database."""

    house: Installation
    url: str
    content: dict[str, Content]


class Upgrader:
    """A later version of Postroom, as far as upgrading goes; in a process of its own, which may die."""

    def __init__(self, migrations: Path) -> None:
        shutil.copytree(upgrade.MIGRATIONS, migrations, ignore=shutil.ignore_patterns("__pycache__"))
        (migrations / "r9000_next.py").write_text(MIGRATION)
        self._migrations = migrations

    def run(self, url: str, data: Path, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", UPGRADE, url, str(data), str(self._migrations), NEXT]
        around = {**os.environ, **env}
        return subprocess.run(command, cwd=ROOT, env=around, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def later(tmp_path: Path) -> Upgrader:
    return Upgrader(tmp_path / "later")


@pytest.fixture
def worked(engine: str, new_house: Houses, sink: Sink, request: pytest.FixtureRequest) -> Worked:
    """Mails of every age, some letters sent and some waiting."""
    new_database: Callable[[], str] = lambda: "sqlite"  # noqa: E731
    if engine == "postgresql":
        new_database = request.getfixturevalue("postgres").new_database
    house = new_house(database=new_database())
    for _ in range(MAILS):
        send(house, lead(new_key()))
    house.settle()
    house.stop()
    url = f"sqlite:///{house.data / 'postroom.db'}" if engine == "sqlite" else house.database
    return Worked(house, url, _content(url))


def _content(url: str) -> dict[str, Content]:
    return snapshots.contents_of(url, lambda *_: None)


def _tables(url: str) -> set[str]:
    engine = create_engine(url)
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names


def _revision(house: Installation) -> str:
    return str(house.value("SELECT version_num FROM alembic_version"))


@ON_BOTH
def test_rows_of_the_previous_schema_go_along(worked: Worked, later: Upgrader, engine: str, tell: Tell) -> None:
    house, url, content = worked
    rows = sum(one.rows for one in content.values())
    for point in POINTS:
        for how in ("CRASH_AT", "FAIL_AT"):
            ended = later.run(url, house.data, **{how: point})
            assert ended.returncode == (-9 if how == "CRASH_AT" else 1), ended.stderr
            _end_leftovers(house)
            assert _revision(house) == HEAD, (how, point)
            assert _content(url) == content, (how, point)
            assert "holiday" not in _tables(url)
    assert house.postroom("ledger").returncode == 0, "the version that it had still works on it"
    done = later.run(url, house.data)
    assert done.returncode == 0, done.stderr
    after = _content(url)
    tell(
        f"R23: {engine}: {rows} rows in {len(content)} tables upgraded, {2 * len(POINTS)} times broken off before; "
        f"tables that differ {len([name for name in content if after[name] != content[name]])}"
    )
    assert after == content, "every value of every row"
    assert rows > 10 * MAILS
    assert _revision(house) == NEXT
    assert house.value("SELECT count(*) FROM message WHERE language = 'de'") == MAILS
    assert house.value("SELECT count(*) FROM holiday") == 1
    if engine == "sqlite":
        assert house.value("PRAGMA integrity_check") == "ok"
        assert house.query("PRAGMA foreign_key_check") == []
        kept = house.data / f"postroom.db.before-{HEAD}"
        assert _content(f"sqlite:///{kept}") == content, "the backup beside it"
        assert kept.stat().st_mode & 0o777 == 0o600


def _end_leftovers(house: Installation) -> None:
    """A server goes on for a moment with what a dead client has asked for."""
    if house.database == "sqlite":
        return
    with closing(psycopg.connect(house.database, autocommit=True)) as server:
        others = "datname = current_database() AND pid <> pg_backend_pid()"
        server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}".encode())  # noqa: S608


@ON_BOTH
def test_a_newer_schema_is_refused_by_everything(worked: Worked, later: Upgrader, engine: str, tmp_path: Path) -> None:
    house, url, content = worked
    assert later.run(url, house.data).returncode == 0
    assert house.launch().wait(60) == 78
    assert f"schema {NEXT}, this program knows {HEAD}" in house.log()
    commands: list[tuple[str, ...]] = [("db", "upgrade"), ("ledger",), ("backup", str(tmp_path / "a.backup"))]
    if engine == "sqlite":  # the others look at it in the same way
        commands += [
            ("status",),
            ("standstill",),
            ("release",),
            ("db", "copy", "postgresql://nobody@127.0.0.1:1/none"),
            ("import", str(house.directory / "mails")),
        ]
    for words in commands:
        refused = house.postroom(*words)
        assert refused.returncode == 78, (words, refused.stdout, refused.stderr)
        assert "newer" in refused.stderr
    assert not (tmp_path / "a.backup").exists()
    assert _revision(house) == NEXT
    assert _content(url) == content


def test_a_migration_that_leaves_rows_alone_is_undone(new_house: Houses, later: Upgrader, tmp_path: Path) -> None:
    """Foreign keys are off while tables are made anew: what that could let through is looked for before the end."""
    house = new_house()
    send(house, lead(new_key()))
    house.settle()
    house.stop()
    url = f"sqlite:///{house.data / 'postroom.db'}"
    content = _content(url)
    (tmp_path / "later" / "r9000_next.py").write_text(
        MIGRATION.replace("UPDATE record SET category = 'action' WHERE category = 'action'", "DELETE FROM record")
    )
    refused = later.run(url, house.data)
    assert refused.returncode == 1
    assert "would refer to nothing" in refused.stderr
    assert _revision(house) == HEAD
    assert _content(url) == content
