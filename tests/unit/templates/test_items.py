"""Mails that tell of several records: in which order, how they stand, and how each is answered."""

from datetime import timedelta

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from rules.model import Record
from templates.fallback import fallback
from templates.model import RenderItem, RenderJob, SiteCard
from templates.render import Renderer
from templates.samples import AT, EMPTY, LEAD, OTHER, REPLY_TO, SITE, sample_job
from templates.standing import MOST_RECORDS
from templates.words import load_words

SHIPPED = Renderer({})
LANGUAGES = ("da", "de", "en", "zh")


def listed(*items: RenderItem, language: str = "en", purpose: str = "list") -> RenderJob:
    return msgspec.structs.replace(sample_job(language, purpose, LEAD), others=items)


def record(ref: str, **more: object) -> Record:
    return msgspec.structs.replace(sample_job("en", reading=OTHER).record, ref=ref, **more)


def refs(text: str) -> list[str]:
    return [line.rsplit("[", 1)[1].rstrip("]") for line in text.splitlines() if line.endswith("]")]


def test_list_begins_with_what_is_overdue_longest_then_what_is_due_first() -> None:
    job = listed(
        RenderItem(record=record("A")),
        RenderItem(record=record("B"), due_at=AT + timedelta(hours=2)),
        RenderItem(record=record("C"), due_at=AT - timedelta(hours=1), overdue=True),
        RenderItem(record=record("D"), due_at=AT + timedelta(hours=1)),
        RenderItem(record=record("E"), due_at=AT - timedelta(hours=9), overdue=True),
    )
    mail = SHIPPED.render(job)
    assert refs(mail.text) == list("ECDBA")
    assert refs(fallback(job).text) == list("ECDBA")
    assert mail.subject == "Open records: 5, overdue: 2 · Autohaus Muster Berlin"


def test_a_row_says_state_keeper_and_times_at_its_own_site() -> None:
    away = SiteCard(id="aarhus", name="Bilhus Aarhus", desk="d@b.example", timezone="Asia/Shanghai", language="da")
    taken = record("A", state="taken", assignee="eva@muster.example")
    job = listed(
        RenderItem(record=taken, due_at=AT, overdue=True, site=away),
        RenderItem(record=record("B", assignee=None), due_at=AT, site=SITE),
    )
    text = SHIPPED.render(job).text
    told = ("Bilhus Aarhus", "in hand, eva@muster.example", "Overdue since: Saturday, 21 November 2026, 00:42")
    assert "\n  ".join(("[A]", *told)) in text
    assert "[B]\n  new\n  Due: Friday, 20 November 2026, 17:42\n" in text


def test_more_records_than_fit_are_counted() -> None:
    items = [RenderItem(record=record(f"R{n}")) for n in range(MOST_RECORDS + 7)]
    text = SHIPPED.render(listed(*items)).text
    assert len(refs(text)) == MOST_RECORDS
    assert "… 7 more" in text


def test_each_record_has_its_own_links_and_address() -> None:
    other = REPLY_TO.replace("7kq2m4", "5t0qw8")
    job = listed(
        RenderItem(record=record("A", state="taken"), reply_to=other), RenderItem(record=record("B"), reply_to=REPLY_TO)
    )
    mail = SHIPPED.render(job)
    first, second = mail.text.split("[B]")
    assert other in first
    assert REPLY_TO in second
    page = LexborHTMLParser(mail.html or "")
    hrefs = [a.attributes["href"] or "" for a in page.css("a")]
    assert [other.replace("+", "%2B") in href for href in hrefs] == [True] * 3 + [False] * 3


def test_a_record_that_cannot_be_answered_has_no_links() -> None:
    mail = SHIPPED.render(listed(RenderItem(record=record("A"))))
    assert LexborHTMLParser(mail.html or "").css("a") == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_bundle_tells_each_notice_in_the_order_given(language: str) -> None:
    job = sample_job(language, "bundle", LEAD)
    mail, words = SHIPPED.render(job), load_words(language, {})
    assert refs(mail.text) == ["L-5T0QW8-H", "L-7KQ2M4-2"]
    assert words["openings"]["attached"] in mail.text
    assert "am Samstag um 10 Uhr passt es mir gut" in mail.text
    assert "ist der Golf noch da?" in mail.text
    assert "+49 30 555010" in mail.text


def test_a_stranger_is_marked_in_a_bundle_too() -> None:
    told = sample_job("en", "attached", OTHER).notice
    strange = msgspec.structs.replace(told, because="a further mail for A; its sender is not known here")
    text = SHIPPED.render(listed(RenderItem(record=record("A"), notice=strange), purpose="bundle")).text
    assert "Another mail about this record: Jens Muster" in text
    assert "Beware: it is not confirmed that this mail comes from the customer." in text


@pytest.mark.parametrize(
    ("reasons", "footer"),
    [
        (("nobody has seen to A", "nobody has seen to B"), "it is meant for your team"),
        (("rule 'Leads'", "rule 'Leads'"), "rule 'Leads'"),
    ],
)
def test_the_footer_of_several_gives_no_reason_of_one(reasons: tuple[str, str], footer: str) -> None:
    told = msgspec.structs.replace(sample_job("en", "new", OTHER).notice, because=reasons[0], role="team")
    other = msgspec.structs.replace(told, because=reasons[1])
    items = (RenderItem(record=record("A"), notice=told), RenderItem(record=record("B"), notice=other))
    job = listed(*items, purpose="bundle")
    job = msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, because=reasons[0], role="team"))
    last = SHIPPED.render(job).text.rstrip().splitlines()[-1]
    assert footer in last
    assert "nobody has seen" not in last


def test_digest_tells_no_texts() -> None:
    text = SHIPPED.render(sample_job("de", "digest", LEAD)).text
    assert "Dem Kunden wurde geantwortet" in text
    assert "ist der Golf noch da?" not in text


def test_a_record_that_says_nothing_has_a_row_all_the_same() -> None:
    bare = sample_job("en", reading=EMPTY).record
    assert "\nUnsorted mail [U-3F8ZK2-J]\n" in SHIPPED.render(listed(RenderItem(record=bare))).text
