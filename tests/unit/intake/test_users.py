"""Who may log in."""

from pathlib import Path

import pytest

from config.load import load
from config.models import Settings
from daemon.intake.users import User, Users

BASE = Path(__file__).resolve().parents[2] / "configs" / "base"
USERS = """
[smtp]
tls_certificate = "c"
tls_key = "c"
[[smtp.user]]
name = "büro"
password = { file = "one" }
[[smtp.user]]
name = "portal"
password = { file = "two" }
source = "mobile-berlin"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for file in BASE.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "postroom.toml").open("a") as main:
        main.write(USERS)
    for name, content in (("c", "x"), ("one", "geheim-ä"), ("two", "zwei\n")):
        (tmp_path / name).write_text(content, "utf-8")
    settings, problems = load(tmp_path)
    assert settings, problems
    return settings


@pytest.mark.parametrize(
    ("name", "password", "known"),
    [
        ("büro", "geheim-ä", True),
        ("büro", "geheim-a", False),
        ("büro", "geheim-ä\n", False),
        ("büro", "", False),
        ("Büro", "geheim-ä", False),
        ("portal", "zwei", True),
        ("portal", "geheim-ä", False),
        ("", "", False),
    ],
)
def test_names_and_passwords(settings: Settings, name: str, password: str, known: bool) -> None:
    user = Users(settings).recognise(name.encode(), password.encode())
    assert (user.name if user else None) == (name if known else None)


def test_where_a_user_may_write_to(settings: Settings) -> None:
    address = settings.sources["mobile-berlin"].address
    portal = Users(settings).recognise(b"portal", b"zwei")
    assert portal
    assert portal.may_write_to(address.upper())
    assert not portal.may_write_to("postmaster")
    assert User("büro", None).may_write_to("postmaster")


def test_a_secret_that_has_gone_keeps_its_user_out_and_nobody_else(settings: Settings) -> None:
    (settings.directory / "one").unlink()
    users = Users(settings)
    assert len(users) == 1
    assert users.recognise("büro".encode(), b"") is None
    assert users.recognise(b"portal", b"zwei")


def test_only_names_that_exist_are_fit_for_the_log(settings: Settings) -> None:
    users = Users(settings)
    assert users.named("büro".encode()) == "büro"
    assert users.named(b"geheim") is None
    assert users.named(b"\xff") is None
