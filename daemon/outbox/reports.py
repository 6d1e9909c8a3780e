"""Letters about no record: what controllers are told of sources and settings."""

from config.models import Site
from daemon.errands import RenderReport
from daemon.log import get_logger
from daemon.outbox.compose import ComposeError, OutgoingMail, compose
from daemon.outbox.signing import signed
from daemon.reader import ReaderDied
from daemon.shift import Shift
from daemon.store.outgoing import Letter
from templates.fallback import report_fallback
from templates.model import Rendered
from templates.reports import ReportJob

log = get_logger(__name__)


def report_letter(shift: Shift, site: Site, job: ReportJob, dedupe: str) -> Letter | None:
    """Write and compose a report; None where no mail can be made of it, which is logged and counted.

    Args:
        shift: The worker's state.
        site: In whose name it goes out.
        job: What it tells.
        dedupe: What makes it the same mail.
    """
    rendered, own_id = _words(shift, job), shift.new_message_id()
    category = "action" if job.report in ("silent", "early") else "audit"
    mail = OutgoingMail(
        sender=site.desk,
        sender_name=site.name,
        to=job.to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        message_id=own_id,
        date=shift.clock.now(),
        list_id=f"controller.{site.id}.{shift.settings.postroom.hostname}",
        category=category,
    )
    try:
        content = signed(shift.settings, site.desk, compose(mail))
    except ComposeError as error:
        shift.count("letters_not_composed")
        log.error("report-not-composed", report=job.report, site=site.id, why=str(error))  # noqa: TRY400 - no fault of ours
        return None
    return Letter(
        dedupe=dedupe,
        purpose=job.report,
        category=category,
        site=site.id,
        recipient=job.to,
        sender=site.desk,
        subject=rendered.subject,
        message_id=own_id,
        content=content,
    )


def _words(shift: Shift, job: ReportJob) -> Rendered:
    """Its words; plain ones where the reader cannot write them: controllers must be told."""
    try:
        (answer,) = shift.reader.ask([RenderReport(job)])
    except ReaderDied as died:
        log.error("template-failed", template=job.report, why=str(died))  # noqa: TRY400 - the reader is started anew
        return report_fallback(job)
    if answer.rendered is None:
        shift.count("template_fallbacks")
    return answer.rendered or report_fallback(job)
