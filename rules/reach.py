"""How a customer is reached by mail."""

import re

from rules.model import Record

_MAILBOX = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}")


def reply_address(record: Record) -> str | None:
    """Where an answer to the customer goes: his own address, else the relay through which the exchange forwards it."""
    return next(iter(customer_addresses(record)), None)


def customer_addresses(record: Record) -> tuple[str, ...]:
    """All addresses under which the customer is known, the best first; the relay of an exchange is the last."""
    readings = (record.reading, *(second.reading for second in record.requests))
    given = [address for reading in readings for address in (reading.customer.emails if reading.customer else ())]
    given += [reading.extra.get("reply_to", "") for reading in readings]
    return tuple(dict.fromkeys(address for address in given if _MAILBOX.fullmatch(address)))
