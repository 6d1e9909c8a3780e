"""How a customer is reached by mail."""

import re

from rules.model import Record

_MAILBOX = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}")


def reply_address(record: Record) -> str | None:
    """Where an answer to the customer goes: his own address, else the relay through which the exchange forwards it.

    An address from which our mail came back is passed over.
    """
    return next((one for one in customer_addresses(record) if one.casefold() not in record.bounced), None)


def unreachable(record: Record) -> str:
    """Why there is no address for an answer, as a sentence for who wants to answer."""
    if not record.bounced:
        return "no mail address of the customer is known"
    return f"our mail to {', '.join(record.bounced)} came back, and no other address of the customer is known"


def is_mailbox(text: str) -> bool:
    """Whether a text is one plain mail address."""
    return _MAILBOX.fullmatch(text) is not None


def customer_addresses(record: Record) -> tuple[str, ...]:
    """All addresses under which the customer is known, the best first; the relay of an exchange is the last."""
    readings = (record.reading, *(second.reading for second in record.requests))
    given = [address for reading in readings for address in (reading.customer.emails if reading.customer else ())]
    given += [reading.extra.get("reply_to", "") for reading in readings]
    return tuple(dict.fromkeys(address for address in given if is_mailbox(address)))
