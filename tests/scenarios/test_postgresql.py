"""What only a shared database brings: who may upgrade it, and what a daemon says that cannot use it."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from daemon.store import open_store
from daemon.store.schema import HEAD
from daemon.store.upgrade import MIGRATIONS
from tests.peers.postgres import Postgres
from tests.support.daemon import ROOT, Installation

pytestmark = pytest.mark.peer

LATER = f"""
from alembic import op
import sqlalchemy as sa
revision = "9000"
down_revision = "{HEAD}"
def upgrade():
    op.add_column("chain", sa.Column("more", sa.String()))
"""
AS_LATER_VERSION = """\
import sys; from pathlib import Path; from daemon.store import upgrade
upgrade.MIGRATIONS, upgrade.HEAD = Path(sys.argv.pop(1)), "9000"
from daemon.cli import main; main()
"""
WITHOUT_DRIVER = "import sys; sys.modules['psycopg'] = None; from daemon.cli import main; main()"


@pytest.fixture
def house(tmp_path: Path, postgres: Postgres) -> Installation:
    """Files only; nothing runs."""
    return Installation(tmp_path / "house", "maildir:./out", database=postgres.new_database())


def postroom(house: Installation, script: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a command as some other version or installation would."""
    command = [sys.executable, "-c", script, *args, "-c", str(house.directory)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_an_older_schema_is_upgraded_by_a_person(house: Installation, tmp_path: Path) -> None:
    later = tmp_path / "later"
    later.mkdir()
    for file in MIGRATIONS.glob("r*.py"):
        (later / file.name).write_text(file.read_text())
    (later / "r9000_more.py").write_text(LATER)
    refused = postroom(house, AS_LATER_VERSION, str(later), "run")
    assert refused.returncode == 78
    assert "`postroom db upgrade`" in refused.stderr
    assert house.value("SELECT version_num FROM alembic_version") == HEAD
    upgraded = postroom(house, AS_LATER_VERSION, str(later), "db", "upgrade")
    assert (upgraded.returncode, upgraded.stdout) == (0, "upgraded\n")
    assert house.value("SELECT version_num FROM alembic_version") == "9000"
    newer = house.postroom("run")
    assert newer.returncode == 78
    assert "a newer Postroom wrote the database" in newer.stderr


def test_an_empty_database_is_made_by_the_command(tmp_path: Path, postgres: Postgres) -> None:
    house = Installation(tmp_path / "house", "maildir:./out", database=postgres.new_database("template0"))
    assert house.postroom("db", "upgrade").stdout == "created\n"
    assert house.postroom("db", "upgrade").stdout == "nothing to do: it is up to date\n"
    assert house.postroom("ledger").returncode == 0


def test_a_missing_driver_is_named(house: Installation) -> None:
    for command in (("run",), ("status",), ("db", "upgrade")):
        done = postroom(house, WITHOUT_DRIVER, *command)
        assert done.returncode == 78, done.stderr
        assert "pip install 'postroom[postgres]'" in done.stderr


def test_keys_that_other_daemons_would_lack_are_told(house: Installation) -> None:
    house.write("desk.key", "a secret of all daemons")
    assert house.postroom("db", "upgrade").returncode == 0
    for keys, told in (("", True), ('\n[desk]\nkeys = [{ file = "desk.key" }]\n', False)):
        house.append("postroom.toml", keys)
        checked, status = house.postroom("check"), house.postroom("status")
        assert checked.returncode == 0, "a single daemon on PostgreSQL needs none"
        assert ("without [desk] keys" in checked.stdout) is told
        assert ("without [desk] keys" in status.stdout) is told


def test_a_database_that_is_away_is_tried_again_later(tmp_path: Path, postgres: Postgres) -> None:
    house = Installation(tmp_path / "house", "maildir:./out", database=postgres.url("no_such_database"))
    for command in (("run",), ("ledger",), ("db", "upgrade")):
        done = house.postroom(*command)
        assert done.returncode == 75, done.stderr
        assert "the database cannot be used now" in done.stderr
        assert "no_such_database" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_socket_will_do(tmp_path: Path, postgres: Postgres) -> None:
    name = postgres.new_database().rpartition("/")[2]
    url = f"postgresql://postgres@/{name}?host={postgres.directory}&port={postgres.port}"
    house = Installation(tmp_path / "house", "maildir:./out", database=url)
    assert house.postroom("ledger").returncode == 0


@pytest.mark.parametrize("setting", ["off", "local"])
def test_a_commit_is_synced_whatever_the_server_says(house: Installation, setting: str) -> None:
    with psycopg.connect(house.database, autocommit=True) as connection:
        name = house.database.rpartition("/")[2]
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = {setting}".encode())
    store = open_store(house.database)
    try:
        found = store.write(lambda c: c.exec_driver_sql("SHOW synchronous_commit").scalar()).result()
    finally:
        store.close()
    assert found == "on"
