"""Row R15: a second daemon on the same SQLite file, however it gets there, does not start and says who runs."""

import pytest

from tests.support.client import lead, new_key, send
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.waiting import wait_until

TRY_AGAIN = 75


def _same_files(first: Installation, other: Installation) -> Installation:
    return first


def _data_by_link(first: Installation, other: Installation) -> Installation:
    other.data.symlink_to(first.data, target_is_directory=True)
    return other


def _data_by_name(first: Installation, other: Installation) -> Installation:
    text = (other.directory / "postroom.toml").read_text("utf-8")
    other.write("postroom.toml", text.replace('data = "./data"', f'data = "{first.data}"'))
    return other


WAYS = {"the same files": _same_files, "data is a link": _data_by_link, "data by another name": _data_by_name}


def test_a_second_daemon_is_sent_away(new_house: Houses, sink: Sink, tell: Tell) -> None:
    first, other = new_house(), new_house(started=False)
    codes = {}
    for way, lead_there in WAYS.items():
        house = lead_there(first, other)
        said = len(house.log()) if (house.directory / "log").exists() else 0
        codes[way] = house.launch().wait(30)
        assert "is in use by another daemon" in house.log()[said:], way
        assert f"process {first.pid('acceptor')}" in house.log()[said:], way
        if other.data.is_symlink():
            other.data.unlink()
    tell(f"R15: exit codes of a second daemon: {codes}")
    assert set(codes.values()) == {TRY_AGAIN}
    send(first, lead(key := new_key()))
    wait_until(lambda: sink.about(f"kunde-{key}@"), 20, "the first one goes on")


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_after_the_first_the_next_may(how: str, new_house: Houses) -> None:
    house = new_house()
    if how == "stopped":
        house.stop()
    else:
        house.kill_all()
    house.start()  # nothing that was left behind keeps it away
