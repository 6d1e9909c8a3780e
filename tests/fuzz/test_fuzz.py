"""Random bytes and broken pieces of real shapes through every target: nothing gets out, every field keeps its shape."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS

CASES = max(60, int(os.environ.get("POSTROOM_FUZZ_CASES", "600")) // 10)
SAMPLES = sorted((Path(__file__).parent.parent / "golden" / "parsing").glob("*.eml"))
PIECES = [
    b"<adf><prospect>",
    b"</prospect>",
    b"<name part='full'>",
    b"<![CDATA[",
    b"&amp;",
    b"&#0;",
    b"<table><tr><td>",
    b"</td>",
    b"Name: ",
    b"Telefon:\t",
    b"E-Mail: a@b.example",
    b"\r\n",
    b"\n\n",
    b"\xe2\x80\xa8",
    b"\x00",
    b"\xff\xfe",
    b"12.345,-",
    b"BEGIN:VCALENDAR\r\n",
    b"BEGIN:VEVENT\r\n",
    b"DTSTART;TZID=X:20261122T100000\r\n",
    b"END:VEVENT\r\n",
    b"RRULE:FREQ=DAILY",
    b"BEGIN:VCARD\r\nFN:",
    b"--x\r\n",
    b"Content-Type: text/html; charset=x\r\n",
    b"=?utf-8?b?",
    b"?=",
    b"<!-- <call>",
    b"-->",
    b'<script type="application/ld+json">{"@type":',
    b'"Person"',
    b"</script>",
    b"itemscope itemtype=",
    b"Von: ",
    b"From: ",
    b"-----Original Message-----",
    b"> ",
    b"WVWZZZ1KZAW000001",
    b"+49 30 123456",
    b"https://a.example/?u=",
    b"\xf0\x9f\x9a\x97",
    b"!take ",
    b"!note ",
    b"##- x -##\n",
    b"a@b.example wrote:\n",
    b"<blockquote>",
    b"</blockquote>",
    b"desk+l-7kq2m4-2.tabcdefghabcdefgh@x.example",
]


def _samples() -> st.SearchStrategy[bytes]:
    """Mails of ours with a piece cut out and another put in."""
    whole = [file.read_bytes() for file in SAMPLES]

    @st.composite
    def broken(draw: st.DrawFn) -> bytes:
        mail = draw(st.sampled_from(whole))
        start = draw(st.integers(0, len(mail)))
        end = draw(st.integers(start, min(len(mail), start + 400)))
        return mail[:start] + b"".join(draw(st.lists(st.sampled_from(PIECES), max_size=3))) + mail[end:]

    return broken()


INPUTS = st.one_of(
    st.binary(max_size=500),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=20).map(str.encode)), max_size=40).map(b"".join),
    _samples(),
)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_gets_out(target: str) -> None:
    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(choice=st.integers(0, 255), data=INPUTS)
    def check(choice: int, data: bytes) -> None:
        TARGETS[target](bytes([choice]) + data)

    check()
