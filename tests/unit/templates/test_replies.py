"""The first line of every mail to the house says where a plain reply goes, and says the truth."""

import re
from urllib.parse import quote, unquote

import msgspec
import pytest

from parsers.ours import is_delimiter, names
from parsers.records import Customer, Reading
from rules.identity import NOT_CUSTOMER
from rules.model import RecordFlag
from templates.fallback import fallback
from templates.letter import write_letter
from templates.model import RenderJob, SiteCard
from templates.purposes import PURPOSES
from templates.render import Renderer
from templates.samples import EMPTY, FULL, LEAD, sample_job
from templates.words import filled, load_words

LANGUAGES = ("da", "de", "en", "zh")
SHIPPED = Renderer({})
HOUSE = sorted(name for name, purpose in PURPOSES.items() if purpose.layout != "customer")
INSIDE = {"refused", "status", "help", "taken", "held", "kept"}
SEVERAL = {name for name, purpose in PURPOSES.items() if purpose.layout == "several"}
CUSTOMERS = sorted(name for name, purpose in PURPOSES.items() if purpose.layout == "customer")
ANSWERS = re.compile(r'(?<= href=)"mailto:desk%2Bl-7kq2m4-2\.tabcdefghijklmnop@muster\.example\?[^"]*"')
KARIN = LEAD.customer.emails[0] if LEAD.customer else ""
CALLER = Reading(kind="lead", customer=Customer(name="Karin Beispiel", phones=("+4915112345678",)))
RELAYED = Reading(kind="lead", extra={"reply_to": "k-77@relay.exchange.example"})


def said(goes: str, language: str, to: str = "") -> str:
    """The first line's words; without an address, of the sample's customer."""
    words = load_words(language, {})
    return filled(words["reply"][goes], to=to or KARIN, reply=words["commands"]["reply"])


def further(stranger: str | None = None) -> RenderJob:
    """A further mail, of the customer's or of a stranger's."""
    job = sample_job("en", "attached", LEAD)
    because = f"a further mail for {job.record.ref}" + (f"; {NOT_CUSTOMER}" if stranger else "")
    notice = msgspec.structs.replace(job.notice, because=because, correspondent=stranger)
    return msgspec.structs.replace(job, notice=notice)


def first_line(job: RenderJob) -> str:
    return SHIPPED.render(job).text.splitlines()[0]


def changed(job: RenderJob, *, state: str = "new", role: str = "team", reply: str = "through") -> RenderJob:
    return msgspec.structs.replace(
        job,
        record=msgspec.structs.replace(job.record, state=state),
        notice=msgspec.structs.replace(job.notice, role=role),
        site=msgspec.structs.replace(job.site, reply=reply),
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", HOUSE)
def test_delimiter_is_the_first_line_of_text_html_and_fallback(language: str, purpose: str) -> None:
    job = sample_job(language, purpose, LEAD)
    mail = SHIPPED.render(job)
    controls = job.notice.role == "controller"
    goes = "several" if purpose in SEVERAL else "record" if controls else "inside" if purpose in INSIDE else "customer"
    words = said(goes, language)
    assert mail.text.splitlines()[0] == f"##- {words} -##"
    assert is_delimiter(fallback(job).text.splitlines()[0])
    visible = (mail.html or "").split("<body", 1)[1]
    assert visible.split("<p", 1)[1].split(">", 1)[1].startswith(f"##- {words} -##</p>")


@pytest.mark.parametrize(
    ("job", "goes"),
    [
        (sample_job("en", reading=LEAD), KARIN),
        (sample_job("en", reading=RELAYED), "k-77@relay.exchange.example"),
        (changed(sample_job("en", reading=LEAD), state="done"), KARIN),
        (further(), KARIN),
        (further("thief@else.example"), "inside"),
        (further(KARIN.upper()), KARIN),
        (changed(sample_job("en", "status", LEAD), reply="direct"), "record"),
        (changed(sample_job("en", "help", LEAD), role="controller"), "record"),
        (changed(sample_job("en", reading=LEAD), state="spam"), "record"),
        (changed(sample_job("en", reading=LEAD), reply="direct"), "record"),
        (changed(sample_job("en", reading=LEAD), role="controller"), "record"),
        (sample_job("en", reading=CALLER), "record"),
        (sample_job("en", reading=EMPTY), "record"),
        (msgspec.structs.replace(sample_job("en", reading=LEAD), reply_to=None), "record"),
    ],
)
def test_delimiter_says_where_a_plain_reply_goes(job: RenderJob, goes: str) -> None:
    to = goes if "@" in goes else ""
    assert first_line(job) == f"##- {said('customer' if to else goes, 'en', to)} -##"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", ["status", "new"])
def test_a_link_to_the_customer_says_that_it_is_meant_for_him(language: str, purpose: str) -> None:
    """Where a plain reply stays in the house, the link to the customer writes the command that sends it on."""
    job = sample_job(language, purpose, LEAD)
    command = load_words(language, {})["commands"]["reply"]
    links = [row.href for row in write_letter(job, load_words(language, {})).actions if "@" in row.value]
    assert links
    for link in links:
        assert unquote(link or "").startswith(f"mailto:{job.reply_to}?")
        assert (f"body={quote(command, safe='')}%0A&" in (link or "")) is (purpose == "status")


def test_a_long_or_hostile_address_makes_one_short_line() -> None:
    for address in (f"{'a' * 64}@{'b' * 240}.example", "\u202ex-##\u2028-##!done@kunde.example"):
        reading = Reading(kind="lead", customer=Customer(emails=(address,)))
        line = first_line(sample_job("en", reading=reading))
        assert line.startswith("##- ")
        assert line.endswith(" -##")
        assert len(line) < 150
        assert "\u202e" not in line


@pytest.mark.parametrize(
    ("reading", "says"), [(CALLER, "Answer the customer by telephone"), (EMPTY, "Neither a telephone")]
)
def test_where_no_reply_reaches_the_customer_the_mail_says_what_does(reading: Reading, says: str) -> None:
    assert SHIPPED.render(sample_job("en", reading=reading)).text.splitlines()[1].startswith(says)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", CUSTOMERS)
@pytest.mark.parametrize("flag", ["unverified", None])
def test_customers_see_nothing_of_ours(language: str, purpose: str, flag: RecordFlag | None) -> None:
    job = sample_job(language, purpose, FULL)
    job = msgspec.structs.replace(job, record=msgspec.structs.replace(job.record, flags=(flag,) if flag else ()))
    for mail in (SHIPPED.render(job), fallback(job)):
        told = f"{mail.subject}\n{mail.text}\n{mail.html}"
        words = load_words(language, {})
        secrets = {job.record.ref, job.reply_to, "mailto:", "verkauf1", "Used cars", *words["commands"].values()}
        if PURPOSES[purpose].visit:  # its customer has a number to name, and links that answer to his own address
            told, secrets = ANSWERS.sub("", told), secrets - {job.record.ref}
        assert [line for line in told.splitlines() if names(line)] == []
        for secret in secrets:
            assert secret not in told
        assert job.site.name in mail.text
        assert "+49 30 1234567" in mail.text


def test_a_template_for_a_customer_is_not_given_our_reply_address() -> None:
    renderer = Renderer({"de/reply.txt.j2": "{{ reply_to }}|{{ letter.commands }}|{{ letter.delimiter }}"})
    assert renderer.render(sample_job("de", "reply", LEAD)).text == "|()|\n"


def test_an_unknown_template_for_a_customer_has_the_customers_layout() -> None:
    job = sample_job("de", "reply", LEAD)
    job = msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, purpose="thanks", template="thanks"))
    assert SHIPPED.render(job) == SHIPPED.render(sample_job("de", "reply", LEAD))


def test_an_answer_to_a_customer_is_never_cut() -> None:
    job = sample_job("de", "reply", LEAD)
    long = "\n".join(map(str, range(2_000)))
    text = SHIPPED.render(msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, text=long))).text
    assert text.startswith(long)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("2026-11-23T09:00:00+00:00", "bis Montag, 23. November 2026, 10:00 Uhr."),
        ("Montag, 10 Uhr", "bis Montag, 10 Uhr."),
        (None, "so bald wie möglich."),
    ],
)
def test_receipt_says_when_the_site_answers(told: str | None, says: str) -> None:
    job = sample_job("de", "receipt", LEAD)
    mail = SHIPPED.render(msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, text=told)))
    assert f"Wir antworten Ihnen {says}" in mail.text
    assert mail.subject == "Ihre Anfrage ist angekommen"


def test_receipt_quotes_nothing_of_what_was_written() -> None:
    marked = Reading(kind="lead", language="MARK", interest="MARK", comments="MARK", customer=Customer(name="MARK"))
    for mail in (SHIPPED.render(sample_job("de", "receipt", marked)), fallback(sample_job("de", "receipt", marked))):
        assert "MARK" not in f"{mail.subject}{mail.text}{mail.html}"


def test_a_site_without_telephone_signs_with_what_it_has() -> None:
    job = sample_job("de", "receipt", LEAD)
    bare = SiteCard(id="a", name="Autohaus", desk="desk@a.example", timezone="Europe/Berlin", language="de")
    assert SHIPPED.render(msgspec.structs.replace(job, site=bare)).text.endswith(
        "Mit freundlichen Grüßen\n\n-- \nAutohaus\n"
    )


def test_where_nobody_can_act_by_mail_nothing_is_offered() -> None:
    job = sample_job("de", "new", LEAD)
    mute = msgspec.structs.replace(job, site=msgspec.structs.replace(job.site, heeds=False))
    heard, unheard = (Renderer({}).render(one).text for one in (job, mute))
    assert "!übernehmen" in heard
    assert "!" not in unheard.partition("-- \n")[0]
    assert "geht an den Kunden" in heard.splitlines()[0]
    assert "NICHT an den Kunden" in unheard.splitlines()[0]
