"""What the mails about one record say, beside the request itself."""

import msgspec
import pytest

from parsers.records import Booking
from rules.model import Thread
from templates.model import RenderJob
from templates.render import Renderer
from templates.samples import LEAD, sample_job
from templates.words import load_words

SHIPPED = Renderer({})


def with_notice(job: RenderJob, **more: object) -> RenderJob:
    return msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, **more))


def test_what_a_customer_wrote_is_quoted() -> None:
    text = SHIPPED.render(with_notice(sample_job("de", "attached", LEAD), text="Ja!\n!erledigt")).text
    assert "\nNachricht\n> Ja!\n> !erledigt\n" in text
    assert "Vorsicht" not in text


@pytest.mark.parametrize(("language", "says"), [("de", "Vorsicht"), ("en", "Beware"), ("da", "Pas på"), ("zh", "注意")])
def test_a_mail_of_a_stranger_is_marked(language: str, says: str) -> None:
    job = with_notice(
        sample_job(language, "attached", LEAD),
        because="a further mail for L-7KQ2M4-2; it comes from another address than the customer's",
    )
    mail, words = SHIPPED.render(job), load_words(language, {})
    assert mail.text.splitlines()[1] == words["warnings"]["stranger"]
    assert says in mail.text
    assert words["openings"]["stranger"] in mail.text
    assert words["openings"]["attached"] not in mail.text
    assert words["reasons"]["it comes from another address than the customer's"] in mail.text


def test_again_tells_the_second_request_its_sources_and_how_to_part_them() -> None:
    text = SHIPPED.render(sample_job("en", "again", LEAD)).text
    assert "> Hallo, ist der Golf noch zu haben?" in text
    assert "  Sources: mobile-berlin / autoscout-berlin\n" in text
    assert "A request of its own? Then reply with '!again no'." in text


@pytest.mark.parametrize(
    ("method", "partstat", "says"),
    [("REPLY", "declined", "abgesagt"), ("REPLY", "accepted", "zugesagt"), ("CANCEL", None, "abgesagt")],
)
def test_again_by_a_calendar_tells_what_it_answers(method: str, partstat: str | None, says: str) -> None:
    job = sample_job("de", "again", LEAD)
    booking = Booking(uid="x@y.example", method=method, partstat=partstat, starts_at="2026-12-03T09:00:00+01:00")
    (one,) = job.record.requests
    one = msgspec.structs.replace(one, reading=msgspec.structs.replace(one.reading, kind="booking", booking=booking))
    job = msgspec.structs.replace(job, record=msgspec.structs.replace(job.record, requests=(one,)))
    assert f"  Antwort des Kunden: {says}\n" in SHIPPED.render(job).text


def test_again_by_mail_tells_that_mail() -> None:
    text = SHIPPED.render(with_notice(sample_job("en", "again", LEAD), text="Und in Rot?")).text
    assert "> Und in Rot?" in text
    assert "noch zu haben" not in text


def test_held_shows_the_text_the_doubt_and_the_command() -> None:
    text = SHIPPED.render(sample_job("en", "held", LEAD)).text
    assert "Something is written below or inside the quotation" in text
    assert "Send it as it is? Then reply with '!send'." in text
    assert "> der Golf ist noch da." in text


def test_held_does_not_name_a_command_that_is_no_longer_possible() -> None:
    job = sample_job("en", "held", LEAD)
    sent = msgspec.structs.replace(job.record, held=())
    assert "!send" not in SHIPPED.render(msgspec.structs.replace(job, record=sent)).text


def test_refused_says_why_and_what_is_possible() -> None:
    text = SHIPPED.render(sample_job("da", "refused", LEAD)).text
    assert "»!verkaufft« er ikke en kommando" in text
    assert "  !senere 2 dage: " in text


def test_status_tells_state_deadlines_and_course() -> None:
    text = SHIPPED.render(sample_job("zh", "status", LEAD)).text
    for line in (
        "  状态：处理中",
        "  转为逾期：2026年11月20日（星期五）17:42",
        "  接手：2026年11月20日（星期五）17:42, verkauf1@muster.example",
    ):
        assert f"\n{line}\n" in text


def test_the_customers_own_subject_is_kept() -> None:
    job = sample_job("de", "reply", LEAD)
    own = msgspec.structs.replace(job.record, thread=Thread(ids=("<1@a.example>",), subject="Golf in Blau?"))
    assert SHIPPED.render(msgspec.structs.replace(job, record=own)).subject == "Re: Golf in Blau?"
    assert SHIPPED.render(job).subject == "Re: Ihre Anfrage: Volkswagen Golf 2.0 TDI Style 2021"


def test_a_purpose_of_another_version_tells_everything() -> None:
    job = with_notice(sample_job("de", "new", LEAD), purpose="warned", template="warned", text="bald ist es so weit")
    text = SHIPPED.render(job).text
    assert "> bald ist es so weit" in text
    assert "> ist der Golf noch da?" in text
