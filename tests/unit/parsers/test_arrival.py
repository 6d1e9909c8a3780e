"""What a header without an envelope says: for whom, from whom, when."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.arrival import arrival, instant

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def of(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", "Hallo", ""]).encode()


@pytest.mark.parametrize(
    ("lines", "recipients"),
    [
        (("To: a@x.example",), ("a@x.example",)),
        (("Cc: c@x.example", "To: A <a@x.example>, b@x.example"), ("a@x.example", "b@x.example", "c@x.example")),
        (
            ("To: a@x.example", "X-Original-To: o@x.example", "Delivered-To: d@x.example"),
            ("d@x.example", "o@x.example", "a@x.example"),
        ),
        (
            ("Delivered-To: 1@x.example", "Delivered-To: 2@x.example", "From: f@x.example"),
            ("1@x.example", "2@x.example"),
        ),
        (("To: undisclosed-recipients:;",), ()),
        (("Bcc: b@x.example", "From: f@x.example"), ()),
        (("To: =?utf-8?q?b=40x=2Eexample?= <a@x.example>",), ("a@x.example",)),
    ],
)
def test_for_whom(lines: tuple[str, ...], recipients: tuple[str, ...]) -> None:
    found = arrival(of(*lines))
    assert found
    assert found.recipients == recipients


@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        (("Return-Path: <bounces@x.example>", "From: f@x.example"), "bounces@x.example"),
        (("Return-Path: <>", "From: f@x.example"), ""),
        (("Return-Path: a b@c", "From: f@x.example"), ""),
        (("Return-Path: <a\0b@x.example>", "From: f@x.example"), ""),
        (("From: Eva <F@x.example>",), "f@x.example"),
        (("Subject: x",), ""),
    ],
)
def test_from_whom(lines: tuple[str, ...], sender: str) -> None:
    found = arrival(of(*lines))
    assert found
    assert found.sender == sender


HOP = "Received: from a.example by b.example with ESMTP; Mon, 2 Nov 2026 10:00:05 +0100 (CET)"
OLDER = "Received: from c.example by a.example; Mon, 2 Nov 2026 09:59:00 +0100"
AHEAD = "Received: from a.example by b.example; Mon, 2 Nov 2099 10:00:05 +0100"
DATE = "Date: Sun, 1 Nov 2026 08:00:00 GMT"


@pytest.mark.parametrize(
    ("lines", "at"),
    [
        ((HOP, OLDER, DATE), "2026-11-02T09:00:05+00:00"),
        ((DATE,), "2026-11-01T08:00:00+00:00"),
        ((AHEAD, DATE), "2026-11-01T08:00:00+00:00"),
        (("Received: from a.example by b.example; yesterday", DATE), "2026-11-01T08:00:00+00:00"),
        (("Received: no time at all", DATE), "2026-11-01T08:00:00+00:00"),
        (("Date: Sun, 01 Nov 2026 08:00:00",), "2026-11-01T08:00:00+00:00"),
        (("Date: 1 Nov 26 08:00 -0000",), "2026-11-01T08:00:00+00:00"),
        (("Date: Thu, 1 Jan 1970 00:00:00 +0000",), None),
        (("Date: Mon, 23 Nov 2026 08:00:01 +0000",), None),
        (("Date: Mon, 99 Nov 2026 08:00:00 +9999",), None),
        (("Subject: x",), None),
    ],
)
def test_when(lines: tuple[str, ...], at: str | None) -> None:
    found = arrival(of(*lines))
    assert found
    assert found.received_at(NOW) == (datetime.fromisoformat(at) if at else None)


@pytest.mark.parametrize(
    "raw", [b"", b"\0\1\2", b"just a text\nof two lines\n", b"{'a': 1}", b"Dear: customer\n\nx", b"%PDF-1.7\n"]
)
def test_no_mail(raw: bytes) -> None:
    assert arrival(raw) is None


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([HOP, DATE, "To: x@y", "\0", ":", "Received:;;;"])).map(lambda x: of(*x))
)
def test_it_never_raises(raw: bytes) -> None:
    found = arrival(raw)
    assert found is None or all(at.tzinfo is UTC for at in found.times)


@given(st.text(max_size=60))
def test_dates_never_raise(text: str) -> None:
    found = instant(text)
    assert found is None or found.tzinfo is UTC
