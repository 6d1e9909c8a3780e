"""Authentication-Results are read as RFC 8601 writes them, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.auth_results import Result, parsed

PASS = Result("dmarc", "pass", {"header.from": "mobile.de"})


@pytest.mark.parametrize(
    ("field", "server", "results"),
    [
        ("mx.example; dmarc=pass header.from=mobile.de", "mx.example", (PASS,)),
        ("mx.example 1; dmarc=pass header.from=mobile.de", "mx.example", (PASS,)),
        ('"mx.example"; dmarc=pass header.from=mobile.de;', "mx.example", (PASS,)),
        ("mx.example (a (nested) one); dmarc (x) = (y) pass header.from = mobile.de", "mx.example", (PASS,)),
        ("mx.example; DMARC/1=PASS Header.From=mobile.de", "mx.example", (PASS,)),
        ("mx.example; none", "mx.example", ()),
        ("mx.example", "mx.example", ()),
        ('mx.example; dmarc=pass reason="a; dmarc=fail" header.from=mobile.de', "mx.example", (PASS,)),
        ('mx.example; spf=pass smtp.mailfrom="a;b"@mobile.de', "mx.example",
         (Result("spf", "pass", {"smtp.mailfrom": "a;b@mobile.de"}),)),
        ("mx.example; dkim=pass header.d=mobile.de header.b=a/b+c==", "mx.example",
         (Result("dkim", "pass", {"header.d": "mobile.de", "header.b": "a/b+c=="}),)),
        ("mx.example; dmarc=pass (unclosed", "mx.example", ()),
        ("mx.example; dmarc=pass) header.from=mobile.de", "mx.example", ()),
        ('mx.example; dmarc=pass header.from="mobile.de', "mx.example", ()),
        ("mx.example; dmarc=pass header.from=mobile.de header.from=evil.example", "mx.example", ()),
        ("mx.example; dmarc=pass header.from=mobile.de; what is this", "mx.example", ()),
        ("dmarc=pass header.from=mobile.de", None, ()),
        ("", None, ()),
    ],
)  # fmt: skip
def test_a_field(field: str, server: str | None, results: tuple[Result, ...]) -> None:
    assert parsed(field) == (server, results)


@given(st.text(alphabet='mx.; =()"\\apsdkim/@_-\x00é', max_size=200))
def test_hostile_fields_raise_nothing(field: str) -> None:
    server, results = parsed(field)
    assert server is None or server == server.strip()
    assert all(result.method and "=" not in result.method for result in results)
