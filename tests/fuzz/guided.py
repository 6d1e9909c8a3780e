"""One target under libFuzzer: `python -m tests.fuzz.guided TARGET CORPUS SECONDS [option of libFuzzer...]`.

With a file in place of the corpus, that input alone is run: this is how a finding is looked at again.
"""

import importlib
import os
import pkgutil
import sys
import time
from pathlib import Path

import atheris

import parsers

BEGAN = time.monotonic()

with atheris.instrument_imports(include=["parsers"]):
    for module in pkgutil.iter_modules(parsers.__path__):  # also those that are else imported when a mail needs them
        importlib.import_module(f"parsers.{module.name}")
    from tests.fuzz.targets import TARGETS
    from tests.fuzz.timing import timed


def main() -> None:
    """Run until the time is over, which began with the process, or something breaks; does not return."""
    name, corpus = sys.argv[1], Path(sys.argv[2])
    if corpus.is_dir():
        left = max(1, int(sys.argv[3]) - round(time.monotonic() - BEGAN))
        options = [f"-max_total_time={left}", *sys.argv[4:]]
        kept = corpus.parent.parent / f"slowest-{name}"
    else:
        options, kept = [], Path(os.devnull)
    atheris.Setup([sys.argv[0], str(corpus), *options], timed(TARGETS[name], kept))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
