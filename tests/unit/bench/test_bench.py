"""The bench measures what it says: its mails, its group, its sink."""

import socket
from email import message_from_bytes
from pathlib import Path

import pytest

from config.load import load
from parsers import read
from tests.bench import figures, mails, servers, sink
from tests.bench.classes import CLASSES


@pytest.mark.parametrize("kind", mails.KINDS)
def test_mails_are_repeatable_and_different(kind: str) -> None:
    one, again, other = (mails.make(kind, n, servers.RECIPIENT) for n in (7, 7, 8))
    assert message_from_bytes(one)["Message-ID"] == "<bench-7@boerse.example>"
    assert sink.subject_of(one) == 7
    assert b"\n" not in one.replace(b"\r\n", b"")
    assert one == again
    assert message_from_bytes(one)["Subject"] != message_from_bytes(other)["Subject"]


@pytest.mark.parametrize("name", CLASSES)
def test_the_classes_are_what_they_are_called(name: str) -> None:
    parsed = read.parse(*CLASSES[name](7))
    assert parsed.defects == ()
    assert parsed.mail_class == ("automatic" if name in ("autoscout24", "newsletter") else "person")
    assert (parsed.forwarded is not None) == (name == "forward")
    known = {"invitation": {"booking"}, "letter": {"unsorted"}, "website": {"lead", "booking"}}
    assert [reading.kind for reading in parsed.readings if reading.kind in known.get(name, {"lead"})]


def test_the_group_is_valid(tmp_path: Path) -> None:
    servers.write_configuration(tmp_path, 2525, 9125, 2526, '["smtp"]')
    settings, problems = load(tmp_path)
    assert problems == []
    assert settings is not None
    assert servers.RECIPIENT in {source.address for source in settings.sources.values()}


def test_the_sink_counts_each_mail_once() -> None:
    with sink.running() as relay:
        with (
            socket.create_connection(("127.0.0.1", relay.port), 10) as connection,
            connection.makefile("rwb") as stream,
        ):
            for number in (3, 3, 4):
                stream.write(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n")
                stream.write(mails.make("form", number, "a@b.example") + b"\r\n.\r\n")
            stream.write(b"QUIT\r\n")
            stream.flush()
            assert stream.read().count(b"250 ok") == 9
        assert sink.count(relay.port) == 2
        assert {number: times for number, (_, times) in sink.dump(relay.port).items()} == {3: 2, 4: 1}
        assert sink.count(relay.port) == 0


@pytest.mark.parametrize(("relation", "value", "reached"), [(">=", 1.5, True), (">=", 1.4, False), ("<=", 1.6, False)])
def test_goals(relation: str, value: float, reached: bool) -> None:
    assert figures.Goal("x", lambda: value, relation, 1.5).reached is reached


def test_what_was_not_measured_reaches_no_goal() -> None:
    empty = figures.Figures("nothing")
    ratio = figures.Goal("x", lambda: empty.ratio("rate", "us", "them"), ">=", 0)
    assert not ratio.reached
    assert not figures.Goal("x", ratio.measure, "<=", 1e9).reached
