"""A booking that a member asks for by mail in a customer's name: opened and given its time in one go, or not at all."""

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from config.models import Settings
from daemon.act import Change, new_reference, opened
from daemon.desk.answer import envelope_of
from daemon.store.messages import Claimed
from daemon.store.records import Kept
from parsers.records import Parsed
from rules.apply import apply
from rules.appointed import dated_one
from rules.astray import TEXT_LIMIT, Astray
from rules.behalf import Asked, as_asked, asked_for, at_once, context_of, reading_of
from rules.decide import decide_mail
from rules.model import Action, Context, Refused
from rules.opening import opening_of


class OnBehalf(msgspec.Struct, frozen=True):
    """Such a mail: what it opens and does, or why nothing is done."""

    asked: Asked
    parsed: Parsed
    """The mail, with the request that counts."""
    changes: tuple[Change, ...] = ()
    refused: str | None = None

    def context(self, context: Context) -> Context:
        """What the decision has to know."""
        return context_of(self.asked, context, self.refused)

    def told(self, mail: Claimed) -> Astray | None:
        """What its writer is told where nothing is done; else he gets how the new record stands."""
        if self.refused is None:
            return None
        text = (self.parsed.text or "")[:TEXT_LIMIT]
        return Astray(to=self.asked.actor.name, site=self.asked.site, message=mail.id, text=text, refused=self.refused)


def on_behalf(connection: Connection, settings: Settings, mail: Claimed, parsed: Parsed) -> OnBehalf | None:
    """Read a mail as a booking in a customer's name; None where it is none, or its writer is not proven."""
    asked = asked_for(parsed, envelope_of(mail), settings)
    if asked is None:
        return None
    at = mail.received_at or mail.accepted_at
    meant = as_asked(parsed, asked)
    try:
        return OnBehalf(asked, meant, _changes(connection, settings, mail, meant, asked, at))
    except Refused as refused:
        return OnBehalf(asked, meant, refused=str(refused))


def _changes(
    connection: Connection, settings: Settings, mail: Claimed, meant: Parsed, asked: Asked, at: datetime
) -> tuple[Change, ...]:
    """The record is opened by the member, gets its time, and the member hears how it stands."""
    reading, then = reading_of(asked), at_once(asked)
    if then is not None:
        then = dated_one(then, settings.sites[asked.site], at, meant.date)
    decision = decide_mail(meant, envelope_of(mail), settings, context_of(asked, Context()), at)
    if decision.fate != "opened":
        return ()
    (decided,) = decision.decisions
    opening = opening_of(reading, decided, decision, new_reference(decided.kind), at)
    action = Action(name="open", actor=asked.actor, opening=opening)
    changes = opened(connection, settings, action, at, then)
    status = Action(name="status", actor=asked.actor)
    record, effects = apply(changes[-1].after, status, settings, at)
    return (*changes, Change(Kept(0, changes[-1].after), record, effects, status))
