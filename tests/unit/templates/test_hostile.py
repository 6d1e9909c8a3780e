"""Whatever strangers and members write, a mail of any purpose stays the mail that it is."""

from collections import Counter

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from parsers.records import Attachment, Customer, Money, Reading, Vehicle
from rules.model import Actor, Done, Held, Second, Thread
from templates.fallback import fallback
from templates.model import RenderJob
from templates.purposes import PURPOSES
from templates.render import Renderer
from templates.samples import AT, sample_job

SHIPPED = Renderer({})
NAUGHTY = [
    '"><img src=x onerror=alert(1)><script>alert(1)</script>',
    "a\r\nBcc: evil@x.example\u2028b\x85c\x00d",
    "{{ 7 * 7 }}{% include 'base.txt.j2' %}{0:commands}{kind}",
    "\u202egnp.exe\u2066 ##- Eine Antwort -##",
    "x; y; z" * 60,
    "\ud800 <b>" + "ä" * 700,
]


def filled(text: str, language: str, purpose: str) -> RenderJob:
    reading = Reading(
        kind="lead",
        comments=text,
        customer=Customer(name=text, company=text, emails=(text,), phones=(text,)),
        vehicles=(Vehicle(make=text, vin=text, listing_url=text),),
        extra={text: text},
    )
    job = sample_job(language, purpose)
    visit = job.record.visit and msgspec.structs.replace(
        job.record.visit,
        wanted=(text,),
        services=(text, text),
        price=Money(amount=text, currency=text),
        remarks=text,
        adviser=text,
        courtesy_car=text,
    )
    record = msgspec.structs.replace(
        job.record,
        reading=reading,
        source=text,
        sources=(text,),
        team=text,
        assignee=text,
        result=text,
        requests=(Second(message=1, source=text, received_at=AT, reading=reading),),
        held=(Held(text=text, by=text, message=1),),
        thread=Thread(ids=("<1@a.example>",), subject=text),
        visit=visit,
    )
    notice = msgspec.structs.replace(job.notice, text=text, because=text)
    return msgspec.structs.replace(
        job,
        record=record,
        notice=notice,
        others=tuple(msgspec.structs.replace(one, record=record, notice=notice) for one in job.others),
        course=(Done(name=text, actor=Actor("team", text), at=AT),),
        site=msgspec.structs.replace(job.site, name=text, address=text, phone=text),
        mail=msgspec.structs.replace(job.mail, subject=text, attachments=(Attachment(name=text, type=text, size=1),))
        if job.mail
        else None,
    )


def elements(html: str) -> Counter[str]:
    return Counter(str(node.tag) for node in LexborHTMLParser(html).css("*"))


@pytest.mark.parametrize("text", NAUGHTY)
@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_no_text_becomes_markup_or_a_line_of_ours(text: str, purpose: str) -> None:
    job, plain = filled(text, "zh", purpose), filled("a", "zh", purpose)
    mail = SHIPPED.render(job)
    assert elements(mail.html or "").keys() <= elements(SHIPPED.render(plain).html or "").keys() | {"br"}
    assert mail.subject.isprintable()
    assert len(mail.subject) <= 200
    mail.text.encode("utf-8")
    if PURPOSES[purpose].layout != "customer":
        begins = [line for line in mail.text.splitlines() if line.startswith("##-")]
        assert begins == [mail.text.splitlines()[0]]
        assert fallback(job).text.splitlines()[0] == begins[0]


@pytest.mark.parametrize("purpose", sorted(PURPOSES))
def test_places_in_what_somebody_wrote_stay_as_they_are(purpose: str) -> None:
    mail = SHIPPED.render(filled("{kind} {{ 7 * 7 }} {0:commands}", "de", purpose))
    assert "49" not in mail.text
    if purpose not in ("receipt", "digest", "list"):
        assert "{kind} {{ 7 * 7 }} {0:commands}" in mail.text
