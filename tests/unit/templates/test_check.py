"""`check` finds the faults of templates before a mail would."""

import pytest

from templates.check import check


def test_shipped_templates_are_sound() -> None:
    assert check({}) == []


@pytest.mark.parametrize(
    ("overrides", "file", "line", "what"),
    [
        ({"de/new.txt.j2": "\n{{ recrod.ref }}"}, "de/new.txt.j2", 2, "'recrod' is undefined; did you mean 'record'?"),
        ({"en/moved.html.j2": "{% if x %}"}, "en/moved.html.j2", 1, "Unexpected end of template"),
        ({"de/new.txt.j2": "{{ ref | shout }}"}, "de/new.txt.j2", 1, "No filter named 'shout'"),
        ({"de/nwe.txt.j2": "x"}, "de/nwe.txt.j2", 1, "did you mean de/new.txt.j2?"),
        ({"da/new.text.j2": "x"}, "da/new.text.j2", 1, "did you mean da/new.txt.j2?"),
        ({"de/new.html.j2": "\n\n{{ record.foo }}"}, "de/new.html.j2", 3, "has no attribute 'foo'"),
        # Only a record that says little shows it: nobody is named there.
        ({"de/new.txt.j2": "{{ reading.customer.name }}"}, "de/new.txt.j2", 1, "'None' has no attribute 'name'"),
        # No sample goes there; the name is wrong all the same.
        (
            {"de/new.txt.j2": "{% if record.kind == 'x' %}\n{{ car }}{% endif %}"},
            "de/new.txt.j2",
            2,
            "'car' is undefined",
        ),
        ({"de/words.toml": "kinds = 3"}, "de/words.toml", 1, "'kinds' must be a table"),
        ({"de/words.toml": "\n[kinds"}, "de/words.toml", 2, "Expected"),
        ({"de/new.txt.j2": "{% include 'sign.txt.j2' %}", "sign.txt.j2": "\n{{ foo }}"}, "sign.txt.j2", 2, "'foo'"),
    ],
)
def test_fault_is_named_once_with_file_and_line(overrides: dict[str, str], file: str, line: int, what: str) -> None:
    [problem] = check(overrides)
    assert (problem.file, problem.line) == (file, line)
    assert what in problem.what


def test_template_that_a_rule_names_is_known() -> None:
    overrides = {"de/vip.txt.j2": "{{ letter.person }}"}
    assert [problem.file for problem in check(overrides)] == ["de/vip.txt.j2"]
    assert check(overrides, ["vip"]) == []


def test_all_faults_come_at_once() -> None:
    faults = check({"de/new.txt.j2": "{{ a }}\n{{ b }}", "en/new.txt.j2": "{% for %}", "x.j2": ""})
    assert [(problem.file, problem.line) for problem in faults] == [
        ("de/new.txt.j2", 1),
        ("de/new.txt.j2", 2),
        ("en/new.txt.j2", 1),
        ("x.j2", 1),
    ]


def test_words_and_own_includes_are_no_faults() -> None:
    assert check({"de/words.toml": '[kinds]\nlead = "Interessent"', "style.css": "p { margin: 0 }"}) == []
    assert check({"de/new.txt.j2": "{% include 'sign.txt.j2' %}", "sign.txt.j2": "{{ site.name }}"}) == []
