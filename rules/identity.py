"""As whom does somebody write who has one of our reply addresses: proven, or as a stranger who changes nothing.

The token of the address says which record and which role; it was sent to somebody, and can be passed on. So its bearer
must also be who may have that role: by an address of the house that the border server vouches for, or by the
customer's own address.
"""

from datetime import date, datetime

from config.lookup import overseers_of
from config.models import Settings, Site
from parsers.records import Parsed
from rules import glob
from rules.daybook import daybook_of
from rules.model import Actor, Record
from rules.reach import customer_addresses
from rules.reference import TokenRole
from rules.sites import site_named

UNKNOWN = "its sender is not known here"
UNPROVEN = "it is not confirmed that its sender wrote it"
NOT_CUSTOMER = "it comes from another address than the customer's"
OF_THE_HOUSE = "somebody of the house wrote to the customer's reply address"
BESIDE = "it did not come by our reply address"


def writer(
    parsed: Parsed, role: TokenRole, record: Record, settings: Settings, now: datetime
) -> tuple[Actor, str | None]:
    """Who wrote a mail to a reply address.

    Args:
        parsed: The mail; its From and what the border server says of it.
        role: Of the token, which is genuine.
        record: That the token names.
        settings: The settings in force.
        now: UTC: who stands in for a controller on the site's day may act as one.

    Returns:
        The actor; for a stranger also why it is one.
    """
    address = (parsed.sender or "").casefold()
    site = site_named(settings, record.site)
    if role == "customer":
        if address in {known.casefold() for known in customer_addresses(record)}:
            return Actor("customer", address), None
        return _stranger(address, OF_THE_HOUSE if may_act(address, "team", site, settings) else NOT_CUSTOMER)
    if not may_act(address, role, site, settings, daybook_of(site, None).local(now).date()):
        return _stranger(address, UNKNOWN)
    if not is_proven(parsed, site):
        return _stranger(address, UNPROVEN)
    return Actor("team" if role == "house" else role, address), None


def is_proven(parsed: Parsed, site: Site) -> bool:
    """Whether it is really the sender's mail, for people of the house: the border server says so, or none is asked.

    Where none is asked (`trust = "token"`), only who has a mail of ours can answer it.
    """
    return site.trust == "token" or parsed.authenticated == (parsed.sender or "").casefold().rpartition("@")[2]


def without_token(parsed: Parsed, record: Record) -> tuple[Actor, str | None]:
    """Who wrote a mail that refers to a record without our reply address.

    The customer, if the border server vouches for his own address; nobody of the house acts this way.
    """
    address = (parsed.sender or "").casefold()
    proven = "@" in address and parsed.authenticated == address.rpartition("@")[2]
    if proven and address in {known.casefold() for known in customer_addresses(record)}:
        return Actor("customer", address), None
    return _stranger(address, BESIDE)


def may_act(address: str, role: TokenRole, site: Site, settings: Settings, on: date | None = None) -> bool:
    """Whether an address may act in this role, if it is really its owner who writes.

    Args:
        address: Whose.
        role: Of the token.
        site: Of the record.
        settings: The settings in force.
        on: The site's local day, as deputies have theirs; None: on any.
    """
    if "@" not in address:
        return False
    if role == "controller":
        return address.casefold() in {known.casefold() for known in overseers_of(settings, site, on)}
    own = (*site.teams.values(), *site.roles.values())
    if address.casefold() in {known.casefold() for known in own}:
        return True
    return glob.any_of((pattern for patterns in site.members.values() for pattern in patterns), (address,)) is not None


def _stranger(address: str, why: str) -> tuple[Actor, str]:
    return Actor("stranger", address), why
