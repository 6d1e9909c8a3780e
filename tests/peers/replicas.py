"""Two PostgreSQL servers, one of them a standby that every commit waits for, which change places when one dies."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from psycopg import OperationalError

from tests.peers.postgres import Postgres
from tests.support.waiting import wait_until

SETTINGS = {"synchronous_commit": "on", "wal_keep_size": "64MB", "hot_standby": "on"}
ANY_STANDBY = "synchronous_standby_names = '*'"
PROMOTE_SECONDS = 30


class Pair:
    """A primary and its standby.

    Attributes:
        primary: The server that takes writes.
        standby: The one that follows it; every commit waits until it is on its disk, too.
    """

    def __init__(self, programs: Path) -> None:
        self.primary = Postgres(programs, settings=SETTINGS)
        self.standby = Postgres(programs, self.primary, settings=SETTINGS)
        self._demand()

    def new_database(self) -> str:
        """URL of a database of its own that names both servers, whichever is the primary."""
        name = urlsplit(self.primary.new_database()).path
        first, second = (f"127.0.0.1:{one.port}" for one in (self.primary, self.standby))
        return f"postgresql://postgres@{first},{second}{name}?target_session_attrs=read-write"

    def kill_primary(self) -> None:
        """As if its machine were gone."""
        self.primary.kill()

    def promote(self) -> None:
        """The standby becomes the primary. Its commits wait for nobody: what the old one was told is not replicated."""
        self.standby.execute("SELECT pg_promote(wait => false)")
        wait_until(lambda: self.standby.value("SELECT pg_is_in_recovery()") is False, PROMOTE_SECONDS, "promotion")
        self.primary, self.standby = self.standby, self.primary

    def rebuild_standby(self) -> None:
        """Whoever was the primary follows the new one, from a copy of it."""
        self.standby.copy(self.primary)
        self._demand()

    def close(self) -> None:
        """Leave nothing behind."""
        self.standby.close()
        self.primary.close()

    def _demand(self) -> None:
        """From now on a commit is answered when the standby has it, too."""
        wait_until(self._follows, PROMOTE_SECONDS, "the standby follows")
        self.primary.execute(f"ALTER SYSTEM SET {ANY_STANDBY}")
        self.primary.execute("SELECT pg_reload_conf()")
        wait_until(self._is_waited_for, PROMOTE_SECONDS, "commits wait for the standby")

    def _follows(self) -> bool:
        return bool(self.primary.value("SELECT state FROM pg_stat_replication") == "streaming")

    def _is_waited_for(self) -> bool:
        with suppress(OperationalError):
            return bool(self.primary.value("SELECT sync_state FROM pg_stat_replication") in ("sync", "quorum"))
        return False


@contextmanager
def replicas(programs: Path) -> Iterator[Pair]:
    """A pair that ends with the block."""
    pair = Pair(programs)
    try:
        yield pair
    finally:
        pair.close()
