"""The scripted server is a good one where its script says nothing; IMAPClient is the judge."""

from collections.abc import Iterator

import pytest
from imapclient import IMAPClient, SocketTimeout

from tests.peers.script_imap import DROP, Command, ScriptedImap, script_imap

RAW = b"Subject: one\r\n\r\nbody\r\n"


@pytest.fixture
def server() -> Iterator[ScriptedImap]:
    with script_imap() as server:
        server.deliver(RAW)
        yield server


@pytest.fixture
def client(server: ScriptedImap) -> Iterator[IMAPClient]:
    client = IMAPClient("127.0.0.1", server.port, ssl=False, timeout=SocketTimeout(5, 5))
    client.login("user", "password")
    yield client
    client.shutdown()


def test_reads_like_any_server(server: ScriptedImap, client: IMAPClient) -> None:
    server.deliver(b"Subject: two\r\n\r\n")
    assert client.select_folder("INBOX")[b"UIDVALIDITY"] == 1
    assert client.search() == [1, 2]
    assert client.search(["UID", "9:*"]) == [2]
    found = client.fetch([1, 2], ["BODY.PEEK[]", "INTERNALDATE", "RFC822.SIZE", "FLAGS"])
    assert found[1][b"BODY[]"] == RAW
    assert found[2][b"RFC822.SIZE"] == 16
    client.add_flags([1], ["\\Seen"], silent=True)
    assert server.flags == {1: {"\\Seen"}, 2: set()}


def test_tells_who_idles(server: ScriptedImap, client: IMAPClient) -> None:
    client.select_folder("INBOX")
    client.idle()
    server.deliver(RAW)
    assert client.idle_check(5) == [(2, b"EXISTS")]
    client.idle_done()
    assert client.search() == [1, 2]


def test_does_what_the_script_says(server: ScriptedImap, client: IMAPClient) -> None:
    def script(command: Command) -> bytes | None:
        return b"* BYE going down\r\n" + DROP if command.name == "UID SEARCH" else None

    server.script = script
    client.select_folder("INBOX")
    with pytest.raises(IMAPClient.AbortError):
        client.search()
    assert len(server.said("UID SEARCH")) == 1
