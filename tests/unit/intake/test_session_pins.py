"""The private parts of aiosmtpd that our session touches: a new version that moves one fails here, not in a session."""

import asyncio
import inspect
from importlib.metadata import version

import aiosmtpd.smtp
import pytest
from aiosmtpd.smtp import SMTP

from daemon.intake.session import Session

PARAMETERS = {
    "__init__": ["self", "handler"],
    "_cb_client_connected": ["self", "reader", "writer"],
    "_getaddr": ["self", "arg"],
    "_reset_timeout": ["self", "duration"],
    "_timeout_cb": ["self"],
    "_call_handler_hook": ["self", "command", "args"],
    "_set_post_data_state": ["self"],
    "_set_rset_state": ["self"],
    "auth_LOGIN": ["self", "_", "args"],
    "auth_PLAIN": ["self", "_", "args"],
    "smtp_AUTH": ["self", "arg"],
    "smtp_STARTTLS": ["self", "arg"],
    "smtp_VRFY": ["self", "arg"],
    "_handle_client": ["self"],
    "check_helo_needed": ["self", "helo"],
    "check_auth_needed": ["self", "caller_method"],
    "connection_made": ["self", "transport"],
    "connection_lost": ["self", "error"],
    "eof_received": ["self"],
    "push": ["self", "status"],
    "smtp_DATA": ["self", "arg"],
    "smtp_EHLO": ["self", "hostname"],
    "smtp_HELO": ["self", "hostname"],
}


def test_the_version_is_the_one_that_was_read() -> None:
    assert version("aiosmtpd") == "1.4.6"


@pytest.mark.parametrize("name", PARAMETERS)
def test_methods(name: str) -> None:
    found = list(inspect.signature(getattr(SMTP, name)).parameters)
    assert found[: len(PARAMETERS[name])] == PARAMETERS[name]


@pytest.mark.parametrize(
    "name",
    [
        "_reader",
        "_writer",
        "_auth_methods",
        "_auth_required",
        "_auth_require_tls",
        "_authenticator",
        "command_size_limits",
        "_smtp_methods",
        "_timeout_handle",
        "_original_transport",
        "_tls_protocol",
        "session",
    ],
)
def test_attributes(name: str) -> None:
    assert f"self.{name}" in inspect.getsource(SMTP)


async def _reader() -> asyncio.StreamReader:
    return asyncio.StreamReader()


def test_a_reader_that_waits_shows_it() -> None:
    assert {"_waiter", "_buffer"} <= vars(asyncio.run(_reader())).keys()


def test_sessions_are_told_by_their_commands() -> None:
    """aiosmtpd looks up commands in `_smtp_methods` by name; ours stand among them."""
    assert "self._smtp_methods" in inspect.getsource(SMTP._handle_client)
    ours = {name for name in vars(Session) if name.startswith("smtp_")}
    assert {"smtp_DATA", "smtp_EHLO", "smtp_HELO", "smtp_POST", "smtp_GET"} <= ours


def test_logins_are_found_by_mechanism() -> None:
    """Ours are put in the place of those that are bound to the object that was made first."""
    assert aiosmtpd.smtp._AuthMechAttr._fields == ("method", "is_builtin")
    assert "auth_method.method(self, args)" in inspect.getsource(SMTP.smtp_AUTH)


def test_made_up_commands_are_not_remembered() -> None:
    sizes = Session.command_size_limits
    before = dict(sizes)
    assert sizes["X" * 400] == SMTP.command_size_limit
    assert dict(sizes) == before


def test_the_log_that_is_not_cleaned_has_its_name() -> None:
    assert callable(aiosmtpd.smtp.sanitized_log)


def test_a_stream_reader_shows_its_buffer() -> None:
    async def fed() -> bytes:
        reader = asyncio.StreamReader()
        reader.feed_data(b"early")
        return bytes(reader._buffer)  # type: ignore[attr-defined]

    assert asyncio.run(fed()) == b"early"


class House:
    """A house whose sessions end at once."""

    line_limit, errors_allowed, session_seconds = 1000, 3, 0.05

    def __init__(self) -> None:
        self.open = 0
        self.empty = asyncio.Event()

    def may_enter(self, peer: str) -> bool:
        del peer
        self.open += 1
        return True

    def left(self, peer: str) -> None:
        del peer
        self.open -= 1
        self.empty.set()

    def takes(self, peer: str | None, address: str, already: int) -> bool:
        del peer
        return not already and address.endswith("@leads.example")

    def has_room(self) -> bool:
        return True


def test_a_session_has_an_end_however_busy_it_is() -> None:
    """The longest duration of a session, which a configuration tells in minutes."""

    async def talk() -> tuple[bytes, int]:
        house = House()
        factory = Session.prepare(house, house, hostname="h", ident="i", timeout=60, data_size_limit=1000)
        server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        answers = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        server.close()
        await asyncio.wait_for(house.empty.wait(), 10)
        return answers, house.open

    answers, still_open = asyncio.run(talk())
    assert answers.endswith(b"421 4.4.2 Timeout\r\n")
    assert still_open == 0
