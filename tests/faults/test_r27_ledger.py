"""Row R27: every accepted mail has one of the fates, each with its proof, whatever was killed meanwhile.

At the end of every other test with daemons in this folder and in tests/security its ledger is looked over, too: see
tests/support/audit.py.
"""

import json
import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.scenarios.test_conversation import DESK, EVA
from tests.scenarios.test_second_requests import MOBILE, by_exchange
from tests.support.automatic import OUT_OF_OFFICE
from tests.support.bounces import FINAL, bounce
from tests.support.client import lead, new_key, send
from tests.support.correspondence import TRUSTS_BORDER, answer_to
from tests.support.daemon import SALES, WEBSITE, Installation
from tests.support.fixtures import ENGINES, Houses, Tell
from tests.support.rows import at_length
from tests.support.seeds import seed
from tests.support.sink import Arrived, Sink
from tests.support.waiting import pause, wait_until

ROUNDS = at_length(20)
LATEST = 1.5
"""Seconds from the last mail of a round to the death of all processes, at most."""
FATES = ("attached", "automatic", "bounce", "command", "ignored", "opened", "quarantined", "repeat")
SEAM = {"POSTROOM_TEST_CRASH": "reader-parse@POISON"}


def _advertising(key: str) -> bytes:
    return (
        f"From: werbung@kunde.example\r\nTo: {DESK}\r\nSubject: {key}\r\n\r\nWerbeartikel für Autohäuser\r\n".encode()
    )


def _one_of_each(key: str, told: Arrived, number: int) -> list[tuple[bytes, str, str]]:
    """Mails that follow a lead, one for each other fate: content, recipient, envelope sender."""
    note, desk = answer_to(told, EVA, f"!notiz {key}")
    away = OUT_OF_OFFICE["Outlook de"].mail(f"Ich bin verreist. {key}")
    return [
        (lead(f"{key}p", text="POISON"), WEBSITE, "wordpress@muster.example"),
        (by_exchange(key), MOBILE, "noreply@mobile.de"),
        (note, desk, EVA),
        (away, DESK, "eva@kunde.example"),
        (bounce(FINAL["Postfix"], told.sender, SALES, number), told.sender, ""),
        (_advertising(key), DESK, "werbung@kunde.example"),
    ]


def _round(house: Installation, sink: Sink, number: int) -> int:
    """Send a lead, then the others; how many were answered with 250."""
    first = lead(key := new_key())
    send(house, first)
    told = wait_until(lambda: [mail for mail in sink.about(f"kunde-{key}@") if mail.recipient == SALES], 60, "a lead")
    send(house, first)
    others = _one_of_each(key, told[0], number)
    for content, to, sender in others:
        send(house, content, to, sender=sender)
    return 2 + len(others)


@pytest.mark.parametrize("engine", ENGINES)
def test_accepted_is_the_sum_of_fates(
    engine: str, database_of: Callable[[str], str], new_house: Houses, sink: Sink, tell: Tell
) -> None:
    house = new_house(started=False, smtp=TRUSTS_BORDER, database=database_of(engine))
    draw = random.Random(f"{engine} {seed()}")  # noqa: S311 - moments
    house.start(SEAM)
    accepted = 0
    for number in range(ROUNDS):
        accepted += _round(house, sink, number)
        pause(draw.uniform(0, LATEST))
        house.kill_all()
        house.start(SEAM)
    house.settle(300)
    asked = house.postroom("ledger", "--json")
    rows = [json.loads(line) for line in asked.stdout.splitlines()]
    fates, findings = Counter[str](), [row for row in rows if "finding" in row]
    for row in rows:
        if "fate" in row:
            fates[row["fate"]] += row["mails"]
    tell(
        f"R27 on {engine}: {ROUNDS} kills of all: {accepted} accepted; {dict(sorted(fates.items()))}; accepted minus "
        f"their sum {accepted - fates.total()}; {len(findings)} findings"
    )
    assert fates == dict.fromkeys(FATES, ROUNDS)
    assert accepted == fates.total()
    assert (asked.returncode, findings) == (0, [])
