"""What an installation must contain; CI runs this file once more against the built wheel, away from the sources."""

import importlib
import importlib.metadata
import importlib.resources
import os
import subprocess
import sys
from importlib.resources.abc import Traversable
from pathlib import Path

import pytest

OURS = ("config", "daemon", "parsers", "rules", "templates")
INSTALLED = os.environ.get("POSTROOM_INSTALLED") == "1"
"""The wheel is under test: nothing may come from a source tree."""

MUST_SHIP = (
    ("config", "shipped/*.toml"),
    ("config", "example/postroom.toml"),
    ("config", "example/sites.toml"),
    ("config", "example/mails/*.eml"),
    ("parsers", "*.toml"),
    ("templates", "base.*.j2"),
    ("templates", "customer.*.j2"),
    *(("templates", f"{language}/words.toml") for language in ("da", "de", "en", "zh")),
    ("daemon", "store/migrations/r0001_*.py"),
)


def place_of(package: str) -> Path:
    """The folder that a package is imported from."""
    file = importlib.import_module(package).__file__
    assert file is not None
    return Path(file).resolve().parent


def resources(folder: Traversable, prefix: str = "") -> list[str]:
    """Relative names of all files below a resource folder."""
    names: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            names += resources(entry, f"{prefix}{entry.name}/")
        else:
            names.append(prefix + entry.name)
    return names


def test_the_five_names_come_from_us() -> None:
    homes = {place_of(package).parent for package in OURS}
    assert len(homes) == 1, f"the packages come from several places: {sorted(map(str, homes))}"
    home = homes.pop()
    if INSTALLED:
        assert home.name == "site-packages"
        assert importlib.metadata.version("postroom")
    else:
        assert home == Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("package", OURS)
def test_packages_are_typed(package: str) -> None:
    assert importlib.resources.files(package).joinpath("py.typed").is_file()


@pytest.mark.parametrize(("package", "pattern"), MUST_SHIP)
def test_data_is_shipped(package: str, pattern: str) -> None:
    names = resources(importlib.resources.files(package))
    found = [name for name in names if Path(name).match(pattern)]
    assert found, f"{package} ships no {pattern}"
    assert all(importlib.resources.files(package).joinpath(name).read_bytes() for name in found if "__" not in name)


def test_every_file_of_the_sources_is_there() -> None:
    source = Path(os.environ.get("POSTROOM_SOURCE", Path(__file__).resolve().parent.parent))
    wanted = {
        str(path.relative_to(source))
        for package in OURS
        for path in (source / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    shipped = {f"{package}/{name}" for package in OURS for name in resources(importlib.resources.files(package))}
    assert wanted
    assert wanted - shipped == set()


def test_no_other_distribution_claims_our_names() -> None:
    claims = [
        f"{distribution.name} ships {file}"
        for distribution in importlib.metadata.distributions()
        if distribution.name != "postroom"
        for file in distribution.files or ()
        if file.parts[0] in OURS or (len(file.parts) == 1 and file.stem in OURS and file.suffix == ".py")
    ]
    assert claims == []


def test_the_command_answers() -> None:
    command = Path(sys.executable).parent / "postroom"
    answer = subprocess.run([command, "--help"], capture_output=True, text=True, timeout=60, check=False)
    assert answer.returncode == 0, answer.stderr
    assert all(word in answer.stdout for word in ("run", "init", "check", "explain", "ledger"))
