"""A disk without room for new mail, as everybody sees it who brings some."""

from pathlib import Path

import pytest

from tests.support.client import Talk, lead, new_key, send, talk
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import ON_SQLITE, Houses
from tests.support.waiting import wait_until

pytestmark = ON_SQLITE

MORE_THAN_THERE_IS = 1 << 60
SENDER = "MAIL FROM:<a@kunde.example>"


@pytest.fixture
def crowded(new_house: Houses) -> Installation:
    """A daemon that is to leave more than there is."""
    return new_house(smtp='lmtp = ["127.0.0.1:0"]', limits={"reserve": MORE_THAN_THERE_IS})


def make_room(house: Installation) -> None:
    main = house.directory / "postroom.toml"
    main.write_text(main.read_text("utf-8").replace(str(MORE_THAN_THERE_IS), "0"), "utf-8")
    assert house.reload()["ok"]


@pytest.mark.parametrize("sender", [SENDER, f"{SENDER} SIZE=100", "MAIL FROM:<>"])
def test_senders_are_asked_to_try_again(sender: str, crowded: Installation) -> None:
    with talk(crowded) as session:
        session.read()
        session.ask("EHLO client.example")
        assert session.ask(sender).text.startswith("452 4.3.1 ")
        make_room(crowded)
        wait_until(lambda: crowded.status()["disk"]["is_short"] is False, 10, "there is room")
        assert session.ask(sender).code == 250, "the same session goes on"
    send(crowded, lead(new_key()))


def test_by_lmtp_too(crowded: Installation) -> None:
    session = Talk(int(crowded.status()["lmtp"][0].rpartition(":")[2]))
    session.read()
    session.ask("LHLO front.example")
    assert session.ask(SENDER).text.startswith("452 4.3.1 ")
    session.close()


def test_room_that_goes_while_a_mail_comes(new_house: Houses) -> None:
    house = new_house(limits={"reserve": 0})
    with talk(house) as session:
        assert session.begin(WEBSITE).code == 354
        main = house.directory / "postroom.toml"
        main.write_text(main.read_text("utf-8").replace("reserve = 0", f"reserve = {MORE_THAN_THERE_IS}"), "utf-8")
        assert house.reload()["ok"]
        session.raw(lead(new_key()) + b".\r\n")
        assert session.read().text.startswith("452 4.3.1 ")
    assert house.value("SELECT count(*) FROM message WHERE channel = 'smtp'") == 0


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
