"""Row S4: whatever a mail unfolds to, it is read or set aside within bounds, kept as it came, and holds up no other."""

import hashlib
import os
import smtplib
import time
from contextlib import suppress
from pathlib import Path

import pytest

from daemon.reader import MAIL_SECONDS
from parsers.read import parse
from tests.security.bombs import BOMBS, bombs
from tests.security.bombs_of_sources import LEARNED
from tests.support.client import lead, new_key, send
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.waiting import wait_until

LONGEST_SECONDS = 5.0
MOST_MEMORY = 512 << 20
KINDS = 70
SENDER = "max@kunde.example"
SOME = list(BOMBS)[:: 1 if os.environ.get("POSTROOM_FUZZ_CASES") else 7]
"""Read in this process by a learned layout: all of them by `make fuzz`, each goes through the daemon every time."""


def _peak(pid: int) -> int:
    """Most memory that a process has had at once, in bytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) << 10


def _deliver(house: Installation, content: bytes) -> str:
    """Send it; the answer to its dot, or to what came before."""
    assert house.port
    with smtplib.SMTP("127.0.0.1", house.port, "client.example", timeout=60) as smtp:
        try:
            smtp.sendmail(SENDER, WEBSITE, content)
        except smtplib.SMTPResponseException as error:
            return f"{error.smtp_code} {error.smtp_error!r}"
    return "250"


def _fate(house: Installation, content: bytes) -> str | None:
    found = hashlib.sha256(content).hexdigest()
    fate: str | None = house.value("SELECT fate FROM message WHERE raw_sha256 = ? AND fate <> 'pending'", found)
    return fate


@pytest.mark.parametrize("name", SOME)
def test_a_learned_source_reads_it_in_the_readers_time(name: str) -> None:
    content, began = BOMBS[name](), time.process_time()
    parse(content, LEARNED)
    assert time.process_time() - began < MAIL_SECONDS


@pytest.mark.alone
def test_bombs(new_house: Houses, sink: Sink, tell: Tell) -> None:
    assert len(BOMBS) >= KINDS
    house = new_house(limits={"size": "25MiB", "reserve": 0})
    send(house, lead(first := new_key()))
    wait_until(lambda: sink.about(f"kunde-{first}@"), 20, "the reader is warm")
    seconds: dict[str, float] = {}
    memory: dict[str, int] = {}
    fates: dict[str, str] = {}
    for name, content in bombs():
        reader, began = house.pid("reader"), time.monotonic()
        assert _deliver(house, content) == "250", name
        fates[name] = wait_until(lambda content=content: _fate(house, content), 60, name)  # type: ignore[misc]
        seconds[name] = time.monotonic() - began
        assert house.status()["counters"].get("reader_deaths", 0) == 0, f"{name} killed the reader"
        assert reader
        with suppress(FileNotFoundError):  # it has grown, and was renewed
            memory[name] = _peak(reader)
    send(house, lead(key := new_key()))
    told = wait_until(lambda: sink.about(f"kunde-{key}@"), LONGEST_SECONDS, "the next mail is handled")
    assert told
    slowest, largest = max(seconds, key=lambda name: seconds[name]), max(memory.values())
    tell(
        f"S4: {len(fates)} of {len(BOMBS)} bombs; slowest {slowest} {seconds[slowest]:.2f} s, "
        f"reader at most {largest >> 20} MiB, fates {sorted(set(fates.values()))}"
    )
    assert {name: took for name, took in seconds.items() if took > LONGEST_SECONDS} == {}
    assert largest <= MOST_MEMORY
    assert house.postroom("ledger").returncode == 0
