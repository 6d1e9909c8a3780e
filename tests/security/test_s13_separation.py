"""S13: two sites with the same customers and cars; nothing that one of them gets holds a word that is the other's."""

import itertools
import random
from collections import Counter
from collections.abc import Callable, Sequence
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from click.testing import CliRunner

from daemon.cli import main
from tests.support.bounces import FINAL, bounce
from tests.support.client import send
from tests.support.correspondence import TRUSTS_BORDER, answer_to, opened
from tests.support.daemon import Installation
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.seeds import seed
from tests.support.sink import Arrived, Sink
from tests.support.turning import Turned
from tests.support.twins import PERSON, PHONE, PLATE, TWINS, Twin, all_of, furnish, other_of

SAID = itertools.cycle((
    "!note {0}", "!anbieten Fr, 4.12., 9 Uhr", "{0} ist da.", "!frage Welcher {0}?", "!take", "!done {0}",
    "!nichts {0}", "!status",
))  # fmt: skip
"""By members, one after the other."""
DAYS = ("2026-11-26T18:00", "2026-11-27T08:30", "2026-11-30T09:00", "2026-12-01T18:00")
"""Thursday's closing, the lists and the weekly look of Friday, escalations, the overview of the month."""


@pytest.fixture
def thursday(new_house: Houses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Turned:
    house = new_house(started=False, smtp=TRUSTS_BORDER)
    furnish(house)
    house.append("postroom.toml", "[brakes]\nper_hour = 500\nper_day = 500\n")  # the customer is everybody's
    turned = Turned(house, tmp_path / "clock")
    turned.set("2026-11-26T12:00")
    monkeypatch.setenv("POSTROOM_TEST_CLOCK", str(turned.clock))
    house.start(turned.env)
    return turned


class Hands:
    """What people do at the two sites, at random; every step at both of them."""

    def __init__(self, turned: Turned, sink: Sink) -> None:
        self.turned, self.house, self.sink, self.number = turned, turned.house, sink, 0
        self.dice = random.Random(seed())  # noqa: S311 - guards nothing
        self.done = Counter[str]()

    def steps(self, number: int) -> None:
        """Each of them once, and further ones by the dice."""
        steps: Sequence[Callable[[Twin], None]] = (
            self.asks, self.books, self.through_the_group, self.writes, self.team_answers, self.customer_answers,
            self.reaches_over, self.brings_a_token, self.comes_back,
        )  # fmt: skip
        for step in (*steps, *self.dice.choices(steps, k=number))[: max(number, 1)]:
            for twin in self.dice.sample(TWINS, 2):
                self.number += 1
                step(twin)
                self.done[step.__name__] += 1
            self.turned.rest()

    def asks(self, twin: Twin) -> None:
        self._send(*twin.lead(self.number))

    def books(self, twin: Twin) -> None:
        self._send(*twin.booking(self.number))

    def through_the_group(self, twin: Twin) -> None:
        self._send(*twin.by_the_group(self.number), "leads@importer.example")

    def writes(self, twin: Twin) -> None:
        self._send(*twin.letter(self.number), PERSON)

    def team_answers(self, twin: Twin) -> None:
        told = self._told(twin, f"service@{twin.id}.example", f"verkauf@{twin.id}.example")
        self._answer(told, twin.anna, next(SAID).format(f"{twin.word} {self.number}"))

    def customer_answers(self, twin: Twin) -> None:
        self._answer(self._told(twin, PERSON), PERSON, f"Danke, {twin.word} {self.number}.")

    def reaches_over(self, twin: Twin) -> None:
        """A member names a record of the other site wherever he can: subject, thread, commands."""
        other = other_of(twin)
        theirs = self.dice.choice(self.refs(other))
        told = self._told(twin, f"service@{twin.id}.example", f"verkauf@{twin.id}.example")
        for said in (f"!again {theirs}", f"!assign anna@{other.id}.example"):
            self._answer(told, twin.anna, said)
        thread = {"In-Reply-To": str(opened(self._told(other, f"service@{other.id}.example"))["Message-ID"])}
        self._answer(told, twin.anna, "!status", to=twin.desk, subject=f"Re: {theirs}", headers=thread)
        self._send(*twin.letter(self.number, "Re:", theirs, sender=twin.anna), twin.anna)

    def brings_a_token(self, twin: Twin) -> None:
        """Reply addresses of the other site: at its own desk by somebody of this one, and at this one's desk."""
        other = other_of(twin)
        for reader, writer in ((f"service@{other.id}.example", twin.anna), (PERSON, PERSON)):
            told = self._told(other, reader)
            address = str(opened(told)["Reply-To"]).rpartition("<")[2].rstrip(">")
            for to in (address, address.replace(f".{other.id}+", f".{twin.id}+")):
                self._answer(told, writer, "!status", to=to, subject="Re: Termin")

    def comes_back(self, twin: Twin) -> None:
        """A mail of the other site is said to have come back, to its own desk and to this one's."""
        theirs = self._told(other_of(twin), PERSON).sender
        for back in (theirs, theirs.replace(f".{other_of(twin).id}+", f".{twin.id}+")):
            self._send(bounce(FINAL["Postfix"], back, PERSON, self.number), back, "")

    def refs(self, twin: Twin) -> list[str]:
        return [ref for (ref,) in self.house.query("SELECT ref FROM record WHERE site = ? ORDER BY id", twin.id)]

    def _told(self, twin: Twin, *readers: str) -> Arrived:
        """Some mail of the site to one of these that can be answered."""
        mails = [
            one
            for one in list(self.sink.mails)
            if one.recipient in readers and twin.desk in str(one.parsed()["From"]) and one.parsed()["Reply-To"]
        ]
        return self.dice.choice(mails)

    def _answer(self, told: Arrived, sender: str, text: str, **how: object) -> None:
        """Without the quotation: what a customer quotes is his to say."""
        headers = {"X-Number": str(self.number), **(how.pop("headers", None) or {})}  # type: ignore[dict-item]
        fields = {name: value for name, value in headers.items() if name == "X-Number"}
        content, address = answer_to(told, sender, text, quote=False, headers=fields, **how)  # type: ignore[arg-type]
        fresh = content.replace(b"Message-ID: <", f"Message-ID: <{self.number}.{self.dice.random()}.".encode(), 1)
        if "In-Reply-To" in headers:
            own, theirs = str(opened(told)["Message-ID"]), headers["In-Reply-To"]
            fresh = fresh.replace(own.encode(), theirs.encode())
        self._send(fresh, address, sender)

    def _send(self, content: bytes, to: str, sender: str = "web@muster.example") -> None:
        send(self.house, content, to, sender=sender)


def is_of(twin: Twin, mail: Arrived) -> bool:
    """Whether a mail is one of the site: from its desk, or to its people."""
    return twin.desk in str(mail.parsed()["From"]) or mail.recipient.endswith(f"@{twin.id}.example")


def commands(hands: Hands, twin: Twin) -> list[list[str]]:
    """All that can be asked about one site."""
    refs, site = hands.refs(twin), ["--site", twin.id]
    mails = hands.house.query("SELECT id FROM message WHERE site = ?", twin.id)
    several: list[list[str]] = [
        ["records", *site],
        ["history", "person", PERSON, *site],
        ["history", "person", PHONE, *site],
        ["history", "vehicle", PLATE, *site],
        ["history", "person", hands.refs(other_of(twin))[0], *site],
        ["kpi", *site],
        ["config", "overview", twin.id],
        ["escalation", "show", twin.id],
        ["escalation", "show", "--open", *site],
        ["sieve", "sales", *site],
        ["new", "lead", f"site={twin.id}", f"person={PERSON}", f"comments={twin.word}"],
        ["new", "booking", f"site={twin.id}", f"vehicle={PLATE}", f"comments={twin.word}"],
    ]
    several += [["do", refs[0], "again", f"ref={hands.refs(other_of(twin))[0]}"], ["do", refs[0], "status"]]
    for ref in refs[:: max(1, len(refs) // at_length(20))]:
        several += [["show", ref], ["why", ref], ["escalation", "show", ref], ["history", "person", ref, *site]]
        several += [["show", ref, "--at", "2026-11-26T17:00:00+01:00"]]
    several += [["why", str(number)] for (number,) in mails[: at_length(20)]]
    return several


def test_nothing_of_one_site_shows_at_the_other(thursday: Turned, sink: Sink, tell: Tell) -> None:
    house, hands = thursday.house, Hands(thursday, sink)
    rounds = at_length(100)
    for twin in TWINS:
        for first in (twin.lead, twin.booking, twin.letter):
            hands.number += 1
            send(house, *first(hands.number))
    thursday.rest()
    thursday.turn("2026-11-26T12:10")
    hands.steps(rounds)
    for day in DAYS:
        thursday.turn(day)
        hands.steps(at_length(10))
    thursday.turn("2026-12-02T09:00")

    mails = Counter[str]()
    for mail in list(sink.mails):
        for twin in TWINS:
            if is_of(twin, mail):
                held = all_of(mail) + str(make_header(decode_header(str(mail.parsed()["Subject"]))))
                assert other_of(twin).word not in held, held
                assert other_of(twin).anna not in held or "X-Postroom-Record" in held, held
                mails[twin.id] += twin.word in held
    assert all(mails[twin.id] > rounds for twin in TWINS), "the words are there to be seen"
    asked, shown = 0, 0
    for twin in TWINS:
        for words in commands(hands, twin):
            for form in ([], ["--json"]):
                result = CliRunner().invoke(main, [*words, *form, "-c", str(house.directory)])
                assert result.exit_code in (0, 1), (words, result.output)
                assert other_of(twin).word not in result.output, (words, result.output)
                asked, shown = asked + 1, shown + (twin.word in result.output)
    assert shown > asked // 4, "the words are there to be seen"
    assert_rows_are_of_one_site(house)
    thursday.is_in_order()
    tell(
        f"S13: {sum(hands.done.values())} steps at two sites with the same customer: {len(sink.mails)} mails,"
        f" {asked} commands, none with a word of the other site"
    )


def assert_rows_are_of_one_site(house: Installation) -> None:
    """What belongs together in the store is of one site."""
    joins = (
        "message_record JOIN message ON message.id = message_record.message"
        " JOIN record ON record.id = message_record.record WHERE message.site <> record.site",
        "record_contact JOIN contact ON contact.id = record_contact.contact"
        " JOIN record ON record.id = record_contact.record WHERE contact.site <> record.site",
        "outbox JOIN record ON record.id = outbox.record WHERE outbox.site <> record.site",
        "notice JOIN outbox ON outbox.id = notice.outbox"
        " JOIN record ON record.id = notice.record WHERE outbox.site <> record.site",
        "raw JOIN message ON message.id = raw.message WHERE raw.site <> message.site",
    )
    for join in joins:
        assert house.value(f"SELECT count(*) FROM {join}") == 0, join  # noqa: S608 - our own words
