"""A source changes its layout: the admin is told once, teaches the new label, and reads again what came meanwhile."""

import json
import signal
import subprocess
import sys
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

from tests.support.client import lead, new_key, send
from tests.support.daemon import ADMIN, ROOT, SALES, WEBSITE, Installation
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

BEFORE, AFTER = "Wunschpreis: 24.500 EUR", "Budgetrahmen ca.: 24.500 EUR"
USUAL, CHANGED = 24, 10
IMPORTER = "importer.c6v3@leads.muster.example"
"""Common to all sites."""


def form(key: str, price: str) -> bytes:
    """A lead of the website's form."""
    price = price.replace("Wunschpreis", "Preis")
    return (
        f"From: Autohaus Muster <wordpress@muster.example>\r\nReply-To: kunde-{key}@kunde.example\r\nTo: {WEBSITE}\r\n"
        f"Subject: Anfrage {key}\r\nMessage-ID: <form-{key}@muster.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Name: Jonas Probe\r\nE-Mail: kunde-{key}@kunde.example\r\nMarke: VW\r\nModell: Tiguan\r\n{price}\r\n"
        "Nachricht: Ist der Wagen noch da?\r\n"
    ).encode()


def told(sink: Sink) -> list[Any]:
    return [mail for mail in sink.to(ADMIN) if "has changed" in mail.parsed()["Subject"]]


def changed_house(new_house: Houses, sink: Sink) -> Installation:
    """A daemon whose website has changed its form, and the admin knows."""
    house = new_house()
    for price in [BEFORE] * USUAL + [AFTER] * CHANGED:
        send(house, form(new_key(), price))
    house.settle()
    wait_until(lambda: told(sink), 30, "the admin is told")
    return house


def test_a_layout_that_nobody_knows_reaches_the_team_whoever_its_program_sends_it_as(
    new_house: Houses, sink: Sink
) -> None:
    house = new_house()
    text = "Wir haben jemanden für Sie.\r\nEs meldet sich Eva Beispiel, Rückruf 030 1234567, zum Tiguan.\r\n"
    mail = (
        f"From: Autohaus Muster <noreply@muster.example>\r\nTo: {WEBSITE}\r\nSubject: =?utf-8?q?Neu_f=C3=BCr_Sie?=\r\n"
        "Auto-Submitted: auto-generated\r\nMessage-ID: <unknown-1@muster.example>\r\nMIME-Version: 1.0\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    ).encode()
    send(house, mail)
    house.settle()
    (arrived,) = sink.to(SALES)
    assert "Eva Beispiel" in arrived.content.decode()
    assert house.value("SELECT kind FROM record") == "unsorted"
    assert house.value("SELECT count(*) FROM source_mail") == 1, "the watch over its layout sees it"


def test_the_admin_is_told_once(new_house: Houses, sink: Sink) -> None:
    house = changed_house(new_house, sink)
    for _ in range(5):
        send(house, form(new_key(), AFTER))
    house.settle()
    house.restart()
    send(house, form(new_key(), AFTER))
    house.settle()

    (mail,) = told(sink)
    text = mail.parsed().get_payload(decode=True).decode()
    assert "wanted.price was filled in 100 % of the mails" in text
    assert "the label 'Budgetrahmen ca.' is not known" in text or "'Budgetrahmen ca'" in text
    assert house.value("SELECT count(*) FROM source_mail") == USUAL + CHANGED + 6
    (found,) = [json.loads(line) for line in house.postroom("sources", "website-berlin", "--json").stdout.splitlines()]
    (unknown,) = found["unknown"]
    assert unknown["label"].startswith("Budgetrahmen")
    assert (unknown["mails"], unknown["example"]) == (CHANGED + 6, "24.500 EUR")
    assert len(found["drift"]) == 2
    assert "website-berlin" in house.postroom("sources").stdout.splitlines()[-1]
    assert house.postroom("ledger").returncode == 0


def test_a_telephone_number_is_of_the_country_of_the_site_that_the_mail_names(new_house: Houses) -> None:
    """One address for sites in Germany and Denmark; the mail says for which it is, and in what country one dials."""
    house = new_house()
    for vendor, number in (("VW-10115", "030 5550177"), ("VW-DK-5000", "66 12 34 56"), ("nobody", "030 5550178")):
        key = new_key()
        head, _, _ = lead(key).replace(WEBSITE.encode(), IMPORTER.encode()).partition(b"\r\n\r\n")
        adf = (
            "<?xml version='1.0'?><adf><prospect><customer><contact><name part='full'>Eva Probe</name>"
            f"<email>{key}@kunde.example</email><phone>{number}</phone></contact></customer>"
            f"<vendor><id>{vendor}</id><vendorname>Muster</vendorname></vendor></prospect></adf>\r\n"
        )
        send(house, head + b"\r\n\r\n" + adf.encode(), IMPORTER)
    house.settle()
    found = {one["site"]: one["reading"]["customer"]["phones"] for one in rows_of(house.postroom("records", "--json"))}
    assert found == {"berlin": ["+49305550177"], "odense": ["+4566123456"], "admin": ["+49305550178"]}
    again = rows_of(house.postroom("reparse", "--since", "2026-01-01", "--json"))
    assert again[-1]["summary"]["differ"] == 0


def rows_of(done: "subprocess.CompletedProcess[str]") -> list[Any]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_stranger_neither_raises_an_alarm_nor_hides_a_change(new_house: Houses, sink: Sink) -> None:
    """Who writes to a common address knows no secret: only what the border server vouches for counts."""
    house = new_house(smtp='authserv_id = "mx.muster.example"')
    vouched = "Authentication-Results: mx.muster.example; dmarc=pass header.from=importer.example\r\n"

    def come(price: str, *, own: bool) -> None:
        mail = form(new_key(), price).replace(b"wordpress@muster.example", b"leads@importer.example")
        send(house, (vouched.encode() if own else b"") + mail, IMPORTER)

    for _ in range(USUAL):
        come(BEFORE, own=True)
    for _ in range(CHANGED + 2):
        come(AFTER, own=False)
    house.settle()
    (found,) = [json.loads(line) for line in house.postroom("sources", "importer", "--json").stdout.splitlines()]
    assert (found["mails"], found["days_30"], found["unverified_30"]) == (USUAL, USUAL, CHANGED + 2)
    assert (found["drift"], found["unknown"]) == ([], [])
    for _ in range(CHANGED):
        come(AFTER, own=True)
        come(BEFORE, own=False)
    house.settle()
    wait_until(lambda: told(sink), 30, "the admin is told")
    assert len(told(sink)) == 1
    assert house.value("SELECT count(*) FROM source_mail") == USUAL + CHANGED
    words = ("reparse", "--since", "2026-01-01", "--source", "importer", "--apply")
    assert house.postroom(*words).returncode == 0
    assert house.value("SELECT count(*) FROM source_mail") == USUAL + CHANGED


def test_what_came_meanwhile_is_read_again(new_house: Houses, sink: Sink) -> None:
    house = changed_house(new_house, sink)
    before = len(sink.to(SALES))
    sources = (house.directory / "sources.toml").read_text("utf-8")
    layout = '[source.layout]\nlabels = { "Budgetrahmen ca." = "vehicle.price" }\n\n[[source]]\nid = "workshop-berlin"'
    house.write("sources.toml", sources.replace('[[source]]\nid = "workshop-berlin"', layout))
    assert house.postroom("reload").returncode == 0

    words = ("reparse", "--since", "2026-01-01", "--source", "website-berlin", "--json")
    shown = house.postroom(*words)
    assert json.loads(shown.stdout.splitlines()[-1])["summary"]["differ"] == CHANGED, shown.stderr
    assert house.value("SELECT count(*) FROM revision WHERE action = 'reparse'") == 0
    applied = house.postroom(*words, "--apply")
    summary = json.loads(applied.stdout.splitlines()[-1])["summary"]
    assert (summary["differ"], summary["done"], summary["fields"]["vehicles.0.price"]) == (CHANGED, CHANGED, CHANGED)
    again = json.loads(house.postroom(*words, "--apply").stdout.splitlines()[-1])["summary"]
    assert (again["differ"], again["done"]) == (0, 0)

    ref = json.loads(applied.stdout.splitlines()[0])["record"]
    record = json.loads(house.postroom("show", ref, "--json").stdout)
    assert record["record"]["reading"]["vehicles"][0]["price"] == {"amount": "24500.00", "currency": "EUR"}
    assert [one["action"] for one in record["revisions"]] == ["open", "reparse"]
    assert "Read again by" in house.postroom("why", ref).stdout
    (found,) = [json.loads(line) for line in house.postroom("sources", "website-berlin", "--json").stdout.splitlines()]
    assert (found["drift"], found["unknown"]) == ([], [])
    house.settle()
    assert len(sink.to(SALES)) == before, "nobody gets a mail for a field"
    assert len(told(sink)) == 1
    assert house.postroom("ledger").returncode == 0


def test_what_was_unsorted_becomes_a_lead_with_its_time_and_clock(new_house: Houses, sink: Sink) -> None:
    house = new_house(started=False)
    sources = (house.directory / "sources.toml").read_text("utf-8")
    first = 'id = "website-berlin"\n'
    house.write("sources.toml", sources.replace(first, f'{first}kind = "unsorted"\n'))
    house.start()
    body = "Name: Jonas Probe\r\nE-Mail: jonas-{key}@kunde.example\r\nNachricht: Bitte um ein Angebot.\r\n"
    for key in (keys := [new_key(), new_key()]):
        send(house, lead(key).partition(b"\r\n\r\n")[0] + b"\r\n\r\n" + body.format(key=key).encode())
    house.settle()
    before = house.query("SELECT ref, kind, received_at FROM record ORDER BY id")
    due = house.query("SELECT record, step, due_at FROM deadline WHERE ended_at IS NULL ORDER BY id")
    assert [kind for _, kind, _ in before] == ["unsorted"] * len(keys)
    assert due
    assert house.postroom("do", before[0][0], "take").returncode == 0
    house.write("sources.toml", sources.replace(first, f'{first}kind = "lead"\n'))
    assert house.postroom("reload").returncode == 0

    words = ("reparse", "--since", "2026-01-01", "--fate", "unsorted", "--apply", "--json")
    *results, last = [json.loads(line) for line in house.postroom(*words).stdout.splitlines()]
    assert [(one["record"], [c["field"] for c in one["changes"]], one.get("done", False)) for one in results] == [
        (before[0][0], ["kind"], False),
        (before[1][0], ["kind"], True),
    ], "what somebody has taken in hand keeps its kind"
    assert (last["summary"]["done"], last["summary"]["left"]) == (1, 1)
    again = json.loads(house.postroom(*words).stdout.splitlines()[-1])["summary"]
    assert (again["mails"], again["done"]) == (1, 0)
    house.settle()
    after = house.query("SELECT ref, kind, received_at FROM record ORDER BY id")
    assert after == [before[0], (before[1][0], "lead", before[1][2])]
    still = house.query("SELECT record, step, due_at FROM deadline WHERE ended_at IS NULL ORDER BY id")
    assert still == [row for row in due if row[0] == due[-1][0]], "the clock goes on as it was"
    (mail,) = [
        mail for mail in sink.to(SALES) if "gelesen" in str(make_header(decode_header(mail.parsed()["Subject"])))
    ]
    assert before[1][0].encode() in mail.parsed().get_payload(decode=True)
    assert house.postroom("ledger").returncode == 0


def test_interrupted_it_goes_on_later(new_house: Houses, sink: Sink, tmp_path: Path) -> None:
    """Nobody reads on: the pipe is full long before the last mail."""
    house, number = new_house(), 400
    file = tmp_path / "old.mbox"
    line = b"From - Mon Mar  2 09:00:00 2026\n"
    file.write_bytes(b"".join(line + lead(new_key()).replace(b"\r\n", b"\n") + b"\n" for _ in range(number)))
    assert house.postroom("import", str(file)).returncode == 0
    sites = (house.directory / "sites.toml").read_text("utf-8")
    house.write("sites.toml", sites.replace('country = "DE"', 'country = "AT"', 1))
    words = ("reparse", "--since", "2026-01-01", "--source", "website-berlin", "--apply", "--json")
    code = "from daemon.cli import main; main()"
    command = [sys.executable, "-c", code, *words, "-c", str(house.directory)]
    with subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE) as stopped:
        assert stopped.stdout
        first = stopped.stdout.readline()
        stopped.send_signal(signal.SIGINT)
        out, _ = stopped.communicate(timeout=60)
    assert stopped.returncode == 130
    summary = json.loads((first + out).splitlines()[-1])["summary"]
    assert summary["interrupted"] is True
    assert 0 < summary["done"] < number
    rest = [json.loads(house.postroom(*words).stdout.splitlines()[-1])["summary"]["done"] for _ in range(2)]
    assert rest == [number - summary["done"], 0]
    assert house.value("SELECT count(*) FROM revision WHERE action = 'reparse'") == number
    assert house.postroom("ledger").returncode == 0
