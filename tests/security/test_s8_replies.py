"""S8: who bears a reply address is believed only as whom it was given to, and only if the mail is really his."""

from datetime import UTC, datetime

import pytest

from config.lookup import desk_token
from config.models import Settings
from daemon.desk.plan import hints_for
from parsers.read import parse
from parsers.records import Customer, Reading
from rules.identity import writer
from rules.model import Record
from rules.reference import TokenRole, bounce_token, read_token, token
from tests.security.test_s8_spoofing import SETTINGS, SITE, US
from tests.support.fixtures import Tell

KEYS = (b"the key of today", b"the key of last year")
LONG_GONE = b"a key that was taken out"
EVA, MAX, BOSS = "eva@gruppe.example", "max@kunde.example", "chef@importeur.example"
REF, OTHER = "L-7KQ2M4-2", "L-000005-Y"
HOUSE = SITE.model_copy(
    update={
        "members": {"sales": ("*@gruppe.example", "tom@extern.example")},
        "controllers": (BOSS,),
        "roles": {"service-manager": "meister@werkstatt.example"},
    }
)
ANOTHER = HOUSE.model_copy(update={"id": "potsdam", "desk": "desk.potsdam@gruppe.example"})


def settings(**site: object) -> Settings:
    sites = {"berlin": HOUSE.model_copy(update=site), "potsdam": ANOTHER}
    return SETTINGS.__class__(**{**SETTINGS.__dict__, "sites": sites})


def desk(role: TokenRole, ref: str = REF, key: bytes = KEYS[0]) -> str:
    return f"desk+{token(ref, role, key)}@gruppe.example"


def mail(sender: str, *above: str, vouched: str | None = None, results: str | None = None, **fields: str) -> bytes:
    """An answer; `vouched` is the domain that the border server found genuine."""
    passed = f"{US}; dmarc=pass header.from={vouched}" if vouched else f"{US}; none"
    lines = [*above, f"Authentication-Results: {results or passed}", f"From: {sender}", "Subject: Re: Anfrage"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    lines += ["Date: Mon, 23 Nov 2026 09:59:00 +0100", "Message-ID: <1@x.example>", "", "!take", ""]
    return "\r\n".join(lines).encode()


def accepted(raw: bytes, recipient: str, trust: str = "authenticated") -> tuple[str, str] | None:
    """As whom the mail's writer acts, on which record; None for a stranger."""
    house = settings(trust=trust)
    given = desk_token(house, recipient)
    named = read_token(given, KEYS) if given else None
    if named is None or named[0] != REF:
        return None
    record = Record(
        ref=REF, kind="lead", site="berlin", team="sales", state="new", language="de",
        received_at=datetime(2026, 11, 23, tzinfo=UTC), reading=Reading(customer=Customer(emails=(MAX,))),
    )  # fmt: skip
    actor, _ = writer(parse(raw, hints_for(house, recipient)), named[1], record, house, record.received_at)
    return None if actor.role == "stranger" else (actor.role, actor.name)


GENUINE_EVA = mail(EVA, vouched="gruppe.example")
TEAM, CONTROLLER, CUSTOMER = desk("team"), desk("controller"), desk("customer")
TOKEN = token(REF, "team", KEYS[0])

FORGED: dict[str, tuple[bytes, str]] = {
    "the token alone": (mail("thief@else.example", vouched="else.example"), TEAM),
    "From alone": (mail(EVA), TEAM),
    "From alone, the border says fail": (mail(EVA, results=f"{US}; dmarc=fail header.from=gruppe.example"), TEAM),
    "results of another server": (mail(EVA, results="mx.evil.example; dmarc=pass header.from=gruppe.example"), TEAM),
    "forged results below those of the border": (
        mail(EVA, f"Authentication-Results: {US}; none", vouched="gruppe.example"), TEAM,
    ),
    "another domain vouched for": (mail(EVA, vouched="else.example"), TEAM),
    "a subdomain vouched for": (mail(EVA, vouched="x.gruppe.example"), TEAM),
    "display name": (mail(f'"{EVA}" <thief@else.example>', vouched="else.example"), TEAM),
    "display name of the team": (mail('"Verkauf Berlin" <thief@else.example>', vouched="else.example"), TEAM),
    "address in a comment": (mail(f"thief@else.example ({EVA})", vouched="else.example"), TEAM),
    "two mailboxes in From": (mail(f"{EVA}, thief@else.example", vouched="gruppe.example"), TEAM),
    "two From fields": (mail(EVA, "From: thief@else.example", vouched="gruppe.example"), TEAM),
    "look-alike domain": (mail("eva@grvppe.example", vouched="grvppe.example"), TEAM),
    "look-alike in Cyrillic": (mail("eva@grupре.example", vouched="grupре.example"), TEAM),
    "our domain as a subdomain": (mail("eva@gruppe.example.evil.com", vouched="gruppe.example.evil.com"), TEAM),
    "our domain at the end": (mail("eva@xgruppe.example", vouched="xgruppe.example"), TEAM),
    "our domain in the local part": (mail('"eva@gruppe.example"@evil.example', vouched="evil.example"), TEAM),
    "Sender of a member": (mail("thief@else.example", f"Sender: {EVA}", vouched="else.example"), TEAM),
    "Reply-To of a member": (mail("thief@else.example", f"Reply-To: {EVA}", vouched="else.example"), TEAM),
    "no From": (mail("", vouched="gruppe.example"), TEAM),
    "a former member from outside": (mail("anna@extern.example", vouched="extern.example"), TEAM),
    "a member elsewhere in the address": (mail("tom@extern.example.evil.example", vouched="evil.example"), TEAM),
    "the customer with a team's token": (mail(MAX, vouched="kunde.example"), TEAM),
    "the customer with a controller's token": (mail(MAX, vouched="kunde.example"), CONTROLLER),
    "a member with a controller's token": (GENUINE_EVA, CONTROLLER),
    "a controller with a team's token": (mail(BOSS, vouched="importeur.example"), TEAM),
    "somebody with the customer's token": (mail("thief@else.example", vouched="else.example"), CUSTOMER),
    "a member with the customer's token": (GENUINE_EVA, CUSTOMER),
    "display name of the customer": (mail(f'"{MAX}" <thief@else.example>', vouched="else.example"), CUSTOMER),
    "altered signature": (GENUINE_EVA, TEAM.replace(TOKEN[-1] + "@", ("a" if TOKEN[-1] != "a" else "b") + "@")),
    "altered role": (GENUINE_EVA, TEAM.replace(".t", ".c")),
    "a mail's for the house made a team's": (GENUINE_EVA, desk("house").replace(".h", ".t")),
    "customer's token made a team's": (GENUINE_EVA, CUSTOMER.replace(".k", ".t")),
    "another record with this signature": (GENUINE_EVA, TEAM.replace(REF.lower(), OTHER.lower())),
    "another record's token": (GENUINE_EVA, desk("team", OTHER)),
    "a key that is gone": (GENUINE_EVA, desk("team", key=LONG_GONE)),
    "a key of somebody's own": (GENUINE_EVA, desk("team", key=b"")),
    "no signature": (GENUINE_EVA, f"desk+{REF.lower()}@gruppe.example"),
    "half a signature": (GENUINE_EVA, f"desk+{TOKEN[:-8]}@gruppe.example"),
    "signature and more": (GENUINE_EVA, f"desk+{TOKEN}a@gruppe.example"),
    "a bounce's token": (GENUINE_EVA, f"desk+{bounce_token(7, KEYS[0])}@gruppe.example"),
    "no token": (GENUINE_EVA, "desk@gruppe.example"),
    "another desk that is none": (GENUINE_EVA, f"verkauf+{TOKEN}@gruppe.example"),
}  # fmt: skip

GENUINE: dict[str, tuple[bytes, str, str]] = {
    "from the group's own address": (mail("verkauf@gruppe.example", vouched="gruppe.example"), TEAM, "team"),
    "a member answers the group's mail": (GENUINE_EVA, TEAM, "team"),
    "a member answers a mail for the house": (GENUINE_EVA, desk("house"), "team"),
    "with a name": (mail(f"Eva Beispiel <{EVA}>", vouched="gruppe.example"), TEAM, "team"),
    "with a name in quotes": (mail(f'"Beispiel, Eva" <{EVA}>', vouched="gruppe.example"), TEAM, "team"),
    "in capitals": (mail("EVA@GRUPPE.EXAMPLE", vouched="gruppe.example"), TEAM, "team"),
    "another member": (mail("tom.muster@gruppe.example", vouched="gruppe.example"), TEAM, "team"),
    "an encoded name": (mail(f"=?utf-8?q?J=C3=B6rg?= <{EVA}>", vouched="gruppe.example"), TEAM, "team"),
    "a member from outside by name": (mail("tom@extern.example", vouched="extern.example"), TEAM, "team"),
    "a telephone's address": (mail("eva.mobil@gruppe.example", vouched="gruppe.example"), TEAM, "team"),
    "a telephone's address with a tag": (mail("eva+iphone@gruppe.example", vouched="gruppe.example"), TEAM, "team"),
    "a delegate writes for her": (
        mail(EVA, "Sender: sekretariat@gruppe.example", vouched="gruppe.example"), TEAM, "team",
    ),
    "a delegate from another house": (
        mail(EVA, "Sender: assistenz@agentur.example", vouched="gruppe.example"), TEAM, "team",
    ),
    "a role's address": (mail("meister@werkstatt.example", vouched="werkstatt.example"), TEAM, "team"),
    "by the key of last year": (GENUINE_EVA, desk("team", key=KEYS[1]), "team"),
    "an address in capitals": (GENUINE_EVA, TEAM.upper(), "team"),
    "with the customer in Cc": (mail(EVA, f"Cc: {MAX}", vouched="gruppe.example"), TEAM, "team"),
    "a controller": (mail(BOSS, vouched="importeur.example"), CONTROLLER, "controller"),
    "a controller with a name": (mail(f"Der Chef <{BOSS}>", vouched="importeur.example"), CONTROLLER, "controller"),
    "the customer": (mail(MAX), CUSTOMER, "customer"),
    "the customer in capitals": (mail("Max@Kunde.example"), CUSTOMER, "customer"),
    "the customer, vouched for": (mail(f"Max Kunde <{MAX}>", vouched="kunde.example"), CUSTOMER, "customer"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORGED)
def test_none_of_the_forged_is_accepted(name: str) -> None:
    assert accepted(*FORGED[name]) is None


@pytest.mark.parametrize("name", GENUINE)
def test_all_of_the_genuine_are_accepted(name: str) -> None:
    raw, recipient, role = GENUINE[name]
    found = accepted(raw, recipient)
    assert found is not None
    assert found[0] == role


def test_there_are_enough_of_both(tell: Tell) -> None:
    tell(
        f"S8: answers: {sum(accepted(*one) is not None for one in FORGED.values())} of {len(FORGED)} forged accepted, "
        f"{sum(accepted(raw, to) is None for raw, to, _ in GENUINE.values())} of {len(GENUINE)} genuine refused"
    )
    assert len(FORGED) >= 40
    assert len(GENUINE) >= 20


def test_without_a_border_server_a_site_may_trust_the_token() -> None:
    assert accepted(mail(EVA), TEAM, trust="token") == ("team", EVA)
    assert accepted(mail("thief@else.example"), TEAM, trust="token") is None
