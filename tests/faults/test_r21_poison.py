"""Row R21: a mail that kills or hangs the reader is set aside at the third try, one that takes all of its memory at the
first, as the reader lives to say so; those behind it hardly notice.
"""

import smtplib
import statistics
import time

import pytest

from tests.support.client import lead, new_key
from tests.support.daemon import ADMIN, WEBSITE, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.waiting import pause, wait_until

INNOCENT = 100
A_SECOND = 20.0
P95_SECONDS = 5.0


def _send_all(house: Installation, keys: list[str]) -> dict[str, float]:
    """Send mails at an even pace; when each was accepted."""
    accepted, began = {}, time.monotonic()
    assert house.port
    with smtplib.SMTP("127.0.0.1", house.port, "client.example", timeout=30) as smtp:
        smtp.sendmail("wordpress@muster.example", WEBSITE, lead("poison", text="POISON"))
        for number, key in enumerate(keys):
            pause(max(0.0, began + number / A_SECOND - time.monotonic()))
            smtp.sendmail("wordpress@muster.example", WEBSITE, lead(key))
            accepted[key] = time.monotonic()
    return accepted


@pytest.mark.alone
@pytest.mark.parametrize(
    ("poison", "tries", "reason"),
    [
        ("reader-parse@POISON", 3, "the reader died of it 3 times"),  # also as the system kills who takes too much
        ("hang:reader-parse@POISON", 3, "the reader died of it 3 times"),
        ("eat:reader-parse@POISON", 0, "it could not be read: out of memory"),
    ],
    ids=["dies", "hangs", "eats"],
)
def test_poison(poison: str, tries: int, reason: str, new_house: Houses, sink: Sink, tell: Tell) -> None:
    house = new_house(started=False)
    house.start({"POSTROOM_TEST_CRASH": poison})
    keys = [new_key("i") for _ in range(INNOCENT)]
    accepted = _send_all(house, keys)
    told = {key: wait_until(lambda key=key: sink.about(f"kunde-{key}@"), 60)[0].at for key in keys}  # type: ignore[misc]
    waits = [told[key] - accepted[key] for key in keys]
    wait_until(lambda: house.value("SELECT count(*) FROM message WHERE fate = 'quarantined'") == 1, 60)
    p95 = statistics.quantiles(waits, n=20)[-1]
    wait_until(lambda: house.status()["counters"].get("reader_deaths", 0) >= tries)
    deaths = house.status()["counters"].get("reader_deaths", 0)
    tell(
        f"R21: {poison}: of {INNOCENT} mails behind it p95 {p95:.2f} s, longest {max(waits):.2f} s; 1 set aside after "
        f"{deaths} deaths of the reader"
    )
    assert deaths - tries <= bool(tries), "one in the midst of others, which proves nothing, and those it had alone"
    assert p95 <= P95_SECONDS
    bad = house.query("SELECT raw_sha256, tries, reason FROM message WHERE fate = 'quarantined'")
    assert bad[0][1] == tries
    assert reason in bad[0][2]
    assert house.query("SELECT fate, tries, count(*) FROM message WHERE fate <> 'quarantined' GROUP BY 1, 2") == [
        ("opened", 0, INNOCENT)
    ]
    alarm = wait_until(lambda: sink.to(ADMIN))[0].parsed()
    assert "could not be read" in str(alarm["Subject"])
    _let_it_pass(house, sink)


def _let_it_pass(house: Installation, sink: Sink) -> None:
    """Without the fault, a person's retry makes a record of it like of any other."""
    house.restart()
    bad = house.value("SELECT id FROM message WHERE fate = 'quarantined'")
    done = house.postroom("quarantine", "retry", str(bad))
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(lambda: sink.about("kunde-poison@"), 20, "the retried mail is told of")
