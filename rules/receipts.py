"""Receipts: who is told at once that his request is here, in which language, and until when he is answered.

Never whom nobody vouches for: our mail would go wherever a forger wants it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import get_args

from config.lookup import ADMIN_SITE
from config.models import Settings, Site, Source
from config.types import Language
from parsers.records import Parsed, Reading
from parsers.sender import is_within
from rules.daybook import daybook_of
from rules.gate import closed_to, closed_to_writer
from rules.hours import NeverOpens, next_open
from rules.identity import may_act
from rules.model import Context, Deadline, Decision, Envelope, Receipt, Verified
from rules.reach import is_mailbox

ANSWER_DUE = "E1"
"""Step of a policy by which a request is answered."""


def receipt_for(
    reading: Reading,
    decision: Decision,
    parsed: Parsed,
    envelope: Envelope,
    site: Site,
    source: Source | None,
    verified: Verified | None,
    settings: Settings,
    context: Context,
) -> Receipt | None:
    """The receipt for one request that opens a record; None where its customer gets none.

    Args:
        reading: The request.
        decision: What was decided of it.
        parsed: The mail that it stands in.
        envelope: How that came.
        site: Of the request.
        source: Of the request, if it has one.
        verified: How the source was verified.
        settings: The settings in force.
        context: Facts that were looked up for the mail.
    """
    wanted = site.id != ADMIN_SITE and decision.kind in site.receipt
    if not wanted or decision.ignored is not None or decision.again is not None:
        return None
    if context.imported or context.late or parsed.flags:
        return None
    to = _customer(reading, source, verified) if source else _writer(parsed, envelope, site, settings)
    if to is None or not is_mailbox(to) or closed_to(to, settings) or _of_the_house(to, site, settings):
        return None
    return Receipt(to=to, language=_language(reading, site), by=_promise(decision.deadlines, site, decision.team))


def _customer(reading: Reading, source: Source, verified: Verified | None) -> str | None:
    """The customer's own address as a source gives it, if it is the source that gives it."""
    if verified is None or reading.customer is None:
        return None
    domains = source.senders
    return next((one for one in reading.customer.emails if not is_within(one.rpartition("@")[2], domains)), None)


def _writer(parsed: Parsed, envelope: Envelope, site: Site, settings: Settings) -> str | None:
    """Who writes directly, if his own provider says that it is he, or the site trusts in what From says."""
    address = parsed.sender
    if address is None or parsed.forwarded is not None or closed_to_writer(parsed, envelope, settings):
        return None
    proven = parsed.authenticated == address.rpartition("@")[2] or site.trust == "token"
    return address if proven else None


def _of_the_house(address: str, site: Site, settings: Settings) -> bool:
    return any(may_act(address, role, site, settings) for role in ("team", "controller"))


def _language(reading: Reading, site: Site) -> str:
    known = reading.language if reading.language in get_args(Language) else None
    return known or site.language


def _promise(deadlines: Sequence[Deadline], site: Site, team: str | None) -> datetime | None:
    """When the request is to be answered: nobody is promised an answer at night."""
    due = next((one.due_at for one in deadlines if one.step == ANSWER_DUE), None)
    book = daybook_of(site, team)
    if due is None or not any(book.week):
        return None
    if any(closes == due for _, closes in book.spans(book.local(due).date())):
        return due
    try:
        return next_open(book, due)
    except NeverOpens:
        return None
