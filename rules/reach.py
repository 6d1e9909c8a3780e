"""How a customer is reached by mail."""

import re

from rules.model import Record

_MAILBOX = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}")


def reply_address(record: Record) -> str | None:
    """Where an answer to the customer goes: his own address, else the relay through which the exchange forwards it."""
    customer = record.reading.customer
    given = (*(customer.emails if customer else ()), record.reading.extra.get("reply_to", ""))
    return next((address for address in given if _MAILBOX.fullmatch(address)), None)
