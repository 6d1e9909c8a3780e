"""R19: rule files that are broken, half-written, huge or gone, while mail comes in: the last good ones stay."""

import os
import random
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.load import load
from daemon.loading import load_quiet
from tests.support.broken import variant
from tests.support.client import Clients
from tests.support.daemon import ADMIN, EXAMPLE, SALES, Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.seeds import seed
from tests.support.sink import Sink
from tests.support.waiting import wait_until

IN_FULL = at_length(10) == 10
VARIANTS = 1000 if IN_FULL else 6
"""Given to a running daemon; each reload takes it a second."""
STORM = 10 if IN_FULL else 3


def test_every_variant_is_refused_with_its_place(tmp_path: Path, tell: Tell) -> None:
    home, chance = tmp_path / "etc", random.Random(seed())  # noqa: S311 - cases, no secret
    shutil.copytree(EXAMPLE, home)
    good = (home / "rules.toml").read_text("utf-8")
    number = at_length(1000)
    for index in range(number):
        broken = variant(good, index, chance)
        (home / "rules.toml").write_bytes(broken.content)
        settings, problems = load(home)
        assert settings is None, f"{broken.kind}: {broken.content[-300:]!r}"
        assert any(one.file == "rules.toml" and one.line >= 1 for one in problems), (broken.kind, problems)
        assert len(problems) <= 50, (broken.kind, len(problems))
    tell(f"R19: {number} broken variants, each refused with file and line")


@pytest.mark.parametrize("kind", ["gone", "a directory", "a pipe"])
def test_what_is_no_file_is_refused_at_once(kind: str, tmp_path: Path) -> None:
    home = tmp_path / "etc"
    shutil.copytree(EXAMPLE, home)
    rules = home / "rules.toml"
    rules.unlink()
    if kind == "a directory":
        rules.mkdir()
    elif kind == "a pipe":
        os.mkfifo(rules)
    settings, problems = load(home)
    assert settings is None
    assert any(one.file == "rules.toml" for one in problems), problems


def test_files_that_go_on_changing_are_not_taken(tmp_path: Path) -> None:
    home = tmp_path / "etc"
    shutil.copytree(EXAMPLE, home)
    writing = True

    def write_on() -> None:
        while writing:
            (home / "rules.toml").write_text((EXAMPLE / "rules.toml").read_text("utf-8"), "utf-8")

    with ThreadPoolExecutor(1) as other:
        writer = other.submit(write_on)
        try:
            loaded = load_quiet(home, tries=2)
        finally:
            writing = False
            writer.result()
    assert loaded.settings is None
    assert "being written" in str(loaded.problems[0])
    assert load_quiet(home).settings is not None


def test_no_broken_set_is_ever_in_force(new_house: Houses, sink: Sink, tell: Tell) -> None:
    house, chance = new_house(), random.Random(seed())  # noqa: S311 - cases, no secret
    rules = house.directory / "rules.toml"
    good, settings = rules.read_text("utf-8"), house.status()["settings"]
    clients, distinct = Clients(house, number=1), set()
    for index in range(VARIANTS):
        broken = variant(good, index, chance)
        _put(rules, broken.content, by_rename=bool(index % 2))
        if index % 3 == 0:
            house.hang_up()
        told = house.reload()
        assert told["ok"] is False, broken.kind
        assert house.status()["settings"] == settings
        distinct.add(tuple(told["problems"]))
        if index % 100 == 0:
            assert set(told["problems"]) == set(house.postroom("check").stdout.splitlines()[:-1])
    rules.unlink()
    distinct.add(tuple(house.reload()["problems"]))
    _after_a_storm_the_good_one_is_in_force(house, rules, good, settings)
    clients.stop()
    house.settle(120)
    teams = {mail.recipient for mail in sink.mails} - {ADMIN}
    notices = [mail for mail in sink.to(ADMIN) if "errors in the configuration" in str(mail.parsed()["Subject"])]
    tell(
        f"R19: {VARIANTS + 1} broken sets while {len(clients.accepted)} mails came: routed by one of them 0,"
        f" {len(notices)} notices of {len(distinct)} distinct faults"
    )
    assert teams == {SALES}, "nothing was routed by a broken set"
    assert clients.refused == []
    assert len(notices) == len(distinct)
    assert house.postroom("ledger").returncode == 0


def _put(path: Path, content: bytes, *, by_rename: bool) -> None:
    """Write a file whole, or in place as many editors do."""
    if by_rename:
        fresh = path.with_suffix(".new")
        fresh.write_bytes(content)
        fresh.rename(path)
    else:
        path.write_bytes(content)


def _after_a_storm_the_good_one_is_in_force(house: Installation, rules: Path, good: str, before: str) -> None:
    """Many reloads at once, the file becoming good in the middle: the last one counts, for all processes."""
    with ThreadPoolExecutor(STORM) as many:
        asked = [many.submit(house.reload) for _ in range(STORM)]
        for _ in range(STORM):
            house.hang_up()
        rules.write_text(good.replace("Everything else", "All that is left"), "utf-8")
        asked += [many.submit(house.reload) for _ in range(STORM)]
        assert asked[-1].result()["ok"] is True
        for one in asked:
            one.result()
    wait_until(lambda: house.status()["problems"] == [], 30, "the last reload counts")
    assert house.status()["settings"] != before
    rules.write_text(good, "utf-8")
    assert house.reload()["ok"]
    assert house.status()["settings"] == before
