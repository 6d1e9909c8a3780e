import subprocess
import sys

from parsers.hops import trace

HEAD = (
    b"Received: from mx.example.net by muster.example with ESMTP id 1; Mon, 2 Nov 2026 10:00:05 +0100\r\n"
    b"Received: from pc by mx.example.net with ESMTP id 2; Mon, 2 Nov 2026 10:00:00 +0100\r\n"
)


def test_hops_stand_in_the_order_of_time() -> None:
    hops = trace(HEAD + b"From: max@example.de\r\n\r\nx").hops
    assert [hop.receiver for hop in hops] == ["mx.example.net", "muster.example"]
    assert [hop.at for hop in hops] == ["2026-11-02T09:00:00+00:00", "2026-11-02T09:00:05+00:00"]
    assert hops[1].delay == 5


def test_what_makes_mail_parser_raise_is_only_noted() -> None:
    assert trace(b"Subject: =?ut\x00f-8?q?x?=\r\n\r\n").failed in (None, "ValueError")


def test_daily_work_does_not_import_it() -> None:
    code = "import sys, parsers.read; parsers.read.parse(b'From: a@b.de'); sys.exit('mailparser' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
