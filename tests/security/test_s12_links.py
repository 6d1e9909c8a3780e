"""Row S12: our mails act by answers alone; no link of theirs does, and no answer but that of who may, once."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from parsers.records import Reading
from rules.reference import TokenRole, bounce_token, read_bounce_token, read_token, token
from templates.model import Rendered
from templates.purposes import PURPOSES
from templates.render import Renderer
from templates.reports import REPORTS
from templates.sample_reports import sample_report
from templates.samples import FULL, REPLY_TO, sample_job
from tests.support.attendees import apple_reply
from tests.support.client import lead, new_key, send
from tests.support.correspondence import BORDER, TRUSTS_BORDER, answer_to, opened, words_of
from tests.support.daemon import SALES, WEBSITE, Installation
from tests.support.fixtures import Tell
from tests.support.rows import at_length
from tests.support.scanner import Trap, active_in, browse, fetch, links_of, written_by
from tests.support.seeds import seed
from tests.support.sink import Arrived, Sink
from tests.support.turning import Turned
from tests.support.waiting import wait_until

LANGUAGES = ("de", "en", "da", "zh")
EVA = "eva.beispiel@muster.example"
OLA = "ola.probe@kunde.example"
KEYS = (b"the key of today", b"the key of last year")
LONG_GONE = b"a key that was taken out"
REF, OTHER = "L-7KQ2M4-2", "L-000005-Y"
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-.+=_@ \u212a\u0131\uff41"
ROLES: tuple[TokenRole, ...] = ("team", "house", "controller", "customer")
TOKENS, BY_MAIL = 10_000, 1_000


def test_no_mutated_token_is_genuine(tell: Tell) -> None:
    """One to three changes of characters anywhere, and pieces of genuine ones put together."""
    draw = random.Random(seed())  # noqa: S311 - draws cases, guards nothing
    genuine = [token(ref, role, KEYS[0]) for ref in (REF, OTHER) for role in ROLES]
    bounces = [bounce_token(n, KEYS[0]) for n in (1, 17, 170)]
    others = (token(OTHER, "team", LONG_GONE), token(REF, "customer", KEYS[0]))
    wrong = tried = 0
    while tried < TOKENS:
        given = draw.choice([*genuine, *bounces])
        changed = mutated(draw, given, others)
        if changed in (*genuine, *bounces):
            continue
        tried += 1
        named = read_token(changed, KEYS)
        same = named is not None and token(*named, KEYS[0]) == given and reads_alike(changed, given)
        wrong += (named is not None and not same) or read_bounce_token(changed, KEYS) is not None
    tell(f"S12: {tried} mutated tokens, {wrong} accepted")
    assert wrong == 0


def mutated(draw: random.Random, given: str, others: tuple[str, ...] = ()) -> str:
    """A token with up to three characters changed, put in or taken out, or the end of another one."""
    if others and draw.random() < 0.2:
        cut = draw.randrange(1, len(given))
        return given[:cut] + draw.choice(others)[cut:]
    text = list(given)
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(text))
        match draw.randrange(3):
            case 0:
                text[place] = draw.choice(LETTERS)
            case 1:
                text.insert(place, draw.choice(LETTERS))
            case _:
                del text[place]
    return "".join(text)


def reads_alike(changed: str, given: str) -> bool:
    """References are read as people type them: without dashes and spaces, O as 0, I and L as 1."""
    if "." not in changed:
        return False
    ref, signed = given.rsplit(".", 1)
    other, others = changed.strip().lower().rsplit(".", 1)
    alike = str.maketrans({"o": "0", "i": "1", "l": "1", "-": None, " ": None})
    return others == signed and other.translate(alike)[1:] == ref.translate(alike)[1:]


def every_mail() -> Iterator[tuple[str, Rendered]]:
    """Each mail that we write, in each language, of a request that is full of links itself."""
    renderer = Renderer({})
    for language in LANGUAGES:
        for purpose in PURPOSES:
            yield f"{language}/{purpose}", renderer.render(sample_job(language, purpose, FULL))
            yield f"{language}/{purpose}", renderer.render(sample_job(language, purpose, Reading(kind="booking")))
        for report in REPORTS:
            yield f"{language}/{report}", renderer.render_report(sample_report(language, report))


def test_every_link_writes_a_mail_dials_or_leads_to_somebody_else(tell: Tell) -> None:
    signed = REPLY_TO.partition("@")[0].rpartition(".")[2]
    mails = links = commands = 0
    for name, mail in every_mail():
        mails += 1
        assert active_in(mail.html or "") == [], name
        for link in links_of(mail.text, mail.html or ""):
            links += 1
            scheme = urlsplit(link.url).scheme
            assert scheme in ("mailto", "tel", "https", "http"), (name, link)
            assert link.where in ("a href", "text"), (name, link)
            if scheme in ("https", "http"):
                assert signed not in link.url, (name, link)
                assert "muster.example" not in (urlsplit(link.url).hostname or ""), (name, link)
            commands += scheme == "mailto" and "subject=" in link.url
    tell(f"S12: {mails} mails, {links} links: {commands} write a mail to us, none asks us for a page")
    assert commands > 500, "there are links to try"


class Conversation(NamedTuple):
    """A daemon with a lead and an offered visit, and what its team and its customer were told."""

    house: Installation
    sink: Sink
    trap: Trap
    team: Arrived
    workshop: Arrived
    customer: Arrived

    @property
    def mails(self) -> tuple[Arrived, ...]:
        """All of them."""
        return self.team, self.workshop, self.customer

    def read(self) -> None:
        """Wait until every mail that came has been read; what they lead to may wait for a clock that stands still."""
        wait_until(lambda: not self.house.value("SELECT count(*) FROM message WHERE fate = 'pending'"), 60)

    def done(self) -> list[tuple[object, ...]]:
        """All that was ever done to the records, but for mails that are kept and shown there."""
        return self.house.query(
            "SELECT record, action, actor_role, actor FROM revision WHERE action NOT IN ('attach', 'join')"
            " ORDER BY record, n"
        )

    def states(self) -> list[tuple[object, ...]]:
        """How the records stand."""
        return self.house.query("SELECT ref, state FROM record ORDER BY id")


def only(sink: Sink, to: str) -> Arrived:
    """The first mail to an address."""
    return wait_until(lambda: sink.to(to), 60, f"a mail to {to}")[0]


@pytest.fixture(scope="module")
def conversation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Conversation]:
    """A conversation with links to a trap in what the customer wrote, on Monday 30 November 2026."""
    trap, sink, directory = Trap(), Sink(), tmp_path_factory.mktemp("links")
    turned = Turned(Installation(directory / "house", sink.url, smtp=TRUSTS_BORDER), directory / "clock")
    turned.set("2026-11-30T08:00")
    house = turned.house
    try:
        house.start(turned.env)
        content = lead(new_key()).replace(b"Nachricht:", f"Link: {trap.url}/inserat?id=1\r\nNachricht:".encode())
        send(house, content, WEBSITE)
        _by_hand(
            turned, "new", "booking", "site=berlin", "customer.name=Ola Probe", f"customer.emails={OLA}",
            "vehicles.make=VW", "vehicles.plate=B-OL 60", "booking.services=Inspektion",
        )  # fmt: skip
        ref = house.value("SELECT ref FROM record WHERE kind = 'booking'")
        _by_hand(turned, "do", ref, "offer", "at=2026-12-03T09:00", "price=289,00 EUR")
        mails = (only(sink, SALES), only(sink, "service.berlin@muster.example"), only(sink, OLA))
        yield Conversation(house, sink, trap, *mails)
    finally:
        house.close()
        sink.close()
        trap.close()


def _by_hand(turned: Turned, *words: str) -> None:
    done = turned.house.postroom(*words, env=turned.env)
    assert done.returncode == 0, done.stdout + done.stderr


def html_of(mail: Arrived) -> str:
    """What a mail program shows."""
    body = opened(mail).get_body(("html",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.peer
def test_whoever_opens_all_links_changes_nothing(
    conversation: Conversation, tmp_path: Path, need_program: Callable[[str, str], str], tell: Tell
) -> None:
    need_program("chromium", "chromium")
    before, number = (conversation.done(), conversation.states()), 0
    for mail in conversation.mails:
        urls = {link.url for link in links_of(words_of(mail), html_of(mail))}
        for url in urls:
            if url.startswith("http") and "127.0.0.1" in url:
                fetch(url)
        browse(html_of(mail), tmp_path / "mail.html")
        number += len(urls)
    base = f"http://{conversation.house.health}"
    command = next(link.url for link in links_of("", html_of(conversation.team)) if "body=" in link.url)
    reply_to = str(opened(conversation.team)["Reply-To"])
    for path in ("/", f"/do?{command}", f"/{reply_to}", "/take", "/-/reload", "/metrics?do=reload"):
        fetch(base + path.replace(" ", "%20").replace("<", "").replace(">", ""))
    conversation.read()
    tell(
        f"S12: {number} links of {len(conversation.mails)} mails opened by HEAD, GET and a browser with scripts; "
        f"{conversation.trap.seen.total()} requests came to the customer's link, 0 changes"
    )
    assert conversation.trap.seen["HEAD /inserat?id=1"]
    assert conversation.trap.seen["GET /inserat?id=1"] >= 2, "the browser opened it, too"
    assert (conversation.done(), conversation.states()) == before


def test_programs_that_send_what_the_links_write_change_nothing(conversation: Conversation, tell: Tell) -> None:
    """A scanner in its own name; in the name of who may, unproven; a responder that quotes the command."""
    house, sent = conversation.house, 0
    before = conversation.done(), conversation.states()
    vouched = f"Authentication-Results: {BORDER}; dmarc=pass header.from=muster.example"
    for mail, member in zip(conversation.mails, (EVA, EVA, OLA), strict=True):
        commands = {one.url for one in links_of("", html_of(mail)) if one.url.startswith("mailto:") and "?" in one.url}
        assert commands
        ways = (
            ("sandbox@scanner.example", "sandbox@scanner.example", ()),
            ("", "sandbox@scanner.example", ("Auto-Submitted: auto-generated",)),
            (member, member, ("Auto-Submitted: auto-replied", *([vouched] if member == EVA else []))),
            ("", member, ("X-Auto-Response-Suppress: All", "Precedence: bulk")),
            *([("eva@muster.example", EVA, ())] if member == EVA else []),
        )
        for command in commands:
            for envelope, sender, above in ways:
                content, address = written_by(command, sender, *above)
                send(house, content, address, sender=envelope)
                sent += 1
    conversation.read()
    tell(f"S12: {sent} mails that programs wrote by our links, 0 changes")
    assert conversation.done() == before[0]
    assert conversation.states() == before[1]
    command = next(link.url for link in links_of("", html_of(conversation.team)) if "body=" in link.url)
    content, address = written_by(command, EVA, vouched)
    for _ in range(3):  # who has the mail can send it again: it is the same mail
        send(house, content, address, sender=EVA)
    conversation.read()
    done = [row for row in conversation.done() if row not in before[0]]
    assert [row[1:] for row in done] == [("take", "team", EVA)], "who may, acts, and once"


def test_forged_tokens_do_nothing(conversation: Conversation, tell: Tell) -> None:
    """A member of the house, the customer and his calendar, each with a token that was changed.

    The customer is not vouched for: who is needs no token for what he may do.
    """
    house, draw, number = conversation.house, random.Random(seed()), 0  # noqa: S311
    before = conversation.done(), conversation.states()
    refused = 0
    while number < at_length(BY_MAIL):
        mail, sender, text = draw.choice(
            (
                (conversation.team, EVA, "!take"),
                (conversation.workshop, EVA, "!cancel"),
                (conversation.customer, OLA, "Ja"),
            )
        )
        content, address = (
            apple_reply(mail, OLA, "ACCEPTED", f"20261130T{number:06d}Z")
            if sender == OLA and draw.random() < 0.5
            else answer_to(mail, sender, f"{text}\n{number}", vouched=sender == EVA)
        )
        desk, _, domain = address.partition("@")
        name, _, given = desk.partition("+")
        forged = mutated(draw, given)
        if reads_alike(forged, given) or not forged.isascii() or set(forged) & set("@ "):
            continue
        number += 1
        try:
            send(house, content.replace(given.encode(), forged.encode()), f"{name}+{forged}@{domain}", sender=sender)
        except OSError:  # smtplib's refusals are such: it is no address of ours
            refused += 1
    conversation.read()
    tell(f"S12: {number} mails with forged tokens, {refused} refused at the door, 0 changes")
    assert conversation.done() == before[0]
    assert conversation.states() == before[1]
    content, address = answer_to(conversation.customer, OLA, "Ja, das passt.", vouched=False)
    send(house, content, address, sender=OLA)
    conversation.read()
    assert len(conversation.done()) == len(before[0]) + 1, "the genuine one acts"
