"""Row S5: random bytes and broken pieces of real shapes through every target: no exception, fields keep their shape."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.pieces import PIECES
from tests.fuzz.targets import TARGETS
from tests.support.fixtures import Tell
from tests.support.rows import drawn

CASES = drawn(100_000, 600) // len(TARGETS) + 1
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
def test_nothing_gets_out(target: str, tell: Tell) -> None:
    tried = 0

    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(choice=st.integers(0, 255), data=INPUTS)
    def check(choice: int, data: bytes) -> None:
        nonlocal tried
        tried += 1
        TARGETS[target](bytes([choice]) + data)

    check()
    tell(f"S5: {target}: {tried} drawn inputs, none escaped")
    assert tried >= CASES // 2, "and as many as were asked for, but for those that were drawn twice"
