"""From a read mail to what will be written: context, decision, records. No writing here."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from config.lookup import ADMIN_SITE, desk_token, own_addresses, site_of, source_type
from config.models import Settings, Site
from daemon.act import Change, new_reference
from daemon.desk.answer import Arrived, envelope_of
from daemon.desk.behalf import OnBehalf
from daemon.desk.bounce import Returned
from daemon.desk.people import Met, people_of
from daemon.store.contacts import Contact
from daemon.store.messages import Claimed, Fated
from daemon.store.probes import Probe
from daemon.store.records import Kept
from daemon.store.sources import Seen
from parsers.layout import Layout
from parsers.records import Hints, Parsed, Reading
from rules.answering import TEXT_LIMIT
from rules.apply import apply
from rules.astray import Astray
from rules.decide import decide_mail, readings_of
from rules.explain import trace
from rules.model import IMPORTED, Action, Actor, Context, Known, MailDecision
from rules.opening import opening_of, thread_of
from rules.places import place_by_content

CLOCK_WITHIN = timedelta(days=1)
"""A mail that is understood later than this after its receipt starts no clock: all its steps would be due at once."""

DEFAULT_COUNTRY = Hints().region

_encode = msgspec.json.Encoder().encode


class Step(msgspec.Struct, frozen=True):
    """A change of one record, and which reading of the mail it comes from."""

    reading: int
    change: Change
    how: Literal["opened", "attached"]
    """What the mail is to the record."""
    further: tuple[Change, ...] = ()
    """What is done at once with a record that it opens."""


class Late(msgspec.Struct, frozen=True):
    """A mail is read again: by whom, and when."""

    by: str
    at: datetime


class Plan(msgspec.Struct, frozen=True):
    """All that one mail leads to."""

    fated: Fated
    steps: tuple[Step, ...]
    seen: Seen | None = None
    """What its source's mail is made of, where it counts for that."""
    people: frozenset[Contact] = frozenset()
    """Whose requests it brings; nobody where what they asked before does not matter."""
    known: tuple[Known, ...] = ()
    """What those people have asked, as far as the decision knew."""
    returned: int | None = None
    """Outgoing mail that came back by it."""
    astray: Astray | None = None
    """Who is to be told how to say which record he means."""
    proved: Probe | None = None
    """Mail of our own to this source that came the whole way with it."""

    @property
    def touches(self) -> frozenset[int]:
        """Keys of the records that it changes."""
        return frozenset(step.change.before.id for step in self.steps if step.change.before)


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
        answering=desk_token(settings, recipient) is not None,
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


def plan(
    settings: Settings,
    mail: Claimed,
    parsed: Parsed,
    came: Arrived | None,
    repeat_of: int | None = None,
    *,
    own: int | None = None,
    astray: tuple[int, Astray] | None = None,
    bounced: int | None = None,
    back: Returned | None = None,
    late: Late | None = None,
    met: Sequence[Met] = (),
    probe: Probe | None = None,
    asked: OnBehalf | None = None,
) -> Plan:
    """Decide on a mail and apply what follows; the time that counts is that of its receipt."""
    parsed = asked.parsed if asked else parsed
    at = mail.received_at or mail.accepted_at
    context = Context(
        repeat_of=repeat_of,
        reference=came.ref if came else None,
        writer=came.actor if came else None,
        only_kept=came is not None and came.is_only_kept,
        own=own,
        astray=astray[0] if astray else None,
        bounced=bounced,
        probe=probe.source if probe else None,
        imported=mail.channel == IMPORTED or (late is not None and late.at - at > CLOCK_WITHIN),
        late=late is not None,
        known=tuple(one.known for one in met),
    )
    context = asked.context(context) if asked else context
    decision = decide_mail(parsed, envelope_of(mail), settings, context, at)
    if decision.fate in ("attached", "command") and came is not None:
        steps = _steps(came.changes)
    elif decision.fate == "bounce" and back is not None:
        steps = _steps(back.changes)
    elif asked is not None:
        steps = _asked_for(asked) if decision.fate == "opened" else ()
    else:
        steps = tuple(_requests(settings, mail, parsed, decision, at, late, met))
    fated = _fated(settings, mail, parsed, context, decision, at)
    people = people_of(settings, parsed, decision) if late is None and asked is None else frozenset()
    returned = back.letter if back is not None and decision.fate == "bounce" else None
    about = astray[1] if astray else asked.told(mail) if asked else None
    told = about if decision.fate == "ignored" else None
    proved = _proved(probe, mail, decision)
    return Plan(fated, steps, _seen(mail, parsed, decision, at), people, context.known, returned, told, proved)


def _fated(
    settings: Settings, mail: Claimed, parsed: Parsed, context: Context, decision: MailDecision, at: datetime
) -> Fated:
    return Fated(
        id=mail.id,
        lease=mail.lease,
        tries=mail.tries,
        alone=mail.alone,
        fate=decision.fate,
        reason=decision.reason,
        site=decision.site,
        source=decision.source,
        verified=decision.verified,
        mail_class=parsed.mail_class,
        digest=_digest(parsed, mail, context),
        subject=parsed.subject,
        trace=_encode(trace(parsed, decision, context, at, settings)),
        settings=settings.digest,
    )


def _proved(probe: Probe | None, mail: Claimed, decision: MailDecision) -> Probe | None:
    """The probe as it came; not where it came to the address of another source."""
    if probe is None or decision.source != probe.source or decision.fate != "automatic":
        return None
    return msgspec.structs.replace(
        probe, came_at=mail.accepted_at, message=mail.id, channel=mail.channel, verified=decision.verified
    )


def _seen(mail: Claimed, parsed: Parsed, decision: MailDecision, at: datetime) -> Seen | None:
    """Requests of a registered source tell how it writes; its newsletters, repeats and bounces do not.

    What is not verified anybody may have written: it could raise an alarm, or hide a change.
    """
    if not decision.decisions:
        return None
    return seen_of(mail, parsed, decision, at)


def seen_of(mail: Claimed, parsed: Parsed, decision: MailDecision, at: datetime) -> Seen | None:
    """What a mail that is known to be its source's own is made of."""
    if decision.source is None or decision.verified is None or parsed.shape is None:
        return None
    return Seen(mail.id, decision.source, at, parsed.shape)


def _requests(
    settings: Settings,
    mail: Claimed,
    parsed: Parsed,
    decision: MailDecision,
    at: datetime,
    late: Late | None,
    met: Sequence[Met],
) -> Iterator[Step]:
    """A record for each request, or a second request of one that is open."""
    actor = Actor("source", decision.source) if decision.source else Actor("customer", parsed.sender or mail.sender)
    kept = {one.known.ref: one.kept for one in met}
    for number, (reading, decided) in enumerate(zip(readings_of(parsed), decision.decisions, strict=False)):
        if decided.ignored is not None:
            continue
        if decided.again is not None:
            before = kept[decided.again]
            opening = opening_of(reading, decided, decision, decided.again, at)
            action = Action(name="join", actor=actor, args=_joining(mail, parsed, reading), opening=opening)
            joined, effects = apply(before.record, action, settings, at)
            kept[decided.again] = Kept(before.id, joined)
            yield Step(number, Change(before, joined, effects, action), "attached")
            continue
        thread = thread_of(parsed, decision.source)
        opening = opening_of(reading, decided, decision, new_reference(decided.kind), at, thread)
        args = {"late": f"read again by {late.by or 'the command line'}"} if late else {}
        action = Action(name="open", actor=actor, args=args, opening=opening)
        opened, effects = apply(None, action, settings, at)
        yield Step(number, Change(None, opened, effects, action), "opened")


def _asked_for(asked: OnBehalf) -> tuple[Step, ...]:
    """The record that is opened in a customer's name, with what is done with it at once."""
    return tuple(Step(0, first, "opened", asked.changes[1:]) for first in asked.changes[:1])


def _joining(mail: Claimed, parsed: Parsed, reading: Reading) -> dict[str, str]:
    """What is said of a mail that asks a second time; one that was put in later is told to nobody."""
    said = {
        "message": str(mail.id),
        "text": (reading.comments or "")[:TEXT_LIMIT],
        "message_id": parsed.message_id,
        "subject": parsed.subject,
        "imported": "yes" if mail.channel == IMPORTED else None,
    }
    return {name: value for name, value in said.items() if value}


def _digest(parsed: Parsed, mail: Claimed, context: Context) -> str:
    """What makes a mail the same; one to a reply address is another than its copy to the desk or to another record."""
    if context.writer is None or context.writer.role == "stranger":
        return parsed.digest
    return hashlib.sha256(f"{parsed.digest}\0{mail.recipient.lower()}".encode()).hexdigest()


def _steps(changes: Sequence[Change]) -> tuple[Step, ...]:
    """Each record that an answer changes counts as one reading of it, in the order in which they come."""
    refs = list(dict.fromkeys(change.after.ref for change in changes))
    return tuple(Step(refs.index(change.after.ref), change, "attached") for change in changes)
