"""Row S18, outgoing: no mail and no credentials leave by a connection that cannot be trusted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.certificates import Authority
from tests.support.outgoing import letter_to, opened
from tests.support.sink import Attempt, Sink

TEAM = "team@good.example"
HARMLESS = ("EHLO", "STARTTLS", "QUIT")
SECRET = "correct horse"
Programs = Callable[[str, str], str]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory, need_program: Programs) -> Authority:
    return Authority(need_program("openssl", "openssl"), tmp_path_factory.mktemp("ca"))


def table(url: str, authority: Authority, home: Path, tls: str = "required") -> str:
    secret = home / "secret"
    secret.write_text(SECRET)
    return (
        f'[[relay]]\nurl = "{url}"\ntls = "{tls}"\nca_file = "{authority.file}"\n'
        f'username = "postroom"\npassword = {{ file = "{secret}" }}\n'
    )


def refuses(sink: Sink, tables: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the letter waits for; nothing of it may have left."""
    with opened(home, monkeypatch, tables) as half:
        (number,) = half.put(letter_to(TEAM))
        half.try_once()
        state, attempts, reached_data, error = half.state(number)
    assert (state, attempts, reached_data) == ("waiting", 0, 0)
    assert sink.mails == []
    assert [line for line in sink.lines if line.split(" ")[0].upper() not in HARMLESS] == []
    return str(error)


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "implicit"])
@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (Authority.for_another_host, "IP address mismatch"),
        (Authority.expired, "certificate has expired"),
        (Authority.self_signed, "self-signed certificate"),
    ],
    ids=["another-host", "expired", "self-signed"],
)
def test_a_bad_certificate_gets_no_mail(
    bad: Callable[[Authority], object],
    words: str,
    implicit: bool,
    authority: Authority,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sink = Sink(bad(authority), implicit=implicit)  # type: ignore[arg-type]
    try:
        error = refuses(sink, table(sink.url, authority, tmp_path), tmp_path, monkeypatch)
    finally:
        sink.close()
    assert words.replace("-", "") in error.replace("-", "")


def test_a_relay_that_hides_starttls_gets_no_mail(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sink: Sink
) -> None:
    sink.features = ("AUTH PLAIN LOGIN",)
    assert "no STARTTLS" in refuses(sink, table(sink.url, authority, tmp_path), tmp_path, monkeypatch)


@pytest.mark.parametrize("answer", ["454 4.7.0 not now", "220 go on\r\n250-sink\r\n250 AUTH PLAIN"])
def test_a_relay_that_refuses_or_fakes_tls_gets_no_mail(
    answer: str, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = Sink(authority.good())

    def script(attempt: Attempt) -> str | None:
        return answer if attempt.command == "STARTTLS" else None

    sink.script = script
    try:
        refuses(sink, table(sink.url, authority, tmp_path), tmp_path, monkeypatch)
    finally:
        sink.close()


def test_credentials_stay_where_tls_is_only_wished_for(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sink: Sink
) -> None:
    sink.features = ("AUTH PLAIN LOGIN",)
    tables = table(sink.url, authority, tmp_path, "opportunistic")
    assert "credentials are not sent" in refuses(sink, tables, tmp_path, monkeypatch)


@pytest.mark.parametrize("implicit", [False, True], ids=["starttls", "implicit"])
def test_a_good_certificate_gets_credentials_and_mail(
    implicit: bool, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = Sink(authority.good(), implicit=implicit)
    sink.features = (*sink.features, "AUTH PLAIN LOGIN")
    try:
        with opened(tmp_path, monkeypatch, table(sink.url, authority, tmp_path)) as half:
            half.put(letter_to(TEAM))
            half.work()
        assert len(sink.to(TEAM)) == 1
        assert sink.attempts["AUTH"] == 1
    finally:
        sink.close()


def test_doing_without_tls_is_logged_at_each_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sink: Sink, capsys: pytest.CaptureFixture[str]
) -> None:
    with opened(tmp_path, monkeypatch, f'[[relay]]\nurl = "{sink.url}"\ntls = "off"\n'):
        assert "relay-without-required-tls" in capsys.readouterr().out
