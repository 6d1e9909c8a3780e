"""The real samples, where they are at hand; Postroom's own samples are in tests/golden and config/example."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from parsers import document
from parsers.document import Document
from parsers.records import Hints

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Directory of the real samples; tests that need it are skipped elsewhere."""
    path = Path(os.environ.get("POSTROOM_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not (path / "README.md").is_file():
        pytest.skip("no sample mails here: set POSTROOM_CORPUS to their directory")
    return path


@pytest.fixture(scope="session")
def mail() -> Callable[..., Document]:
    """Make a document of a header and a body written in a test."""

    def make(head: str | bytes, body: str | bytes = b"", hints: Hints | None = None) -> Document:
        lines = head.encode() if isinstance(head, str) else head
        text = body.encode() if isinstance(body, str) else body
        return document.parse(lines.strip(b"\n").replace(b"\n", b"\r\n") + b"\r\n\r\n" + text, hints)

    return make
