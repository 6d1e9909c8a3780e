"""Databases of every age: made, upgraded after a backup, or refused."""

import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect, text

from daemon.store import DriverMissing, upgrade
from daemon.store.schema import HEAD, metadata
from tests.support.fixtures import ON_POSTGRESQL_ONLY

ON_SQLITE = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
ON_POSTGRESQL = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace UNION ALL
SELECT table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
"""
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
def say(url: str) -> Callable[[str], None]:
    """Change the version row of a database."""

    def change(revision: str) -> None:
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
        engine.dispose()

    return change


def statements(engine: Engine) -> dict[str, str]:
    """Every table and index by name, as a bag of words: order does not count."""
    with engine.connect() as connection:
        rows = connection.execute(text(ON_SQLITE if engine.dialect.name == "sqlite" else ON_POSTGRESQL)).all()
    engine.dispose()
    return {name: " ".join(sorted(re.findall(r"[\w']+", sql))) for name, sql in rows if "alembic_version" not in name}


def fresh(url: str, postgres: Callable[[], Any]) -> Engine:
    """A database with the tables of the schema, made without migrations."""
    engine = create_engine("sqlite://" if url.startswith("sqlite") else postgres().new_database("template0"))
    metadata.create_all(engine)
    return engine


def test_migrations_lead_to_the_schema(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    upgrade.prepare(url, tmp_path / "data")
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    made = statements(fresh(url, lambda: request.getfixturevalue("postgres")))
    assert statements(engine) == made  # also conditions of indexes and defaults, which Alembic overlooks
    assert len(made) > 20


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
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM alembic_version"))
    engine.dispose()
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


def columns_of_chain(url: str) -> list[str]:
    engine = create_engine(url)
    names = [column["name"] for column in inspect(engine).get_columns("chain")]
    engine.dispose()
    return names


@pytest.mark.parametrize("engine", ["sqlite"])
def test_an_older_sqlite_database_is_upgraded_after_a_backup(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    upgrade.prepare(url, tmp_path / "data")
    drops(request.getfixturevalue("next_version"), "ix_notice_open")
    assert upgrade.schema_state(url) == "older"
    upgrade.prepare(url, tmp_path / "data")
    assert upgrade.schema_state(url) == "current"
    assert "more" in columns_of_chain(url)
    assert "more" not in columns_of_chain(f"{url}.before-{HEAD}")


def test_a_failing_migration_changes_nothing(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    upgrade.prepare(url, tmp_path / "data")
    drops(request.getfixturevalue("next_version"), "no_such_index")
    with pytest.raises(Exception, match="no_such_index"):
        upgrade.upgrade(url)
    assert upgrade.schema_state(url) == "older"
    assert "more" not in columns_of_chain(url)


@pytest.mark.parametrize("engine", [ON_POSTGRESQL_ONLY])
def test_a_shared_database_is_upgraded_by_a_person_only(
    url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    upgrade.prepare(url, tmp_path / "data")
    drops(request.getfixturevalue("next_version"), "ix_notice_open")
    with pytest.raises(upgrade.SchemaTooOld, match="postroom db upgrade"):
        upgrade.prepare(url, tmp_path / "data")
    assert upgrade.schema_state(url) == "older"
    upgrade.upgrade(url)
    assert upgrade.schema_state(url) == "current"
    assert "more" in columns_of_chain(url)


@pytest.mark.parametrize("engine", [ON_POSTGRESQL_ONLY])
def test_daemons_that_start_at_once_make_one_schema(url: str, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as daemons:
        for made in [daemons.submit(upgrade.prepare, url, tmp_path / f"data{n}") for n in range(4)]:
            made.result(60)
    assert upgrade.schema_state(url) == "current"


def test_a_missing_driver_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)  # as if it were not installed
    with pytest.raises(DriverMissing, match=re.escape("pip install 'postroom[postgres]'")):
        upgrade.schema_state("postgresql://somebody@localhost/postroom")
