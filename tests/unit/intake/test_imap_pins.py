"""The private parts of IMAPClient and imaplib that our connection touches: a new version that moves one fails here."""

import imaplib
import inspect
import socket
import ssl
import threading
from importlib.metadata import version

import pytest
from imapclient import IMAPClient

CLIENT = {"idle": ["self"], "idle_check": ["self", "timeout"], "idle_done": ["self"], "shutdown": ["self"]}
"""Public, and with the flaws that we work around."""


def test_the_version_is_of_the_line_that_was_read() -> None:
    assert version("IMAPClient").startswith("4.")


@pytest.mark.parametrize("name", CLIENT)
def test_methods_take_what_we_give(name: str) -> None:
    assert list(inspect.signature(getattr(IMAPClient, name)).parameters) == CLIENT[name]


def source_of(name: str) -> str:
    return inspect.getsource(getattr(imaplib.IMAP4, name))


def test_literals_are_read_by_a_method_that_can_be_bounded() -> None:
    assert list(inspect.signature(imaplib.IMAP4.read).parameters) == ["self", "size"]
    assert "self.read(size)" in source_of("_get_response")
    assert "self.readline()" in source_of("_get_line")


def test_every_command_begins_with_a_new_tag_and_every_connection_with_our_socket() -> None:
    assert "self._new_tag()" in source_of("_command")
    assert "self._imap._new_tag()" in inspect.getsource(IMAPClient._raw_command)
    assert "self._create_socket(timeout)" in source_of("open")
    assert "self._create_IMAP4()" in inspect.getsource(IMAPClient.__init__)
    assert "self.sslsocket_class._create(" in inspect.getsource(ssl.SSLContext.wrap_socket)
    assert "self._sock.recv_into(b)" in inspect.getsource(socket.SocketIO.readinto)


def test_what_lies_in_the_buffer_and_came_unasked_can_be_seen() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_greet, args=(server,))
        answering.start()
        client = IMAPClient("127.0.0.1", server.getsockname()[1], ssl=False, timeout=5)
        assert client._imap.state == "NONAUTH"
        client.noop()
        assert client._imap.response("EXISTS") == ("EXISTS", [b"1", b"2"])
        client.socket().setblocking(False)
        assert client._imap.file.peek(1)[:1] == b"*"
        client.shutdown()
        answering.join(5)


def _greet(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"* OK hello\r\n")
        connection.sendall(b"* CAPABILITY IMAP4rev1\r\n" + connection.recv(1000).split()[0] + b" OK done\r\n")
        tag = connection.recv(1000).split()[0]
        connection.sendall(b"* 1 EXISTS\r\n* 2 EXISTS\r\n" + tag + b" OK done\r\n* 3 EXISTS\r\n")
        connection.recv(1000)
