"""A real Postfix in front of us, that hands mail over by LMTP or SMTP."""

import shutil
import smtplib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, TypeVar

import pytest

from tests.bench.servers import spool
from tests.peers.postfix import Postfix, postfix
from tests.support.client import lead, new_key
from tests.support.daemon import WEBSITE, Installation
from tests.support.faults import unable_to_store
from tests.support.sink import Sink
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.peer, pytest.mark.slow]

OTHER = "website.odense.b8n4@leads.muster.example"
"""Of another site: the same mail at one site is a repeat."""
UNKNOWN = "nobody@leads.muster.example"
OURS = "leads.muster.example"
T = TypeVar("T")


class Front:
    """A Postfix and the daemon behind it; bounces go to the sink."""

    def __init__(self, postfix: Postfix, house: Installation, sink: Sink, channel: str) -> None:
        self.postfix = postfix
        self.house = house
        self.sink = sink
        self.channel = channel

    def send(self, key: str, *to: str) -> str:
        """Give Postfix a mail; its sender."""
        sender = f"kunde-{key}@kunde.example"
        with smtplib.SMTP("127.0.0.1", self.postfix.port, "client.example", timeout=30) as client:
            assert client.sendmail(sender, to, lead(key)) == {}
        return sender

    def kept(self, sender: str) -> list[tuple[str, str, str]]:
        """Recipient, channel and fate of what the daemon has of a sender."""
        return self.house.query(
            "SELECT recipient, channel, fate FROM message WHERE sender = ? ORDER BY recipient", sender
        )

    def log_since(self, sender: str) -> str:
        """What Postfix says after it took a sender's mail into its queue."""
        return self.postfix.log().partition(f"from=<{sender}>")[2]

    def wait(self, condition: Callable[[], T | Literal[False] | None]) -> T:
        """Wait for something; where it does not come, Postfix's log tells why."""
        try:
            return wait_until(condition, 40)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.postfix.log()[-5000:]}") from None


@pytest.fixture(scope="module", params=["lmtp by socket", "lmtp by port", "smtp"])
def front(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, need_program: Callable[[str, str], str]
) -> Iterator[Front]:
    sink = Sink()
    with spool() as directory:
        file = directory / "lmtp.sock"
        smtp = {"lmtp by socket": f'lmtp = ["unix:{file}"]', "lmtp by port": 'lmtp = ["127.0.0.1:0"]', "smtp": ""}
        house = Installation(tmp_path_factory.mktemp("behind") / "house", sink.url, smtp=smtp[request.param])
        house.start()
        routes = {
            "relay_domains": OURS,
            "relay_transport": _route(house, file),
            "default_transport": f"smtp:[127.0.0.1]:{sink.port}",
        }
        try:
            with postfix(need_program, directory, routes) as running:
                yield Front(running, house, sink, request.param.partition(" ")[0])
        finally:
            house.close()
            sink.close()


def _route(house: Installation, file: Path) -> str:
    """Postfix's name for the way to the daemon."""
    places = house.status()["lmtp"]
    if not places:
        return f"smtp:[127.0.0.1]:{house.port}"
    if places[0].startswith("unix:"):
        shutil.chown(file, group="postfix")  # as an admin who puts Postfix into the daemon's group
        return f"lmtp:{places[0]}"
    return f"lmtp:inet:{places[0]}"


def test_two_recipients_of_ours_and_one_unknown(front: Front) -> None:
    sender = front.send(new_key(), WEBSITE, OTHER, UNKNOWN)
    front.wait(lambda: [fate for _, _, fate in front.kept(sender)] == ["opened"] * 2)
    assert [row[:2] for row in front.kept(sender)] == [(WEBSITE, front.channel), (OTHER, front.channel)]
    bounce = front.wait(lambda: front.sink.to(sender))[0]
    text = bounce.content.decode("utf-8", "replace")
    assert f"Final-Recipient: rfc822; {UNKNOWN}" in text
    assert "550 5.1.1 No such recipient here" in " ".join(text.split())
    assert f"Final-Recipient: rfc822; {WEBSITE}" not in text
    assert front.house.postroom("ledger").returncode == 0


def test_mails_wait_in_front_while_we_cannot_store_them(front: Front) -> None:
    with unable_to_store(front.house):
        sender = front.send(new_key(), WEBSITE, OTHER)
        front.wait(lambda: "451 4.3.0" in front.log_since(sender))
    front.wait(lambda: len(front.kept(sender)) == 2)
    assert front.sink.to(sender) == []


def test_who_failed_comes_again_and_nobody_twice(front: Front) -> None:
    """By LMTP that is the one recipient alone; SMTP has one answer for all of them."""
    with unable_to_store(front.house, OTHER):
        sender = front.send(new_key(), WEBSITE, OTHER)
        front.wait(lambda: f"to=<{OTHER}>" in front.log_since(sender))
        assert [row[0] for row in front.kept(sender)] == ([WEBSITE] if front.channel == "lmtp" else [])
    front.wait(lambda: len(front.kept(sender)) == 2)
    front.house.settle()
    assert [row[0] for row in front.kept(sender)] == [WEBSITE, OTHER]
