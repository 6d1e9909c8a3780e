"""The real samples, where they are at hand; Postroom's own samples are in tests/golden and config/example."""

from collections.abc import Callable

import pytest

from parsers import document
from parsers.document import Document
from parsers.records import Hints
from tests.support.samples import corpus

__all__ = ["corpus", "mail"]


@pytest.fixture(scope="session")
def mail() -> Callable[..., Document]:
    """Make a document of a header and a body written in a test."""

    def make(head: str | bytes, body: str | bytes = b"", hints: Hints | None = None) -> Document:
        lines = head.encode() if isinstance(head, str) else head
        text = body.encode() if isinstance(body, str) else body
        return document.parse(lines.strip(b"\n").replace(b"\n", b"\r\n") + b"\r\n\r\n" + text, hints)

    return make
