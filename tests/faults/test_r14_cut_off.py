"""R14: two daemons in networks of their own, Postfix between them and the world; one is cut off in the middle."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from config.load import load
from daemon.shift import daemon_name
from tests.bench.servers import spool
from tests.faults.accounts import draw_up
from tests.peers.networks import Cable, cables
from tests.peers.postfix import Postfix, postfix
from tests.peers.postgres import Postgres
from tests.support.client import Clients
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import Sink
from tests.support.waiting import wait_until

BEFORE, MEANWHILE, AFTER = at_length(600), at_length(600), at_length(600)
"""Mails before the cable is pulled, while it is, and when it is plugged in again."""
RELAY_CONNECTIONS = 2
TAKEN_OVER_SECONDS = 120
HOUSE_PORT = 2525


class Site(NamedTuple):
    """Two daemons, what is between them and the world, and the cables."""

    postfix: Postfix
    cables: list[Cable]
    houses: list[Installation]


@pytest.fixture
def site(
    new_house: Houses, sink: Sink, postgres: Postgres, need_program: Callable[[str, str], str], tmp_path: Path
) -> Iterator[Site]:
    with cables(2) as pair, spool() as directory:
        outside = [cable.outside for cable in pair]
        server = Postgres(postgres.programs, settings={"listen_addresses": ",".join(("127.0.0.1", *outside))})
        database = server.new_database()
        routes = {
            "relay_domains": "leads.muster.example",
            "relay_transport": "smtp:" + ",".join(f"[{cable.inside}]:{HOUSE_PORT}" for cable in pair),
            "default_transport": f"smtp:[127.0.0.1]:{sink.port}",
            "mynetworks": "127.0.0.0/8 " + " ".join(f"{cable.inside}/32" for cable in pair),
            "inet_interfaces": ", ".join(("127.0.0.1", *outside)),
            "smtp_connect_timeout": "2s",
            "smtp_helo_timeout": "10s",
            "smtp_data_done_timeout": "20s",
        }
        try:
            with postfix(need_program, directory, routes, outside) as running:
                houses = [_house(new_house, cable, running, database) for cable in pair]
                yield Site(running, pair, houses)
                for house in houses:
                    house.close()
        finally:
            server.close()


def _house(new_house: Houses, cable: Cable, running: Postfix, database: str) -> Installation:
    """A daemon behind a cable; who asks its database in the test goes by another way."""
    there = database.replace("127.0.0.1", cable.outside)
    house = new_house(started=False, database=there)
    house.database = database
    main = (house.directory / "postroom.toml").read_text("utf-8")
    main = main.replace('listen = ["127.0.0.1:0"]', f'listen = ["{cable.inside}:{HOUSE_PORT}"]')
    main = main.replace('listen = "127.0.0.1:0"', f'listen = "{cable.inside}:9125"')
    relay = main[main.index('url = "smtp://') : main.index('tls = "off"')]
    main = main.replace(relay, f'url = "smtp://{cable.outside}:{running.port}"\n')
    house.write("postroom.toml", main + '\n[desk]\nkeys = [{ file = "desk.key" }]\n')
    house.write("desk.key", "the same for both\n")
    house.start(wrapper=cable.wrapper)
    return house


def _in_hand(house: Installation, name: str) -> int:
    """Mails and letters that a daemon has in hand, as the database knows it."""
    return int(
        house.value(
            "SELECT (SELECT count(*) FROM message WHERE fate = 'pending' AND lease LIKE ?)"
            " + (SELECT count(*) FROM outbox WHERE state = 'sending' AND lease LIKE ?)",
            *[f"{name}/%"] * 2,
        )
    )


def _pull_while_busy(site: Site, name: str) -> int:
    """Pull the first daemon's cable at a moment at which it has something in hand; how much."""

    def pulled() -> int:
        if not _in_hand(site.houses[1], name):
            return 0
        site.cables[0].pull()
        held = _in_hand(site.houses[1], name)
        if not held:
            site.cables[0].plug()
        return held

    return wait_until(pulled, 60, "the first daemon is busy")


def _name_of(house: Installation) -> str:
    settings, problems = load(house.directory)
    assert settings is not None, problems
    return daemon_name(settings)


def _taken_by(asked: Installation, house: Installation) -> int:
    """Mails that a daemon's acceptor has taken since it was started."""
    return int(
        asked.value(
            "SELECT count(*) FROM message JOIN chain ON chain.id = message.chain WHERE chain.process = ?",
            f"acceptor {house.pid('acceptor')}",
        )
    )


def _are_all_there(house: Installation, clients: Clients) -> bool:
    return bool(house.value("SELECT count(DISTINCT subject) FROM message") >= len(clients.accepted))


@pytest.mark.peer
@pytest.mark.long
def test_a_daemon_that_is_cut_off_in_the_middle(site: Site, sink: Sink, tell: Tell) -> None:
    first, second = site.houses
    name = _name_of(first)
    clients = Clients(site.postfix, 4)
    wait_until(lambda: len(clients.accepted) >= BEFORE, 120, "mails come")
    held = _pull_while_busy(site, name)
    taken = len(clients.accepted)
    wait_until(lambda: len(clients.accepted) >= taken + MEANWHILE, 120, "mails come all the same")
    wait_until(lambda: _in_hand(second, name) == 0, TAKEN_OVER_SECONDS, "what it had in hand is taken over")
    opened = second.value("SELECT count(*) FROM record")
    site.cables[0].plug()
    mails, chain = _taken_by(second, first), len(clients.accepted)
    wait_until(lambda: len(clients.accepted) >= chain + AFTER, 120, "mails come")
    wait_until(lambda: _taken_by(second, first) > mails, 120, "the first daemon takes mail again")
    clients.stop()
    wait_until(lambda: _are_all_there(second, clients), 150, "Postfix has handed all over")
    second.settle(150)
    wait_until(lambda: len({mail.record for mail in sink.mails}) >= len(clients.accepted), 60, "Postfix has sent all")
    books = draw_up(second, sink, clients, doubles_allowed=RELAY_CONNECTIONS)
    tell(
        f"R14: a daemon with {held} mails and letters in hand cut off from database and Postfix; the other opened "
        f"{opened} records until its cable was back: {books.accepted} accepted, {books.records} records, {books.told} "
        f"told, {books.doubled} told twice; problems: {books.problems or 'none'}"
    )
    assert not books.problems
    checked = second.postroom("ledger")
    assert checked.returncode == 0, checked.stdout + checked.stderr
