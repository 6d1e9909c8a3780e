"""`source learn`, `source test`, `source add`: on a fresh example configuration."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.init import initialise
from config.load import load

SAMPLES = sorted((Path(__file__).resolve().parents[3] / "docs" / "examples" / "automarkt").glob("*.eml"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    initialise(tmp_path / "etc")
    return tmp_path / "etc"


def files_of(home: Path) -> set[str]:
    return {path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file()}


def test_learn_needs_no_configuration(postroom: Any, tmp_path: Path) -> None:
    answer = postroom("source", "learn", *SAMPLES, directory=tmp_path / "nowhere")
    assert answer.code == 0
    assert "no site is named" in answer.out
    assert re.search(r"customer\.emails .*eva\.beispiel@kunde\.example .*lena\.weber@post\.example", answer.out)
    assert re.search(r"unknown label: Lackwunsch .*rot .*blau .*grau", answer.out)
    assert '"Lackwunsch" = ""  # unmapped (values: "rot", "blau", "grau")' in answer.out
    assert list(tmp_path.iterdir()) == []


def test_learn_writes_what_check_finds_sound(postroom: Any, home: Path) -> None:
    before = files_of(home)
    answer = postroom("source", "learn", *SAMPLES, "--site", "berlin", "--write", directory=home)
    assert (answer.code, answer.err) == (0, "")
    samples = {f"mails/automarkt/{number}.eml" for number in (1, 2, 3)}
    assert files_of(home) - before == {"sources.d/automarkt.toml", *samples}
    assert (home / "mails/automarkt/2.eml").read_bytes() == SAMPLES[1].read_bytes()
    assert postroom("check", directory=home).code == 0
    loaded, _ = load(home)
    assert loaded is not None
    assert loaded.sources["automarkt"].layout is not None


def test_learn_never_overwrites(postroom: Any, home: Path) -> None:
    (home / "mails/automarkt").mkdir()
    (home / "mails/automarkt/3.eml").write_text("mine")
    before = files_of(home)
    answer = postroom("source", "learn", *SAMPLES, "--site", "berlin", "--write", directory=home)
    assert answer.code == 1
    assert f"{home}/mails/automarkt/3.eml exists already" in answer.err
    assert files_of(home) == before
    again = postroom("source", "learn", *SAMPLES, "--site", "berlin", "--id", "importer", "--write", directory=home)
    assert (again.code, again.err) == (2, "postroom: there is a source 'importer' already\n")


def test_what_is_not_sound_is_taken_back(postroom: Any, home: Path) -> None:
    """The test of another file fails: with it, nothing may be said to be sound."""
    rules = home / "rules.toml"
    rules.write_text(rules.read_text().replace('fate = "opened"', 'fate = "ignored"', 1))
    before = files_of(home)
    answer = postroom("source", "add", "new", "--site", "berlin", "--type", "website", "--write", directory=home)
    assert answer.code == 1
    assert "rules.toml:" in answer.err
    assert "nothing was changed" in answer.err
    assert files_of(home) == before


def test_learn_warns_of_real_people_when_it_writes(postroom: Any, home: Path, tmp_path: Path) -> None:
    real = [tmp_path / path.name for path in SAMPLES]
    for path, sample in zip(real, SAMPLES, strict=True):
        path.write_text(sample.read_text().replace("kunde.example", "kunde-web.de"))
    answer = postroom("source", "learn", *real, "--site", "berlin", "--write", directory=home)
    assert answer.code == 0
    assert answer.err.startswith(
        "mails/automarkt/1.eml: seems to hold the data of a real person (eva.beispiel@kunde-web"
    )
    assert answer.err.count("\n") == 1


def test_a_known_domain_brings_its_type(postroom: Any, home: Path, tmp_path: Path) -> None:
    samples = [tmp_path / path.name for path in SAMPLES]
    for path, sample in zip(samples, SAMPLES, strict=True):
        path.write_text(sample.read_text().replace("noreply@automarkt.example", "noreply@mobile.de"))
    rows = postroom("source", "learn", *samples, "--site", "berlin", "--json", directory=home).rows
    (source,) = tomllib.loads(rows[-1]["text"])["source"]
    assert (source["id"], source["type"], source["from"]) == ("mobile", "mobile.de", ["mobile.de"])


BROKEN = {
    "empty": (b"", "is empty"),
    "no mail": (b"\x00\xff\xfe hello", "is no mail"),
    "no text": (b"From: a@b.example\nSubject: x\n\n", "has no text"),
    "forwarded": (b"From: a@b.example\nSubject: Fwd: x\n\nName: Max\n", "was forwarded"),
}


@pytest.mark.parametrize(("raw", "said"), BROKEN.values(), ids=BROKEN)
def test_learn_names_a_sample_that_teaches_nothing(postroom: Any, tmp_path: Path, raw: bytes, said: str) -> None:
    broken = tmp_path / "broken.eml"
    broken.write_bytes(raw)
    rows = postroom("source", "learn", *SAMPLES, broken, "--json", directory=tmp_path).rows
    warned = [row["warning"] for row in rows if row.get("sample") == str(broken) and "warning" in row]
    assert warned[0].startswith(said)
    assert rows[-1]["proposal"]["learned"] == [0, 1, 2]


def test_one_sample_is_not_enough(postroom: Any, home: Path) -> None:
    before = files_of(home)
    answer = postroom("source", "learn", SAMPLES[0], "--site", "berlin", "--write", directory=home)
    assert answer.code == 1
    assert "two samples are needed" in answer.out
    assert files_of(home) == before


def test_a_huge_sample_is_refused(postroom: Any, tmp_path: Path) -> None:
    huge = tmp_path / "huge.eml"
    huge.write_bytes(b"From: a@b.example\n\n" + b"x" * (26 << 20))
    answer = postroom("source", "learn", huge, SAMPLES[0], directory=tmp_path)
    assert (answer.code, answer.err) == (2, f"postroom: {huge} is larger than 25 MiB: no such mail would be taken in\n")


def test_test_shows_unknown_labels_and_fails_where_nothing_is_read(postroom: Any, home: Path, tmp_path: Path) -> None:
    postroom("source", "learn", *SAMPLES, "--site", "berlin", "--write", directory=home)
    rows = postroom("source", "test", "automarkt", *SAMPLES, "--json", directory=home).rows
    assert [row["unknown"] for row in rows] == [{"Lackwunsch": "rot"}, {"Lackwunsch": "blau"}, {"Lackwunsch": "grau"}]
    assert rows[0]["fields"]["customer.name"] == "Eva Beispiel"
    other = tmp_path / "other.eml"
    other.write_text("From: a@b.example\nSubject: x\n\nGuten Tag\n")
    answer = postroom("source", "test", "automarkt", SAMPLES[0], other, directory=home)
    assert (answer.code, answer.err) == (1, f"{other}: nothing is read from it\n")
    unknown = postroom("source", "test", "automark", other, directory=home)
    assert (unknown.code, unknown.err) == (2, "postroom: there is no source 'automark', did you mean 'automarkt'?\n")


def test_add_prints_a_block_with_an_address_that_nobody_guesses(postroom: Any, home: Path) -> None:
    before = files_of(home)
    words = ("source", "add", "website-potsdam", "--site", "potsdam", "--type", "website", "--from", "muster.example")
    made = [tomllib.loads(postroom(*words, directory=home).out.partition("\n\n")[0])["source"][0] for _ in range(2)]
    assert made[0] | {"address": ""} == {
        "id": "website-potsdam", "site": "potsdam", "type": "website", "address": "", "from": ["muster.example"],
    }  # fmt: skip
    assert all(re.fullmatch(r"website\.potsdam\.[a-z2-9]{12}@leads\.muster\.example", one["address"]) for one in made)
    assert made[0]["address"] != made[1]["address"]
    assert files_of(home) == before


def test_add_writes_it(postroom: Any, home: Path) -> None:
    answer = postroom("source", "add", "a.b-c", "--site", "odense", "--type", "generic", "--write", directory=home)
    assert answer.code == 0
    assert f"postroom reload -c {home}" in answer.out
    loaded, _ = load(home)
    assert loaded is not None
    assert loaded.sources["a.b-c"].site == "odense"
    second = postroom("source", "add", "a.b-c", "--site", "odense", "--type", "generic", "--write", directory=home)
    assert (second.code, second.err) == (2, "postroom: there is a source 'a.b-c' already\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("x", "--site", "berln", "--type", "website"), "there is no site 'berln', did you mean 'berlin'?"),
        (("x", "--site", "berlin", "--type", "webste"), "there is no type 'webste', did you mean 'website'?"),
        (("X y", "--site", "berlin", "--type", "website"), "'X y' is no id: write lower case letters, digits, dots"),
        (("../x", "--site", "berlin", "--type", "website"), "'../x' is no id"),
        (("x", "--site", "berlin", "--type", "website", "--from", "a b"), "--from: 'a b' is not a host name, write"),
    ],
)
def test_add_says_what_is_wrong(postroom: Any, home: Path, words: tuple[str, ...], said: str) -> None:
    answer = postroom("source", "add", *words, directory=home)
    assert answer.code == 2
    assert answer.err.startswith(f"postroom: {said}")


def test_a_broken_configuration_is_told_with_file_and_line(postroom: Any, home: Path) -> None:
    (home / "sites.toml").write_text("[[site]\n")
    answer = postroom("source", "learn", *SAMPLES, "--site", "berlin", directory=home)
    assert answer.code == 78
    assert answer.err.startswith("sites.toml:1: is not valid TOML")


def test_hostile_words_reach_neither_terminal_nor_file_raw(postroom: Any, tmp_path: Path) -> None:
    samples = []
    for number in range(3):
        path = tmp_path / f"{number}.eml"
        path.write_bytes(
            f"From: a@b.example\nSubject: x\n\nName: Max {'abc'[number]}\x1b[31mEvil\nE-Mail: a{number}@b.example\n"
            f'Q"uo\\te\u202e\x7f: v{number}"]\\\n'.encode()
        )
        samples.append(path)
    answer = postroom("source", "learn", *samples, "--json", directory=tmp_path)
    text = json.loads(answer.out.splitlines()[-1])["text"]
    assert tomllib.loads(text)["source"][0]["type"] == "generic"
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
