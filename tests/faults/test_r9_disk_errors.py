"""Row R9: the n-th write or sync of a running daemon fails, for all n up to 200: no 250 without a row, nothing lost.

strace makes single system calls of real daemons fail with EIO. A thread's calls are counted one by one, and one thread
alone writes to the database; checkpoints, which another thread makes, fail by the same numbers.
"""

import random
import re
import smtplib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.client import lead, new_key
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.injection import SYNCS, WRITES, failing
from tests.support.rows import at_length
from tests.support.seeds import seed
from tests.support.sink import Sink
from tests.support.waiting import wait_until

LAST, LAST_OF_WORKER = 200, 40
"""The worker reads and sends many mails by one commit."""
MOST_MAILS = 1000
_KEY = re.compile(rb"^Subject: Anfrage (\S+)", re.MULTILINE)
KINDS = pytest.mark.parametrize("calls", [WRITES, SYNCS], ids=["writes", "syncs"])


def _numbers(name: str, last: int) -> list[int]:
    """All up to the last, or so many of them."""
    draw = random.Random(f"{name} {seed()}")  # noqa: S311 - cases
    return sorted(draw.sample(range(1, last + 1), at_length(last)))


class Sender:
    """An MTA with one mail after the other; each is tried until it is taken."""

    def __init__(self, house: Installation) -> None:
        self._house = house
        self.accepted: list[str] = []
        self.answers: Counter[int] = Counter()

    def send_until(self, done: Callable[[], bool]) -> int:
        """Send until something has happened, at most so many; how many were refused for now."""
        refused, key = 0, new_key("d")
        assert self._house.port
        with smtplib.SMTP("127.0.0.1", self._house.port, "client.example", timeout=60) as smtp:
            for _ in range(MOST_MAILS):
                code = _try(smtp, lead(key))
                self.answers[code] += 1
                if code == 250:
                    self.accepted.append(key)
                    key = new_key("d")
                    if done():
                        return refused
                refused += code != 250
        raise AssertionError(f"nothing failed within {MOST_MAILS} mails")


def _try(smtp: smtplib.SMTP, content: bytes) -> int:
    try:
        smtp.sendmail("wordpress@muster.example", WEBSITE, content)
    except smtplib.SMTPResponseException as error:
        return error.smtp_code
    except smtplib.SMTPRecipientsRefused as error:
        return error.recipients[WEBSITE][0]
    return 250


@pytest.mark.peer
@KINDS
def test_no_250_without_a_row(
    calls: str, new_house: Houses, tmp_path: Path, need_program: Callable[[str, str], str], tell: Tell
) -> None:
    strace = need_program("strace", "strace")
    house = new_house(roles=("smtp",))
    sender, refusing, numbers = Sender(house), 0, _numbers(calls, LAST)
    for number in numbers:
        pid = house.pid("acceptor")
        assert pid
        with failing(strace, pid, calls, number, tmp_path / f"{number}") as fault:
            refusing += bool(sender.send_until(lambda fault=fault: fault.hit))  # type: ignore[misc]
    stored = {_KEY.findall(bytes(content))[0].decode() for (content,) in house.query("SELECT bytes FROM raw")}
    lost = [key for key in sender.accepted if key not in stored]
    tell(
        f"R9: {calls}: {len(numbers)} faults, in {refusing} of them a mail was refused for now; "
        f"{len(sender.accepted)} accepted, {len(lost)} of them not stored; answers {dict(sender.answers)}"
    )
    assert lost == []
    assert set(sender.answers) <= {250, 451, 452}
    assert refusing > len(numbers) / 2, "the faults are those of commits"
    assert house.value("PRAGMA integrity_check") == "ok"


@pytest.mark.peer
@KINDS
def test_what_was_accepted_is_told(
    calls: str, new_house: Houses, sink: Sink, tmp_path: Path, need_program: Callable[[str, str], str], tell: Tell
) -> None:
    """The same in the process that reads, decides and sends."""
    strace = need_program("strace", "strace")
    house = new_house()
    sender, numbers = Sender(house), _numbers(calls, LAST_OF_WORKER)
    for number in numbers:
        pid = wait_until(lambda: house.pid("worker"), 30, "a worker")
        with failing(strace, pid, calls, number, tmp_path / f"{number}") as fault:
            sender.send_until(lambda fault=fault: fault.hit)  # type: ignore[misc]
    house.settle(120)
    untold = [key for key in sender.accepted if not sink.about(f"kunde-{key}@")]
    doubled = sum(times - 1 for times in sink.doubled().values())
    tell(
        f"R9: {calls} of the worker: {len(numbers)} faults; {len(sender.accepted)} accepted, {len(untold)} of them "
        f"not told, {doubled} told twice"
    )
    assert untold == []
    assert set(sender.answers) == {250}
    assert doubled == 0, "the worker lives on: what the relay took is marked when the disk works again"
    assert house.value("SELECT count(*) FROM record") == len(sender.accepted)
    assert house.value("PRAGMA integrity_check") == "ok"
