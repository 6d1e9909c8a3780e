"""S6: whatever strangers wrote, and wherever, every mail is composed with the expected headers and recipients only."""

import email
import email.policy
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses

import msgspec
import pytest

from daemon.outbox import alarms
from daemon.outbox.customers import WRITTEN_BY
from daemon.outbox.draft import Draft
from daemon.outbox.late import late_letter
from daemon.outbox.letters import letter
from daemon.outbox.together import content
from daemon.shift import Shift
from daemon.store.notices import DueNotice
from parsers.enclosures import Enclosure
from rules.reference import TokenRole, token
from rules.watching import report_notice
from templates.fallback import fallback, report_fallback
from templates.model import Rendered, RenderJob
from templates.render import Renderer
from templates.reports import REPORTS
from tests.security.injected import (
    LANGUAGES,
    PURPOSES,
    SEVERAL,
    TO_CUSTOMERS,
    Case,
    cases,
    file_of,
    job_of,
    report_of,
    texts,
)
from tests.support.answering import house
from tests.support.fixtures import Tell

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ORIGINAL = b"Subject: x\r\n\r\ny"
TO_HOUSE = [
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted",
    "X-Auto-Response-Suppress", "List-Id", "X-Postroom-Category", "X-Postroom-Record", "MIME-Version", "Content-Type",
]  # fmt: skip
OURS_ALONE = ("List-Id", "X-Postroom-Category")
PROGRAMS = ("Auto-Submitted", "X-Auto-Response-Suppress")
OF_ONE_RECORD = ("Reply-To", "In-Reply-To", "References", "X-Postroom-Record")


@pytest.fixture(scope="module")
def shift(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shift]:
    with house(tmp_path_factory.mktemp("s6")) as made:
        yield made.shift


def expected(purpose: str) -> list[str]:
    """The header fields of a purpose's mails, in order."""
    if purpose in SEVERAL:
        gone: tuple[str, ...] = OF_ONE_RECORD
    elif purpose in TO_CUSTOMERS:
        gone = (*OURS_ALONE, *(PROGRAMS if WRITTEN_BY.get(purpose, "a program") is None else ()))
    else:
        gone = ()
    return [name for name in TO_HOUSE if name not in gone]


def draft_of(shift: Shift, job: RenderJob) -> Draft:
    role: TokenRole = "customer" if job.notice.role == "customer" else "team"
    signed = token(job.record.ref, role, shift.keys[0])
    own = msgspec.structs.replace(job, reply_to=None if job.others else f"desk+{signed}@muster.example")
    due = DueNotice(1, 1, 1, job.notice, job.record, None)
    return Draft(due, own, None if role == "customer" else ORIGINAL)


def assert_sound(raw: bytes, names: list[str], to: str, sender: str) -> Message:
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert not set(b"\r\n\0") & set(head.replace(b"\r\n", b""))
    message = BytesHeaderParser(policy=email.policy.default).parsebytes(head + b"\r\n\r\n")
    assert message.keys() == names
    assert not message.defects
    assert [one.addr_spec for one in message["To"].addresses] == [to]
    assert [one.addr_spec for one in message["From"].addresses] == [sender]
    # As programs read it that are not as careful:
    plain = email.message_from_bytes(raw)
    assert [address for _, address in getaddresses([str(plain["To"])])] == [to]
    assert [address for _, address in getaddresses([str(plain["From"])])] == [sender]
    assert not set("\r\n\0\u2028\u2029\x85") & set(str(message["Subject"]))
    return plain


def test_headers_stay_as_expected(shift: Shift, tell: Tell) -> None:
    renderer, sender = Renderer({}), shift.settings.sites["berlin"].desk
    tried = Counter[str]()
    for case in cases():
        job = job_of(case)
        files: tuple[Enclosure, ...] = () if case.purpose in SEVERAL else (file_of(case),)
        draft = draft_of(shift, job)
        rendered = renderer.render(draft.job)
        if case.purpose in SEVERAL:
            raw = content(shift, "berlin", job.notice, rendered, shift.new_message_id())
        else:
            made = letter(shift, draft, rendered, files)
            assert made.held is None, case
            raw = made.content
        message = assert_sound(raw, expected(case.purpose), job.notice.to, sender)
        assert attached(message) == attachments(case, rendered, files), case
        tried[case.purpose] += 1
    assert tried.keys() == set(PURPOSES)
    tell(
        f"S6: {tried.total()} mails of {len(tried)} purposes in {len(LANGUAGES)} languages composed,"
        " all with the expected header fields; 0 not sent"
    )


def attached(message: Message) -> list[str | None]:
    """Names of what hangs on a mail."""
    return [part.get_filename() for part in message.walk() if part.get_content_disposition() == "attachment"]


def attachments(case: Case, rendered: Rendered, files: tuple[Enclosure, ...]) -> list[str | None]:
    """Names of what should: the calendar, the customer's file, the original."""
    names: list[str | None] = [rendered.calendar.name] if rendered.calendar else []
    original = () if case.purpose in (*TO_CUSTOMERS, *SEVERAL) else ("original.eml",)
    return [*names, *(one.name for one in files), *original]


def test_reports_with_hostile_names_are_as_sound(shift: Shift) -> None:
    """Sources and sites are named by the admin, who may paste anything."""
    renderer, sender = Renderer({}), shift.settings.sites["berlin"].desk
    for number, text in enumerate(texts()):
        job = report_of(text, REPORTS[number % len(REPORTS)], LANGUAGES[number // 4 % len(LANGUAGES)])
        for rendered in (renderer.render_report(job), report_fallback(job)):
            told = report_notice(job.report, job.to, job.language, job.at)
            raw = content(shift, "berlin", told, rendered, shift.new_message_id())
            names = expected("list") + ([] if rendered.html else ["Content-Transfer-Encoding"])
            assert_sound(raw, names, job.to, sender)


def test_mails_without_a_template_are_as_sound(shift: Shift) -> None:
    sender = shift.settings.sites["berlin"].desk
    for text in texts():
        job = job_of(Case(text, PURPOSES[0], "de"))
        made = letter(shift, draft_of(shift, job), fallback(job))
        assert_sound(made.content, TO_HOUSE, job.notice.to, sender)


def test_mails_that_no_template_writes_are_as_sound(shift: Shift) -> None:
    settings = shift.settings
    admin, postmaster = settings.postroom.admin, f"postmaster@{settings.postroom.hostname}"
    plain = [name for name in TO_HOUSE if name not in ("Reply-To", "In-Reply-To", "References", "List-Id")]
    names = [name for name in plain if name != "X-Postroom-Record"] + ["Content-Transfer-Encoding"]
    for text in texts():
        record = job_of(Case(text, "new", "de")).record
        told = late_letter(settings, "berlin", "sales", [record], NOW)
        assert_sound(told.content, names, told.recipient, told.sender)
        for made in (
            alarms.alarm(settings, text, text, text, NOW),
            alarms.not_told(settings, 1, text, text, text, NOW),
            alarms.quarantined(settings, 1, text, NOW),
            alarms.leaking(settings, 1, text, text, text, NOW),
            alarms.source_changed(settings, text, [text], 7, NOW),
        ):
            assert_sound(made.content, names, admin, postmaster)
