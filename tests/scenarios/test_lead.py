"""The main way: a mail comes in by SMTP, the right team is told by mail."""

import re
from email.message import Message

from tests.support.client import lead, new_key, send, talk
from tests.support.daemon import ADMIN, SALES, WEBSITE, Installation
from tests.support.sink import Sink
from tests.support.waiting import wait_until


def _notification(sink: Sink, key: str) -> Message:
    return wait_until(lambda: sink.about(f"kunde-{key}@"), 20, f"a notification about {key}")[0].parsed()


def test_a_lead_is_told_to_its_team(house: Installation, shared_sink: Sink) -> None:
    key = new_key()
    content = lead(key)
    send(house, content)
    mail = _notification(shared_sink, key)
    arrived = shared_sink.about(f"kunde-{key}@")[0]
    ref = house.value(
        "SELECT ref FROM record JOIN message_record ON record = record.id JOIN message ON message.id = message"
        " WHERE subject = ?",
        f"Anfrage {key}",
    )
    assert arrived.recipient == SALES
    assert re.fullmatch(r"desk\.berlin\+b\d+\.[a-z2-7]{16}@leads\.muster\.example", arrived.sender)
    assert "Autohaus Muster Berlin" in mail["From"]
    assert "<desk.berlin@leads.muster.example>" in mail["From"]
    assert mail["Reply-To"].startswith(f"desk.berlin+{ref.replace('-', '').lower()[:1]}")
    assert mail["List-Id"] == "<sales.berlin.postroom.muster.example>"
    assert mail["X-Postroom-Category"] == "action"
    assert mail["X-Postroom-Record"] == ref
    assert mail["References"] == f"<{ref.lower()}.record@postroom.muster.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@postroom.muster.example>")
    original = next(part for part in mail.walk() if part.get_content_type() == "message/rfc822")
    inner = original.get_payload(0)
    assert isinstance(inner, Message)
    assert inner["Message-ID"] == f"<form-{key}@muster.example>"
    assert house.query("SELECT fate, site, source, class FROM message WHERE subject = ?", f"Anfrage {key}") == [
        ("opened", "berlin", "website-berlin", "person")
    ]


def test_the_same_mail_twice_is_one_record(house: Installation) -> None:
    key = new_key()
    content = lead(key)
    send(house, content)
    send(house, content)
    subject = f"Anfrage {key}"
    rows = wait_until(
        lambda: len(r := house.query("SELECT fate FROM message WHERE subject = ? ORDER BY n", subject)) == 2 and r
    )
    assert rows == [("opened",), ("repeat",)]
    assert house.value("SELECT count(*) FROM record WHERE data LIKE ?", f"%kunde-{key}@%") == 1


def test_a_mail_for_three_recipients_is_three_messages(house: Installation) -> None:
    key = new_key()
    to = (WEBSITE, "desk.potsdam@leads.muster.example", "website.odense.b8n4@leads.muster.example")
    send(house, lead(key), *to)
    subject = f"Anfrage {key}"
    rows = wait_until(
        lambda: len(r := house.query("SELECT recipient, site, fate FROM message WHERE subject = ?", subject)) == 3 and r
    )
    assert sorted(rows) == sorted(
        (recipient, site, "opened") for recipient, site in zip(to, ("berlin", "potsdam", "odense"), strict=True)
    )
    assert house.value("SELECT count(*) FROM raw JOIN message ON id = message WHERE subject = ?", subject) == 3


def test_the_postmaster_is_the_admin(house: Installation, shared_sink: Sink) -> None:
    key = new_key()
    send(house, lead(key), "postmaster@leads.muster.example")
    wait_until(lambda: [m for m in shared_sink.about(f"kunde-{key}@") if m.recipient == ADMIN])
    assert house.query("SELECT site, kind FROM record WHERE data LIKE ?", f"%kunde-{key}@%") == [("admin", "unsorted")]


def test_unknown_recipients_are_refused_and_what_was_meant_is_shown(house: Installation) -> None:
    mistyped = "website.berlin.h3t9@leads.muster.example"
    with talk(house) as session:
        session.read()
        session.ask("EHLO client.example")
        session.ask("MAIL FROM:<a@kunde.example>")
        first = session.ask(f"RCPT TO:<{mistyped}>")
        assert (first.code, first.text[:9]) == (550, "550 5.1.1")
        assert session.ask(f"RCPT TO:<{mistyped.upper()}>").code == 550
        assert session.ask("RCPT TO:<nobody@elsewhere.example>").code == 550
    refused = {one["address"]: (one["count"], one["meant"]) for one in house.status()["refused_recipients"]}
    assert refused[mistyped] == (2, WEBSITE)
    assert refused["nobody@elsewhere.example"] == (1, None)


def test_an_answer_to_a_token_is_attached(house: Installation, shared_sink: Sink) -> None:
    key, answer = new_key(), new_key("answer")
    send(house, lead(key))
    token = str(_notification(shared_sink, key)["Reply-To"])
    send(house, lead(answer), token)
    subject = f"Anfrage {answer}"
    wait_until(lambda: house.query("SELECT 1 FROM message WHERE subject = ? AND fate = 'attached'", subject))
    how = house.query(
        "SELECT how, revision, state FROM message_record JOIN message ON message.id = message"
        " JOIN record ON record.id = record WHERE subject = ?",
        subject,
    )
    assert how == [("attached", 2, "new")]


def test_a_forged_token_changes_nothing(house: Installation, shared_sink: Sink) -> None:
    key, forged = new_key(), new_key("forged")
    send(house, lead(key))
    token = str(_notification(shared_sink, key)["Reply-To"])
    local, _, domain = token.partition("@")
    other = "a" if local[-1] != "a" else "b"
    send(house, lead(forged), f"{local[:-1]}{other}@{domain}")
    fate = wait_until(
        lambda: house.value("SELECT fate FROM message WHERE subject = ? AND fate <> 'pending'", f"Anfrage {forged}")
    )
    assert fate == "opened"
    assert house.query("SELECT revision FROM record WHERE data LIKE ?", f"%kunde-{key}@%") == [(1,)]


def test_health_and_metrics(house: Installation) -> None:
    assert house.get("/-/healthy") == (200, "healthy\n")
    assert house.get("/-/ready") == (200, "ready\n")
    assert house.get("/nothing")[0] == 404
    status, text = house.get("/metrics")
    assert status == 200
    assert "postroom_worker_up 1.0" in text
    assert 'postroom_mails{fate="opened"' in text
