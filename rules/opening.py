"""What a record is opened with: one request of a mail, as it was decided."""

from datetime import datetime

from parsers.records import Parsed, Reading
from rules.model import Decision, MailDecision, Opening, Thread


def opening_of(
    reading: Reading,
    decided: Decision,
    mail: MailDecision,
    ref: str,
    at: datetime,
    thread: Thread | None = None,
) -> Opening:
    """What opens a record of one request of a mail; with a conversation where a person wrote directly."""
    return Opening(
        ref=ref,
        site=decided.site or mail.site,
        source=mail.source,
        reading=reading,
        decision=decided,
        received_at=at,
        flags=mail.flags,
        thread=thread,
    )


def thread_of(parsed: Parsed, source: str | None) -> Thread | None:
    """The conversation that a person's own mail begins."""
    if source is not None or parsed.forwarded is not None or parsed.message_id is None:
        return None
    return Thread(ids=(parsed.message_id,), subject=parsed.subject)
