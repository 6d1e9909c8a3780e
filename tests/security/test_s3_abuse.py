"""Row S3: whoever does not speak the protocol is sent away; no mail is stored, nothing inside is shown, nothing breaks.

Random sessions are 5,000, and 100,000 by `make faults` and `make fuzz`; POSTROOM_FUZZ_SEED chooses them.
"""

import asyncio
import os
import random
from contextlib import suppress

import pytest

from tests.security.sessions import stream
from tests.support.answers import leaks
from tests.support.client import Talk, lead, new_key, send, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Tell
from tests.support.processes import resident
from tests.support.rows import drawn
from tests.support.waiting import wait_until

CASES = drawn(100_000, 5_000)
SEED = int(os.environ.get("POSTROOM_FUZZ_SEED", "1"))
AT_ONCE = 16
FROM = "MAIL FROM:<a@kunde.example>"
DOT = b"\r\n.\r\n"
GROWTH_MB = 20


def stored(house: Installation) -> int:
    found: int = house.value("SELECT count(*) FROM message")
    return found


HTTP = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n"
WHOLE = (
    b"EHLO client.example\r\nMAIL FROM:<a@kunde.example>\r\nRCPT TO:<" + WEBSITE.encode() + b">\r\nDATA\r\n"
    b"Subject: sneaked in\r\n\r\nhello" + DOT
)
ABUSE = {
    "a mail in one piece": WHOLE,
    "a mail in one piece, HELO": WHOLE.replace(b"EHLO", b"HELO"),
    "a browser posts": HTTP + WHOLE,
    "a browser gets": b"GET / HTTP/1.0\r\n" + WHOLE,
    "a proxy": b"CONNECT leads.muster.example:25 HTTP/1.1\r\n\r\n" + WHOLE,
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01" + bytes(range(256)) * 20,
    "NUL": b"\0" * 5000 + b"\r\n",
    "a command of 10 MB": b"A" * 10_000_000 + b"\r\n",
    "MAIL of 10 MB": b"EHLO x\r\nMAIL FROM:<" + b"a" * 10_000_000 + b"@kunde.example>\r\n",
    "10 MB without a line end": b"A" * 10_000_000,
    "100,000 NOOP": b"NOOP\r\n" * 100_000,
    "100,000 empty lines": b"\r\n" * 100_000,
    "100,000 made-up commands": b"".join(b"X%d\r\n" % n for n in range(100_000)),
    "100,000 RSET": b"RSET\r\n" * 100_000,
}


def heard(house: Installation, content: bytes, *, greeted: bool) -> tuple[list[int], list[bytes]]:
    """Codes of all answers, and what should not have been said."""
    answers = []
    with talk(house) as session:
        if greeted:
            session.read()
        with suppress(ConnectionError):
            session.raw(content + b"\r\nQUIT\r\n")
        while (reply := session.read()).code:
            answers.append(reply)
    return [a.code for a in answers], leaks("".join(f"{a.text}\n" for a in answers).encode())


@pytest.mark.slow
def test_abuse(house: Installation, tell: Tell) -> None:
    before, pid = stored(house), house.pid("acceptor")
    wrong = []
    for name, content in ABUSE.items():
        for greeted in (False, True):
            codes, told = heard(house, content, greeted=greeted)
            if told or 354 in codes:
                wrong.append((name, codes, told))
    kept = stored(house) - before
    tell(f"S3: {2 * len(ABUSE)} abuses: {kept} mails, {len(wrong)} wrong answers")
    assert wrong == []
    assert kept == 0
    assert house.pid("acceptor") == pid
    send(house, lead(new_key()))


def test_data_is_not_taken_before_354(house: Installation) -> None:
    before = stored(house)
    with talk(house) as session:
        session.read()
        for line in ("EHLO client.example", FROM, f"RCPT TO:<{WEBSITE}>"):
            session.ask(line)
        session.raw(b"DATA\r\nSubject: too early\r\n\r\nhello" + DOT)
        assert session.read().code in (0, 554)
    assert stored(house) == before


def test_a_flood_of_commands_ends(house: Installation) -> None:
    with talk(house) as session:
        session.read()
        codes = []
        for _ in range(200):
            codes.append(session.ask("NOOP").code)
            if codes[-1] in (0, 421):
                break
        assert codes[0] == 250
        assert codes[-1] == 421


def test_nobody_learns_an_address(house: Installation) -> None:
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        known, unknown = (session.ask(f"VRFY {address}").text for address in (WEBSITE, "nobody@leads.muster.example"))
        assert known == unknown
        assert session.ask(f"EXPN {WEBSITE}").code == 502


async def _session(port: int, said: bytes, *, polite: bool) -> bytes:
    """Say all of it, line by line with an answer awaited for each or at once; all that was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers = last = b""
    try:
        if polite:
            answers = last = await asyncio.wait_for(reader.readline(), 20)
        for line in said.splitlines(keepends=True) if polite else (said,):
            writer.write(line)
            if polite and line.endswith(b"\n") and not last.startswith(b"354"):
                last = await asyncio.wait_for(reader.readline(), 20)
                answers += last
        await writer.drain()
        writer.write_eof()
        answers += await asyncio.wait_for(reader.read(), 20)
    except TimeoutError:
        return answers + b"no answer\n"
    except OSError:  # it was sent away
        pass
    finally:
        writer.transport.abort()
    return answers


async def _all(ports: list[int], chance: random.Random) -> list[tuple[bytes, bytes]]:
    """Sessions with an answer that should not have been given."""
    wrong: list[tuple[bytes, bytes]] = []
    left = iter(range(CASES))

    async def client() -> None:
        for _ in left:
            said, port, polite = stream(chance), chance.choice(ports), chance.random() < 0.7
            told = leaks(await _session(port, said, polite=polite))
            if told:
                wrong.append((said, told[0]))

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    return wrong


@pytest.mark.slow
def test_random_sessions(house: Installation, tell: Tell) -> None:
    assert house.port
    lmtp = int(house.status()["lmtp"][0].rpartition(":")[2])
    pid = house.pid("acceptor")
    assert pid
    before, memory, troubles = stored(house), resident(pid), house.status()["counters"].get("trouble", 0)
    wrong = asyncio.run(_all([house.port, house.port, lmtp], random.Random(SEED)))  # noqa: S311 - reproducible
    wait_until(lambda: house.status()["connections"] == 0, 30)
    wait_until(lambda: house.status()["lmtp_connections"] == 0, 30)
    kept, grown = stored(house) - before, resident(pid) - memory
    trouble = house.status()["counters"].get("trouble", 0) - troubles
    tell(
        f"S3: {CASES} random sessions: {kept} mails, {len(wrong)} wrong answers, {trouble} troubles, "
        f"memory grew by {grown:.1f} MB"
    )
    assert wrong == []
    assert (kept, trouble) == (0, 0)
    assert grown < GROWTH_MB
    assert house.pid("acceptor") == pid
    assert "Traceback" not in house.log()
    session = Talk(lmtp, greeting="LHLO")
    assert session.begin(WEBSITE).code == 354
    session.close()
    send(house, lead(new_key()))
