"""What a mail of each purpose tells, as a table: its layout, and which parts of the record stand in it.

The layouts are `base` (to the house, about one record), `several` (to the house, about several) and `customer`.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from rules.model import Notice, Record
from rules.reach import customer_addresses
from rules.visit_mails import VISIT_MAILS


class Purpose(NamedTuple):
    """One row of the table."""

    layout: Literal["base", "several", "customer"] = "base"
    request: bool = False
    """The whole request: its text, its parts, where it came from."""
    said: bool = False
    """What somebody wrote (`Notice.text`)."""
    reach: bool = False
    """How to call and write to the customer."""
    why: bool = False
    """The reason stands above, as it is what the mail is about."""
    second: bool = False
    status: bool = False
    late: bool = False
    """Since when it is late, who has it, and when what follows."""
    wish: bool = False
    """What the customer wants, in short."""
    course: bool = False
    """What is to come, and what happened so far."""
    visit: bool = False
    """The workshop visit: when, what for, how it stands."""
    help: bool = False
    inside: bool = False
    """What a reader answers to it is for the house, or for us, unless he says otherwise."""


PURPOSES: Mapping[str, Purpose] = {
    "new": Purpose(request=True, reach=True),
    "assigned": Purpose(request=True, reach=True),
    "moved": Purpose(request=True, reach=True, why=True),
    "attached": Purpose(said=True, reach=True),
    "again": Purpose(said=True, reach=True, second=True),
    "taken": Purpose(why=True, inside=True),
    "held": Purpose(said=True, why=True, inside=True),
    "kept": Purpose(said=True, why=True, inside=True),
    "refused": Purpose(said=True, why=True, help=True, inside=True),
    "status": Purpose(reach=True, status=True, inside=True),
    "help": Purpose(help=True, inside=True),
    "returned": Purpose(said=True, reach=True, why=True),
    "overdue": Purpose(late=True, wish=True, reach=True),
    "escalated": Purpose(late=True, wish=True, reach=True),
    "flagged": Purpose(late=True, wish=True, reach=True),
    "untouched": Purpose(late=True, wish=True, reach=True, course=True),
    "warning": Purpose(late=True, wish=True, reach=True),
    "reminder": Purpose(late=True, wish=True, reach=True),
    "reply": Purpose("customer", said=True),
    "receipt": Purpose("customer"),
    **dict.fromkeys(VISIT_MAILS, Purpose("customer", visit=True)),
    "visit-answer": Purpose(said=True, reach=True, why=True, visit=True),
    "list": Purpose("several"),
    "bundle": Purpose("several"),
    "digest": Purpose("several"),
    "escalations": Purpose("several"),
    "visits": Purpose("several"),
}
_UNKNOWN = Purpose(request=True, said=True, reach=True, why=True)


def stays_inside(notice: Notice, record: Record) -> bool:
    """Whether a plain answer to the mail of a notice is not meant for the customer: of a stranger's words, too.

    What comes from the customer's address is his, though it may not be proven.
    """
    if notice.purpose == "attached" and is_strange(notice.because):
        return (notice.correspondent or "").casefold() not in map(str.casefold, customer_addresses(record))
    return purpose_of(notice.purpose, notice.role).inside


def is_strange(because: str) -> bool:
    """Whether a further mail came from somebody who is not proven to be who he says: the reason has a second part."""
    return "; " in because


def purpose_of(name: str, role: str) -> Purpose:
    """The row of a purpose; one that is not there tells all, but never to a customer."""
    if role == "customer":
        known = PURPOSES.get(name)
        return known if known and known.layout == "customer" else PURPOSES["reply"]
    return PURPOSES.get(name, _UNKNOWN)
