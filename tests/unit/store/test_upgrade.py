"""Databases of every age: made, upgraded after a backup, or refused."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text

from daemon.store import upgrade
from daemon.store.schema import HEAD, metadata

MORE = f"""
from alembic import op
import sqlalchemy as sa
revision = "9000"
down_revision = "{HEAD}"
def upgrade():
    op.add_column("chain", sa.Column("more", sa.String()))
    op.drop_index("ix_a_name")
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'data' / 'postroom.db'}"


@pytest.fixture
def say(url: str) -> Callable[[str], None]:
    """Change the version row of a database."""

    def change(revision: str) -> None:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
        engine.dispose()

    return change


def statements(engine: Engine) -> dict[str, str]:
    """Every table and index by name, as SQLite remembers it, as a bag of words: order does not count."""
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"))
        found = {name: " ".join(sorted(re.findall(r"[\w']+", sql))) for name, sql in rows}
    engine.dispose()
    return {name: sql for name, sql in found.items() if name != "alembic_version"}


def test_migrations_lead_to_the_schema(url: str, tmp_path: Path) -> None:
    upgrade.prepare(url, tmp_path / "data")
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    fresh = create_engine("sqlite://")
    metadata.create_all(fresh)
    assert statements(engine) == statements(fresh)  # also conditions of indexes and defaults, which Alembic overlooks


def test_a_new_database_is_current(url: str, tmp_path: Path) -> None:
    assert upgrade.schema_state(url) == "none"
    assert not (tmp_path / "data").exists(), "a look must not create anything"
    upgrade.prepare(url, tmp_path / "data")
    assert upgrade.schema_state(url) == "current"
    upgrade.prepare(url, tmp_path / "data")
    assert list((tmp_path / "data").glob("*.before-*")) == []


def test_a_newer_database_is_refused(url: str, tmp_path: Path, say: Callable[[str], None]) -> None:
    upgrade.prepare(url, tmp_path / "data")
    say("9999")
    assert upgrade.schema_state(url) == "newer"
    with pytest.raises(upgrade.SchemaTooNew, match="9999"):
        upgrade.prepare(url, tmp_path / "data")
    with pytest.raises(upgrade.SchemaTooNew, match="9999"):
        upgrade.upgrade(url)


def test_a_database_without_its_version_row_is_refused(url: str, tmp_path: Path) -> None:
    upgrade.prepare(url, tmp_path / "data")
    with sqlite3.connect(tmp_path / "data" / "postroom.db") as connection:
        connection.execute("DELETE FROM alembic_version")
    connection.close()
    with pytest.raises(upgrade.SchemaTooNew, match="no version row"):
        upgrade.prepare(url, tmp_path / "data")


@pytest.fixture
def next_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """As if a later Postroom ran, with one more migration."""
    later = tmp_path / "later"
    later.mkdir()
    for file in upgrade.MIGRATIONS.glob("r*.py"):
        (later / file.name).write_text(file.read_text())
    (later / "r9000_more.py").write_text(MORE)
    monkeypatch.setattr(upgrade, "MIGRATIONS", later)
    monkeypatch.setattr(upgrade, "HEAD", "9000")
    return str(later / "r9000_more.py")


def drops(migration: str, index: str) -> None:
    file = Path(migration)
    file.write_text(file.read_text().replace("ix_a_name", index))


def columns_of_chain(file: Path) -> list[str]:
    connection = sqlite3.connect(file)
    names = [row[1] for row in connection.execute("PRAGMA table_info(chain)")]
    connection.close()
    return names


def test_an_older_sqlite_database_is_upgraded_after_a_backup(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    upgrade.prepare(url, tmp_path / "data")
    drops(request.getfixturevalue("next_version"), "ix_notice_open")
    assert upgrade.schema_state(url) == "older"
    upgrade.prepare(url, tmp_path / "data")
    assert upgrade.schema_state(url) == "current"
    assert "more" in columns_of_chain(tmp_path / "data" / "postroom.db")
    assert "more" not in columns_of_chain(tmp_path / "data" / f"postroom.db.before-{HEAD}")


def test_a_failing_migration_changes_nothing(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    upgrade.prepare(url, tmp_path / "data")
    drops(request.getfixturevalue("next_version"), "no_such_index")
    with pytest.raises(Exception, match="no_such_index"):
        upgrade.prepare(url, tmp_path / "data")
    assert upgrade.schema_state(url) == "older"
    assert "more" not in columns_of_chain(tmp_path / "data" / "postroom.db")


def test_another_engine_is_never_upgraded_by_itself(
    monkeypatch: pytest.MonkeyPatch, url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    upgrade.prepare(url, tmp_path / "data")
    drops(request.getfixturevalue("next_version"), "ix_notice_open")
    monkeypatch.setattr(upgrade, "database_file", lambda _: None)  # what a PostgreSQL URL gives
    with pytest.raises(upgrade.SchemaTooOld, match="postroom db upgrade"):
        upgrade.prepare(url, tmp_path / "data")
    assert upgrade.schema_state(url) == "older"
