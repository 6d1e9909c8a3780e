"""Commands run in this process, on a copy of a post room that has worked; no daemon runs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from daemon.cli import main


class Answer:
    """What a command said and how it ended."""

    def __init__(self, result: Result) -> None:
        self.code = result.exit_code
        self.out = result.stdout
        self.err = result.stderr
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception

    @property
    def rows(self) -> list[Any]:
        """One object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Postroom = Callable[..., Answer]


@pytest.fixture
def postroom(monkeypatch: pytest.MonkeyPatch) -> Postroom:
    """Run a command; USER is anna."""
    for name in ("POSTROOM_CONFIG", "CONFIGURATION_DIRECTORY", "POSTROOM_TEST_CLOCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("USER", "anna")
    monkeypatch.setenv("LOGNAME", "anna")

    def run(*words: object, directory: Path | None = None, given: bytes | None = None) -> Answer:
        config = ["-c", str(directory)] if directory else []
        return Answer(CliRunner().invoke(main, [*map(str, words), *config], input=given))

    return run
