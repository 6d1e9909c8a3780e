import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.draft import TomlFile, dotted
from config.locate import locate

TRAPS = '''# [[rule]] in a comment
title = "x # no comment"
text = """
[[rule]]
name = "decoy"
quotes """""
plain = \'\'\'
[[rule]]\'\'\'
day = 2026-12-24 10:00:00
"quoted key" = 1
a.b."c.d" = [
  1, # one
  { x = 2, y = [3,
    4] },
]
[[rule]]
name = "first"
[rule.notify]
team = "sales"
[[rule]]
name = "second"
notify = { team = "a", category = "b" }
[[rule.also]]
k = 1
[policy.standard]
[[policy.standard.step]]
name = "E1"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("title",), 2),
        (("plain",), 7),
        (("day",), 9),
        (("quoted key",), 10),
        (("a", "b", "c.d", 0), 12),
        (("a", "b", "c.d", 1, "x"), 13),
        (("a", "b", "c.d", 1, "y", 1), 14),
        (("rule", 0), 16),
        (("rule", 0, "notify", "team"), 19),
        (("rule", 1), 20),
        (("rule", 1, "notify", "category"), 22),
        (("rule", 1, "also", 0, "k"), 24),
        (("policy", "standard", "step", 0, "name"), 27),
    ],
)
def test_a_value_is_found_past_decoys(path: tuple[str | int, ...], line: int) -> None:
    assert "rule" in tomllib.loads(TRAPS)
    assert locate(TRAPS)[path] == line


def test_windows_line_ends_count_once() -> None:
    assert locate("a = 1\r\nb = 2\r\n") == {("a",): 1, ("b",): 2}


def test_keys_are_written_with_the_names_that_tables_carry() -> None:
    file = TomlFile("rules.toml", TRAPS, tomllib.loads(TRAPS))
    assert dotted(file.data, ("rule", 1, "notify", "team")) == "rule[second].notify.team"
    assert dotted(file.data, ("a", "b", "c.d", 0)) == 'a.b."c.d"[1]'


VALUES = st.recursive(
    st.integers(0, 99) | st.text("ab\"'[]#\n=", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('k" .', max_size=3), inner, max_size=3),
    max_leaves=8,
)


def written(value: Any) -> str:
    """A value in TOML, on one line; JSON texts are TOML texts."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {written(inner)}" for key, inner in value.items()) + "}"
    return "[" + ", ".join(map(written, value)) + "]" if isinstance(value, list) else json.dumps(value)


@given(st.lists(st.lists(VALUES, min_size=1, max_size=4), min_size=1, max_size=5))
def test_every_line_of_any_document_is_found(tables: list[list[Any]]) -> None:
    lines: list[str] = []
    expected: dict[tuple[str | int, ...], int] = {}
    for index, values in enumerate(tables):
        lines.append("[[t]]")
        expected["t", index] = len(lines)
        for number, value in enumerate(values):
            lines += ["# [[t]]", f"v{number} = {written(value)}"]
            expected["t", index, f"v{number}"] = len(lines)
    text = "\n".join(lines)
    tomllib.loads(text)
    found = locate(text)
    assert {path: found[path] for path in expected} == expected
