"""Tokens: asked for as each provider wants it, kept while they are good, and errors that hold no secret."""

import base64
import json
import shutil
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from config.machine import Imap, Oauth
from daemon import oauth as oauth_module
from daemon.intake.imap import REFUSED, Connection
from daemon.oauth import OauthError, Tokens, token_url, xoauth2
from tests.peers.dripping import dripping
from tests.peers.script_imap import Command, script_imap
from tests.support.certificates import Authority
from tests.support.fixtures import sink
from tests.support.outgoing import letter_to, opened
from tests.support.sink import Attempt, Sink

__all__ = ["sink"]

ACCOUNT = "postroom@muster.example"
SECRET = "the-client-secret"


class Provider:
    """A token endpoint on loopback; `answer` may be swapped."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.status = 200
        self.body: Any = None
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                provider.asked.append({key: values[0] for key, values in form.items()})
                body = provider.body if provider.body is not None else provider.token()
                self.send_response(provider.status)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/token"

    def token(self) -> dict[str, Any]:
        return {"access_token": f"token-{len(self.asked)}", "expires_in": 3600, "token_type": "Bearer"}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


def settings(home: Path, **values: Any) -> Oauth:
    (home / "secret").write_text(SECRET)
    (home / "refresh").write_text("the-refresh-token")
    given = {"provider": "microsoft", "client_id": "app", "client_secret": {"file": "secret"}, "tenant": "muster"}
    return Oauth.model_validate(given | values)


GOOGLE: dict[str, Any] = {"provider": "google", "tenant": None, "refresh_token": {"file": "refresh"}}


def test_each_provider_is_asked_as_it_wants(tmp_path: Path, provider: Provider) -> None:
    for more in ({}, GOOGLE):
        tokens = Tokens(settings(tmp_path, token_url=provider.url, **more), ACCOUNT, tmp_path)
        assert tokens.bearer().startswith("token-")
    microsoft, google = provider.asked
    assert microsoft == {
        "client_id": "app",
        "client_secret": SECRET,
        "grant_type": "client_credentials",
        "scope": "https://outlook.office365.com/.default",
    }
    assert google["grant_type"] == "refresh_token"
    assert google["refresh_token"] == "the-refresh-token"


def test_providers_are_asked_at_their_own_address(tmp_path: Path) -> None:
    assert token_url(settings(tmp_path)) == "https://login.microsoftonline.com/muster/oauth2/v2.0/token"
    assert token_url(settings(tmp_path, **GOOGLE)) == "https://oauth2.googleapis.com/token"
    assert "/a%2Fb/" in token_url(settings(tmp_path, tenant="a/b"))


def test_a_token_is_kept_until_it_is_forgotten_or_ends(tmp_path: Path, provider: Provider) -> None:
    tokens = Tokens(settings(tmp_path, token_url=provider.url), ACCOUNT, tmp_path)
    assert {tokens.bearer() for _ in range(3)} == {"token-1"}
    tokens.forget()
    assert tokens.bearer() == "token-2"
    tokens.forget()
    provider.body = {"access_token": "short", "expires_in": 1e-9}
    assert [tokens.bearer(), tokens.bearer()] == ["short", "short"]
    assert len(provider.asked) == 4, "asked each time: it is over at once"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            401,
            {"error": "invalid_client", "error_description": "AADSTS7000215: wrong\r\nsecret"},
            "invalid_client: AAD",
        ),
        (500, b"<html>oops</html>", "500 without a reason"),
        (200, b"not json", "no token"),
        (200, b"[" * 30000, "no token"),
        (200, {"access_token": "a\r\nb"}, "no token"),
        (200, {"access_token": 7}, "no token"),
        (200, ["a"], "no token"),
    ],
)
def test_errors_say_why_and_hold_no_secret(
    status: int, body: Any, words: str, tmp_path: Path, provider: Provider
) -> None:
    provider.status, provider.body = status, body
    with pytest.raises(OauthError) as raised:
        Tokens(settings(tmp_path, token_url=provider.url), ACCOUNT, tmp_path).bearer()
    assert words in str(raised.value)
    assert SECRET not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_provider_that_is_gone_and_a_secret_that_is_gone_are_the_same_kind_of_error(tmp_path: Path) -> None:
    oauth = settings(tmp_path, token_url="http://127.0.0.1:9/token")
    with pytest.raises(OauthError, match=r"127\.0\.0\.1:9"):
        Tokens(oauth, ACCOUNT, tmp_path).bearer()
    (tmp_path / "secret").unlink()
    with pytest.raises(OauthError, match="the secret is missing"):
        Tokens(oauth, ACCOUNT, tmp_path).bearer()


def test_an_answer_that_drips_has_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Header or body: who waits for the token is held no longer, however the bytes come."""
    authority = Authority(shutil.which("openssl") or pytest.skip("needs openssl"), tmp_path / "tls")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setattr(oauth_module, "ANSWER_SECONDS", 0.5)
    for head in (b"HTTP/1.0 2", b"HTTP/1.0 200 OK\r\n\r\n{"):
        with dripping(head, authority.good()) as port:
            tokens = Tokens(settings(tmp_path, token_url=f"https://127.0.0.1:{port}/token"), ACCOUNT, tmp_path)
            began = time.monotonic()
            with pytest.raises(OauthError, match=r"took too long|timed out"):
                tokens.bearer()
            assert time.monotonic() - began < 5


def test_a_relay_gets_the_token_and_after_a_refusal_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, provider: Provider, sink: Sink
) -> None:
    (tmp_path / "secret").write_text(SECRET)
    sink.features = ("AUTH LOGIN XOAUTH2",)
    shown: list[str] = []

    def script(attempt: Attempt) -> str | None:
        if attempt.command == "AUTH":
            shown.append(attempt.line.split(" ")[-1])
            return "334 eyJzdGF0dXMiOiI0MDEifQ==" if len(shown) == 1 else None
        return "535 5.7.8 no" if attempt.command == "" else None  # the empty answer to the challenge

    sink.script = script
    table = (
        f'[[relay]]\nurl = "{sink.url}"\ntls = "off"\nusername = "{ACCOUNT}"\n'
        f'oauth = {{ provider = "microsoft", client_id = "app", client_secret = {{ file = "{tmp_path}/secret" }}, '
        f'token_url = "{provider.url}" }}\n'
    )
    with opened(tmp_path, monkeypatch, table) as half:
        half.put(letter_to("team@good.example"))
        half.work()
    assert len(sink.to("team@good.example")) == 1
    said = [base64.b64decode(word).decode() for word in shown]
    assert said == [xoauth2(ACCOUNT, "token-1"), xoauth2(ACCOUNT, "token-2")]


def test_a_mailbox_gets_the_token_and_after_a_refusal_a_new_one(tmp_path: Path, provider: Provider) -> None:
    shown: list[str] = []
    tags: list[str] = []

    def script(command: Command) -> bytes | None:
        if command.name == "AUTHENTICATE":
            tags.append(command.tag)
            return b"+ \r\n"
        if len(shown) < len(tags):  # the answer to the challenge: a line of its own
            shown.append(base64.b64decode(f"{command.tag} {command.name} {command.rest}".split()[0]).decode())
            return f"{tags[-1]} {'NO' if len(shown) == 1 else 'OK'} said\r\n".encode()
        return None

    oauth = settings(tmp_path, token_url=provider.url)
    with script_imap() as server:
        server.script = script
        mailbox = Imap(id="box", host="127.0.0.1", port=server.port, tls="off", username=ACCOUNT, oauth=oauth)
        tokens = Tokens(oauth, ACCOUNT, tmp_path)
        with pytest.raises(REFUSED):
            Connection(mailbox, tmp_path, 1000, tokens)
        Connection(mailbox, tmp_path, 1000, tokens).close()
    assert shown == [xoauth2(ACCOUNT, "token-1"), xoauth2(ACCOUNT, "token-2")]
