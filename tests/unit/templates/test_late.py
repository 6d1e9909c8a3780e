"""What the clock tells: since when something is late, who has it, what to do, and the sign of what controllers have."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from selectolax.lexbor import LexborHTMLParser

from parsers.ours import names
from parsers.records import Reading
from rules.escalation import ESCALATE, MAIL, OVERDUE, SIGN
from rules.model import Passed, Record
from templates.fallback import fallback
from templates.model import Rendered, RenderItem, RenderJob, SiteCard
from templates.purposes import PURPOSES, purpose_of
from templates.render import Renderer
from templates.sample_together import sample_together
from templates.samples import AT, EMPTY, LEAD, OTHER, REPLY_TO, sample_job
from templates.standing import MOST_RECORDS, WHOLE
from templates.words import load_words
from tests.support.naughty import NAUGHTY

SHIPPED = Renderer({})
LANGUAGES = ("da", "de", "en", "zh")
LATE = tuple(name for name, purpose in PURPOSES.items() if purpose.late)
SIGNED = ("escalated", "flagged", "untouched")
HOUSE = tuple(name for name, purpose in PURPOSES.items() if purpose.layout != "customer")
OPEN_UNTIL = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
ESCALATED = (
    Passed(step="E1", effect=OVERDUE, due_at=AT),
    Passed(step="E2.1", effect=ESCALATE, due_at=AT + timedelta(hours=2)),
)


def with_record(job: RenderJob, **more: object) -> RenderJob:
    return msgspec.structs.replace(job, record=msgspec.structs.replace(job.record, **more))


def record(ref: str, **more: object) -> Record:
    return msgspec.structs.replace(sample_job("en", reading=OTHER).record, ref=ref, **more)


def hrefs(mail: Rendered) -> list[str]:
    return [a.attributes["href"] or "" for a in LexborHTMLParser(mail.html or "").css("a")]


def shown(mail: Rendered) -> str:
    return LexborHTMLParser(mail.html or "").text(separator=" ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", LATE)
def test_subject_and_opening_say_what_it_is(purpose: str, language: str) -> None:
    mail, words = SHIPPED.render(sample_job(language, purpose, LEAD)), load_words(language, {})
    kind, sign = words["kinds"]["lead"], f"{SIGN} " if purpose in SIGNED else ""
    begun = sign + words["subjects"][purpose].replace("{kind}", kind)
    assert mail.subject.startswith(f"{begun}{words['forms']['colon']}Karin Beispiel")
    assert mail.subject.endswith("[L-7KQ2M4-2]")
    assert f"\n{sign}{words['openings'][purpose].replace('{kind}', kind)}\n" in mail.text
    assert words["asks"][purpose] in mail.text
    assert words["asks"][purpose] in shown(mail)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", LATE)
def test_text_html_and_fallback_say_since_when_who_has_it_and_what_is_wanted(purpose: str, language: str) -> None:
    job = sample_job(language, purpose, LEAD)
    mail, words, labels = SHIPPED.render(job), load_words(language, {}), load_words(language, {})["labels"]
    times = {"overdue": labels["overdue"], "warning": words["effects"]["escalate"]}
    told = [
        times.get(purpose, labels["overdue"]),
        *([labels["escalated"]] if purpose in SIGNED else []),
        labels["received"],
        words["phrases"]["nobody"],
        "Volkswagen Golf 2.0 TDI Style 2021",
        words["interests"]["buy"],
        "ist der Golf noch da?",
        "+49 1511 2345678",
    ]
    for value in told:
        assert value in mail.text
        assert value in shown(mail)
        assert value in fallback(job).text


def test_times_are_those_of_the_site() -> None:
    text = SHIPPED.render(with_record(sample_job("de", "overdue", LEAD), passed=ESCALATED[:1])).text
    assert "\n  Überfällig seit: Freitag, 20. November 2026, 17:42 Uhr\n" in text
    assert "\n  Geht an die Leitung: Samstag, 21. November 2026, 17:42 Uhr\n" in text
    away = SiteCard(id="sh", name="上海", desk="d@b.example", timezone="Asia/Shanghai", language="zh")
    there = msgspec.structs.replace(sample_job("zh", "overdue", LEAD), site=away)
    assert "\n  逾期自：2026年11月21日（星期六）00:42\n" in SHIPPED.render(there).text


@pytest.mark.parametrize("purpose", LATE)
def test_controllers_may_be_elsewhere_and_are_told_the_zone(purpose: str) -> None:
    text = SHIPPED.render(sample_job("en", purpose, LEAD)).text
    assert ("Times: Europe/Berlin, UTC+1" in text) == (purpose in ("escalated", "untouched"))


def test_where_nobody_oversees_a_site_the_admin_is_told_without_links() -> None:
    job = sample_job("en", "escalated", LEAD)
    admin = msgspec.structs.replace(job.notice, role="admin", because="")
    mail = SHIPPED.render(msgspec.structs.replace(job, notice=admin, reply_to=None))
    assert mail.subject.startswith(f"{SIGN} Escalated: Request")
    assert "Times: Europe/Berlin, UTC+1" in mail.text
    assert not [href for href in hrefs(mail) if "body=" in href]


@pytest.mark.parametrize("purpose", LATE)
def test_somebody_who_has_it_is_named(purpose: str) -> None:
    text = SHIPPED.render(with_record(sample_job("en", purpose, LEAD), assignee="eva@muster.example")).text
    assert "\n  Assignee: eva@muster.example (sales)\n" in text


@pytest.mark.parametrize("purpose", LATE)
def test_links_are_those_that_its_reader_may_use(purpose: str) -> None:
    mail = SHIPPED.render(sample_job("en", purpose, LEAD))
    bodies = [href.split("body=%21")[1].split("&")[0] for href in hrefs(mail) if "body=%21" in href]
    if purpose in ("escalated", "untouched"):
        assert bodies == ["take", "assign%20", "not-mine", "note%20", "status", "help"]
    else:
        assert bodies == ["take", "done", "later%201d", "assign%20", "not-mine", "help"]


def test_what_an_unsorted_mail_is_comes_first_however_late_it_is() -> None:
    job = with_record(sample_job("en", "overdue", EMPTY), passed=ESCALATED)
    assert "\n!lead · !booking · !take · !not-mine · !spam · !help\n" in SHIPPED.render(job).text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", [*LATE, "escalations"])
def test_no_token_stands_in_the_text_of_a_single_record(purpose: str, language: str) -> None:
    job = sample_job(language, purpose, LEAD)
    mail, token = SHIPPED.render(job), REPLY_TO.split("+")[1]
    assert token not in mail.subject
    assert token not in shown(mail)
    if job.others:  # each has its address for those who see no links
        assert [line for line in mail.text.splitlines() if token in line] == [
            f"  {load_words(language, {})['labels']['reply_to']}{load_words(language, {})['forms']['colon']}{REPLY_TO}"
        ]
    else:
        assert token not in mail.text
        assert not any(names(line) == "a reply address of ours" for line in mail.text.splitlines())


@pytest.mark.parametrize("purpose", HOUSE)
def test_every_later_mail_to_the_house_has_the_sign(purpose: str) -> None:
    job = with_record(sample_job("de", purpose, LEAD), passed=ESCALATED)
    late = msgspec.structs.replace(
        job, others=tuple(msgspec.structs.replace(one, record=job.record) for one in job.others)
    )
    mail = SHIPPED.render(late)
    assert mail.subject.startswith(f"{SIGN} ")
    assert mail.subject.count(SIGN) == 1
    assert SIGN in shown(mail)
    assert f"\n{SIGN} " in mail.text
    assert fallback(late).subject.startswith(f"{SIGN} ")
    assert f"\n{SIGN} " in fallback(late).text


@pytest.mark.parametrize("purpose", HOUSE)
def test_without_an_escalation_no_mail_has_it(purpose: str) -> None:
    job = with_record(sample_job("de", purpose, LEAD), passed=ESCALATED[:1])
    plain = msgspec.structs.replace(
        job, others=tuple(msgspec.structs.replace(one, record=job.record) for one in job.others)
    )
    mail = SHIPPED.render(plain)
    assert SIGN not in mail.subject
    assert purpose == "flagged" or SIGN not in mail.text + (mail.html or "")


@pytest.mark.parametrize("purpose", ["reply", "receipt"])
def test_customers_never_see_it(purpose: str) -> None:
    job = with_record(sample_job("de", purpose, LEAD), passed=ESCALATED)
    for mail in (SHIPPED.render(job), fallback(job)):
        assert SIGN not in mail.subject + mail.text + (mail.html or "")


def test_an_admins_own_subject_has_the_sign_too() -> None:
    mine = Renderer({"de/new.subject.j2": "Anfrage von {{ letter.person }}"})
    job = sample_job("de", "new", LEAD)
    assert mine.render(with_record(job, passed=ESCALATED)).subject == f"{SIGN} Anfrage von Karin Beispiel"
    assert mine.render(job).subject == "Anfrage von Karin Beispiel"


def test_in_a_list_the_sign_stands_before_the_rows_of_what_controllers_have() -> None:
    job = sample_job("en", "list", LEAD)
    items = (
        RenderItem(record=record("A"), due_at=OPEN_UNTIL),
        RenderItem(record=record("B", passed=ESCALATED), due_at=OPEN_UNTIL),
        RenderItem(record=record("C", passed=ESCALATED[:1]), due_at=OPEN_UNTIL),
    )
    mail = SHIPPED.render(msgspec.structs.replace(job, others=items))
    rows = [line for line in mail.text.splitlines() if line.endswith("]")]
    assert [row.startswith(SIGN) for row in rows] == [True, False, False]
    assert [row[-2] for row in rows] == ["B", "C", "A"]
    assert mail.subject == f"{SIGN} Open records: 3, overdue: 2 · Autohaus Muster Berlin"
    assert (
        "[C]\n  new, verkauf1@muster.example\n  Overdue since: Friday, 20 November 2026, 17:42\n  Due: Monday"
        in mail.text
    )


def test_a_step_that_escalates_at_once_is_told_once() -> None:
    """The hot alert is overdue and with the controllers at the same moment."""
    passed = (Passed(step="E1", effect=ESCALATE, due_at=AT),)
    text = SHIPPED.render(with_record(sample_job("en", "escalated", LEAD), passed=passed)).text
    assert "Overdue since: Friday, 20 November 2026, 17:42" in text
    assert "With the management since" not in text


def test_what_nobody_picked_up_is_told_without_an_escalation() -> None:
    """A booking that nobody looked at within a day: the service manager gets one mail, the controllers have nothing."""
    job = with_record(sample_job("en", "untouched", LEAD), passed=(Passed(step="M1", effect=MAIL, due_at=AT),))
    mail = SHIPPED.render(job)
    assert mail.subject.startswith("Still open: Request")
    assert "Overdue since" not in mail.text


def test_what_was_passed_while_nothing_ran_says_so() -> None:
    late = msgspec.structs.replace(ESCALATED[0], late=True)
    job = sample_job("en", "escalated", LEAD)
    assert "Told late: Postroom was not running" in SHIPPED.render(with_record(job, passed=(late, ESCALATED[1]))).text
    assert "Told late" not in SHIPPED.render(with_record(job, passed=ESCALATED)).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_untouched_tells_the_course_so_far(language: str) -> None:
    job, words = sample_job(language, "untouched", LEAD), load_words(language, {})
    text = SHIPPED.render(job).text
    course = text.split(f"\n{words['headings']['course']}\n")[1].split("\n\n")[0].splitlines()
    assert [row.split(words["forms"]["colon"])[0].strip() for row in course] == [
        words["happened"][name] for name in ("open", "overdue", "escalate")
    ]
    assert course[0].endswith("mobile-berlin")
    assert not course[1].endswith(", ")


def test_what_is_wanted_is_told_in_short() -> None:
    long = Reading(kind="lead", comments="\n".join(map(str, range(300))), customer=LEAD.customer)
    text = SHIPPED.render(sample_job("en", "overdue", long)).text
    assert "> 39\n" in text
    assert "> 40\n" not in text
    assert "goes on in the original" in text
    together = with_reading(sample_together("en", "overdue", "overdue"), long)
    row = SHIPPED.render(together).text
    assert "  > 7\n  > …\n" in row


def with_reading(job: RenderJob, reading: Reading) -> RenderJob:
    first, *more = job.others
    changed = msgspec.structs.replace(first, record=msgspec.structs.replace(first.record, reading=reading))
    return msgspec.structs.replace(job, others=(changed, *more))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", LATE)
def test_several_of_one_sort_in_one_mail_say_which(purpose: str, language: str) -> None:
    job, words = sample_together(language, purpose, purpose), load_words(language, {})
    mail = SHIPPED.render(job)
    begun = words["together"][purpose].replace("{count}", "2")
    sign = f"{SIGN} " if purpose in SIGNED else ""
    assert mail.subject == f"{sign}{begun} · Autohaus Muster Berlin"
    assert f"\n{begun}\n" in mail.text
    rows = [line for line in mail.text.splitlines() if line.endswith("T0QW8-H]")]
    assert len(rows) == 2
    assert all(row.startswith(sign) for row in rows)
    assert mail.text.count(words["phrases"]["nobody"]) == 2
    assert "ist der Golf noch da?" in mail.text


def test_after_days_down_all_are_told_the_first_ones_whole() -> None:
    one = sample_together("en", "escalated", "escalated").others[0]
    many = tuple(
        msgspec.structs.replace(one, record=msgspec.structs.replace(one.record, ref=f"L-{n:06}-X"))
        for n in range(MOST_RECORDS + 20)
    )
    job = msgspec.structs.replace(sample_together("en", "escalated", "escalated"), others=many)
    text = SHIPPED.render(job).text
    assert [line[-11:-3] for line in text.splitlines() if line.endswith("-X]")] == [f"L-{n:06}" for n in range(500)]
    assert text.count("ist der Golf noch da?") == text.count("+49 1511 2345678") == WHOLE
    assert text.count("Overdue since") == MOST_RECORDS
    assert "\n… 20 more\n" in text


def test_what_the_clock_tells_of_both_sorts_is_called_by_both() -> None:
    assert SHIPPED.render(sample_together("en", "overdue", "flagged")).subject == (
        f"{SIGN} Overdue or due soon: 2 · Autohaus Muster Berlin"
    )


def test_with_other_news_it_is_news() -> None:
    assert SHIPPED.render(sample_together("en", "overdue", "new")).subject == "News: 2 · Autohaus Muster Berlin"


def test_list_of_escalations_begins_with_the_oldest_and_ends_with_what_was_cleared() -> None:
    later = tuple(msgspec.structs.replace(one, due_at=one.due_at + timedelta(days=2)) for one in ESCALATED)
    away = SiteCard(id="sh", name="Shanghai", desk="d@b.example", timezone="Asia/Shanghai", language="zh")
    items = (
        RenderItem(record=record("A", state="done", result="sold"), cleared_at=AT, cleared_by="eva@muster.example"),
        RenderItem(record=record("B", passed=later, assignee=None), overdue=True, reply_to=REPLY_TO),
        RenderItem(record=record("C", passed=ESCALATED), overdue=True, reply_to=REPLY_TO, site=away),
    )
    job = msgspec.structs.replace(sample_job("en", "escalations", LEAD), others=items)
    for mail in (SHIPPED.render(job), fallback(job)):
        rows = [line for line in mail.text.splitlines() if line.endswith("]")]
        assert [row[-2] for row in rows] == ["C", "B", "A"]
        assert [row.startswith(SIGN) for row in rows] == [True, True, False]
        assert mail.subject.startswith(f"{SIGN} Open escalations: 2, cleared: 1")
    text = SHIPPED.render(job).text
    assert "[C]\n  Shanghai\n  wants a test drive\n  Overdue since: Saturday, 21 November 2026, 00:42\n" in text
    assert "\n  Times: Asia/Shanghai, UTC+8\n" in text
    assert "\n  Assignee: nobody yet (sales)\n" in text
    cleared = text.split("Cleared since the last list")[1]
    assert "\n  Cleared: Friday, 20 November 2026, 17:42, eva@muster.example\n  done, sold\n" in cleared
    assert REPLY_TO not in cleared


def test_when_all_is_cleared_there_is_no_sign() -> None:
    items = (RenderItem(record=record("A", passed=ESCALATED), cleared_at=AT, cleared_by="eva@muster.example"),)
    mail = SHIPPED.render(msgspec.structs.replace(sample_job("de", "escalations", LEAD), others=items))
    assert mail.subject == "Offene Eskalationen: 0, geklärt: 1 · Autohaus Muster Berlin"
    assert SIGN not in mail.text


def hostile(text: str, job: RenderJob) -> RenderJob:
    """The job with a stranger's text wherever strangers and members write."""
    reading = msgspec.structs.replace(
        LEAD,
        comments=text,
        customer=msgspec.structs.replace(LEAD.customer, name=text, company=text) if LEAD.customer else None,
        vehicles=(msgspec.structs.replace(LEAD.vehicles[0], make=text),),
    )
    changed = msgspec.structs.replace(job.record, reading=reading, assignee=text, team=text, result=text)
    others = tuple(
        msgspec.structs.replace(
            one,
            record=msgspec.structs.replace(changed, passed=one.record.passed),
            cleared_by=text if one.cleared_at else None,
        )
        for one in job.others
    )
    course = tuple(
        msgspec.structs.replace(done, actor=msgspec.structs.replace(done.actor, name=text)) for done in job.course
    )
    return msgspec.structs.replace(job, record=changed, others=others, course=course)


def elements(mail: Rendered) -> set[tuple[str, tuple[str, ...]]]:
    page = LexborHTMLParser(mail.html or "")
    return {(str(node.tag), tuple(sorted(node.attributes))) for node in page.css("*")}


@pytest.mark.parametrize("purpose", [*LATE, "escalations", "together"])
def test_naughty_texts_become_no_markup_no_header_and_no_command(purpose: str) -> None:
    job = sample_together("de", "escalated", "overdue") if purpose == "together" else sample_job("de", purpose, LEAD)
    usual = elements(SHIPPED.render(hostile("Muster\nzwei", job))) | elements(SHIPPED.render(hostile("", job)))
    links = {href.split("?")[0] for href in hrefs(SHIPPED.render(job))}
    for text in NAUGHTY:
        mail = SHIPPED.render(hostile(text, job))
        assert elements(mail) <= usual, text
        assert len(mail.subject.splitlines()) == 1, text
        assert len(mail.subject) <= 200
        assert {href.split("?")[0] for href in hrefs(mail)} <= links, text
        assert [line for line in mail.text.splitlines() if line.startswith("##-")] == [mail.text.splitlines()[0]], text
        assert mail.subject.startswith(SIGN) == (purpose in (*SIGNED, "escalations", "together")), text


def test_every_purpose_of_the_clock_is_for_the_house() -> None:
    assert set(LATE) == {"overdue", "escalated", "flagged", "untouched", "warning", "reminder"}
    assert all(purpose_of(name, "customer").layout == "customer" for name in LATE)
