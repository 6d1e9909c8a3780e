"""One target under libFuzzer: `python -m tests.fuzz.guided TARGET CORPUS -max_total_time=60 ...`.

With a file in place of the corpus, that input alone is run: this is how a finding is looked at again.
"""

import importlib
import os
import pkgutil
import sys
from pathlib import Path

import atheris

import parsers

with atheris.instrument_imports(include=["parsers"]):
    for module in pkgutil.iter_modules(parsers.__path__):  # also those that are else imported when a mail needs them
        importlib.import_module(f"parsers.{module.name}")
    from tests.fuzz.targets import TARGETS
    from tests.fuzz.timing import timed


def main() -> None:
    """Run until the time is over or something breaks; does not return."""
    name, corpus = sys.argv[1], Path(sys.argv[2])
    kept = corpus.parent.parent / f"slowest-{name}" if corpus.is_dir() else Path(os.devnull)
    atheris.Setup([sys.argv[0], *sys.argv[2:]], timed(TARGETS[name], kept))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
