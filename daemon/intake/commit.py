"""Accepted mail on its way into the store: the client hears 250 only after the commit, and in time in any case."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial

from daemon.log import get_logger
from daemon.pulse import Heart
from daemon.store import Store, StoreError
from daemon.store.chains import Accepted, Chain
from daemon.store.db import Answer

HANDLER_SECONDS = 25
"""A client waits ten minutes for the answer to its dot (RFC 5321 4.5.3.2.6); many give up after half a minute."""

LOOK_SECONDS = 1.0
ROUND_SECONDS = 30.0

KEPT = "250 2.0.0 OK"
OUR_TROUBLE = "451 4.3.0 Temporary trouble here, please try again later"
NO_ROOM = "452 4.3.1 Insufficient system storage, please try again later"

log = get_logger(__name__)


class Commits:
    """Commits of this process that sessions wait for."""

    def __init__(self, store: Store, chain: Chain, counters: Counter[str], wake: Callable[[], None]) -> None:
        self._store = store
        self._chain = chain
        self._counters = counters
        self._wake = wake
        self._waiting: dict[asyncio.Future[None], float] = {}
        self._leaving: list[tuple[Accepted, Answer]] = []

    async def together(self, mails: list[Accepted]) -> str:
        """Write all and give one answer; a client that leaves does not stop the commit, only our answer."""
        written = [self._waiter(partial(self._leave, mail)) for mail in mails]
        told = [await _told(one) for one in written]
        answer = next((answer for answer in told if answer != KEPT), KEPT)
        self._count([answer] * len(mails) if answer == KEPT else [answer])
        return answer

    async def each(self, mails: list[Accepted]) -> list[str]:
        """Write each by itself and give each its answer, in order: one that fails takes no other with it."""
        written = [self._waiter(partial(self._write_alone, mail)) for mail in mails]
        told = [await _told(one) for one in written]
        self._count(told)
        return told

    async def give_up_late(self) -> None:
        """Answer sessions whose commit takes too long; one look a second costs less than a timer for each mail."""
        loop, heart = asyncio.get_running_loop(), Heart("commits", ROUND_SECONDS)
        while True:
            heart.beat(LOOK_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)
            late = [one for one, since in self._waiting.items() if loop.time() - since > HANDLER_SECONDS]
            for waiter in late:
                del self._waiting[waiter]
                if not waiter.done():
                    waiter.set_exception(TimeoutError())
                    waiter.exception()

    def _count(self, answers: list[str]) -> None:
        kept = answers.count(KEPT)
        self._counters["accepted"] += kept
        self._counters["trouble"] += len(answers) - kept
        if kept:
            self._wake()

    def _waiter(self, begin: Callable[[Answer], None]) -> "asyncio.Future[None]":
        """A future of the loop for a commit of the store's; cancelling it leaves the commit alone."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        self._waiting[waiter] = loop.time()

        def answer(result: object) -> None:
            self._waiting.pop(waiter, None)
            if waiter.done():
                return
            if isinstance(result, BaseException):
                waiter.set_exception(result)
                waiter.exception()  # looked at: another recipient's failure may answer first
            else:
                waiter.set_result(None)

        begin(answer)
        return waiter

    def _leave(self, mail: Accepted, answer: Answer) -> None:
        if not self._leaving:
            asyncio.get_running_loop().call_soon(self._hand_over)
        self._leaving.append((mail, answer))

    def _hand_over(self) -> None:
        """Give the store's thread at once what came in together: waking it for each costs as much as the mail."""
        leaving, self._leaving = self._leaving, []
        self._store.write_together(self._chain.append, leaving)

    def _write_alone(self, mail: Accepted, answer: Answer) -> None:
        written = self._store.write(lambda connection: self._chain.append(connection, [mail]))
        written.add_done_callback(lambda done: answer(done.exception() or done.result()))


async def _told(written: "asyncio.Future[None]") -> str:
    """What the client hears of a commit."""
    try:
        await written
    except TimeoutError:
        log.warning("commit-slow", seconds=HANDLER_SECONDS)
        return OUR_TROUBLE
    except Exception as error:  # whatever it was, it was not the mail's fault
        if not isinstance(error, StoreError):  # the store has logged that one
            log.exception("commit-failed", kind=type(error).__name__)
        return NO_ROOM if "full" in str(error) else OUR_TROUBLE
    return KEPT
