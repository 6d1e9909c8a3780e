"""What a mail of each purpose tells, as a table: its layout, and which parts of the record stand in it.

The layouts are `base` (to the house, about one record), `several` (to the house, about several) and `customer`.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple


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
    help: bool = False


PURPOSES: Mapping[str, Purpose] = {
    "new": Purpose(request=True, reach=True),
    "assigned": Purpose(request=True, reach=True),
    "moved": Purpose(request=True, reach=True, why=True),
    "attached": Purpose(said=True, reach=True),
    "again": Purpose(said=True, reach=True, second=True),
    "taken": Purpose(why=True),
    "held": Purpose(said=True, why=True),
    "refused": Purpose(said=True, why=True, help=True),
    "status": Purpose(reach=True, status=True),
    "help": Purpose(help=True),
    "returned": Purpose(said=True, reach=True, why=True),
    "overdue": Purpose(late=True, wish=True, reach=True),
    "escalated": Purpose(late=True, wish=True, reach=True),
    "flagged": Purpose(late=True, wish=True, reach=True),
    "untouched": Purpose(late=True, wish=True, reach=True, course=True),
    "warning": Purpose(late=True, wish=True, reach=True),
    "reminder": Purpose(late=True, wish=True, reach=True),
    "reply": Purpose("customer", said=True),
    "receipt": Purpose("customer"),
    "list": Purpose("several"),
    "bundle": Purpose("several"),
    "digest": Purpose("several"),
    "escalations": Purpose("several"),
}
_UNKNOWN = Purpose(request=True, said=True, reach=True, why=True)


def purpose_of(name: str, role: str) -> Purpose:
    """The row of a purpose; one that is not there tells all, but never to a customer."""
    if role == "customer":
        known = PURPOSES.get(name)
        return known if known and known.layout == "customer" else PURPOSES["reply"]
    return PURPOSES.get(name, _UNKNOWN)
