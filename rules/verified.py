"""Is a source's mail really the source's: by its secret address, or by what the border server says; never by From."""

from config.lookup import source_type
from config.models import Settings, Source
from parsers.records import Parsed
from parsers.sender import is_within
from rules.model import Envelope, RecordFlag, Verified

_WITH_ENVELOPE = ("smtp", "lmtp")
"""Channels whose recipient the sender named; elsewhere the header must name the address."""


def verified_by(parsed: Parsed, envelope: Envelope, source: Source | None, settings: Settings) -> Verified | None:
    """Say how a source is verified; None where it is not, or where there is none.

    An address for one site was given to the source alone, so that whoever writes there knows a secret. One that is
    common to several sites proves nothing: there the domain of From must be one of the source's, and the border
    server must vouch for it.
    """
    if source is None:
        return None
    if source.site_by is None and (envelope.channel in _WITH_ENVELOPE or parsed.addressed):
        return "address"
    domains = source.senders or source_type(settings, source).domains
    return "authenticated" if parsed.authenticated and is_within(parsed.authenticated, domains) else None


def flags_of(parsed: Parsed, source: Source | None, verified: Verified | None) -> tuple[RecordFlag, ...]:
    """What a team should beware of."""
    unverified: tuple[RecordFlag, ...] = ("unverified",) if source is not None and verified is None else ()
    return (*unverified, *parsed.flags)
