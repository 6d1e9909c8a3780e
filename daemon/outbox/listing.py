"""A letter of the calendar: about several records, or about none; it has no thread and no address for a plain reply."""

from daemon.errands import Render, RenderReport
from daemon.log import get_logger
from daemon.outbox.compose import ComposeError
from daemon.outbox.together import content
from daemon.reader import ReaderDied
from daemon.shift import Shift
from daemon.store.outgoing import Letter
from rules.model import Notice
from rules.sites import site_named
from rules.watching import report_notice
from templates.fallback import fallback, report_fallback
from templates.model import Rendered, RenderJob
from templates.reports import ReportJob

log = get_logger(__name__)


def list_letter(shift: Shift, site_id: str, dedupe: str, job: RenderJob) -> Letter | None:
    """A list of records from a site; None where its recipient is no address that a mail can go to."""
    rendered = _written(shift, job.notice.template, Render(job)) or fallback(job)
    return _letter(shift, site_id, dedupe, job.notice, rendered)


def _letter(shift: Shift, site_id: str, dedupe: str, notice: Notice, rendered: Rendered) -> Letter | None:
    """A letter from a site with these words; None where its recipient is no address that a mail can go to."""
    own_id = shift.new_message_id()
    try:
        mail = content(shift, site_id, notice, rendered, own_id)
    except ComposeError as error:
        shift.count("letters_not_composed")
        log.error("list-not-composed", job=notice.purpose, site=site_id, why=str(error))  # noqa: TRY400 - no fault of ours
        return None
    return Letter(
        dedupe=dedupe,
        purpose=notice.purpose,
        category=notice.category,
        site=site_id,
        recipient=notice.to,
        sender=site_named(shift.settings, site_id).desk,
        subject=rendered.subject,
        message_id=own_id,
        content=mail,
    )


def report_letter(shift: Shift, site_id: str, dedupe: str, job: ReportJob) -> Letter | None:
    """A report from a site, about no record; None where its recipient is no address that a mail can go to."""
    told = report_notice(job.report, job.to, job.language, job.at)
    rendered = _written(shift, job.report, RenderReport(job)) or report_fallback(job)
    return _letter(shift, site_id, dedupe, told, rendered)


def _written(shift: Shift, template: str, asked: Render | RenderReport) -> Rendered | None:
    """The words; None where a template failed or the reader died of it."""
    try:
        (answer,) = shift.reader.ask([asked])
    except ReaderDied as died:
        log.error("template-failed", template=template, why=str(died))  # noqa: TRY400 - the reader is started anew
        return None
    return answer.rendered
