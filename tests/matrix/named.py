"""Which tests a row has, by the names of files and functions, without importing them."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.rows import rows_of

TESTS = Path(__file__).resolve().parent.parent


@cache
def named_tests() -> dict[str, list[str]]:
    """Row -> its tests, as `faults/test_r6_lock.py::test_a_locked_database_refuses_nobody`."""
    found: dict[str, list[str]] = {}
    for file in sorted(TESTS.rglob("test_*.py")):
        for function in _functions(file):
            for row in {*rows_of(file.stem), *rows_of(function)}:
                found.setdefault(row, []).append(f"{file.relative_to(TESTS)}::{function}")
    return found


def _functions(file: Path) -> Iterator[str]:
    tree = ast.parse(file.read_bytes())
    return (one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_"))
