"""Mails out of mbox files, as the programs write them."""

import io
import mailbox
import re
import tracemalloc
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.intake.mbox import LINE, Kept, is_separator, mails

FROM = b"From eva@x.example Mon Nov  2 10:00:05 2026\n"
LIMIT = 1 << 20


def read(content: bytes, limit: int = LIMIT) -> list[Kept]:
    return list(mails(io.BytesIO(content), limit))


def texts(content: bytes) -> list[bytes | None]:
    return [kept.content for kept in read(content)]


@pytest.mark.parametrize(
    ("line", "separates"),
    [
        (FROM, True),
        (b"From - Mon Nov  2 10:00:05 2026\r\n", True),
        (b"From 1785@xxx Mon Nov 02 10:00:05 +0000 2026\n", True),
        (b"From MAILER-DAEMON Mon Nov  2 10:00:05 2026\n", True),
        (b"From eva@x.example  Mon Nov  2 10:00 MET 2026\n", True),
        (b"From \r\n", True),
        (b"From -\n", True),
        (b"From our house to yours: 3:30 at the latest\n", False),
        (b"From Monday on we open at 8:00\n", False),
        (b"From 2026 on\n", False),
        (b"from eva@x.example Mon Nov  2 10:00:05 2026\n", False),
        (b"From:eva@x.example 10:00 2026\n", False),
        (b">From eva@x.example Mon Nov  2 10:00:05 2026\n", False),
        (b"From " + b"1:00 " * 10_000 + b"2026\n", False),
    ],
)
def test_separators(line: bytes, separates: bool) -> None:
    assert is_separator(line) is separates


A, B = b"Subject: a\n\nHallo\n", b"Subject: b\n\nServus\n"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (FROM + A + b"\n" + FROM + B + b"\n", [A, B]),
        (FROM + A + b"\n" + FROM + B, [A, B]),  # the last blank line is missing
        (FROM + A + b"\n" + FROM + B[:-1], [A, B[:-1]]),  # the last line end is missing
        (FROM + A + b"\n\n\n" + FROM + B, [A + b"\n\n", B]),
        ((FROM + A + b"\n" + FROM + B + b"\n").replace(b"\n", b"\r\n"), [x.replace(b"\n", b"\r\n") for x in (A, B)]),
        (FROM + A + FROM + B, [A + FROM + B]),  # no blank line: a text about mbox files
        (FROM + A + b"\nFrom Monday on\n", [A + b"\nFrom Monday on\n"]),
        (FROM + A + b">From Monday\n>>From x\n> From y\n>From:z\n", [A + b"From Monday\n>From x\n> From y\n>From:z\n"]),
        (FROM + A + b">\n\n" + FROM + B, [A + b">\n", B]),
        (FROM, [b""]),
        (FROM + FROM, [FROM]),
        (FROM + b"\n" + FROM + A, [b"\n", A]),
        (b"From whoever, whenever\n" + A, [A]),  # the first line was seen to be one
        (b"From ", [b""]),
        (FROM + b"\0\xff\n\n" + FROM + B, [b"\0\xff\n", B]),
    ],
)  # fmt: skip
def test_what_is_found(content: bytes, found: list[bytes]) -> None:
    assert texts(content) == found


def test_offsets_and_times() -> None:
    content = FROM + A + b"\n" + b"From - Tue Nov 03 10:00:05 2026\n" + B + b"\nFrom \n" + A
    first, second, third = read(content)
    assert [one.offset for one in (first, second, third)] == [0, content.index(b"From -"), content.index(b"From \n")]
    assert [one.at for one in (first, second, third)] == [
        datetime.fromisoformat("2026-11-02T10:00:05+00:00"), datetime.fromisoformat("2026-11-03T10:00:05+00:00"), None,
    ]  # fmt: skip
    (zoned,) = read(b"From 17@xxx Mon Nov 02 10:00:05 +0100 2026\n" + A)
    assert zoned.at == datetime.fromisoformat("2026-11-02T09:00:05+00:00")


@pytest.mark.parametrize("shift", range(-6, 2))
def test_a_line_that_is_read_in_pieces_is_one_line(shift: int) -> None:
    """Neither a separator nor a quote begins in the middle of a line, wherever it is cut."""
    body = b"x" * (LINE + shift) + b"From eva@x.example Mon Nov  2 10:00:05 2026\n>>From y\n"
    assert texts(FROM + b"Subject: a\n\n" + body) == [b"Subject: a\n\n" + body.replace(b"\n>>", b"\n>")]


def test_what_is_too_large_is_passed_over() -> None:
    large = b"Subject: a\n\n" + b"x" * 100 + b"\n"
    content = FROM + large + b"\n" + FROM + B + b"\n"
    assert [one.content for one in read(content, len(large))] == [large, B]
    assert [one.content for one in read(content, len(large) - 1)] == [None, B]
    crlf = content.replace(b"\n", b"\r\n")
    assert [bool(one.content) for one in read(crlf, len(large) + 3)] == [True, True]
    assert [bool(one.content) for one in read(crlf, len(large) + 2)] == [False, True]


class Endless(io.RawIOBase):
    """A file of many megabytes that exists nowhere."""

    def __init__(self, piece: bytes, times: int) -> None:
        self._piece = piece
        self._left = times

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        if not self._left:
            return 0
        self._left -= 1
        buffer[: len(self._piece)] = self._piece
        return len(self._piece)


@pytest.mark.parametrize(
    "piece", [FROM + A + b"\n", b"From " + b"x" * 5000, FROM + b"x\n\n" * 200], ids=["small", "one line", "many lines"]
)
def test_memory_does_not_grow_with_the_file(piece: bytes) -> None:
    tracemalloc.start()
    handle = io.BufferedReader(Endless(piece, 400), 8192)  # type: ignore[type-var]
    for _ in mails(handle, 50_000):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


LINES = st.sampled_from([b"", b"From x", FROM[:-1], b">From x", b">>From ", b"Hallo", b"x" * 200, b"From", b"\xff\0"])
MAILS = st.lists(LINES, max_size=12).map(lambda lines: b"Subject: a\n\n" + b"".join(line + b"\n" for line in lines))


def quoted(content: bytes) -> bytes:
    """As mboxrd says."""
    return re.sub(rb"^(>*From )", rb">\1", content, flags=re.MULTILINE)


@given(st.lists(MAILS, min_size=1, max_size=6))
def test_what_was_put_in_comes_out(kept: list[bytes]) -> None:
    assert texts(b"".join(FROM + quoted(one) + b"\n" for one in kept)) == kept


@given(st.binary(max_size=400).map(lambda rest: b"From " + rest), st.integers(0, 300))
def test_any_bytes_are_read(content: bytes, limit: int) -> None:
    found = read(content, limit)
    assert found[0].offset == 0
    assert sum(len(one.content or b"") for one in found) <= len(content)


def test_what_the_standard_library_writes(tmp_path: Path) -> None:
    contents = [A, B, b"Subject: c\n\nFrom here\n\nFrom there on Monday at 10:00 in 2026\n"]
    box = mailbox.mbox(tmp_path / "box")
    for content in contents:
        box.add(content)
    box.close()
    assert texts((tmp_path / "box").read_bytes()) == contents
