"""The store of one process: reads in snapshots, writes through one thread that commits for all who wait."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoneFree

from daemon.log import get_logger
from daemon.pulse import AS_LONG_AS_IT_TAKES, Heart
from daemon.store.engine import Checkpoints, Turn, abandon, database_file, notify, open_engine, transaction

T = TypeVar("T")
Work = Callable[[Connection], T]
Together = Callable[[Connection, list[Any]], list[Any]]
Answer = Callable[[Any], None]
"""Takes the result once it is committed and synced, or the exception that undid it."""

BATCH = 200
GATHER_SECONDS = 0.0005
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0)
"""Pauses between tries to connect, while the database is away."""

ROUND_SECONDS = 60.0
"""For a transaction: others may hold the write lock for half of it."""

log = get_logger(__name__)


class StoreError(Exception):
    """The database could not do it; nothing of the work was kept."""


class _Undone(Exception):  # noqa: N818
    """The only job of a transaction did not succeed; its cause is the answer."""


class _Job:
    """Something to write: a function, or one item for a function that writes many at once; and who wants to know."""

    __slots__ = ("answer", "item", "sync", "together", "work")

    def __init__(
        self,
        answer: Answer,
        work: Work[Any] | None,
        together: Together | None = None,
        item: object = None,
        *,
        sync: bool = True,
    ) -> None:
        self.answer = answer
        self.work = work
        self.together = together
        self.item = item
        self.sync = sync


class Store:
    """One database, seen from one process.

    Attributes:
        url: SQLAlchemy URL of the database.
        deliver: Runs a function that gives a whole batch its answers; an event loop puts its `call_soon_threadsafe`
            here, so that it is woken once a commit and callbacks of futures run in its thread.
        is_shared: Whether other daemons may work on it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.deliver: Callable[[Callable[[], None]], object] = lambda answers: answers()
        file = database_file(url)
        self.is_shared = file is None
        self._turn = Turn(file)
        self._reads = open_engine(url, write=False)
        self._writes = open_engine(url, write=True)
        self._jobs: queue.SimpleQueue[list[_Job] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._heart: Heart | None = None
        self._connection: Connection | None = None
        self._hinted: Future[None] | None = None
        self._failures = 0
        self._not_before = 0.0
        self._file = file
        self._checkpoints: Checkpoints | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to read from.

        Raises:
            StoreError: The database is away, or went away meanwhile.
        """
        try:
            with self._reads.connect() as connection, connection.begin():
                yield connection
        except (OperationalError, InterfaceError, NoneFree) as error:
            raise _failure(error) from error

    def write(self, work: Work[T], *, sync: bool = True) -> "Future[T]":
        """Have `work` run in a transaction; the future holds its result once that is committed and synced.

        `work` runs in a savepoint of its own: if it raises, only its own changes are undone and its future holds the
        error. It may run beside the work of others, so it must not commit, wait or call the store.

        Args:
            work: What to write.
            sync: False if a power cut may undo it: nothing outside is told before a later write is synced, and that
                takes all earlier ones with it.
        """
        future: Future[T] = Future()

        def answer(result: Any) -> None:
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)

        self._put([_Job(answer, work, sync=sync)])
        return future

    def write_together(self, together: Together, items: Iterable[tuple[object, Answer]]) -> None:
        """Have `together(connection, items)` write these items with all others that wait for the same function."""
        self._put([_Job(answer, None, together, item) for item, answer in items])

    def hint(self) -> None:
        """Let the workers of other daemons look at what was written here; several hints at once are one."""
        if self.is_shared and (self._hinted is None or self._hinted.done()):
            self._hinted = self.write(notify, sync=False)

    def close(self) -> None:
        """Finish what waits, then close the connections."""
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()
        if self._checkpoints is not None:
            self._checkpoints.end()
        self._turn.close()
        self._reads.dispose()
        self._writes.dispose()

    def _put(self, jobs: list[_Job]) -> None:
        if self._thread is None:
            self._heart = Heart("writer", ROUND_SECONDS)
            self._thread = threading.Thread(target=self._serve, args=(self._heart,), name="writer", daemon=True)
            self._thread.start()
            if self._file is not None:
                self._checkpoints = Checkpoints(self._file)
        if self._heart is not None:
            self._heart.expect()
        self._jobs.put(jobs)

    def _serve(self, heart: Heart) -> None:
        company = 0
        while (jobs := self._next(heart)) is not None:
            last = False
            from_outside = jobs[0].together is not None
            if from_outside:
                last = self._gather(jobs, company)
            while len(jobs) < BATCH and not last:
                try:
                    more = self._jobs.get_nowait()
                except queue.Empty:
                    break
                last = more is None
                jobs += more or ()
            company = len(jobs) if from_outside else 0
            self._commit(jobs)
            if last:
                break
        heart.end()
        if self._connection is not None:
            self._connection.close()

    def _next(self, heart: Heart) -> list[_Job] | None:
        """What is to be written next; None at the end."""
        heart.beat(AS_LONG_AS_IT_TAKES)
        jobs = self._jobs.get()
        heart.beat()
        return jobs

    def _gather(self, jobs: list[_Job], company: int) -> bool:
        """Wait a moment for those who came together last time; whether the end came instead.

        They have just been answered and are back within a round trip. Without the wait the first to return would be
        committed alone, and the others after it. A lone sender never waits.
        """
        until = time.monotonic() + GATHER_SECONDS
        while len(jobs) < company and (left := until - time.monotonic()) > 0:
            try:
                more = self._jobs.get(timeout=left)
            except queue.Empty:
                break
            if more is None:
                return True
            jobs += more
        return False

    def _commit(self, jobs: list[_Job]) -> None:
        """Run all jobs in one transaction, then answer; if the whole fails, all fail.

        A connection that was cut before the commit was asked for is replaced at once: nothing can have been kept. After
        that it may have been: then who waits is told that it failed, and finds by its keys what is there.
        """
        answers = self._tried(jobs, again=True)
        self.deliver(lambda: _answer(jobs, answers))

    def _tried(self, jobs: list[_Job], *, again: bool) -> list[Any]:
        asked = False
        try:
            with self._turn:
                connection = self._connected()
                with transaction(connection, sync=any(job.sync for job in jobs)):
                    answers = _run(connection, jobs)
                    asked = True
        except _Undone as undone:
            return [undone.__cause__]
        except Exception as error:  # whatever it was: this thread lives as long as the store, and all must be answered
            known = self._connection is not None
            self._drop_connection()
            if known and again and not asked and isinstance(error, DBAPIError) and error.connection_invalidated:
                log.warning("connection-lost", waiting=len(jobs))
                return self._tried(jobs, again=False)
            self._tell(error, len(jobs))
            return [_failure(error)] * len(jobs)
        return answers

    def _connected(self) -> Connection:
        """The connection; a new one where the last was lost, but not at every try while the database is away."""
        if self._connection is None:
            if time.monotonic() < self._not_before:
                raise StoreError("the database is away")
            try:
                self._connection = self._writes.connect()
            except SQLAlchemyError:
                pause = RETRY_SECONDS[min(self._failures, len(RETRY_SECONDS) - 1)]
                self._failures, self._not_before = self._failures + 1, time.monotonic() + pause
                raise
            self._failures = 0
        return self._connection

    def _tell(self, error: Exception, waiting: int) -> None:
        """A database that is away is told in a line, once per try; anything else with all that is known of it."""
        if isinstance(error, OperationalError | InternalError):
            log.error("write-failed", waiting=waiting, why=str(error.orig))
        elif not isinstance(error, StoreError):
            log.error("write-failed", waiting=waiting, exc_info=error)

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            abandon(connection)


def _answer(jobs: list[_Job], answers: list[Any]) -> None:
    for job, answer in zip(jobs, answers, strict=True):
        job.answer(answer)


def _run(connection: Connection, jobs: list[_Job]) -> list[Any]:
    """Answers in the order of the jobs; an exception stands for a job that was undone."""
    if len(jobs) == 1 and jobs[0].work is not None:
        return [_only(connection, jobs[0].work)]
    answers: list[Any] = [None] * len(jobs)
    groups: dict[Together, list[int]] = {}
    for index, job in enumerate(jobs):
        if job.together is not None:
            groups.setdefault(job.together, []).append(index)
        elif job.work is not None:
            answers[index] = _alone(connection, job.work)
    for together, indexes in groups.items():
        for index, answer in zip(indexes, together(connection, [jobs[i].item for i in indexes]), strict=True):
            answers[index] = answer
    return answers


def _only(connection: Connection, work: Work[Any]) -> Any:
    """Run with the whole transaction for itself."""
    try:
        return work(connection)
    except Exception as error:
        if _is_of_the_connection(error):
            raise
        raise _Undone from _plain(error)


def _is_of_the_connection(error: Exception) -> bool:
    """It was cut, or its server is of no use: one that turned read-only is full, or is the primary no longer."""
    return isinstance(error, InternalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def _plain(error: Exception) -> Exception:
    """A deadlock, or a lock that did not come, is no fault of the work: it can be tried again."""
    return _failure(error) if isinstance(error, OperationalError) else error


def _failure(error: Exception) -> StoreError:
    """In the database's own words."""
    return StoreError(str(getattr(error, "orig", None) or error).strip())


def _alone(connection: Connection, work: Work[Any]) -> Any:
    """Run beside others in a savepoint, past SQLAlchemy, whose own savepoints cost as much as what most jobs do."""
    savepoint = connection.connection.cursor()
    savepoint.execute("SAVEPOINT job")
    try:
        result = work(connection)
    except Exception as error:
        if _is_of_the_connection(error):
            raise
        savepoint.execute("ROLLBACK TO SAVEPOINT job")
        result = _plain(error)
    savepoint.execute("RELEASE SAVEPOINT job")
    savepoint.close()
    return result


def open_store(url: str) -> Store:
    """A store on an existing database of the current schema; see `daemon.store.upgrade`."""
    return Store(url)
