"""S8: nothing but the secret address or the border server's word makes a mail a source's own."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.defaults import shipped_versions
from config.machine import Postroom, Smtp
from config.models import Rule, Settings, Site, Source
from daemon.desk.plan import hints_for
from parsers.read import parse
from rules.decide import decide_mail
from rules.model import Context, Envelope, MailDecision
from tests.support.client import send
from tests.support.fixtures import Houses, Tell
from tests.support.sink import Sink
from tests.support.waiting import wait_until

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COMMON, SECRET = "leads@gruppe.example", "mobile.berlin.x7k2@leads.gruppe.example"
US = "mx.gruppe.example"
SIGNED = "from:subject:date:to:content-type:message-id"
PASS = (
    f"{US}; dkim=pass header.d=mobile.de header.s=s1 header.b=AbCd; "
    "spf=pass smtp.mailfrom=bounce@mobile.de; dmarc=pass header.from=mobile.de"
)
SITE = Site.model_validate(
    {
        "id": "berlin", "name": "Autohaus Muster", "timezone": "Europe/Berlin", "language": "de",
        "hours": {"mon-fri": "08:00-18:00"}, "teams": {"sales": "verkauf@gruppe.example"}, "fallback": "sales",
        "desk": "desk@gruppe.example", "vendor_ids": ["B-1"],
    }
)  # fmt: skip
SOURCES = (
    Source.model_validate(
        {"id": "common", "site_by": "vendor-id", "type": "mobile.de", "address": COMMON, "from": ["mobile.de"]}
    ),
    Source.model_validate({"id": "secret", "site": "berlin", "type": "mobile.de", "address": SECRET}),
    Source.model_validate(
        {"id": "import", "site_by": "vendor-id", "type": "importer", "address": "i@gruppe.example",
         "from": ["portal.co.uk", "leads.host.example"]}
    ),
)  # fmt: skip
SETTINGS = Settings(
    directory=Path("/nowhere"),
    postroom=Postroom.model_validate(
        {"hostname": "post.gruppe.example", "admin": "admin@gruppe.example", "data": "/nowhere",
         "relay": [{"url": "maildir:/nowhere"}], "smtp": Smtp(authserv_id=(US,))}
    ),
    units={},
    sites={"berlin": SITE},
    sources={source.id: source for source in SOURCES},
    rules=(Rule.model_validate({"name": "All", "notify": {"team": "sales"}}),),
    policies={},
    shipped=shipped_versions(),
    templates={},
    digest="test",
)  # fmt: skip


def signature(domain: str = "mobile.de", h: str = SIGNED, more: str = "", b: str = "AbCdEfGh", s: str = "s1") -> str:
    return f"DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s={s};\n h={h};{more}\n bh=xyz; b={b}"


def mail(
    *above: str,
    sender: str = "mobile.de <noreply@mobile.de>",
    results: str | None = PASS,
    signed: str | None = signature(),
    below: tuple[str, ...] = (),
    to: str = COMMON,
) -> bytes:
    lines = [*above]
    lines += [f"Authentication-Results: {results}"] if results is not None else []
    lines += [f"Received: from out.example by {US}; Mon, 23 Nov 2026 09:59:00 +0100", *below]
    lines += [signed] if signed is not None else []
    lines += [f"From: {sender}", f"To: {to}", "Subject: Anfrage", "Date: Mon, 23 Nov 2026 09:59:00 +0100"]
    lines += ["Message-ID: <1@mobile.de>", "Content-Type: text/plain; charset=utf-8", "", "Name: Eva Beispiel", ""]
    return "\r\n".join("\r\n".join(lines).splitlines()).encode()


def decided(raw: bytes, recipient: str = COMMON, channel: str = "smtp") -> MailDecision:
    parsed = parse(raw, hints_for(SETTINGS, recipient))
    envelope = Envelope(recipient=recipient, channel=channel, accepted_at=NOW)
    return decide_mail(parsed, envelope, SETTINGS, Context(), NOW)


def ar(text: str) -> str:
    return f"Authentication-Results: {text}"


def by_policy(domain: str) -> bytes:
    """A mail of a domain that sees to its own policy."""
    return mail(sender=f"noreply@{domain}", results=f"{US}; dmarc=pass header.from={domain}")


SIGNED_BY_POLICY = f"{US}; dkim=pass header.d=mobile.de; dmarc=pass header.from=mobile.de"
FAIL = f"{US}; dkim=none; spf=fail smtp.mailfrom=x@evil.example; dmarc=fail header.from=mobile.de"
NOTHING = f"{US}; none"

FORGED: dict[str, bytes] = {
    "From alone": mail(results=None, signed=None),
    "From alone, the border says fail": mail(results=FAIL, signed=None),
    "From alone, the border checked nothing": mail(results=NOTHING, signed=None),
    "a signature that nobody checked": mail(results=NOTHING),
    "Sender and Return-Path of the source": mail(
        "Return-Path: <noreply@mobile.de>", "Sender: noreply@mobile.de", results=NOTHING, signed=None
    ),
    "Reply-To of the source": mail("Reply-To: noreply@mobile.de", results=NOTHING, signed=None),
    "display name": mail(
        sender='"noreply@mobile.de" <x@evil.example>', results=f"{US}; dmarc=pass header.from=evil.example"
    ),
    "display name without quotes": mail(sender="noreply@mobile.de <x@evil.example>"),
    "address in a comment": mail(sender="x@evil.example (noreply@mobile.de)"),
    "From with two mailboxes": mail(sender="noreply@mobile.de, x@evil.example"),
    "From with two mailboxes, the other way": mail(sender="x@evil.example, noreply@mobile.de"),
    "From with a mailbox behind the angle": mail(sender="<noreply@mobile.de> x@evil.example"),
    "From with a bracket (CVE-2023-27043)": mail(sender="noreply@mobile.de]<x@evil.example>"),
    "two From fields": mail("From: x@evil.example"),
    "two From fields, the other way": mail("From: noreply@mobile.de", sender="x@evil.example"),
    "From with a NUL": mail(sender="noreply@mobile.de\0.evil.example"),
    "no From": mail(sender=""),
    "homograph in Cyrillic": by_policy("mоbile.de"),
    "homograph in Punycode": by_policy("xn--mbile-9ua.de"),
    "homograph of full width": mail(
        sender="noreply@ｍobile.de", results=f"{US}; dmarc=pass header.from=mobile.de"
    ),
    "source's name as a subdomain": by_policy("mobile.de.evil.example"),
    "source's name at the end": by_policy("notmobile.de"),
    "source's name with a dash": by_policy("mobile-de.com"),
    "source's name under another ending": by_policy("mobile.com"),
    "source's domain in the local part": mail(
        sender='"x@mobile.de"@evil.example', results=f"{US}; dmarc=pass header.from=evil.example"
    ),
    "another domain's signature": mail(
        results=f"{US}; dkim=pass header.d=evil.example; dmarc=fail header.from=mobile.de",
        signed=signature("evil.example"),
    ),
    "another domain's signature, no policy": mail(
        results=f"{US}; dkim=pass header.d=evil.example", signed=signature("evil.example")
    ),
    "another domain's server": mail(results=f"{US}; spf=pass smtp.mailfrom=x@evil.example", signed=None),
    "the source's name in HELO only": mail(results=f"{US}; spf=pass smtp.helo=mobile.de", signed=None),
    "policy of another domain": mail(results=f"{US}; dmarc=pass header.from=evil.example"),
    "policy without a domain": mail(results=f"{US}; dmarc=pass"),
    "only ARC": mail(results=f"{US}; arc=pass header.d=mobile.de", signed=None),
    "only iprev": mail(results=f"{US}; iprev=pass policy.iprev=192.0.2.1", signed=None),
    "results of another server": mail(results=PASS.replace(US, "mx.evil.example")),
    "results of a server with our name before": mail(results=PASS.replace(US, f"{US}.evil.example")),
    "results of a server with our name behind": mail(results=PASS.replace(US, f"evil.{US}")),
    "results without a server": mail(results=PASS.partition(";")[2].strip()),
    "our server's name in a comment": mail(results=PASS.replace(US, f"mx.evil.example ({US})")),
    "our server's name in an encoded word": mail(results=PASS.replace(US, "=?utf-8?q?mx=2Egruppe=2Eexample?=")),
    "forged below the border's": mail(results=FAIL, below=(ar(PASS),)),
    "forged below, the border checked nothing": mail(results=NOTHING, below=(ar(PASS),)),
    "forged below the border's, which was broken": mail(results=f"{US}; dkim=fail (", below=(ar(PASS),)),
    "forged in another spelling of the field": mail(results=FAIL, below=(f"authentication-RESULTS: {PASS}",)),
    "forged as ARC's": mail(results=FAIL, below=(f"ARC-Authentication-Results: i=1; {PASS}",)),
    "forged as X-": mail(results=FAIL, below=(f"X-Authentication-Results: {PASS}",)),
    "forged as Received-SPF": mail(results=FAIL, below=("Received-SPF: pass (mobile.de)",)),
    "forged in the body": mail(results=FAIL) + f"\r\nAuthentication-Results: {PASS}\r\n".encode(),
    "pass in a comment": mail(results=f"{US}; dmarc=fail (dmarc=pass header.from=mobile.de) header.from=mobile.de"),
    "pass in a quoted reason": mail(
        results=f'{US}; dmarc=fail reason="; dmarc=pass header.from=mobile.de" header.from=mobile.de'
    ),
    "pass in a quoted sender": mail(
        results=f'{US}; spf=fail smtp.mailfrom="; dmarc=pass header.from=mobile.de; x"@evil.example', signed=None
    ),
    "pass and fail": mail(results=f"{US}; dmarc=pass header.from=mobile.de; dmarc=fail header.from=mobile.de"),
    "property said twice": mail(results=f"{US}; dmarc=pass header.from=mobile.de header.from=evil.example"),
    "almost pass": mail(results=f"{US}; dmarc=bestguesspass header.from=mobile.de", signed=None),
    "temporary error": mail(results=f"{US}; dmarc=temperror header.from=mobile.de"),
    "signature over part of the body (l=)": mail(
        results=SIGNED_BY_POLICY, signed=signature(more=" l=12;")
    ),
    "signature over part of the body beside a good one": mail(
        signature(more=" l=12;", s="s2", b="Zz"), results=SIGNED_BY_POLICY
    ),
    "subject not signed": mail(
        results=f"{US}; dkim=pass header.d=mobile.de", signed=signature(h="from:date:to:content-type")
    ),
    "type not signed": mail(
        results=f"{US}; dkim=pass header.d=mobile.de", signed=signature(h="from:subject:date:to")
    ),
    "Reply-To added": mail("Reply-To: x@evil.example", results=SIGNED_BY_POLICY),
    "Subject added above": mail("Subject: Konto gesperrt", results=SIGNED_BY_POLICY),
    "Content-Type added above": mail(
        'Content-Type: multipart/mixed; boundary="x"', results=f"{US}; dkim=pass header.d=mobile.de"
    ),
    "To added above": mail(f"To: {SECRET}", results=f"{US}; dkim=pass header.d=mobile.de"),
    "result about a signature that is not there": mail(results=f"{US}; dkim=pass header.d=mobile.de", signed=None),
    "result about another selector": mail(results=f"{US}; dkim=pass header.d=mobile.de header.s=other"),
    "signature of a neighbour's domain": mail(
        results=f"{US}; dkim=pass header.d=other.mobile.de", signed=signature("third.mobile.de"),
        sender="noreply@leads.mobile.de",
    ),
}  # fmt: skip

GENUINE: dict[str, bytes] = {
    "all three": mail(),
    "policy alone": mail(results=f"{US}; dmarc=pass header.from=mobile.de"),
    "policy by the sending server, unsigned": mail(results=f"{US}; dmarc=pass header.from=mobile.de", signed=None),
    "signature alone": mail(results=f"{US}; dkim=pass header.d=mobile.de"),
    "signature by identity (Google)": mail(
        results=f"{US}; dkim=pass header.i=@mobile.de header.s=s1 header.b=AbCd; spf=none; dmarc=none"
    ),
    "signature of a subdomain": mail(
        results=f"{US}; dkim=pass header.d=mail.mobile.de", signed=signature("mail.mobile.de")
    ),
    "sending server alone": mail(results=f"{US}; spf=pass smtp.mailfrom=bounce@mobile.de", signed=None),
    "sending server, a domain without user": mail(results=f"{US}; spf=pass smtp.mailfrom=mobile.de", signed=None),
    "sending server of a subdomain": mail(
        results=f"{US}; spf=pass smtp.mailfrom=b-1@bounce.mobile.de", signed=None
    ),
    "sending server and a signature with l=": mail(signed=signature(more=" l=12;")),
    "From of a subdomain": by_policy("team.mobile.de"),
    "From of a subdomain, signature of another, by policy": mail(
        sender="noreply@team.mobile.de", results=f"{US}; spf=pass smtp.mailfrom=b@bounce.mobile.de; "
        "dmarc=pass header.from=team.mobile.de", signed=None,
    ),
    "upper case": mail(sender="NoReply@MOBILE.DE", results=PASS.upper().replace(US.upper(), US)),
    "server's name in upper case": mail(results=PASS.replace(US, US.upper())),
    "server with a version": mail(results=PASS.replace(US, f"{US} 1")),
    "server's name in quotes": mail(results=PASS.replace(US, f'"{US}"')),
    "methods with a version, spaces around": mail(results=f"{US} ; dmarc/1 = pass  header.from = mobile.de"),
    "comments": mail(
        results=f"{US}; dkim=pass (2048-bit key; unprotected) header.d=mobile.de; "
        "spf=pass (mx: domain of x@mobile.de (really) designates 192.0.2.1) smtp.mailfrom=x@mobile.de; "
        "dmarc=pass (p=REJECT sp=NONE) header.from=mobile.de"
    ),
    "folded": mail(results=PASS.replace("; ", ";\n\t")),
    "other servers' results above": mail(ar("mx.mailbox.example; dmarc=fail header.from=mobile.de")),
    "forged results below": mail(below=(ar(f"{US}; dmarc=fail header.from=mobile.de"),)),
    "address as display name": mail(sender='"eva@kunde.example" <noreply@mobile.de>'),
    "encoded display name": mail(sender="=?utf-8?q?M=C3=BCller_=C3=BCber_mobile=2Ede?= <noreply@mobile.de>"),
    "Reply-To that is signed": mail("Reply-To: eva@kunde.example", signed=signature(h=f"{SIGNED}:reply-to")),
    "a second signature of the mail service": mail(signature("service.example", h="from")),
    "action and reason": mail(results=f'{US}; dmarc=pass action=none reason="all; well" header.from=mobile.de'),
    "neutral methods beside": mail(results=f"{PASS}; arc=none; iprev=fail policy.iprev=192.0.2.1; x-spam=fail"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_forged_mail_never_counts_as_the_source(name: str) -> None:
    decision = decided(FORGED[name])
    assert decision.source == "common"
    assert decision.verified is None
    assert "unverified" in decision.flags


@pytest.mark.parametrize("name", GENUINE)
def test_genuine_mail_is_not_refused(name: str) -> None:
    decision = decided(GENUINE[name])
    assert (decision.source, decision.verified) == ("common", "authenticated")
    assert "unverified" not in decision.flags


def test_there_are_enough_of_both(tell: Tell) -> None:
    taken = sum(decided(raw).verified is not None for raw in FORGED.values())
    refused = sum(decided(raw).verified is None for raw in GENUINE.values())
    tell(f"S8: {taken} of {len(FORGED)} forged mails taken for a source's, {refused} of {len(GENUINE)} genuine not")
    assert (taken, refused) == (0, 0)
    assert len(FORGED) >= 40
    assert len(GENUINE) >= 20


def test_neighbours_under_a_suffix_do_not_speak_for_each_other() -> None:
    sender, signed = "x@leads.host.example", signature("stranger.host.example")
    raw = mail(sender=sender, results=f"{US}; dkim=pass header.d=stranger.host.example", signed=signed)
    assert decided(raw, "i@gruppe.example").verified is None


@pytest.mark.parametrize("name", FORGED)
def test_the_secret_address_alone_proves_the_source(name: str) -> None:
    assert decided(FORGED[name], SECRET).verified == "address"


@pytest.mark.parametrize("channel", ["imap:leads", "import"])
@pytest.mark.parametrize(
    ("above", "to", "verified"),
    [
        ((), SECRET, "address"),
        ((f"Delivered-To: {SECRET.upper()}",), "info@gruppe.example", "address"),
        ((), "info@gruppe.example", None),
        ((), f'"{SECRET}" <info@gruppe.example>', None),
    ],
)
def test_without_an_envelope_the_header_must_name_the_secret(
    channel: str, above: tuple[str, ...], to: str, verified: str | None
) -> None:
    assert decided(mail(*above, to=to, results=None, signed=None), SECRET, channel).verified == verified


def test_without_a_border_server_nothing_is_believed() -> None:
    parsed = parse(GENUINE["all three"])
    assert parsed.authenticated is None


IMPORTER = "importer.c6v3@leads.muster.example"


def _from_importer(subject: str, results: str) -> bytes:
    raw = mail(sender="Importeur <leads@importer.example>", results=results, signed=signature("importer.example"))
    return raw.replace(b"Subject: Anfrage", f"Subject: {subject}".encode()).replace(b"1@mobile.de", subject.encode())


def test_the_daemon_keeps_what_was_verified_and_tells_the_team_what_was_not(new_house: Houses, sink: Sink) -> None:
    house = new_house(smtp=f'authserv_id = "{US}"')
    genuine = _from_importer("genuine", f"{US}; dmarc=pass header.from=importer.example")
    for raw in (genuine, _from_importer("forged", FAIL.replace("mobile.de", "importer.example"))):
        send(house, raw, IMPORTER)
    wait_until(lambda: len(sink.about("Eva Beispiel")) == 2, 20, "two notifications")
    assert house.query("SELECT subject, verified FROM message ORDER BY n") == [
        ("genuine", "authenticated"), ("forged", None)
    ]  # fmt: skip
    told = [arrived.parsed() for arrived in sink.about("Eva Beispiel")]
    texts = [next(part for part in one.walk() if part.get_content_type() == "text/plain") for one in told]
    warned = ["Vorsicht: Nicht bestätigt" in text.get_payload(decode=True).decode() for text in texts]  # type: ignore[union-attr]
    assert sorted(warned) == [False, True]


def test_a_replayed_mail_opens_nothing(new_house: Houses) -> None:
    """The border server vouches for a replay as well; the digest catches it."""
    house = new_house(smtp=f'authserv_id = "{US}"')
    genuine = _from_importer("genuine", f"{US}; dmarc=pass header.from=importer.example")
    for raw in (genuine, b"Received: from evil.example by mx.gruppe.example\r\n" + genuine):
        send(house, raw, IMPORTER)
    done = "SELECT fate FROM message WHERE fate != 'pending' ORDER BY n"
    assert wait_until(lambda: len(r := house.query(done)) == 2 and r) == [("opened",), ("repeat",)]
