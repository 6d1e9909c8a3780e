from collections.abc import Callable

import pytest

from parsers.document import Document
from parsers.headers import decode_words, parameters, split_addresses

Make = Callable[..., Document]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?utf-8?b?UHLDvGZ1bmc=?=\n Nr. 10", "Prüfung Nr. 10"),
        ("=?utf-8?q?Pr=C3=BC?=\n =?utf-8?q?fung?=", "Prüfung"),
        ("=?utf-8?b?!!!?= ok", "ok"),
        ("=?utf-8?q?a=C3?= =?utf-8?q?=BCb?=", "aüb"),
        ("=?iso-8859-1?q?Bj=F8rn?=", "Bjørn"),
        ("=?gb2312?b?yrXKsQ==?=", "实时"),
        ("=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?ut\x00f-8?q?x?=", "x"),
        ("=?utf-8?x?broken", "=?utf-8?x?broken"),
        ("=?utf-8?q?a=0D=0ABcc:_evil=40example.net?=", "a Bcc: evil@example.net"),
        ("A =?utf-8?q?B?= C", "A B C"),
    ],
)
def test_subjects(mail: Make, written: str, read: str) -> None:
    assert mail(f"Subject: {written}").headers.get("subject") == read


def test_raw_eight_bit_subject(mail: Make) -> None:
    assert mail(b"Subject: Pr\xf8vetur").headers.get("subject") == "Prøvetur"
    assert mail("Subject: Prøvetur").headers.get("subject") == "Prøvetur"


@pytest.mark.parametrize(
    "name", ["from", "subject", "to", "date", "message-id", "reply-to", "content-type", "received"]
)
@pytest.mark.parametrize(
    "value",
    [b"", b"\x00", b"\xff\xfe", b"a\r\n b", b"=?x?q?=?=", b'"', b"<", b"(" * 500, b",;:<>@" * 99, b"a" * 50_000],
)
@pytest.mark.parametrize("times", [1, 2])
def test_access_is_always_text(mail: Make, name: str, value: bytes, times: int) -> None:
    document = mail(b"\n".join([name.encode() + b": " + value] * times))
    got = document.headers.get(name)
    assert got is None or (isinstance(got, str) and "\n" not in got)
    assert all(isinstance(text, str) for text in document.headers.all(name))
    assert all("@" in address for _, address in document.headers.addresses(name))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("max@example.de", [(None, "max@example.de")]),
        ("Max Muster <max@example.de>, eve@example.de", [("Max Muster", "max@example.de"), (None, "eve@example.de")]),
        ("Muster, Max <max@example.de>", [("Muster, Max", "max@example.de")]),
        ('"Muster, Max" <max@example.de>', [("Muster, Max", "max@example.de")]),
        ("max@example.de (Max Muster)", [("Max Muster", "max@example.de")]),
        ('"evil@example.net" <max@example.de>', [("evil@example.net", "max@example.de")]),
        ("Team: a@example.de, b@example.de;", [(None, "a@example.de"), (None, "b@example.de")]),
        ("undisclosed-recipients:;", []),
        ("Max <>", []),
        ("Max <@example.de>", []),
        ("max@", []),
        ("Max <max example.de>", []),
        ('"open quote <max@example.de>', [("open quote", "max@example.de")]),
        ("", []),
    ],
)
def test_addresses(value: str, found: list[tuple[str | None, str]]) -> None:
    assert split_addresses(value) == found


def test_an_encoded_name_adds_no_address(mail: Make) -> None:
    document = mail("From: =?utf-8?q?Max=2C_evil=40example=2Enet=2C?= <max@example.de>")
    assert document.headers.addresses("from") == [("Max, evil@example.net,", "max@example.de")]


@pytest.mark.parametrize(
    ("value", "kind", "name"),
    [
        ('application/pdf; name="a \\"b\\".pdf"', "application/pdf", 'a "b".pdf'),
        ("application/pdf; name=a.pdf; x=y", "application/pdf", "a.pdf"),
        ("x/y; name*=utf-8''Pr%C3%BCfung.pdf", "x/y", "Prüfung.pdf"),
        ("x/y; name*0*=utf-8''Pr%C3%BC; name*1=fung.pdf", "x/y", "Prüfung.pdf"),
        ("x/y; name*0=a; name*1=b.pdf", "x/y", "ab.pdf"),
        ("x/y", "x/y", None),
        ("x/y;;; =;", "x/y", None),
    ],
)
def test_parameters(value: str, kind: str, name: str | None) -> None:
    found = parameters(value)
    assert (found[0], found[1].get("name")) == (kind, name)


def test_many_encoded_words_cost_little() -> None:
    assert decode_words("=?utf-8?q?a?= " * 20_000).startswith("aaaa")
