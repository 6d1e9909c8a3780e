"""What the system says of a process."""

import re
from pathlib import Path


def resident(pid: int) -> float:
    """Megabytes that a process holds in memory."""
    found = re.search(r"^VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1024
