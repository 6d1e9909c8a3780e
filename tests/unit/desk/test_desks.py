"""A reply address is good at the desk of its record's site, and at no other's."""

from collections.abc import Iterator

import pytest

from daemon.desk.answer import Answered, answered_by
from daemon.store import records
from daemon.store.messages import Claimed
from rules.reference import token
from tests.support.answering import AT, CUSTOMER, House, house


@pytest.fixture(scope="module")
def berlin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("desks")) as made:
        yield made


def named(berlin: House, ref: str, desk: str, gone: str = "") -> Answered | None:
    """What a mail to a desk's address with the customer's token of a record comes to; `gone` is configured no more."""
    local, _, domain = desk.partition("@")
    address = f"{local}+{token(ref, 'customer', berlin.shift.keys[0])}@{domain}"
    mail = Claimed(1, address, CUSTOMER, "smtp", AT, 0, alone=False, lease="", content=b"")
    sites = {name: site for name, site in berlin.shift.settings.sites.items() if name != gone}
    settings = berlin.shift.settings.model_copy(update={"sites": sites})
    with berlin.shift.store.read() as connection:
        return answered_by(connection, settings, berlin.shift.keys, mail)


def test_a_token_counts_at_its_own_desk(berlin: House) -> None:
    ref, sites = berlin.opened().ref, berlin.shift.settings.sites
    found = named(berlin, ref, sites["berlin"].desk)
    assert found is not None
    assert (found.kept.record.ref, found.role) == (ref, "customer")
    assert named(berlin, ref, sites["potsdam"].desk) is None


def test_who_has_the_desk_of_a_site_that_is_gone_has_its_answers(berlin: House) -> None:
    ref, sites = berlin.opened().ref, berlin.shift.settings.sites
    with berlin.shift.store.read() as connection:
        assert records.load(connection, ref) is not None
    assert named(berlin, ref, sites["potsdam"].desk, gone="berlin") is not None
