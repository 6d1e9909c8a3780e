"""From a read mail to what will be written: context, decision, records. No writing here."""

from collections import Counter
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection

from config.lookup import ADMIN_SITE, desk_token, own_addresses, site_of, source_type
from config.models import Settings, Site
from daemon.act import new_reference
from daemon.store import records
from daemon.store.messages import Claimed, Fated
from daemon.store.sources import Seen
from parsers.layout import Layout
from parsers.records import Hints, Parsed, Reading
from rules.apply import apply
from rules.decide import decide_mail, readings_of
from rules.explain import trace
from rules.model import IMPORTED, Action, Actor, Context, Decision, Effects, Envelope, MailDecision, Opening, Record
from rules.places import place_by_content
from rules.reference import TokenRole, read_bounce_token, read_token

CLOCK_WITHIN = timedelta(days=1)
"""A mail that is understood later than this after its receipt starts no clock: all its steps would be due at once."""

DEFAULT_COUNTRY = Hints().region

_encode = msgspec.json.Encoder().encode


class Change(msgspec.Struct, frozen=True):
    """A new state of a record, with the action that led to it."""

    reading: int
    before: records.Kept | None
    after: Record
    effects: Effects
    action: Action


class Answered(msgspec.Struct, frozen=True):
    """The record that a genuine desk token names, and as whom its bearer writes."""

    kept: records.Kept
    role: TokenRole


class Late(msgspec.Struct, frozen=True):
    """A mail is read again: by whom, and when."""

    by: str
    at: datetime


class Plan(msgspec.Struct, frozen=True):
    """All that one mail leads to."""

    fated: Fated
    changes: tuple[Change, ...]
    seen: Seen | None = None
    """What its source's mail is made of, where it counts for that."""


def hints_for(settings: Settings, recipient: str, place: Site | None = None) -> Hints:
    """What the recipient's source and site say of a mail before it is read.

    Args:
        settings: The settings in force.
        recipient: The address that it came for.
        place: Its site, where only a first reading could tell it.
    """
    source, site = site_of(settings, recipient)
    site = place or site
    kind = source_type(settings, source, site) if source else None
    return Hints(
        source_type=source.type if source else None,
        region=site.country if site else _country_of_most(settings),
        language=(source and source.language) or (kind and kind.language) or (site.language if site else None),
        kind=(source and source.kind) or (kind.kind if kind else None),
        layout=msgspec.convert(source.layout.model_dump(), Layout) if source and source.layout else None,
        address=source.address.lower() if source else None,
        senders=(source.senders or (kind.domains if kind else ())) if source else (),
        border=settings.postroom.smtp.authserv_id,
        own=own_addresses(site) if site else (),
        own_phone=site.phone if site else None,
    )


def hints_once_placed(settings: Settings, recipient: str, parsed: Parsed) -> Hints | None:
    """What the site says of a mail that only its first reading could place; None where nothing would be read otherwise.

    By the site's country numbers are dialled, by its addresses its own people are told from customers.
    """
    source, default = site_of(settings, recipient)
    if source is None or source.site_by is None:
        return None
    site = place_by_content(source, default, readings_of(parsed)[0], settings).site
    if site.id == ADMIN_SITE:
        return None
    placed = hints_for(settings, recipient, site)
    return placed if placed != hints_for(settings, recipient) else None


def _country_of_most(settings: Settings) -> str:
    """Where most of the sites are."""
    countries = Counter(site.country for site in settings.sites.values()).most_common(1)
    return countries[0][0] if countries else DEFAULT_COUNTRY


def answered_by(connection: Connection, settings: Settings, keys: tuple[bytes, ...], mail: Claimed) -> Answered | None:
    """The record that the recipient's desk token names, if the token is genuine."""
    token = desk_token(settings, mail.recipient)
    named = read_token(token, keys) if token else None
    kept = records.load(connection, named[0]) if named else None
    return Answered(kept, named[1]) if kept and named else None


def bounced_letter(settings: Settings, keys: tuple[bytes, ...], mail: Claimed) -> int | None:
    """The outgoing mail that the recipient's token names, if the token is genuine: its bounces come back there."""
    token = desk_token(settings, mail.recipient)
    return read_bounce_token(token, keys) if token else None


def plan(
    settings: Settings,
    mail: Claimed,
    parsed: Parsed,
    answered: Answered | None,
    repeat_of: int | None = None,
    *,
    bounced: int | None = None,
    late: Late | None = None,
) -> Plan:
    """Decide on a mail and apply what follows; the time that counts is that of its receipt."""
    at = mail.received_at or mail.accepted_at
    context = Context(
        repeat_of=repeat_of,
        reference=answered.kept.record.ref if answered else None,
        imported=mail.channel == IMPORTED or (late is not None and late.at - at > CLOCK_WITHIN),
        late=late is not None,
    )
    envelope = Envelope(recipient=mail.recipient, sender=mail.sender, channel=mail.channel, accepted_at=at)
    decision = decide_mail(parsed, envelope, settings, context, at)
    if decision.fate == "attached" and answered is not None:
        changes: tuple[Change, ...] = (_attach(settings, mail, parsed, answered, at),)
    elif decision.fate == "opened":
        changes = tuple(_openings(settings, mail, parsed, decision, at, late))
    else:
        changes = ()
    fated = Fated(
        id=mail.id,
        lease=mail.lease,
        tries=mail.tries,
        alone=mail.alone,
        fate=decision.fate,
        reason=f"{decision.reason}; of outgoing mail {bounced}"
        if decision.fate == "bounce" and bounced
        else decision.reason,
        site=decision.site,
        source=decision.source,
        verified=decision.verified,
        mail_class=parsed.mail_class,
        digest=parsed.digest,
        subject=parsed.subject,
        trace=_encode(trace(parsed, decision, context, at, settings)),
        settings=settings.digest,
    )
    return Plan(fated, changes, _seen(mail, parsed, decision, at))


def _seen(mail: Claimed, parsed: Parsed, decision: MailDecision, at: datetime) -> Seen | None:
    """Requests of a registered source tell how it writes; its newsletters, repeats and bounces do not.

    What is not verified anybody may have written: it could raise an alarm, or hide a change.
    """
    if decision.fate not in ("opened", "ignored"):
        return None
    return seen_of(mail, parsed, decision, at)


def seen_of(mail: Claimed, parsed: Parsed, decision: MailDecision, at: datetime) -> Seen | None:
    """What a mail that is known to be its source's own is made of."""
    if decision.source is None or decision.verified is None or parsed.shape is None:
        return None
    return Seen(mail.id, decision.source, at, parsed.shape)


def opening_of(reading: Reading, decided: Decision, mail: MailDecision, ref: str, at: datetime) -> Opening:
    """What opens a record of one request of a mail."""
    return Opening(
        ref=ref,
        site=decided.site or mail.site,
        source=mail.source,
        reading=reading,
        decision=decided,
        received_at=at,
        flags=mail.flags,
    )


def _openings(
    settings: Settings, mail: Claimed, parsed: Parsed, decision: MailDecision, at: datetime, late: Late | None
) -> list[Change]:
    actor = Actor("source", decision.source) if decision.source else Actor("customer", parsed.sender or mail.sender)
    changes = []
    for number, (reading, decided) in enumerate(zip(readings_of(parsed), decision.decisions, strict=True)):
        if decided.ignored is not None:
            continue
        opening = opening_of(reading, decided, decision, new_reference(decided.kind), at)
        args = {"late": f"read again by {late.by or 'the command line'}"} if late else {}
        action = Action(name="open", actor=actor, args=args, opening=opening)
        opened, effects = apply(None, action, settings, at)
        changes.append(Change(number, None, opened, effects, action))
    return changes


def _attach(settings: Settings, mail: Claimed, parsed: Parsed, answered: Answered, at: datetime) -> Change:
    """The token says as whom the mail comes; its contents change nothing but the record's history."""
    actor = Actor(answered.role, parsed.sender or mail.sender)
    args = {"message": str(mail.id), "class": parsed.mail_class}
    if mail.channel == IMPORTED:
        args["imported"] = "yes"
    action = Action(name="attach", actor=actor, args=args)
    after, effects = apply(answered.kept.record, action, settings, at)
    return Change(0, answered.kept, after, effects, action)
