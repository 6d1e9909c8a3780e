"""The same person asks again: by another exchange, at the same moment, for another car; and who says otherwise."""

import json
import smtplib
import threading
from typing import Any

from tests.support.client import lead, new_key, send
from tests.support.daemon import SALES, WEBSITE, Installation
from tests.support.sink import Sink
from tests.support.waiting import wait_until

MOBILE = "mobile.berlin.x7k2@leads.muster.example"
POTSDAM = "desk.potsdam@leads.muster.example"


def by_exchange(key: str, model: str = "Tiguan") -> bytes:
    """What `lead(key)` asks, as an exchange writes it: with other words, another id, another Message-ID."""
    return (
        f"From: mobile.de <noreply@mobile.de>\r\nTo: {MOBILE}\r\nSubject: Anfrage zu Ihrem Inserat {key}\r\n"
        f"Message-ID: <{key}.{model.lower()}@mobile.de>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        '<?xml version="1.0"?><?adf version="1.0"?><adf><prospect status="new">'
        f'<id source="mobile.de">M-{key}</id><vehicle interest="buy" status="used"><make>Volkswagen</make>'
        f'<model>{model}</model></vehicle><customer><contact><name part="full">Jonas Probe</name>'
        f"<email>kunde-{key}@kunde.example</email></contact><comments>Bitte um Rückruf.</comments></customer>"
        "<vendor><vendorname>Autohaus Muster Berlin</vendorname></vendor></prospect></adf>\r\n"
    ).encode()


def told(sink: Sink, key: str, number: int) -> list[Any]:
    """The mails to the team about a person, once there are so many."""
    return wait_until(
        lambda: len(found := [m for m in sink.about(f"kunde-{key}@") if m.recipient == SALES]) >= number and found,
        20,
        f"{number} mails about {key}",
    )


def records_of(house: Installation, key: str) -> list[tuple[Any, ...]]:
    """Reference, state and revision of a person's records."""
    like = f"%kunde-{key}@%"
    return house.query("SELECT ref, state, revision FROM record WHERE lower(data) LIKE ? ORDER BY id", like)


def fates(house: Installation, key: str) -> list[str]:
    """Of all mails of a person, once none is pending."""
    subject = f"%{key}"
    wait_until(lambda: not house.value("SELECT 1 FROM message WHERE fate = 'pending'"), 20)
    rows = house.query("SELECT fate FROM message WHERE subject LIKE ? ORDER BY n", subject)
    return [row[0] for row in rows]


def test_the_same_lead_by_two_exchanges_is_one_record_with_two_sources(house: Installation, shared_sink: Sink) -> None:
    key = new_key()
    send(house, lead(key))
    told(shared_sink, key, 1)
    send(house, by_exchange(key), MOBILE)
    first, second = told(shared_sink, key, 2)
    ((ref, state, revision),) = records_of(house, key)
    assert (state, revision) == ("new", 2)
    assert fates(house, key) == ["opened", "attached"]
    assert first.parsed()["X-Postroom-Record"] == second.parsed()["X-Postroom-Record"] == ref
    shown = house.postroom("show", ref).stdout
    assert "also sent by mobile-berlin" in shown
    assert "Asked again" in shown
    assert "Bitte um Rückruf." in shown
    why = json.loads(house.postroom("why", f"<{key}.tiguan@mobile.de>", "--json").stdout)
    assert why["reason"] == f"a second request of {ref}: the same person (mail), and nothing differs"
    assert [known["ref"] for known in why["context"]["known"]] == [ref]
    assert ref in house.postroom("records", "--site", "berlin").stdout


def test_another_car_is_another_record_and_both_know_it(house: Installation, shared_sink: Sink) -> None:
    key = new_key()
    send(house, lead(key))
    told(shared_sink, key, 1)
    send(house, by_exchange(key, "Polo"), MOBILE)
    told(shared_sink, key, 2)
    (first, *_), (second, *_) = records_of(house, key)
    assert fates(house, key) == ["opened", "opened"]
    assert f"related to {first}" in house.postroom("show", second).stdout
    why = json.loads(house.postroom("why", second, "--json").stdout)
    assert why["reason"].endswith(f"the same person asks for something else than {first}: it is another model")


def test_another_site_knows_nothing_of_it(house: Installation, shared_sink: Sink) -> None:
    key = new_key()
    send(house, lead(key))
    told(shared_sink, key, 1)
    send(house, lead(key, text="Haben Sie ihn auch?"), POTSDAM)
    wait_until(lambda: len(records_of(house, key)) == 2, 20)
    assert fates(house, key) == ["opened", "opened"]
    both = house.query("SELECT data FROM record WHERE data LIKE ?", f"%kunde-{key}@%")
    assert ["related" in data for (data,) in both] == [False, False]


def test_two_connections_at_the_same_moment_make_one_record(house: Installation, shared_sink: Sink) -> None:
    key = new_key()
    texts = [f"Frage {n}" for n in range(6)]
    together = threading.Barrier(len(texts))

    def one(text: str) -> None:
        with smtplib.SMTP("127.0.0.1", house.port or 0, "client.example", timeout=30) as smtp:
            together.wait(30)
            smtp.sendmail("wordpress@muster.example", WEBSITE, lead(key, text=text))

    threads = [threading.Thread(target=one, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    told(shared_sink, key, len(texts))
    ((ref, _, revision),) = records_of(house, key)
    assert revision == len(texts)
    assert sorted(fates(house, key)) == ["attached"] * 5 + ["opened"]
    mails = house.value("SELECT count(*) FROM message_record JOIN record ON record = record.id WHERE ref = ?", ref)
    assert mails == len(texts)


def test_a_person_takes_two_requests_apart_and_puts_them_together_again(house: Installation, shared_sink: Sink) -> None:
    key = new_key()
    send(house, lead(key))
    told(shared_sink, key, 1)
    send(house, by_exchange(key), MOBILE)
    told(shared_sink, key, 2)
    ((first, *_),) = records_of(house, key)
    assert house.postroom("do", first, "apart").returncode == 0
    (_, (second, *_)) = records_of(house, key)
    assert "also sent by" not in house.postroom("show", first).stdout
    assert f"related to {first}" in house.postroom("show", second).stdout
    told(shared_sink, key, 3)
    assert house.postroom("do", second, "again", f"ref={first}").returncode == 0
    assert [state for _, state, _ in records_of(house, key)] == ["new", "linked"]
    assert "also sent by mobile-berlin" in house.postroom("show", first).stdout
    told(shared_sink, key, 4)
    assert house.postroom("do", first, "apart").returncode == 0
    refused = house.postroom("do", first, "apart")
    assert (refused.returncode, "no second request stands with it" in refused.stderr) == (1, True)


def test_the_books_are_right(house: Installation) -> None:
    house.settle()
    ledger = house.postroom("ledger")
    assert ledger.returncode == 0, ledger.stdout
