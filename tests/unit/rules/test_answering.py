"""Who writes to a record, and what the mail asks for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
import pytest

from config.models import Settings
from parsers.answerable import TEXT_SAYS
from parsers.read import parse
from parsers.records import Answer, Command, Customer, Hints, Parsed, Reading
from rules.answering import COLLEAGUE, PROGRAM, TO_HOUSE, actions_of
from rules.apply import apply
from rules.identity import BESIDE, NOT_CUSTOMER, OF_THE_HOUSE, UNKNOWN, UNPROVEN, may_act, without_token, writer
from rules.model import Action, Actor, Held, Record
from rules.reference import TokenRole
from tests.support.automatic import MACHINES, OUT_OF_OFFICE, REPORTS, Shape

House = Callable[..., Settings]
At = Callable[[str], datetime]

EVA, MAX = "eva@muster.example", "max@kunde.example"


@pytest.fixture
def record(at: At) -> Record:
    return Record(
        ref="L-000005-Y",
        kind="lead",
        site="berlin",
        team="sales",
        state="new",
        language="de",
        received_at=at("2026-05-20T09:00+02:00"),
        reading=Reading(kind="lead", customer=Customer(emails=(MAX,)), extra={"reply_to": "r7@relay.example"}),
    )


# token's role, From, domain that the border server vouches for, the site's trust -> role, why a stranger
WRITERS = [
    ("team", EVA, "muster.example", "authenticated", "team", None),
    ("team", "EVA@Muster.Example", "muster.example", "authenticated", "team", None),
    ("team", "verkauf@muster.example", "muster.example", "authenticated", "team", None),
    ("team", "meister@muster.example", "muster.example", "authenticated", "team", None),
    ("team", EVA, None, "authenticated", "stranger", UNPROVEN),
    ("team", EVA, "muster.example.evil.example", "authenticated", "stranger", UNPROVEN),
    ("team", EVA, "sub.muster.example", "authenticated", "stranger", UNPROVEN),
    ("team", EVA, None, "token", "team", None),
    ("team", "eva@muster.example.evil.example", "muster.example.evil.example", "authenticated", "stranger", UNKNOWN),
    ("team", "eva@rnuster.example", "rnuster.example", "token", "stranger", UNKNOWN),
    ("team", MAX, "kunde.example", "authenticated", "stranger", UNKNOWN),
    ("team", "", None, "token", "stranger", UNKNOWN),
    ("team", "controlling@elsewhere.example", "elsewhere.example", "token", "stranger", UNKNOWN),
    ("house", EVA, "muster.example", "authenticated", "team", None),
    ("house", EVA, None, "authenticated", "stranger", UNPROVEN),
    ("house", MAX, "kunde.example", "authenticated", "stranger", UNKNOWN),
    ("controller", "controlling@muster.example", "muster.example", "authenticated", "controller", None),
    ("controller", "controlling@muster.example", None, "authenticated", "stranger", UNPROVEN),
    ("controller", EVA, "muster.example", "authenticated", "stranger", UNKNOWN),
    ("customer", MAX, None, "authenticated", "customer", None),
    ("customer", "Max@Kunde.example", None, "token", "customer", None),
    ("customer", "r7@relay.example", None, "authenticated", "customer", None),
    ("customer", "max@other.example", "other.example", "authenticated", "stranger", NOT_CUSTOMER),
    ("customer", EVA, "muster.example", "authenticated", "stranger", OF_THE_HOUSE),
]


@pytest.mark.parametrize(("role", "sender", "authenticated", "trust", "as_whom", "why"), WRITERS)
def test_who_writes(
    house: House,
    record: Record,
    role: TokenRole,
    sender: str,
    authenticated: str | None,
    trust: str,
    as_whom: str,
    why: str | None,
) -> None:
    mail = Parsed(digest="", sender=sender.lower() or None, authenticated=authenticated)
    actor, said = writer(mail, role, record, house(trust=trust), record.received_at)
    assert (actor.role, actor.name, said) == (as_whom, sender.lower(), why)


@pytest.mark.parametrize(
    ("sender", "authenticated", "role"),
    [
        (MAX, "kunde.example", "customer"),
        (MAX, None, "stranger"),
        (MAX, "else.example", "stranger"),
        (EVA, "muster.example", "stranger"),
        ("", None, "stranger"),
    ],
)
def test_who_refers_to_a_record_without_our_address(
    record: Record, sender: str, authenticated: str | None, role: str
) -> None:
    actor, why = without_token(Parsed(digest="", sender=sender or None, authenticated=authenticated), record)
    assert (actor.role, why) == (role, None if role == "customer" else BESIDE)


def test_no_pattern_of_members_takes_what_is_no_address(house: House) -> None:
    settings = house(members={"sales": ["*"]})
    assert may_act("anybody@else.example", "team", settings.sites["berlin"], settings)
    assert not may_act("", "team", settings.sites["berlin"], settings)


def said(text: str | None = None, *commands: tuple[str | None, dict[str, str]], doubt: str | None = None) -> Parsed:
    given = tuple(Command(name=name, args=args, written=f"!{name or 'wat'}") for name, args in commands)
    answer = Answer(commands=given, text=text, doubt=doubt)
    return Parsed(
        digest="", mail_class="reply", answer=answer, text="all of it", subject="Re: Golf", message_id="<1@a>"
    )


TEXT = "Gern, kommen Sie am Samstag."
LETTER = "Guten Tag Frau Beispiel,\n\nder Golf ist noch da.\n\nMit freundlichen Grüßen\nEva"
DIRECT = {"reply": "direct"}
WANTED = [
    ("a plain answer", said(TEXT), {}, [("reply", {"text": TEXT})]),
    ("nothing", said(), {}, [("refuse", {"problem": "nothing stands above the quotation"})]),
    ("in doubt", said(TEXT, doubt="a quotation stands in it"), {},
     [("hold", {"text": TEXT, "problem": "a quotation stands in it"})]),
    ("who answers himself", said(TEXT), DIRECT, [("answered", {"text": TEXT})]),
    ("one command", said(None, ("take", {})), {}, [("take", {})]),
    ("two commands", said(None, ("take", {}), ("later", {"until": "2d"})), {},
     [("take", {}), ("later", {"until": "2d"})]),
    ("words below a command stay in the house", said("Der Kunde nervt.", ("done", {"result": "lost"})), {},
     [("done", {"result": "lost"}), ("note", {"text": "Der Kunde nervt."})]),
    ("a letter below a command, which its writer may think is sent", said(LETTER, ("done", {})), {},
     [("done", {}), ("note", {"text": LETTER, "letter": "yes"})]),
    ("a letter below !reply is sent", said(LETTER, ("reply", {}), ("done", {})), {},
     [("reply", {"text": LETTER}), ("done", {})]),
    ("an answer that is asked for comes first", said(TEXT, ("done", {"result": "won"}), ("reply", {})), {},
     [("reply", {"text": TEXT}), ("done", {"result": "won"})]),
    ("an answer that is asked for, in doubt", said(TEXT, ("reply", {}), doubt="?"), {},
     [("hold", {"text": TEXT, "problem": "?"})]),
    ("an answer that is asked for, at a house that answers itself", said(TEXT, ("reply", {})), DIRECT,
     [("reply", {"text": TEXT})]),
    ("a note of several lines", said("und will Rot.", ("note", {"text": "Ruft an"})), {},
     [("note", {"text": "Ruft an\nund will Rot."})]),
    ("a reason below", said("Das ist Werkstatt.", ("not-mine", {})), {},
     [("not-mine", {"reason": "Das ist Werkstatt."})]),
    ("a reason beside and words below", said("Mehr.", ("not-mine", {"reason": "Werkstatt"})), {},
     [("not-mine", {"reason": "Werkstatt"}), ("note", {"text": "Mehr."})]),
    ("no such word", said(TEXT, ("take", {}), (None, {})), {}, [("refuse", {"problem": "'!wat' is no command"})]),
    ("undo and more", said(None, ("undo", {}), ("take", {})), {}, [("refuse", {"problem": "undo stands alone"})]),
]  # fmt: skip


@pytest.mark.parametrize(("mail", "site", "wanted"), [row[1:] for row in WANTED], ids=[row[0] for row in WANTED])
@pytest.mark.parametrize("role", ["team", "controller"])
def test_what_a_member_asks_for(
    house: House,
    record: Record,
    mail: Parsed,
    site: dict[str, Any],
    wanted: list[tuple[str, dict[str, str]]],
    role: Any,
) -> None:
    actions = actions_of(mail, Actor(role, EVA), None, record, house(**site), 7, imported=False, now=record.received_at)
    assert [(one.name, one.args) for one in actions] == [(name, {**args, "message": "7"}) for name, args in wanted]


@pytest.mark.parametrize(
    ("role", "mail_class", "imported", "name"),
    [
        ("customer", "reply", False, "write"),
        ("customer", "person", False, "write"),
        ("customer", "automatic", False, "attach"),
        ("customer", "bounce", False, "attach"),
        ("customer", "reply", True, "attach"),
        ("stranger", "reply", False, "attach"),
        ("team", "automatic", False, "attach"),
        ("team", "reply", True, "attach"),
    ],
)
def test_what_is_only_kept(house: House, record: Record, role: Any, mail_class: Any, imported: bool, name: str) -> None:
    mail = Parsed(digest="", mail_class=mail_class, answer=Answer(text=TEXT), subject="Re: Golf", message_id="<1@a>")
    why = UNKNOWN if role == "stranger" else None
    (action,) = actions_of(mail, Actor(role, MAX), why, record, house(), 7, imported=imported, now=record.received_at)
    assert action.name == name
    told = {"message": "7", "class": mail_class, "text": TEXT, "message_id": "<1@a>", "subject": "Re: Golf"}
    assert action.args == told | ({"imported": "yes"} if imported else {}) | ({"problem": why} if why else {})


def test_a_long_mail_is_kept_in_part(house: House, record: Record) -> None:
    mail = Parsed(digest="", mail_class="reply", text="ä" * 30_000)
    (action,) = actions_of(
        mail, Actor("customer", MAX), None, record, house(), 7, imported=False, now=record.received_at
    )
    assert len(action.args["text"]) == 20_000


def answered(to: tuple[str, ...] = (), cc: tuple[str, ...] = (), text: str | None = TEXT, **more: Any) -> Parsed:
    fields = {"mail_class": "reply", "answer": Answer(text=text, to=to, cc=cc), "message_id": "<1@a>", **more}
    return Parsed(digest="", **fields)


COLLEAGUE_ASKED = [("hold", {"text": TEXT, "problem": "it is also to a colleague"})]
DESK_TOKEN = "desk+l-000005-y.tabc@berlin.example"
TO_WHOM = [
    ("the desk alone", answered((DESK_TOKEN,)), [("reply", {"text": TEXT})]),
    ("the group reads along", answered((DESK_TOKEN,), ("verkauf@muster.example",)), [("reply", {"text": TEXT})]),
    ("a copy for oneself", answered((DESK_TOKEN,), (EVA,)), [("reply", {"text": TEXT})]),
    ("to a colleague", answered(("bernd@muster.example",), (DESK_TOKEN,)), COLLEAGUE_ASKED),
    ("a colleague reads along", answered((DESK_TOKEN,), ("bernd@muster.example",)), COLLEAGUE_ASKED),
    ("the customer has it already", answered((MAX,)), [("answered", {"text": TEXT})]),
    ("a program's mail", answered((DESK_TOKEN,), no_answer="Sender takes no answers"), None),
    (
        "words like a program's",
        answered((DESK_TOKEN,), no_answer=TEXT_SAYS),
        [("hold", {"text": TEXT, "problem": "its text reads like a program's"})],
    ),
]


@pytest.mark.parametrize(("mail", "wanted"), [row[1:] for row in TO_WHOM], ids=[row[0] for row in TO_WHOM])
def test_words_for_colleagues_and_of_programs_do_not_go_to_the_customer(
    house: House, record: Record, mail: Parsed, wanted: list[tuple[str, dict[str, str]]] | None
) -> None:
    actions = actions_of(mail, Actor("team", EVA), None, record, house(), 7, imported=False, now=record.received_at)
    if wanted is None:
        assert [one.name for one in actions] == ["attach"]
    else:
        assert [(one.name, one.args) for one in actions] == [(name, {**args, "message": "7"}) for name, args in wanted]


def test_a_mail_from_nobody_is_no_answer(house: House, record: Record) -> None:
    actions = actions_of(
        answered(),
        Actor("team", EVA),
        None,
        record,
        house(),
        7,
        imported=False,
        now=record.received_at,
        from_nobody=True,
    )
    assert [one.name for one in actions] == ["attach"]


def test_while_an_answer_waits_the_next_one_of_its_writer_waits_too(house: House, record: Record) -> None:
    held = msgspec.structs.replace(record, held=(Held(text="x", by=EVA, message=1),))
    for who, name in ((EVA, "hold"), ("tom@muster.example", "reply")):
        (action,) = actions_of(
            answered(), Actor("team", who), None, held, house(), 7, imported=False, now=record.received_at
        )
        assert action.name == name


def test_a_plain_answer_to_a_mail_for_the_house_waits(house: House, record: Record) -> None:
    unknown = msgspec.structs.replace(record, reading=Reading())
    doubtful = answered((DESK_TOKEN,), answer=Answer(text=TEXT, doubt="?"))
    for mail, at, name, problem in (
        (answered((DESK_TOKEN,)), record, "hold", TO_HOUSE),
        (said(TEXT, ("reply", {})), record, "reply", None),
        (said("Ruft an.", ("note", {})), record, "note", None),
        (doubtful, record, "hold", "?"),
        (answered((MAX,)), record, "answered", None),
        (answered((DESK_TOKEN,)), unknown, "reply", None),
    ):
        (action,) = actions_of(
            mail, Actor("team", EVA), None, at, house(), 7, imported=False, now=record.received_at, to_house=True
        )
        assert (action.name, action.args.get("problem")) == (name, problem)


def test_who_says_that_words_are_the_customers_is_believed(house: House, record: Record) -> None:
    held = msgspec.structs.replace(record, held=(Held(text="x", by=EVA, message=1),))
    told = Answer(commands=(Command(name="reply", written="!reply"),), text=TEXT, cc=("bernd@muster.example",))
    for one, at in ((said(TEXT, ("reply", {})), held), (answered(answer=told), record)):
        (action,) = actions_of(one, Actor("team", EVA), None, at, house(), 7, imported=False, now=record.received_at)
        assert action.name == "reply"


@pytest.mark.parametrize(
    ("because", "name"), [("List-Id", "write"), ("Precedence", "write"), ("Auto-Submitted", "attach")]
)
def test_a_customer_behind_a_list_is_heard(house: House, record: Record, because: str, name: str) -> None:
    mail = answered(mail_class="automatic", class_because=because)
    (action,) = actions_of(
        mail, Actor("customer", MAX), None, record, house(), 7, imported=False, now=record.received_at
    )
    assert (action.name, action.args["class"]) == (name, "reply" if name == "write" else "automatic")


HOUSE_ADDRESSES = [
    ("controlling@muster.example", {}, "controlling@muster.example"),
    ("Mail: Controlling@Muster.example, Tel. 030 1", {}, "controlling@muster.example"),
    ("verkauf@muster.example", {}, None),
    ("desk+x@berlin.example", {}, "desk+x@berlin.example"),
    ("desk@berlin.example", {}, None),
    (EVA, {}, None),
    ("verkauf@muster.example", {"controllers": ["Verkauf@muster.example"]}, None),
]


@pytest.mark.parametrize(("address", "site", "named"), HOUSE_ADDRESSES)
def test_an_internal_address_in_an_answer_is_asked_about(
    house: House, record: Record, address: str, site: dict[str, Any], named: str | None
) -> None:
    mail = said(f"{TEXT}\n\nEva Beispiel\n{address}")
    (action,) = actions_of(
        mail, Actor("team", EVA), None, record, house(**site), 7, imported=False, now=record.received_at
    )
    assert (action.name, action.args.get("problem")) == (
        ("hold", f"it held {named}, an address of the house") if named else ("reply", None)
    )


PROGRAMS = OUT_OF_OFFICE | REPORTS | MACHINES


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_of_what_a_members_programs_say_is_done_or_goes_to_the_customer(
    house: House, record: Record, name: str
) -> None:
    """It is kept; where only its words give it away, or a sign that redirections set as well, its writer is asked."""
    mail = parse(PROGRAMS[name].mail(), Hints(answering=True))
    actions = actions_of(mail, Actor("team", EVA), None, record, house(), 7, imported=False, now=record.received_at)
    assert [(one.name, one.args.get("problem")) for one in actions] in ([("attach", None)], [("hold", PROGRAM)])


@pytest.mark.parametrize("name", ["vacation(1)", "RT", "Boxbe"])
def test_a_customers_responder_that_calls_itself_bulk_reopens_nothing(house: House, record: Record, name: str) -> None:
    mail = parse(PROGRAMS[name].mail(), Hints(answering=True))
    (action,) = actions_of(
        mail, Actor("customer", MAX), None, record, house(), 7, imported=False, now=record.received_at
    )
    assert action.name == "attach"


RECALLS = [
    'Frank Smith would like to recall the message, "Re: Golf".',
    'Max Muster möchte die Nachricht "AW: Golf" zurückrufen.',
    'Mette Eksempel vil gerne tilbagekalde meddelelsen "SV: Golf".',
    "张三 希望撤回邮件“高尔夫”。",
    "王五 想要回收郵件「高爾夫」。",
]
NO_RECALLS = [
    "Ich rufe Sie wegen der Nachricht zurück.",
    "Ihr Golf ist vom Rückruf betroffen, bitte kommen Sie am Samstag.",
    "VW recalls the Golf: you would like to come on Saturday?",
    "Vil du gerne have bilen kaldt tilbage?",
    "我们想召回您的车，请周六来。",
]


def written(text: str) -> Parsed:
    return parse(Shape("Subject: Recall: Re: Golf", text).mail(), Hints(answering=True))


@pytest.mark.parametrize("text", RECALLS)
def test_a_recall_is_no_answer(house: House, record: Record, text: str) -> None:
    for role, wanted in (("team", "refuse"), ("controller", "refuse"), ("customer", "attach"), ("stranger", "attach")):
        actor = Actor(role, EVA)  # type: ignore[arg-type]
        (action,) = actions_of(written(text), actor, None, record, house(), 7, imported=False, now=record.received_at)
        assert action.name == wanted
        assert action.args.get("class", "person") == "person", "the team is told of a customer's"


@pytest.mark.parametrize("text", NO_RECALLS)
def test_cars_and_telephones_are_called_back_too(house: House, record: Record, text: str) -> None:
    (action,) = actions_of(
        written(text), Actor("team", EVA), None, record, house(), 7, imported=False, now=record.received_at
    )
    assert action.name == "reply"


@pytest.mark.parametrize(("problem", "told"), [(PROGRAM, 0), (COLLEAGUE, 1)])
def test_a_responder_that_says_the_same_again_hears_once_that_it_waits(
    house: House, record: Record, at: At, problem: str, told: int
) -> None:
    settings, now = house(), at("2026-05-20T10:00+02:00")
    for expected in (1, told, told):
        args = {"text": TEXT, "problem": problem, "message": "7"}
        record, effects = apply(record, Action(name="hold", actor=Actor("team", EVA), args=args), settings, now)
        assert len(effects.notices) == expected
    args = {"text": "Noch etwas.", "problem": problem, "message": "8"}
    _, effects = apply(record, Action(name="hold", actor=Actor("team", EVA), args=args), settings, now)
    assert len(effects.notices) == 1


def test_a_request_is_not_closed_before_its_answer_went_out(house: House, record: Record) -> None:
    doubtful = said(TEXT, ("reply", {}), ("done", {}), doubt="?")
    actions = actions_of(doubtful, Actor("team", EVA), None, record, house(), 7, imported=False, now=record.received_at)
    assert [one.name for one in actions] == ["hold"]
