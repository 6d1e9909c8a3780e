"""Make or upgrade the database at the start, in a process of its own.

Migrating needs all of Alembic: what that imports would stay in the acceptor's memory for good.
"""

import os
import pickle
from pathlib import Path
from typing import NoReturn

from daemon.store.upgrade import is_current, prepare


def prepared(url: str, directory: Path) -> None:
    """Have a database of our schema (`daemon.store.upgrade.prepare`), in a child where there is anything to do.

    Raises:
        SchemaTooNew: As there.
        SchemaTooOld: As there.
        OSError: As there, or the child died.
        sqlalchemy.exc.SQLAlchemyError: As there.
    """
    if is_current(url):
        return
    reading, writing = os.pipe()
    child = os.fork()  # no thread runs yet: it is safe to go on as a copy
    if child == 0:
        _report(url, directory, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if not told:
        raise OSError("the database could not be prepared: the process that did it died")
    failure: Exception | None = pickle.loads(told)  # noqa: S301 - from our own child
    if failure is not None:
        raise failure


def _report(url: str, directory: Path, writing: int) -> NoReturn:
    """In the child: prepare, say what that failed of, and end without a trace of the parent's own end."""
    failure: Exception | None = None
    try:
        prepare(url, directory)
    except Exception as error:
        failure = error
    try:
        os.write(writing, pickle.dumps(failure))
    finally:
        os._exit(0)
