from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest

from config.models import Settings
from parsers.records import Customer, Dealer, Parsed, PostalAddress, Reading, Vehicle
from rules.decide import decide_mail
from rules.model import Actor, Context, Envelope, Known, MailDecision

House = Callable[..., Settings]
At = Callable[[str], datetime]
Decided = Callable[..., MailDecision]

PERSON = Customer(emails=("a@b.example",))
LEAD = Reading(kind="lead", language="de", customer=PERSON, vehicles=(Vehicle(role="wanted", make="VW"),))
BOOKING = Reading(kind="booking", customer=PERSON)
UNSORTED = Reading(comments="Hallo")
WHEN = "2026-05-20T10:00+02:00"
RULES = [
    {"name": "Search alerts", "when": {"text": "suchauftrag"}, "ignore": "adverts of the exchange"},
    {"name": "Archive", "when": {"kind": "booking"}, "notify": {"team": "sales", "category": "audit"}, "also": True},
    {"name": "Bookings", "when": {"kind": "booking"}, "notify": {"team": "service"}, "escalate": "booking-request"},
    {"name": "Rest", "notify": {"team": "service"}},
]


@pytest.fixture
def decided(house: House, at: At) -> Decided:
    def run(
        readings: tuple[Reading, ...] = (LEAD,),
        to: str = "m@leads.example",
        rules: list[dict[str, Any]] | None = None,
        context: Context | None = None,
        site: dict[str, Any] | None = None,
        **parsed: Any,
    ) -> MailDecision:
        settings = house(rules=RULES if rules is None else rules, **(site or {}))
        envelope = Envelope(recipient=to, accepted_at=at(WHEN))
        mail = Parsed(digest="d", readings=readings, **parsed)
        return decide_mail(mail, envelope, settings, context or Context(), at(WHEN))

    return run


REQUEST: dict[str, Any] = {"readings": (LEAD,)}
EVA = Actor("team", "eva@muster.example")
NOTHING: dict[str, Any] = {"readings": ()}
FATES = [
    ({}, "opened", "lead for berlin: address of source mobile-berlin"),
    ({"context": Context(repeat_of=7, reference="L-000005-Y")}, "repeat", "the same mail as message 7"),
    ({"context": Context(reference="L-000005-Y"), "mail_class": "reply"}, "attached", "an answer to L-000005-Y"),
    ({"context": Context(reference="L-000005-Y"), "mail_class": "automatic"}, "attached", "an answer to L-000005-Y"),
    ({"context": Context(reference="L-000005-Y", writer=EVA)}, "command",
     "an answer to L-000005-Y by team eva@muster.example"),
    ({"context": Context(reference="L-000005-Y", writer=EVA, only_kept=True)}, "attached",
     "an answer to L-000005-Y by a team"),
    ({"mail_class": "bounce", "class_because": "a delivery report"}, "bounce", "bounce mail: a delivery report"),
    (REQUEST | {"mail_class": "automatic"}, "opened", "lead for berlin: address of source mobile-berlin"),
    (NOTHING | {"mail_class": "automatic", "class_because": "List-Id"}, "automatic", "automatic mail: List-Id"),
    ({"readings": (UNSORTED,), "mail_class": "automatic"}, "opened",
     "unsorted for berlin: address of source mobile-berlin"),
    (REQUEST | {"mail_class": "automatic", "to": "desk@berlin.example"}, "automatic", "automatic mail"),
    ({"mail_class": "reply"}, "opened", "lead for berlin: address of source mobile-berlin"),
    ({"subject": "Ihr Suchauftrag"}, "ignored", "rule 'Search alerts': adverts of the exchange"),
    ({"readings": ()}, "opened", "unsorted for berlin: address of source mobile-berlin"),
    ({"to": "desk+l-000005-y.tabc@berlin.example"}, "opened", "lead for berlin: an address of berlin"),
    ({"to": "postmaster@anything.example"}, "opened", "unsorted for admin: an address of admin"),
    ({"to": "who@else.example"}, "opened",
     "unsorted for admin: the recipient is no address of a site; the admin has it"),
    ({"readings": (LEAD, BOOKING)}, "opened", "lead, booking for berlin: address of source mobile-berlin"),
]  # fmt: skip


def test_what_was_put_in_later_starts_no_clock_and_tells_nobody(decided: Decided) -> None:
    (usual,) = decided().decisions
    (later,) = decided(context=Context(imported=True)).decisions
    assert usual.notifications
    assert usual.deadlines
    assert later == msgspec.structs.replace(usual, notifications=(), deadlines=())


def test_what_was_read_again_has_its_clock_and_no_mail_of_its_own(decided: Decided) -> None:
    (usual,) = decided().decisions
    (late,) = decided(context=Context(late=True)).decisions
    assert late == msgspec.structs.replace(usual, notifications=())
    (old,) = decided(context=Context(late=True, imported=True)).decisions
    assert old == msgspec.structs.replace(usual, notifications=(), deadlines=())


@pytest.mark.parametrize(("mail", "fate", "reason"), FATES)
def test_fates(decided: Decided, mail: dict[str, Any], fate: str, reason: str) -> None:
    decision = decided(**mail)
    assert (decision.fate, decision.reason) == (fate, reason)
    assert bool(decision.decisions) is (fate in ("opened", "ignored"))


VENDOR = Reading(kind="lead", dealer=Dealer(id="k-1"))
OTHER_VENDOR = Reading(kind="lead", dealer=Dealer(id="B-1"))
NO_VENDOR = Reading(kind="lead", dealer=Dealer(id="Z"))
DANE = Reading(kind="lead", customer=Customer(address=PostalAddress(postal_code="2100")))
NAMED = Reading(kind="lead", dealer=Dealer(name="eksempel biler"))
PLACES = [
    ("group@leads.example", VENDOR, "copenhagen", "vendor id 'k-1' is of copenhagen"),
    ("group@leads.example", NO_VENDOR, "admin",
     "vendor id 'Z' is of no site; the admin has what source by-vendor cannot place"),
    ("code@leads.example", DANE, "copenhagen", "postcode '2100' is of copenhagen"),
    ("code@leads.example", LEAD, "berlin", "no postcode; berlin has what source by-code cannot place"),
    ("name@leads.example", NAMED, "copenhagen", "dealer 'eksempel biler' is of copenhagen"),
    ("name@leads.example", LEAD, "admin", "no dealer; the admin has what source by-name cannot place"),
]  # fmt: skip


@pytest.mark.parametrize(("to", "reading", "site", "because"), PLACES)
def test_an_address_of_several_sites_is_told_apart_by_the_mail(
    decided: Decided, to: str, reading: Reading, site: str, because: str
) -> None:
    decision = decided((reading,), to)
    assert (decision.site, decision.reason) == (site, f"lead for {site}: {because}")


def test_requests_of_one_mail_go_each_to_its_own_site(decided: Decided) -> None:
    decision = decided(
        (VENDOR, OTHER_VENDOR), "group@leads.example", rules=[{"name": "All", "notify": {"team": "sales"}}]
    )
    assert decision.site == "copenhagen"
    assert [each.site for each in decision.decisions] == [None, "berlin"]
    told = [(n.reading, n.to) for each in decision.decisions for n in each.notifications]
    assert told == [(0, "salg@eksempel.example"), (1, "verkauf@muster.example")]
    assert [each.language for each in decision.decisions] == ["da", "de"]


def test_every_rule_is_in_the_trace(decided: Decided) -> None:
    (decision,) = decided((BOOKING,)).decisions
    assert [(v.name, v.matched, v.because) for v in decision.rules] == [
        ("Search alerts", False, "text has no suchauftrag"),
        ("Archive", True, "kind is 'booking'"),
        ("Bookings", True, "kind is 'booking'"),
        ("Rest", None, "not reached: 'Bookings' matched"),
    ]
    assert [(n.to, n.team, n.category, n.because) for n in decision.notifications] == [
        ("service@muster.example", "service", "action", "rule 'Bookings'"),
        ("verkauf@muster.example", "sales", "audit", "rule 'Archive'"),
    ]
    assert (decision.team, decision.category, decision.policy) == ("service", "action", "booking-request")
    assert [d.step for d in decision.deadlines] == ["M1", "E1"]


def audit(team: str = "sales", **more: Any) -> dict[str, Any]:
    return {"name": "Audit", "notify": {"team": team, "category": "audit"}, **more}


def action(team: str = "sales", **more: Any) -> dict[str, Any]:
    return {"name": "Action", "notify": {"team": team}, **more}


SALES, SERVICE = "verkauf@muster.example", "service@muster.example"
TOLD = [
    ([audit(also=True), action()], LEAD, [(SALES, "action", "rule 'Action'; rule 'Audit'")]),
    ([action(also=True), audit()], LEAD, [(SALES, "action", "rule 'Audit'; rule 'Action'")]),
    ([audit(also=True), audit(also=True), action("service")], LEAD,
     [(SERVICE, "action", "rule 'Action'"), (SALES, "audit", "rule 'Audit'")]),
    ([action("leasing")], LEAD,
     [(SALES, "action", "rule 'Action'; berlin has no team leasing: fallback team sales")]),
    ([{"name": "A", "when": {"kind": "booking"}, "notify": {"team": "service"}}], LEAD,
     [(SALES, "action", "no rule matched: fallback team sales")]),
    ([{"name": "A", "escalate": "standard"}], LEAD,
     [(SALES, "action", "rule 'A' names no team: fallback team sales")]),
    ([action("service")], UNSORTED, [(SALES, "action", "nothing could be read from it: fallback team sales")]),
    ([action("service", when={"kind": "unsorted"}), action()], UNSORTED, [(SERVICE, "action", "rule 'Action'")]),
    ([action("service"), action()], UNSORTED, [(SERVICE, "action", "rule 'Action'")]),
    ([{"name": "Two", "notify": [{"team": "sales"}, {"team": "service", "category": "audit"}]}], LEAD,
     [(SALES, "action", "rule 'Two'"), (SERVICE, "audit", "rule 'Two'")]),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "reading", "told"), TOLD)
def test_who_is_told(
    decided: Decided,
    rules: list[dict[str, Any]],
    reading: Reading,
    told: list[tuple[str, str, str]],
) -> None:
    (decision,) = decided((reading,), rules=rules).decisions
    assert [(n.to, n.category, n.because) for n in decision.notifications] == told


def test_teams_that_share_an_address_get_one_mail(decided: Decided) -> None:
    rules = [
        {"name": "Two", "notify": [{"team": "sales", "category": "audit"}, {"team": "service", "template": "check"}]}
    ]
    (decision,) = decided(rules=rules, site={"teams": {"sales": "all@m.example", "service": "All@m.example"}}).decisions
    assert [(n.team, n.category, n.template) for n in decision.notifications] == [("service", "action", "check")]


def test_mail_of_the_admin_asks_no_rules_and_runs_no_clock(decided: Decided) -> None:
    decision = decided((LEAD,), "postmaster@post.example")
    (each,) = decision.decisions
    assert {verdict.matched for verdict in each.rules} == {None}
    assert [(n.to, n.team) for n in each.notifications] == [("admin@post.example", "admin")]
    assert (each.kind, each.policy, each.deadlines) == ("unsorted", "none", ())


def test_deadlines_run_from_the_time_of_acceptance(house: House, at: At) -> None:
    envelope = Envelope(recipient="m@leads.example", accepted_at=at(WHEN))
    mail = Parsed(digest="d", readings=(LEAD, LEAD))
    decision = decide_mail(mail, envelope, house(), Context(), at("2026-05-20T11:00+02:00"))
    assert [(d.reading, d.step, d.due_at) for each in decision.decisions for d in each.deadlines] == [
        (0, "E1", at("2026-05-20T12:00+02:00")),
        (0, "E2.1", at("2026-05-20T16:00+02:00")),
        (1, "E1", at("2026-05-20T12:00+02:00")),
        (1, "E2.1", at("2026-05-20T16:00+02:00")),
    ]
    assert {n.at for each in decision.decisions for n in each.notifications} == {at("2026-05-20T11:00+02:00")}


def test_one_ignored_request_does_not_hide_the_other(decided: Decided) -> None:
    spam = Reading(kind="lead", comments="Suchauftrag")
    decision = decided((spam, LEAD))
    assert decision.fate == "opened"
    assert [each.ignored for each in decision.decisions] == ["rule 'Search alerts': adverts of the exchange", None]
    assert decision.reason == "lead for berlin: address of source mobile-berlin"
    assert not decision.decisions[0].notifications


def test_a_decision_survives_json(decided: Decided) -> None:
    decision = decided((LEAD, BOOKING))
    assert msgspec.json.decode(msgspec.json.encode(decision), type=type(decision)) == decision


GOLF = Known(
    ref="L-000005-Y", site="berlin", kind="lead", state="new", contacts=("mail:a@b.example",), cars=("volkswagen/",)
)
SKODA = Known(
    ref="L-000006-Z", site="berlin", kind="lead", state="new", contacts=("mail:a@b.example",), cars=("skoda/",)
)
PERSONS: list[tuple[dict[str, Any], str, list[str | None], list[tuple[str, ...]]]] = [
    ({"context": Context(known=(GOLF,))}, "attached", ["L-000005-Y"], [()]),
    ({"context": Context(known=(SKODA, GOLF))}, "attached", ["L-000005-Y"], [()]),
    ({"context": Context(known=(SKODA,))}, "opened", [None], [("L-000006-Z",)]),
    (
        {"readings": (LEAD, BOOKING), "context": Context(known=(GOLF,))},
        "opened",
        ["L-000005-Y", None],
        [(), ("L-000005-Y",)],
    ),
    ({"readings": (LEAD, LEAD), "context": Context(known=(GOLF,))}, "attached", ["L-000005-Y"] * 2, [(), ()]),
    ({"context": Context(known=(GOLF,), imported=True)}, "attached", ["L-000005-Y"], [()]),
    ({"context": Context(known=(msgspec.structs.replace(GOLF, state="waiting"),))}, "attached", ["L-000005-Y"], [()]),
    (
        {"context": Context(known=(msgspec.structs.replace(GOLF, state="waiting"),), imported=True)},
        "opened",
        [None],
        [()],
    ),
    ({"context": Context(known=(GOLF,)), "flags": ("phishing",)}, "opened", [None], [("L-000005-Y",)]),
    ({"context": Context(known=(msgspec.structs.replace(GOLF, site="copenhagen"),))}, "opened", [None], [()]),
    ({"context": Context(known=(GOLF,)), "mail_class": "bounce"}, "bounce", [], []),
]


@pytest.mark.parametrize(("given", "fate", "again", "related"), PERSONS)
def test_what_the_same_person_asked_before(
    decided: Decided, given: dict[str, Any], fate: str, again: list[str | None], related: list[tuple[str, ...]]
) -> None:
    found = decided(**given)
    assert found.fate == fate
    assert [one.again for one in found.decisions] == again
    assert [one.related for one in found.decisions] == related
    for one in found.decisions:
        assert bool(one.notifications or one.deadlines) == (one.again is None and not given["context"].imported)


def test_what_a_rule_ignores_joins_nothing(decided: Decided) -> None:
    advert = msgspec.structs.replace(LEAD, comments="Suchauftrag")
    found = decided(readings=(advert, LEAD), context=Context(known=(GOLF,)))
    assert [(one.again, one.ignored is not None) for one in found.decisions] == [(None, True), ("L-000005-Y", False)]
    assert found.fate == "attached"
    assert found.reason == "a second request of L-000005-Y: the same person (mail), and nothing differs"
