"""Row S1: only CRLF.CRLF ends a mail, so that nothing can be smuggled in behind something that looks like it.

CVE-2023-51764 and its kin; CVE-2024-27305 was aiosmtpd's own.
"""

from tests.support.client import lead, new_key, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Tell
from tests.support.waiting import wait_until

DOT = b"\r\n.\r\n"
SMUGGLED = (
    b"MAIL FROM:<smuggled@kunde.example>\r\nRCPT TO:<" + WEBSITE.encode() + b">\r\nDATA\r\n"
    b"From: smuggled@kunde.example\r\nSubject: smuggled\r\n\r\nin"
)
ENDINGS = (
    b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\r", b"\r.\n", b"\n.\r", b"\r\n\0.\r\n",
    b"\r\n.\0\r\n", b"\r\n..\r\n", b"\r\n .\r\n",
)  # fmt: skip


def stored(house: Installation) -> int:
    found: int = house.value("SELECT count(*) FROM message")
    return found


def is_smuggled(house: Installation, ending: bytes) -> bool:
    """Whether one session with a false end, and a second mail behind it, does anything but give one mail or none."""
    before = stored(house)
    with talk(house) as session:
        session.begin(WEBSITE)
        session.raw(b"Subject: outer\r\n\r\nhello" + ending + SMUGGLED + DOT)
        first = session.read().code
        session.raw(b"QUIT\r\n")
        second = session.read().code  # 221, not an answer to a smuggled command
    inside = house.value("SELECT count(*) FROM message WHERE sender LIKE '%smuggled%'")
    return first not in (250, 550) or second != 221 or stored(house) - before != (first == 250) or inside > 0


def test_nothing_is_smuggled(house: Installation, strict: Installation, tell: Tell) -> None:
    smuggled = [
        (mode, e) for mode, at in (("normalise", house), ("reject", strict)) for e in ENDINGS if is_smuggled(at, e)
    ]
    tell(f"S1: {len(smuggled)} of {2 * len(ENDINGS)} smuggled")
    assert smuggled == []


def test_bare_line_ends_are_kept_as_received(house: Installation) -> None:
    key = new_key()
    content = lead(key).replace(b"Telefon: 030 5550177\r\n", b"Telefon: 030 5550177\nPLZ: 10969\rOrt: Berlin\r\n")
    with talk(house) as session:
        session.begin(WEBSITE)
        session.raw(content + b".\r\n")
        assert session.read().code == 250
    wait_until(lambda: house.query("SELECT 1 FROM message WHERE subject = ? AND fate = 'opened'", f"Anfrage {key}"))
    kept = house.value("SELECT bytes FROM raw JOIN message ON id = message WHERE subject = ?", f"Anfrage {key}")
    assert kept == content
    assert "10969" in house.value("SELECT data FROM record WHERE data LIKE ?", f"%kunde-{key}@%")


def test_bare_line_ends_are_refused_if_the_admin_says_so(strict: Installation) -> None:
    before = stored(strict)
    with talk(strict) as session:
        session.begin(WEBSITE)
        session.raw(lead(new_key()).replace(b"Marke: VW\r\n", b"Marke: VW\n") + b".\r\n")
        assert session.read().text.startswith("550 5.5.2")
        assert session.ask("NOOP").code == 250
    assert stored(strict) == before
