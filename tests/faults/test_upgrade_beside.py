"""Old and new daemons side by side: the schema is upgraded under load, then one daemon after the other replaced."""

import os
from pathlib import Path

import psycopg
import pytest

from daemon.store.schema import HEAD
from daemon.store.upgrade import MIGRATIONS
from tests.faults.accounts import draw_up
from tests.peers.postgres import Postgres
from tests.support.client import Clients
from tests.support.daemon import ROOT, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.waiting import wait_until

NEXT = "9000"
ADDITIVE = f"""
from alembic import op
import sqlalchemy as sa
revision = "{NEXT}"
down_revision = "{HEAD}"
def upgrade():
    op.add_column("message", sa.Column("language", sa.String()))
    op.add_column("record", sa.Column("weight", sa.Integer(), nullable=False, server_default="1"))
    op.create_table("made_up", sa.Column("name", sa.String(), primary_key=True), sa.Column("n", sa.Integer()))
    op.create_index("ix_record_weight", "record", ["weight"])
"""
NEXT_VERSION = """
from pathlib import Path
from sqlalchemy import Column, Integer, String
from daemon.store import schema, upgrade
schema.HEAD = upgrade.HEAD = "{next}"
upgrade.MIGRATIONS = Path({migrations!r})
schema.message.append_column(Column("language", String, default="de"))
schema.record.append_column(Column("weight", Integer, nullable=False, default=2))
"""
"""Read by Python as it starts: the program of the next version, which knows the new columns and fills them."""
MAILS = 10


@pytest.fixture
def next_version(tmp_path: Path) -> dict[str, str]:
    """Environment in which the next version runs."""
    migrations, code = tmp_path / "migrations", tmp_path / "next"
    migrations.mkdir()
    code.mkdir()
    for file in MIGRATIONS.glob("r*.py"):
        (migrations / file.name).write_text(file.read_text())
    (migrations / "r9000_more.py").write_text(ADDITIVE)
    (code / "sitecustomize.py").write_text(NEXT_VERSION.format(next=NEXT, migrations=str(migrations)))
    return {"PYTHONPATH": os.pathsep.join((str(code), str(ROOT)))}


def _go_on(clients: list[Clients]) -> None:
    """Each daemon takes some more mails."""
    for one in clients:
        before = len(one.accepted)
        wait_until(lambda one=one, before=before: len(one.accepted) >= before + MAILS, 90, "mails are taken")  # type: ignore[misc]


@pytest.mark.peer
def test_a_daemon_after_the_other(
    new_house: Houses, sink: Sink, postgres: Postgres, next_version: dict[str, str], tell: Tell
) -> None:
    database = postgres.new_database()
    houses: list[Installation] = [new_house(database=database) for _ in range(2)]
    clients = [Clients(house, 2) for house in houses]
    _go_on(clients)
    upgraded = houses[0].postroom("db", "upgrade", env=next_version)
    assert (upgraded.returncode, upgraded.stdout) == (0, "upgraded\n"), upgraded.stderr
    _go_on(clients)
    for house in houses:
        house.restart(next_version)
        _go_on(clients)
    for one in clients:
        one.stop()
    houses[0].settle(120)
    books = draw_up(houses[0], sink, *clients, doubles_allowed=0)
    by_version = houses[0].query("SELECT weight, count(*) FROM record GROUP BY 1 ORDER BY 1")
    postponed = {code: times for one in clients for code, times in one.postponed.items()}
    tell(
        f"upgrade under load: {books.accepted} accepted, {postponed or 'none'} postponed, records of the old and the "
        f"new version {dict(by_version)}; problems: {books.problems or 'none'}"
    )
    assert not books.problems
    assert [weight for weight, _ in by_version] == [1, 2]
    refused = houses[0].postroom("ledger")
    assert refused.returncode != 0, "the old program no longer begins anything"
    checked = houses[0].postroom("ledger", env=next_version)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.peer
def test_who_reads_for_long_does_not_stop_the_others(
    new_house: Houses, postgres: Postgres, next_version: dict[str, str]
) -> None:
    house = new_house(database=postgres.new_database())
    clients = Clients(house, 2)
    with psycopg.connect(house.database) as reader:
        reader.execute("SELECT count(*) FROM message")  # and holds the table until its transaction ends
        upgrading = house.command("db", "upgrade", env=next_version)
        wait_until(lambda: _waits_for_a_lock(postgres), 60, "the upgrade waits")
        before = len(clients.accepted)
        wait_until(lambda: len(clients.accepted) >= before + MAILS, 90, "mails are taken meanwhile")
        assert upgrading.poll() is None
    out, err = upgrading.communicate(timeout=90)
    clients.stop()
    assert out == "upgraded\n", err
    house.settle()


def _waits_for_a_lock(postgres: Postgres) -> bool:
    return bool(
        postgres.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER%'")
    )
