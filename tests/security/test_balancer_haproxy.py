"""Behind a real HAProxy: clients are who they are, its looks are nobody's, a dead daemon's mails go to another."""

import smtplib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.accounts import draw_up
from tests.peers.haproxy import BALANCER, Balancer, haproxy
from tests.peers.postgres import Postgres
from tests.support.client import Clients, lead, new_key
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

SMTP = f'proxy = ["{BALANCER}/32"]'
FAR = "127.5.5.5"
MAILS = 40


@pytest.fixture
def program(need_program: Callable[[str, str], str]) -> str:
    return need_program("haproxy", "haproxy")


def wait_for(balancer: Balancer) -> None:
    """Until it has seen that a daemon is there."""
    wait_until(lambda: greets(balancer), what="HAProxy leads to a daemon")


def greets(balancer: Balancer) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", balancer.port, "client.example", 5):
            return True
    except (OSError, smtplib.SMTPException):
        return False


@pytest.mark.peer
@pytest.mark.parametrize("header", ["send-proxy", "send-proxy-v2"])
def test_its_clients_are_who_they_are(header: str, program: str, new_house: Houses, tmp_path: Path) -> None:
    house: Installation = new_house(smtp=SMTP)
    assert house.port
    with haproxy(program, tmp_path, [house.port], header) as balancer:
        wait_for(balancer)
        with smtplib.SMTP("127.0.0.1", balancer.port, "client.example", 20, source_address=(FAR, 0)) as client:
            client.sendmail("wordpress@muster.example", WEBSITE, lead(new_key()))
            assert house.status()["connections"] == 1, "its looks at the daemon are no clients"
    house.settle()
    assert house.query("SELECT client FROM message") == [(FAR,)]


@pytest.mark.peer
def test_a_daemon_that_dies_leaves_its_mails_to_another(
    program: str, new_house: Houses, postgres: Postgres, sink: Sink, tmp_path: Path
) -> None:
    database = postgres.new_database()
    first, second = (new_house(smtp=SMTP, database=database) for _ in range(2))
    assert first.port
    assert second.port
    with haproxy(program, tmp_path, [first.port, second.port]) as balancer:
        wait_for(balancer)
        clients = Clients(balancer, 4)
        wait_until(lambda: len(clients.accepted) >= MAILS, 60, "mails are taken by both")
        first.kill_all()
        taken = len(clients.accepted)
        wait_until(lambda: len(clients.accepted) >= taken + MAILS, 60, "mails are taken by the other")
        clients.stop()
    second.settle(60)
    books = draw_up(second, sink, clients, doubles_allowed=4)
    assert not books.problems
    assert clients.refused == []
