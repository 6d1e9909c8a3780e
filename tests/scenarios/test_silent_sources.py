"""Silent sources: told every Friday, once by any number of daemons; missed runs, planned silences, the all-clear."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.client import lead, new_key, send
from tests.support.daemon import WEBSITE, Installation
from tests.support.fixtures import ON_SQLITE, Databases, Houses
from tests.support.sink import Arrived, Sink
from tests.support.waiting import wait_until

MOBILE = "mobile.berlin.x7k2@leads.muster.example"
CONTROLLING, DENMARK = "controlling@muster.example", "kunde@importer.example"
SILENT_IN_BERLIN = {"mobile-berlin", "autoscout-potsdam"}
NAMES = {"mobile-berlin", "autoscout-potsdam", "website-berlin", "workshop-berlin", "complaints", "website-odense"}


class Listener:
    """A web server that counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.code = 200
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                listener.asked.append(self.path)
                self.send_response(listener.code)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/ping"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> "Listener":
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Weeks:
    """A daemon, and the hand that turns its clock (UTC); Berlin and Odense are an hour ahead of it."""

    def __init__(self, house: Installation, clock: Path, sink: Sink) -> None:
        self.house = house
        self.clock = clock
        self.sink = sink

    def at(self, time: str) -> None:
        """Turn the clock."""
        self.clock.write_text(f"{time}+00:00")

    def start(self) -> None:
        """Run by that clock."""
        self.house.start({"POSTROOM_TEST_CLOCK": str(self.clock)})

    def friday(self, day: str) -> None:
        """Seven o'clock at Berlin; the look at all sources is done, in both zones."""
        self.at(f"{day}T05:59:59")
        self.at(f"{day}T06:00:00")
        self.looked(day)

    def looked(self, day: str) -> None:
        """The runs of a day are done."""
        done = (
            "SELECT count(*) FROM run WHERE job = 'silent' AND day = ? AND done_at IS NOT NULL"
            " AND scope IN ('Europe/Berlin', 'Europe/Copenhagen')"
        )
        wait_until(lambda: self.house.value(done, day) == 2, 30, f"the look of {day}")

    def writes(self, address: str) -> None:
        """A source sends."""
        before = self.house.value("SELECT count(*) FROM record")
        send(self.house, lead(new_key()), address)
        wait_until(lambda: self.house.value("SELECT count(*) FROM record") == before + 1, 30, "the lead")

    def told(self, to: str, purpose: str) -> list[set[str]]:
        """The sources that each mail of a purpose names."""
        rows = self.house.query(
            "SELECT message_id FROM outbox WHERE recipient = ? AND purpose = ? ORDER BY id", to, purpose
        )

        def texts() -> dict[str, str]:
            return {str(mail.parsed()["Message-ID"]): text_of(mail) for mail in self.sink.to(to)}

        wait_until(lambda: {key for (key,) in rows} <= set(texts()), 20, "all are sent")
        return [{name for name in NAMES if name in texts()[key]} for (key,) in rows]


def text_of(mail: Arrived) -> str:
    """What a person reads."""
    parts = [part for part in mail.parsed().walk() if part.get_content_type() == "text/plain"]
    return b"".join(bytes(part.get_payload(decode=True) or b"") for part in parts).decode()


@pytest.fixture
def weeks(new_house: Houses, tmp_path: Path, sink: Sink) -> Weeks:
    """From Monday, 2 November 2026."""
    found = Weeks(new_house(started=False), tmp_path / "clock", sink)
    found.at("2026-11-02T09:00:00")
    return found


def test_silent_sources_are_told_every_friday_until_they_speak(weeks: Weeks) -> None:
    weeks.start()
    weeks.friday("2026-11-06")
    assert weeks.told(CONTROLLING, "silent") == []
    weeks.at("2026-11-12T09:00:00")
    weeks.writes(WEBSITE)
    weeks.friday("2026-11-13")
    assert weeks.told(CONTROLLING, "silent") == [SILENT_IN_BERLIN]
    assert weeks.told(DENMARK, "silent") == [{"website-odense"}]
    weeks.at("2026-11-17T09:00:00")
    weeks.writes(WEBSITE)
    weeks.friday("2026-11-20")
    assert weeks.told(CONTROLLING, "silent")[1] == {*SILENT_IN_BERLIN, "complaints"}
    assert weeks.told(CONTROLLING, "speaks") == []
    weeks.at("2026-11-20T10:00:00")
    weeks.writes(MOBILE)
    wait_until(lambda: weeks.told(CONTROLLING, "speaks"), 30, "the all-clear")
    weeks.friday("2026-11-27")
    assert weeks.told(CONTROLLING, "silent")[2:] == [{"autoscout-potsdam", "complaints", "website-berlin"}]
    assert weeks.told(CONTROLLING, "speaks") == [{"mobile-berlin"}]
    told = weeks.house.query(
        "SELECT source, times, cleared_at IS NOT NULL FROM silent_source WHERE controller = ? ORDER BY source",
        CONTROLLING,
    )
    assert told == [
        ("autoscout-potsdam", 3, False),
        ("complaints", 2, False),
        ("importer", 2, False),
        ("mobile-berlin", 2, True),
        ("website-berlin", 1, False),
    ]
    status = weeks.house.postroom("status").stdout
    assert "silent, and told: autoscout-potsdam, complaints, importer, website-berlin, website-odense" in status
    assert "last looked 2026-11-27 06:00 UTC" in status
    wait_until(lambda: "postroom_silence_runs_total 8.0" in weeks.house.get("/metrics")[1], 30, "the worker's figures")
    figures = weeks.house.get("/metrics")[1]
    assert "postroom_sources_silent 5.0" in figures
    assert "postroom_silence_runs_missed 0.0" in figures
    found = weeks.house.postroom("ledger")
    assert found.returncode == 0, found.stdout


@ON_SQLITE
def test_a_missed_run_is_made_up_for_once(weeks: Weeks) -> None:
    weeks.start()
    weeks.friday("2026-11-06")
    weeks.house.stop()
    weeks.at("2026-11-28T15:00:00")  # a Saturday; three Fridays passed
    weeks.start()
    weeks.looked("2026-11-27")
    assert len(weeks.told(CONTROLLING, "silent")) == 1
    weeks.house.restart({"POSTROOM_TEST_CLOCK": str(weeks.clock)})
    weeks.friday("2026-12-04")
    runs = weeks.house.query(
        "SELECT day, missed FROM run WHERE job = 'silent' AND scope = 'Europe/Berlin' ORDER BY day"
    )
    assert runs == [("2026-11-06", 0), ("2026-11-27", 3), ("2026-12-04", 0)]
    assert len(weeks.told(CONTROLLING, "silent")) == 2
    assert weeks.house.status()["silence"]["missed"] == 6  # of two zones


@ON_SQLITE
def test_what_is_planned_is_not_told(weeks: Weeks) -> None:
    weeks.house.write(
        "silences.toml",
        '[[silence]]\nsite = "potsdam"\nfrom = "2026-11-01"\nuntil = "2026-11-30"\nreason = "rebuilding"\n',
    )
    weeks.start()
    clock = {"POSTROOM_TEST_CLOCK": str(weeks.clock)}

    def command(*words: str) -> str:
        done = weeks.house.postroom(*words, env=clock)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert "from 2026-11-02 to 2026-11-13" in command("silence", "add", "mobile-berlin", "--until", "2026-11-13")
    weeks.friday("2026-11-13")
    assert weeks.told(CONTROLLING, "silent") == [{"website-berlin"}]
    listed = [json.loads(line) for line in command("silence", "list", "--json").splitlines()]
    assert [(one["site"], one["source"], one["until"], one["kept"]) for one in listed] == [
        ("potsdam", None, "2026-11-30", False),
        (None, "mobile-berlin", "2026-11-13", True),
    ]
    shown = command("status")
    assert "planned silence of site potsdam from 2026-11-01 to 2026-11-30: rebuilding" in shown
    assert "planned silence of mobile-berlin from 2026-11-02 to 2026-11-13" in shown
    (row,) = [json.loads(line) for line in command("sources", "mobile-berlin", "--json").splitlines()]
    assert (row["silent"], row["planned"]["until"]) == (False, "2026-11-13")
    assert row["next_look"] == "2026-11-20T06:00:00+00:00"
    assert "ended" in command("silence", "end", "mobile-berlin")
    assert weeks.house.postroom("silence", "end", "mobile-berlin", env=clock).returncode == 1
    weeks.friday("2026-11-20")  # seven days and some hours, the planned ones left out
    assert weeks.told(CONTROLLING, "silent")[1] == {"mobile-berlin", "website-berlin", "complaints"}


def test_a_source_is_verified_by_a_mail_that_comes_the_whole_way(weeks: Weeks) -> None:
    weeks.start()
    clock = {"POSTROOM_TEST_CLOCK": str(weeks.clock)}
    waiting = weeks.house.command("source", "verify", "mobile-berlin", "--wait", "30", "--json", env=clock)
    probe = wait_until(lambda: weeks.sink.to(MOBILE), 20, "the mail to the source's address")[0]
    send(weeks.house, probe.content, MOBILE, sender="postmaster@postroom.muster.example")
    out, _ = waiting.communicate(timeout=60)
    assert waiting.returncode == 0
    told = json.loads(out)
    assert (told["source"], told["channel"], told["verified"]) == ("mobile-berlin", "smtp", "address")
    assert weeks.house.query("SELECT fate, source FROM message") == [("automatic", "mobile-berlin")]
    assert weeks.house.query("SELECT ref FROM record") == []
    assert weeks.house.query("SELECT message FROM source_mail") == []
    by_hand = weeks.house.postroom("source", "verify", "website-berlin", "--print", env=clock)
    told = weeks.house.postroom("source", "verify", "website-berlin", "--print", "--json", env=clock).stdout
    assert json.loads(told)["token"].startswith("postroom-probe-")
    token = next(line.strip() for line in by_hand.stdout.splitlines() if "postroom-probe-" in line)
    send(weeks.house, lead(new_key(), text=f"Ein Test: {token}"))
    wait_until(lambda: weeks.house.value("SELECT came_at FROM probe WHERE source = 'website-berlin'"), 20, "known")
    assert weeks.house.query("SELECT DISTINCT fate FROM message") == [("automatic",)]
    send(weeks.house, lead(new_key(), text="postroom-probe-aaaaaaaaaaaaaaaa"))  # nobody's
    wait_until(lambda: weeks.house.value("SELECT count(*) FROM record") == 1, 20, "a lead like any other")
    again = weeks.house.postroom("reparse", "--since", "2026-11-01", "--fate", "automatic", "--apply", env=clock)
    assert (again.returncode, weeks.house.value("SELECT count(*) FROM record")) == (0, 1), again.stderr
    shown = weeks.house.postroom("sources", "mobile-berlin", env=clock).stdout
    assert "verified 2026-11-02 09:00 UTC: a mail of ours came the whole way by smtp, to its secret address" in shown
    late = weeks.house.postroom("source", "verify", "complaints", "--wait", "0", env=clock)
    assert (late.returncode, "did not come yet" in late.stdout) == (1, True)
    assert weeks.house.postroom("source", "verify", "mobile-berlni").returncode == 2


def test_two_daemons_tell_once(new_house: Houses, tmp_path: Path, sink: Sink, new_database: Databases) -> None:
    database = new_database()
    if database == "sqlite":
        pytest.skip("one daemon per SQLite file; with PostgreSQL this runs")
    first, second = (Weeks(new_house(started=False, database=database), tmp_path / "clock", sink) for _ in range(2))
    first.at("2026-11-02T09:00:00")
    first.start()
    second.start()
    for day in ("2026-11-13", "2026-11-20"):
        first.friday(day)
    assert [len(first.told(to, "silent")) for to in (CONTROLLING, DENMARK)] == [2, 2]
    first.at("2026-11-20T10:00:00")
    first.writes(MOBILE)
    wait_until(lambda: len(sink.to(CONTROLLING)) == 3, 30, "the all-clear")
    first.friday("2026-11-27")
    assert len(first.told(CONTROLLING, "speaks")) == 1
    assert len(first.told(CONTROLLING, "silent")) == 3
    assert first.house.query("SELECT count(*) FROM run WHERE job = 'silent' AND done_at IS NULL") == [(0,)]
    assert sink.doubled() == {}


@ON_SQLITE
def test_who_watches_the_watch_is_asked(new_house: Houses, tmp_path: Path, sink: Sink) -> None:
    with Listener() as listener:
        weeks = Weeks(new_house(started=False), tmp_path / "clock", sink)
        weeks.house.append("postroom.toml", f'[monitor]\nping = "{listener.url}"\n')
        weeks.at("2026-11-02T09:00:00")
        weeks.start()
        wait_until(lambda: listener.asked == ["/ping"], 20, "at the start")
        weeks.at("2026-11-02T21:00:00")
        weeks.at("2026-11-03T09:00:00")
        wait_until(lambda: len(listener.asked) == 2, 20, "a day later")
        weeks.friday("2026-11-06")
        wait_until(lambda: len(listener.asked) > 2, 20, "after the look")
        listener.code = 302
        weeks.at("2026-11-07T12:00:00")
        # one more where the answer to the ping before was still on its way
        failed = re.compile(r"^postroom_pings_failed_total [12]\.0$", re.MULTILINE)
        wait_until(lambda: failed.search(weeks.house.get("/metrics")[1]), 30, "a failure counts")
        assert "ping-failed" in weeks.house.log()
        weeks.writes(WEBSITE)  # nobody waits for it
