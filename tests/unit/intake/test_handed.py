"""Sockets from systemd: taken once, for what they are called, and for nothing else."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.init import initialise
from config.load import load
from config.models import Settings
from daemon.intake import handed
from daemon.intake.handed import handed_over


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    initialise(tmp_path / "etc")
    settings, problems = load(tmp_path / "etc")
    assert settings is not None, problems
    return settings


@pytest.fixture
def descriptor(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """One that listens, and is the first that could be handed over."""
    listening = socket.create_server(("127.0.0.1", 0))
    number = os.dup(listening.fileno())
    os.set_inheritable(number, True)
    monkeypatch.setattr(handed, "_FIRST", number)
    yield number
    listening.close()


def told(names: str, number: int = 1, pid: int | None = None) -> dict[str, str]:
    return {"LISTEN_PID": str(pid or os.getpid()), "LISTEN_FDS": str(number), "LISTEN_FDNAMES": names, "PATH": "/bin"}


@pytest.mark.parametrize("kind", ["smtp", "lmtp"])
def test_a_socket_is_taken_by_its_name_once(kind: str, descriptor: int, settings: Settings) -> None:
    environ = told(kind)
    found = handed_over(settings, environ)
    assert environ == {"PATH": "/bin"}
    assert handed_over(settings, environ) == {}
    ((name, (taken,)),) = found.items()
    assert (name, taken.fileno(), os.get_inheritable(descriptor)) == (kind, descriptor, False)
    taken.close()


@pytest.mark.parametrize("environ", [{}, told("smtp", pid=1), told("", number=0), {"LISTEN_PID": str(os.getpid())}])
def test_what_is_not_meant_for_us_is_none(environ: dict[str, str], settings: Settings) -> None:
    assert handed_over(settings, environ) == {}


@pytest.mark.parametrize(("names", "said"), [("postroom.socket", "FileDescriptorName"), ("", "FileDescriptorName"),
                                             ("smtp_tls", "tls_certificate")])  # fmt: skip
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_cannot_be_used_is_said(names: str, said: str, descriptor: int, settings: Settings) -> None:
    assert descriptor
    with pytest.raises(ValueError, match=said):
        handed_over(settings, told(names))


def test_a_socket_that_does_not_listen_is_refused(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    mine, other = socket.socketpair()
    monkeypatch.setattr(handed, "_FIRST", os.dup(mine.fileno()))
    with mine, other, pytest.raises(ValueError, match="does not listen"):
        handed_over(settings, told("smtp"))


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_a_daemon_that_takes_no_mail_wants_none(descriptor: int, settings: Settings) -> None:
    assert descriptor
    postroom = settings.postroom.model_copy(update={"roles": ("work",)})
    idle = settings.model_copy(update={"postroom": postroom})
    with pytest.raises(ValueError, match="roles has no smtp"):
        handed_over(idle, told("smtp"))
