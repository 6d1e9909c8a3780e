"""How the customer is reached from a mail to the house: by a plain reply, by telephone, by mail."""

from parsers.records import Customer
from rules.model import Record
from rules.reach import reply_address
from templates.commands import may
from templates.forms import call_link, phone, write_link
from templates.model import SiteCard
from templates.rows import Row, Speech
from templates.sections import car_of


def replies_reach(record: Record, site: SiteCard, role: str, reply_to: str | None) -> bool:
    """Whether a reply can go on to the customer.

    Args:
        record: As it is now.
        site: The record's.
        role: The reader's.
        reply_to: The desk address with the record's token.
    """
    through = site.heeds and site.reply == "through" and reply_to is not None and reply_address(record) is not None
    return through and may(record, "reply", role)


def ways(
    record: Record, reply_to: str | None, speech: Speech, most: int = 5, *, inside: bool = False
) -> tuple[Row, ...]:
    """Telephone numbers and addresses, with links.

    Args:
        record: As it is now.
        reply_to: Where a reply reaches the customer; a link straight to him would go past his record. None where the
            team writes from its own mailbox.
        speech: The reader's language.
        most: Rows of each.
        inside: Words to the reply address go on to the customer only below the command that says so.
    """
    reading = record.reading
    customer = reading.customer or Customer()
    request, colon = speech.words["phrases"]["mail_subject"], speech.words["forms"]["colon"]
    subject = colon.join(filter(None, (request, car_of(reading))))
    numbers = customer.phones[:most] or ((reading.call.number,) if reading.call else ())
    said = f"{speech.words['commands']['reply']}\n" if inside else None
    rows: list[Row] = []
    for number in filter(None, numbers):
        rows += speech.row("call", phone(number), call_link(number))
    for address in customer.emails[:most]:
        to = address if reply_to is None else reply_to if address == reply_address(record) else None
        rows += speech.row("write", address, write_link(to, subject, said if to == reply_to else None) if to else None)
    return tuple(rows)
