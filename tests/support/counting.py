"""Work counted in calls, which no busy machine changes."""

import sys
from collections.abc import Callable


def calls(function: Callable[[], object]) -> int:
    """Python calls and calls into C that a function makes."""
    count = 0

    def profile(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(profile)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count
