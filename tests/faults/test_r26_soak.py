"""R26: mixed load and mixed faults for a minute; by `make faults` on both databases.

The hour is `python -m tests.soak 60`: it is what docs/reliability.md shows.
"""

import os
from pathlib import Path

import pytest

from tests import soak
from tests.peers.dovecot import Dovecot
from tests.support.fixtures import ON_POSTGRESQL_ONLY, Tell

LONG = int(os.environ.get("POSTROOM_FAULT_ROUNDS", "10")) >= 100
MINUTES = 1.0 if LONG else 0.25


@pytest.mark.slow
@pytest.mark.peer
@pytest.mark.parametrize("engine", ["SQLite", ON_POSTGRESQL_ONLY] if LONG else ["SQLite"])
def test_mixed_faults(
    engine: str, tmp_path: Path, mail_server: Dovecot, request: pytest.FixtureRequest, tell: Tell
) -> None:
    server = None if engine == "SQLite" else request.getfixturevalue("own_postgres")
    result = soak.soak(tmp_path, MINUTES, server, mail_server)
    tell(soak.told(result))
    assert soak.wrong(result) == []
    assert result["accepted"] >= MINUTES * 60
