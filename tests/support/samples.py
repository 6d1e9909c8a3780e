"""The real samples, where they are at hand."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Directory of the real samples; tests that need it are skipped elsewhere."""
    path = Path(os.environ.get("POSTROOM_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not (path / "README.md").is_file():
        pytest.skip("no sample mails here: set POSTROOM_CORPUS to their directory")
    return path
