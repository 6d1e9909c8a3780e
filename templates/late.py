"""What is late about a record: since when, who has it, when what follows; and the sign of what the controllers have."""

from collections.abc import Sequence

from rules.escalation import SIGN, escalated_since, is_escalated, overdue_since
from rules.model import Deadline, Record
from templates.forms import one_line
from templates.model import RenderJob
from templates.rows import Row, Speech


def sign_of(record: Record, role: str) -> str:
    """What stands before all that the house is told of a record that the controllers have; customers never see it."""
    return SIGN if role != "customer" and is_escalated(record) else ""


def sign_of_mail(job: RenderJob) -> str:
    """The sign where a mail tells of any such record that is still open."""
    told = [one.record for one in job.others if one.cleared_at is None] if job.others else [job.record]
    return next((sign for record in told if (sign := sign_of(record, job.notice.role))), "")


def behind(sign: str, text: str) -> str:
    """A text behind the sign, if there is one and the text does not begin with it."""
    return f"{sign} {text}" if sign and not text.startswith(sign) else text


def late_of(record: Record, speech: Speech, deadlines: Sequence[Deadline] = ()) -> tuple[Row, ...]:
    """The rows above a request that the clock tells of.

    Args:
        record: As it is now.
        speech: The reader's language, in the local time of the record's site.
        deadlines: What is still to come; the next is told.
    """
    moment, overdue, escalated = speech.forms.moment, overdue_since(record), escalated_since(record)
    coming = min(deadlines, key=lambda one: one.due_at, default=None)
    return (
        *speech.row("overdue", moment(overdue)),
        *speech.row("escalated", moment(escalated) if escalated != overdue else None),
        *((Row(speech.word("effects", coming.effect), moment(coming.due_at)),) if coming else ()),
        *speech.row("received", moment(record.received_at)),
        *speech.row("resubmit_at", moment(record.resubmit_at)),
        *speech.row("assignee", keeper(record, speech)),
        *speech.row("late", speech.words["phrases"]["outage"] if any(one.late for one in record.passed) else None),
    )


def keeper(record: Record, speech: Speech) -> str:
    """Who has it: its assignee, or nobody yet, and the team."""
    who = one_line(record.assignee or "", 80) or str(speech.words["phrases"]["nobody"])
    return f"{who} ({one_line(record.team, 60)})" if record.team else who
