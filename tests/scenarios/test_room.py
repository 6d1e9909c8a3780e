"""A disk without room for new mail, as everybody sees it who brings some."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client import Talk, lead, new_key, send, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.sink import Sink
from tests.support.waiting import wait_until

MORE_THAN_THERE_IS = 1 << 60
SENDER = "MAIL FROM:<a@kunde.example>"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, shared_sink: Sink) -> Iterator[Installation]:
    """A daemon of these tests."""
    directory, lmtp = tmp_path_factory.mktemp("room") / "house", 'lmtp = ["127.0.0.1:0"]'
    house = Installation(directory, shared_sink.url, smtp=lmtp, limits={"reserve": 0})
    house.start()
    yield house
    house.close()


@pytest.fixture
def crowded(own: Installation) -> Installation:
    """It is to leave more than there is."""
    keep(own, MORE_THAN_THERE_IS)
    wait_until(lambda: own.status()["disk"]["is_short"], 10, "there is no room")
    return own


@pytest.fixture
def roomy(own: Installation) -> Installation:
    """It has room."""
    make_room(own)
    return own


def keep(house: Installation, reserve: int) -> None:
    main = (house.directory / "postroom.toml").read_text("utf-8")
    house.write("postroom.toml", re.sub(r"^reserve = \d+", f"reserve = {reserve}", main, flags=re.MULTILINE))
    assert house.reload()["ok"]


def make_room(house: Installation) -> None:
    keep(house, 0)
    wait_until(lambda: house.status()["disk"]["is_short"] is False, 10, "there is room")


@pytest.mark.parametrize("sender", [SENDER, f"{SENDER} SIZE=100", "MAIL FROM:<>"])
def test_senders_are_asked_to_try_again(sender: str, crowded: Installation) -> None:
    with talk(crowded) as session:
        session.read()
        session.ask("EHLO client.example")
        assert session.ask(sender).text.startswith("452 4.3.1 ")
        make_room(crowded)
        assert session.ask(sender).code == 250, "the same session goes on"
    send(crowded, lead(new_key()))


def test_by_lmtp_too(crowded: Installation) -> None:
    session = Talk(int(crowded.status()["lmtp"][0].rpartition(":")[2]))
    session.read()
    session.ask("LHLO front.example")
    assert session.ask(SENDER).text.startswith("452 4.3.1 ")
    session.close()


def test_room_that_goes_while_a_mail_comes(roomy: Installation) -> None:
    with talk(roomy) as session:
        assert session.begin(WEBSITE).code == 354
        keep(roomy, MORE_THAN_THERE_IS)
        session.raw(lead(key := new_key()) + b".\r\n")
        assert session.read().text.startswith("452 4.3.1 ")
    assert roomy.value("SELECT count(*) FROM message WHERE subject LIKE ?", f"%{key}%") == 0


def test_status_and_metrics_show_it(crowded: Installation) -> None:
    assert "new mail is refused for now" in crowded.postroom("status").stdout
    metrics = crowded.get("/metrics")[1]
    assert "postroom_free_bytes" in metrics
    make_room(crowded)
    wait_until(lambda: "of it kept from new mail" in crowded.postroom("status").stdout, 20)


def test_an_import_ends_and_goes_on_later(crowded: Installation, tmp_path: Path) -> None:
    file = tmp_path / "old.eml"
    file.write_bytes(lead(new_key()))
    ended = crowded.postroom("import", str(file))
    assert ended.returncode == 75
    assert "too full for new mail" in ended.stderr
    make_room(crowded)
    assert crowded.postroom("import", str(file)).returncode == 0
    assert crowded.value("SELECT count(*) FROM message WHERE channel = 'import'") == 1
