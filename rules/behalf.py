"""Bookings that a member of a team asks for by mail, in a customer's name: who may, and what is done at once.

The mail comes to the desk without a token, so nothing but the border server's word proves its writer: where a site
trusts in tokens alone, nobody books this way.
"""

import msgspec

from config.lookup import desk_token, site_of
from config.models import Settings
from parsers.records import Behalf, Command, Parsed, Reading
from rules.gate import closed_to_writer
from rules.identity import is_proven, may_act
from rules.model import IMPORTED, Action, Actor, Context, Envelope, Refused

AT_ONCE = frozenset({"offer", "schedule", "pre-book"})
"""What may be done with a booking in the mail that opens it."""
NO_LABELS = "no customer stands below !booking: write lines such as Name: and Telefon:"
ONE_TIME = "a booking gets one time: write one command below !booking"


class Asked(msgspec.Struct, frozen=True):
    """A booking that a proven member asks for."""

    actor: Actor
    site: str
    behalf: Behalf


def asked_for(parsed: Parsed, envelope: Envelope, settings: Settings) -> Asked | None:
    """The booking that a mail asks for in a customer's name; None where it is to be read as any other mail.

    Args:
        parsed: The mail.
        envelope: How it came; to the desk of a site, without a token.
        settings: The settings in force.
    """
    address = (parsed.sender or "").casefold()
    source, site = site_of(settings, envelope.recipient)
    if parsed.behalf is None or source is not None or site is None or site.id not in settings.sites:
        return None
    if envelope.channel == IMPORTED or desk_token(settings, envelope.recipient):
        return None
    if site.trust == "token" or closed_to_writer(parsed, envelope, settings) is not None:
        return None
    if not may_act(address, "team", site, settings) or not is_proven(parsed, site):
        return None
    return Asked(Actor("team", address), site.id, parsed.behalf)


def as_asked(parsed: Parsed, asked: Asked | None) -> Parsed:
    """The mail with the request that its writer may make, in place of one that nobody understood."""
    if asked is None or asked.behalf.reading is None:
        return parsed
    return msgspec.structs.replace(parsed, readings=(asked.behalf.reading,))


def context_of(asked: Asked | None, context: Context, refused: str | None = None) -> Context:
    """What a decision has to know: who asks in a customer's name, and why it is not done."""
    if asked is None:
        return context
    return msgspec.structs.replace(context, behalf=asked.actor, refused=refused, known=())


def reading_of(asked: Asked) -> Reading:
    """The request.

    Raises:
        Refused: Nobody is named.
    """
    reading = asked.behalf.reading
    person = reading.customer if reading else None
    if reading is None or person is None or not (person.name or person.company or person.emails or person.phones):
        raise Refused(NO_LABELS)
    return reading


def at_once(asked: Asked) -> Action | None:
    """What is done with it at once; None where nothing is said.

    Raises:
        Refused: It is not a time for the visit, or more than one.
    """
    commands = asked.behalf.commands
    other = next((one for one in commands if one.name not in AT_ONCE), None)
    if other is not None:
        raise Refused(_not_here(other))
    if len(commands) > 1:
        raise Refused(ONE_TIME)
    return next((Action(name=str(one.name), actor=asked.actor, args=one.args) for one in commands), None)


def why_not(asked: Asked | None) -> str | None:
    """What is wrong with the mail itself, before anything is tried."""
    try:
        if asked is not None:
            reading_of(asked)
            at_once(asked)
    except Refused as refused:
        return str(refused)
    return None


def _not_here(command: Command) -> str:
    if command.name is None:
        return f"'{command.written}' is no command"
    return f"{command.name} is not possible below !booking, only offer, schedule and pre-book are"
