"""Coverage-guided fuzzing: `python -m tests.fuzz [MINUTES [TARGET]]`; every target gets its share of the time.

What was found interesting is kept in build/fuzz and is where the next run begins; bytes that break something are
written there, too, and the run ends with 1.
"""

import subprocess
import sys
from pathlib import Path

from tests.fuzz.targets import TARGETS

KEPT = Path("build/fuzz")
SEEDS = Path(__file__).parent.parent / "golden" / "parsing"
MEMORY_MB = 1_024
SECONDS_FOR_ONE = 10
LONGEST_INPUT = 20_000


def fuzz(name: str, seconds: int) -> int:
    """Fuzz one target in a process of its own; its exit code."""
    corpus = KEPT / name
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in sorted(SEEDS.glob("*.eml")):
        (corpus / seed.stem).write_bytes(b"\1" + seed.read_bytes())
    command = [
        sys.executable, "-m", "tests.fuzz.guided", name, str(corpus), f"-max_total_time={seconds}",
        f"-artifact_prefix={KEPT}/broke-{name}-", f"-rss_limit_mb={MEMORY_MB}", f"-timeout={SECONDS_FOR_ONE}",
        f"-max_len={LONGEST_INPUT}", "-print_final_stats=1", "-verbosity=0",
    ]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    runs = next((line.split()[-1] for line in done.stdout.splitlines() if "number_of_executed_units" in line), "?")
    print(f"{name}: {runs} inputs in {seconds} s, exit {done.returncode}", flush=True)  # noqa: T201
    if done.returncode:
        print(done.stdout[-4000:])  # noqa: T201
    return done.returncode


def main() -> int:
    """All targets in turn, or the one that was named."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    names = sys.argv[2:] or list(TARGETS)
    codes = [fuzz(name, max(1, round(minutes * 60 / len(names)))) for name in names]
    return 1 if any(codes) else 0


if __name__ == "__main__":
    sys.exit(main())
