"""A mail that comes to a record: which one it names, who wrote it, and what it does there."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from config.lookup import desk_token, site_of
from config.models import Settings
from daemon.act import Change, changed
from daemon.store import mailed, records
from daemon.store.messages import Claimed
from parsers.answerable import RECALLS
from parsers.records import Parsed
from rules import reference
from rules.answering import actions_of, refusal, unsettled
from rules.appointed import dated
from rules.astray import Astray, astray
from rules.gate import closed_to, closed_to_writer
from rules.identity import without_token, writer
from rules.model import IMPORTED, Action, Actor, Envelope, Refused
from rules.reference import TokenRole, read_token
from rules.sites import is_configured
from rules.transition import LINKED

MOST_JOINS = 10
"""How far it is followed to which record a second request of a second request belongs."""
MOST_REFERENCES = 20
"""Message-IDs of an answer that are looked up, the newest."""
_REFERENCE = re.compile(r"[A-Z]-?[0-9A-Z]{6,20}-?[0-9A-Z]", re.IGNORECASE)


class Answered(msgspec.Struct, frozen=True):
    """The record that a mail comes to, and as whom its writer may speak by the token."""

    kept: records.Kept
    role: TokenRole | None
    """Of the genuine desk token; None where the mail only mentions the record."""


def answered_by(connection: Connection, settings: Settings, keys: tuple[bytes, ...], mail: Claimed) -> Answered | None:
    """The record that the recipient's desk token names, if the token is genuine, and the desk its site's.

    At the desk of another site it names nothing: the mail would be kept at one site, and show at the other.
    """
    token = desk_token(settings, mail.recipient)
    named = read_token(token, keys) if token else None
    kept = records.load(connection, named[0]) if named else None
    _, site = site_of(settings, mail.recipient)
    if kept is None or named is None or site is None or not _answers_for(settings, site.id, kept.record.site):
        return None
    return Answered(kept, named[1])


def _answers_for(settings: Settings, desk_of: str, site: str) -> bool:
    """Whether a desk is a record's: of its site, or, where that is no longer configured, whoever has its desk now."""
    return desk_of == site or not is_configured(settings, site)


def mentioned_by(connection: Connection, settings: Settings, mail: Claimed, parsed: Parsed) -> Answered | None:
    """The record of the site that a person's mail refers to without a token: it is kept there, and changes nothing."""
    source, site = site_of(settings, mail.recipient)
    if source is not None or site is None or site.id not in settings.sites:
        return None
    for ref in dict.fromkeys((*_threads(connection, settings, parsed), *_in_subject(parsed))):
        kept = records.load(connection, ref)
        if kept is not None and kept.record.site == site.id:
            return Answered(kept, None)
    return None


def may_mention(settings: Settings, parsed: Parsed) -> bool:
    """Whether a mail may refer to a record of ours: a look at its words, before the database is asked."""
    ours = f"@{settings.postroom.hostname}>"
    return any(each.endswith(ours) for each in parsed.references) or next(_in_subject(parsed), None) is not None


def own_letter(connection: Connection, parsed: Parsed) -> int | None:
    """The outgoing mail of ours that came back as it was sent."""
    if parsed.own_record is None or parsed.message_id is None:
        return None
    return mailed.by_message_id(connection, parsed.message_id)


def astray_from(connection: Connection, settings: Settings, mail: Claimed, parsed: Parsed) -> tuple[int, Astray] | None:
    """The outgoing mail about several records that somebody of the house answers, and what he is to be told."""
    ours = [each for each in parsed.references if each.endswith(f"@{settings.postroom.hostname}>")][-MOST_REFERENCES:]
    told = astray(parsed, envelope_of(mail), mail.id, settings) if ours else None
    letter = mailed.about_several(connection, ours, told.site) if told else None
    return (letter, told) if letter is not None and told is not None else None


def about_letter(connection: Connection, sent: mailed.SentTo) -> Answered | None:
    """The record of an outgoing mail, for what a person sent to its envelope sender: it is kept there, and shown."""
    kept = records.load(connection, sent.ref) if sent.ref else None
    return Answered(kept, None) if kept else None


def envelope_of(mail: Claimed) -> Envelope:
    """What is known of a mail without reading it; the time that counts is that of its receipt."""
    at = mail.received_at or mail.accepted_at
    return Envelope(recipient=mail.recipient, sender=mail.sender, channel=mail.channel, accepted_at=at)


class Arrived(msgspec.Struct, frozen=True):
    """What a mail to a record does there, and who wrote it."""

    ref: str
    actor: Actor
    changes: tuple[Change, ...]

    @property
    def is_only_kept(self) -> bool:
        """Whether nothing that it says is done."""
        return all(change.action.name == "attach" for change in self.changes)


def arrived(connection: Connection, settings: Settings, mail: Claimed, parsed: Parsed, answered: Answered) -> Arrived:
    """Have a mail act on its record; nothing is written."""
    at = mail.received_at or mail.accepted_at
    actor, why = who_writes(parsed, answered, settings, at)
    if actor.role == "customer":
        answered = _joined_to(connection, answered)
    changes = changes_of(connection, settings, mail, parsed, answered, actor, why, at)
    return Arrived(answered.kept.record.ref, actor, tuple(changes))


def _joined_to(connection: Connection, answered: Answered) -> Answered:
    """Where a customer's words are read: of a second request, the record that it was joined to."""
    kept = answered.kept
    for _ in range(MOST_JOINS):
        record = kept.record
        further = records.load(connection, record.again_of) if record.again_of and record.state == LINKED else None
        if further is None or further.record.site != record.site:
            break
        kept = further
    return msgspec.structs.replace(answered, kept=kept)


def who_writes(parsed: Parsed, answered: Answered, settings: Settings, at: datetime) -> tuple[Actor, str | None]:
    """The writer of a mail that came to a record then (UTC), and for a stranger why it is one."""
    if answered.role is None:
        return without_token(parsed, answered.kept.record)
    return writer(parsed, answered.role, answered.kept.record, settings, at)


def changes_of(
    connection: Connection,
    settings: Settings,
    mail: Claimed,
    parsed: Parsed,
    answered: Answered,
    actor: Actor,
    why: str | None,
    at: datetime,
) -> list[Change]:
    """All that the mail does; if one of its commands is not possible, none is done and its writer is told why."""
    imported = mail.channel == IMPORTED
    record = answered.kept.record
    actions = actions_of(
        parsed,
        actor,
        why,
        record,
        settings,
        mail.id,
        imported=imported,
        now=at,
        from_nobody=_from_nobody(mail),
        to_house=answered.role == "house",
    )
    actions = dated(actions, record, settings, at, parsed.date)
    closed = closed_to_writer(parsed, envelope_of(mail), settings)
    # Whoever is proven must hear that his answer waits or that a recall did nothing, whatever his mail looks like.
    heard = parsed.no_answer == RECALLS
    told = closed_to(actor.name, settings)
    actions = tuple(
        msgspec.structs.replace(action, unanswered=told if heard or action.name == "hold" else closed)
        for action in actions
    )
    try:
        return _done(connection, settings, answered.kept, actions, at)
    except Refused as refused:
        if actor.role in ("team", "controller"):
            instead = msgspec.structs.replace(refusal(actor, mail.id, str(refused)), unanswered=closed)
            return _done(connection, settings, answered.kept, [instead], at)
        return _only_told(connection, settings, parsed, answered.kept, actions[0], str(refused), at)


def _only_told(
    connection: Connection,
    settings: Settings,
    parsed: Parsed,
    kept: records.Kept,
    action: Action,
    why: str,
    at: datetime,
) -> list[Change]:
    """A customer's mail that cannot do what it asks for: its team reads it; hours that never come lose nothing."""
    read = unsettled(action, parsed, why)
    if read is not None:
        try:
            return _done(connection, settings, kept, [read], at)
        except Refused:
            action = read
    return _done(connection, settings, kept, [msgspec.structs.replace(action, name="attach")], at)


def _from_nobody(mail: Claimed) -> bool:
    """Whether the envelope has no sender (RFC 5321, 4.5.5); mailboxes and files know of none."""
    return mail.channel in ("smtp", "lmtp") and not mail.sender


def _done(
    connection: Connection, settings: Settings, kept: records.Kept, actions: Sequence[Action], at: datetime
) -> list[Change]:
    changes: list[Change] = []
    for action in actions:
        made = changed(connection, kept, action, settings, at)
        changes += made
        kept = records.Kept(kept.id, made[0].after)
    return changes


def _threads(connection: Connection, settings: Settings, parsed: Parsed) -> list[str]:
    """References of the records whose mails this one answers."""
    ours = f"@{settings.postroom.hostname}>"
    found = []
    for each in reversed(parsed.references):
        if each.endswith(ours):
            local = each[1 : -len(ours)]
            ref = reference.parse(local.removesuffix(".record")) if local.endswith(".record") else None
            found += [ref] if ref else mailed.refs_by_message_id(connection, each)
    return found


def _in_subject(parsed: Parsed) -> Iterator[str]:
    """References that are written out in the subject; their check character tells them from other words."""
    return (ref for text in _REFERENCE.findall((parsed.subject or "")[:500]) if (ref := reference.parse(text)))
