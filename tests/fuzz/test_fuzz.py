"""Random bytes and broken pieces of real shapes through every target: nothing gets out, every field keeps its shape."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.pieces import PIECES
from tests.fuzz.targets import TARGETS

CASES = max(60, int(os.environ.get("POSTROOM_FUZZ_CASES", "600")) // 10)
SAMPLES = sorted((Path(__file__).parent.parent / "golden" / "parsing").glob("*.eml"))


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
