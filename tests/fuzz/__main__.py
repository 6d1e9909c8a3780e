"""Coverage-guided fuzzing: `python -m tests.fuzz [MINUTES [TARGET...]]`; the targets share the time.

Each target has a process of its own, as many at a time as there are processors. What was found interesting is kept in
build/fuzz/corpus and is where the next run begins. An input that breaks something, or takes too long, is written to
build/fuzz/found with the command that runs it again, and the run ends with 1.
"""

import hashlib
import math
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.fuzz.pieces import dictionary
from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

KEPT = Path("build/fuzz")
FOUND = KEPT / "found"
WORDS = KEPT / "pieces.dict"
MEMORY_MB = 1_024
HANGS_SECONDS = 30
"""Wall time after which an input is given up; one that ends is judged by its processor time (`timing`)."""
LONGEST_INPUT = 20_000
_EXECUTIONS = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_EDGES = re.compile(r"\bcov: (\d+)")
_SLOWEST = re.compile(r"slowest: ([\d.]+) s")
_WRITTEN = re.compile(r"Test unit written to (\S+)")


class Outcome(NamedTuple):
    """How the run of one target ended."""

    target: str
    code: int
    said: str

    def row(self) -> str:
        """Inputs tried, branches that they reached, and the slowest of them."""
        tried, edges, slowest = (
            (found[-1] if (found := form.findall(self.said)) else "?") for form in (_EXECUTIONS, _EDGES, _SLOWEST)
        )
        return f"{self.target:<10}{tried:>10}{edges:>10}{slowest:>12} s{'' if self.code == 0 else '   FOUND SOMETHING'}"


def fuzz(target: str, seconds: int) -> Outcome:
    """Fuzz one target in a process of its own."""
    corpus = KEPT / "corpus" / target
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in seeds(target):
        (corpus / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)  # as libFuzzer names them
    command = [
        sys.executable, "-m", "tests.fuzz.guided", target, str(corpus), str(seconds),
        f"-artifact_prefix={FOUND}/{target}-", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={HANGS_SECONDS}",
        f"-max_len={LONGEST_INPUT}", f"-dict={WORDS}", "-print_final_stats=1",
    ]  # fmt: skip
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False
    )
    return Outcome(target, done.returncode, done.stdout)


def tell(outcome: Outcome) -> None:
    """Print the row of a target; of one that broke also how, and keep that beside the input."""
    print(outcome.row(), flush=True)  # noqa: T201
    if outcome.code:
        written = _WRITTEN.search(outcome.said)
        again = f"python -m tests.fuzz.guided {outcome.target} {written[1]}" if written else "(no input was written)"
        start = max(outcome.said.find("\n === "), len(outcome.said) - 4_000)
        report = f"{again}\n{outcome.said[start:]}"
        Path(f"{written[1]}.txt" if written else FOUND / f"{outcome.target}.txt").write_text(report, "utf-8")
        print(report, flush=True)  # noqa: T201


def main() -> int:
    """All targets, or those that were named."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    names = sys.argv[2:] or list(TARGETS)
    together = min(len(names), os.cpu_count() or 1)
    each = max(1, int(minutes * 60 / math.ceil(len(names) / together)))
    FOUND.mkdir(parents=True, exist_ok=True)
    WORDS.write_text(dictionary(), "ascii")
    print(f"{len(names)} targets, {together} at a time, {each} s each")  # noqa: T201
    print(f"{'target':<10}{'inputs':>10}{'edges':>10}{'slowest':>14}", flush=True)  # noqa: T201
    codes = []
    with ThreadPoolExecutor(together) as several:
        for outcome in several.map(fuzz, names, [each] * len(names)):
            tell(outcome)
            codes.append(outcome.code)
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
