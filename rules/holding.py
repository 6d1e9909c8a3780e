"""Whether what was to be told still holds when its time comes: of the record as it is then."""

from typing import Protocol

from rules.bundling import Due
from rules.escalation import PURPOSES, still_said
from rules.transition import CLOSED_STATES, LINKED, NEW, SPAM
from rules.visit_mails import VISIT_MAILS, still_true


class Told(Due, Protocol):
    """A notice with its record as it is now, and the revision that led to it."""

    @property
    def revision(self) -> int:
        """Which one."""


def still_holds(due: Told) -> bool:
    """Whether what a notice says is still true of its record.

    What came in or was asked stays true: `attached`, `again`, `refused`, `status`, `help`; so does an answer to the
    customer, unless it was taken back.
    """
    notice, record = due.notice, due.record
    if due.revision in record.undone or notice.way == "off":
        return False
    match notice.purpose:
        case "new" if notice.category == "audit":
            return record.state not in (SPAM, LINKED)  # for the files, whatever became of it
        case "new" | "moved":
            return record.state not in CLOSED_STATES
        case "assigned":
            return record.assignee == notice.to and record.state not in CLOSED_STATES
        case "taken":
            handed_on = record.state in (NEW, SPAM, LINKED) or record.team != notice.team
            return not handed_on and (record.assignee is None or notice.because.endswith(record.assignee))
        case "held":
            return any(notice.text in (None, one.text) for one in record.held)
        case purpose if purpose in PURPOSES:
            return record.state not in CLOSED_STATES and still_said(purpose, record)
        case purpose if purpose in VISIT_MAILS:
            return still_true(notice, record)
        case "receipt":
            return record.state not in (SPAM, LINKED)
        case _:
            return True
