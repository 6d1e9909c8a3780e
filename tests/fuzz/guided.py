"""One target under libFuzzer: `python -m tests.fuzz.guided TARGET CORPUS -max_total_time=60 ...`.

With a file in place of the corpus, that input alone is run: this is how a finding is looked at again.
"""

import importlib
import pkgutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import atheris

import parsers

with atheris.instrument_imports(include=["parsers"]):
    for module in pkgutil.iter_modules(parsers.__path__):  # also those that are else imported when a mail needs them
        importlib.import_module(f"parsers.{module.name}")
    from tests.fuzz.targets import TARGETS, BrokenError

MOST_SECONDS = 5.0
"""Processor time of one input; what takes longer is a finding."""


def timed(target: Callable[[bytes], None], kept: Path) -> Callable[[bytes], None]:
    """The target with a limit of time; its slowest input is kept in a file, and told on standard output."""
    slowest = 0.0

    def run(data: bytes) -> None:
        nonlocal slowest
        began = time.process_time()
        target(data)
        took = time.process_time() - began
        if took > slowest:
            slowest = took
            kept.write_bytes(data)
            print(f"slowest: {took:.3f} s", flush=True)  # noqa: T201
        if took > MOST_SECONDS:
            raise BrokenError(f"{took:.1f} s for one input")

    return run


def main() -> None:
    """Run until the time is over or something breaks; does not return."""
    name, corpus = sys.argv[1], Path(sys.argv[2])
    kept = (corpus if corpus.is_dir() else corpus.parent).parent / f"slowest-{name}"
    atheris.Setup([sys.argv[0], *sys.argv[2:]], timed(TARGETS[name], kept))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
