"""One target under libFuzzer: `python -m tests.fuzz.guided TARGET CORPUS -max_total_time=60 ...`."""

import sys

import atheris

with atheris.instrument_imports(include=["parsers"]):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run until the time is over or something breaks; does not return."""
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
