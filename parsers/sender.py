"""Whether the sender of a mail is the customer, and under which address.

Rules that authors of lead parsers learned: a platform or no-reply address never is the customer; Reply-To goes before
From; a platform's relay address is the way to answer, but nobody's identity.
"""

import re
import tomllib
from functools import lru_cache
from importlib import resources

from parsers.arrival import RECIPIENTS
from parsers.classify import takes_no_answers
from parsers.document import Document
from parsers.headers import split_addresses
from parsers.records import Customer, Hints

_SECOND_LEVEL = frozenset(("co", "com", "net", "org", "gov", "edu", "ac", "or", "ne", "go"))
_LISTS = tomllib.loads(resources.files("parsers").joinpath("dictionaries/senders.toml").read_text("utf-8"))
_PLATFORMS = frozenset(_LISTS["platforms"])
_MAILBOXES = frozenset(_LISTS["mailboxes"])
_FORM_SENDERS = frozenset(_LISTS["forms"])


def registrable(domain: str) -> str:
    """The part of a domain that somebody registered: `mail.mobile.de` -> `mobile.de`, `a.b.co.uk` -> `b.co.uk`."""
    labels = domain.lower().rstrip(".").split(".")
    length = 3 if len(labels) > 2 and labels[-2] in _SECOND_LEVEL and len(labels[-1]) == 2 else 2
    return ".".join(labels[-length:])


def is_within(domain: str, domains: tuple[str, ...]) -> bool:
    """Whether a domain is one of these or lies below one; names are compared letter by letter."""
    return any(domain == known or domain.endswith(f".{known}") for known in domains)


def platforms() -> frozenset[str]:
    """Registrable domains of the platforms; a name without a dot stands for every country."""
    return _PLATFORMS


def is_mailbox(domain: str) -> bool:
    """Whether anybody can have an address at a registrable domain: it says nothing of who writes."""
    return domain in _MAILBOXES


def is_platform(address: str) -> bool:
    """Whether an address belongs to a service that passes requests on."""
    domain = registrable(address.rpartition("@")[2])
    return domain in _PLATFORMS or domain.partition(".")[0] in _PLATFORMS


def customer(document: Document, *, reply_to_only: bool = False, is_form: bool = False) -> Customer | None:
    """The customer as the header names one; None where it names a platform or a machine.

    Args:
        document: The mail.
        reply_to_only: From is known to be a program's: only Reply-To can name a person.
        is_form: A form was filled in: the addressee's own house, which mails forms to itself, is not the customer.
    """
    houses = _houses(document) if is_form else set()
    for name in ("reply-to",) if reply_to_only else ("reply-to", "from"):
        for display, address in document.headers.addresses(name)[:3]:
            if _is_person(document, address, houses):
                display = display or _display(document, address)
                return Customer(name=_bare(display), emails=(_lowered(address),))
    return None


def author(document: Document) -> Customer | None:
    """The person in From who wrote the mail himself.

    None for machines, platforms, our people and the addressed house, and where Reply-To names another person.
    """
    found = customer(document, is_form=True)
    return found if found and found.emails[0].lower() == document.sender[1] else None


def personal(document: Document, emails: tuple[str, ...], *, automatic: bool) -> tuple[str, ...]:
    """The addresses out of a text that can be the customer's: no machine's, no platform's, none of our house.

    Args:
        document: The mail.
        emails: Addresses that its text gives.
        automatic: A program wrote it: then addresses of its house belong to the imprint.
    """
    houses = _houses(document)
    if automatic:
        houses |= {registrable(document.sender[1].rpartition("@")[2])} - _MAILBOXES
    return tuple(address for address in emails if _is_person(document, address, houses))


def relay(document: Document) -> str | None:
    """The platform's address through which an answer reaches the person, if Reply-To or From is one.

    As sender a platform also uses mailboxes of its own (`salesleads@cars.com`): those made for one conversation have
    a number, or say that they take replies.
    """
    for name in ("reply-to", "from"):
        for _, address in document.headers.addresses(name)[:1]:
            local = address.partition("@")[0]
            own = name == "from" and "reply" not in address and not any(map(str.isdigit, local))
            if is_platform(address) and not own and not takes_no_answers(local):
                return address
    return None


def is_addressed(document: Document, address: str) -> bool:
    """Whether the header names an address as a recipient."""
    for name in RECIPIENTS:
        for value in document.headers.raw_fields(name)[:20] if name in document.headers else ():
            if address in value.lower() and any(known.lower() == address for _, known in split_addresses(value)):
                return True
    return False


def _houses(document: Document) -> set[str]:
    """Domains of those whom the mail is addressed to: a form that mails from its own house is not a customer.

    In a mail that no source sent, whoever shares the writer's domain is his colleague if others are addressed, too.
    """
    to, copied = _domains(document, "to"), _domains(document, "cc")
    if document.hints.source_type is None:
        addressed = to or copied
        to, copied = addressed - {registrable(document.sender[1].rpartition("@")[2])} or addressed, set()
    return (to | copied) - _MAILBOXES


def _domains(document: Document, name: str) -> set[str]:
    return {registrable(address.rpartition("@")[2]) for _, address in document.headers.addresses(name)[:20]}


def _is_person(document: Document, address: str, houses: set[str]) -> bool:
    local, _, domain = address.lower().rpartition("@")
    if not local or not domain or takes_no_answers(local) or local in _FORM_SENDERS or is_platform(address):
        return False
    return registrable(domain) not in houses and not is_ours(document, address) and not _is_source(document, domain)


def is_ours(document: Document, address: str) -> bool:
    """An address of our own people, or one in their house: never the customer, also not as Reply-To."""
    own, address = document.hints.own, address.lower()
    if not own:
        return False
    return address in own or registrable(address.rpartition("@")[2]) in _own_domains(own)


def is_our_number(hints: Hints, number: str) -> bool:
    """Whether a number is the site's own, whatever its spelling: the last seven digits tell."""
    ours = re.sub(r"\D", "", hints.own_phone or "")[-7:]
    return bool(ours) and re.sub(r"\D", "", number)[-7:] == ours


@lru_cache(maxsize=256)
def _own_domains(own: tuple[str, ...]) -> frozenset[str]:
    return frozenset(registrable(address.rpartition("@")[2]) for address in own) - _MAILBOXES


def _is_source(document: Document, domain: str) -> bool:
    """The source itself; one that sends from where people have their mailboxes says nothing about an address."""
    return is_within(domain, document.hints.senders) and registrable(domain) not in _MAILBOXES


def _display(document: Document, address: str) -> str | None:
    """Name beside the same address in From."""
    same = (name for name, other in document.headers.addresses("from") if other.lower() == address.lower())
    return next(same, None)


def _bare(display: str | None) -> str | None:
    """Name without the platform's addition (`Eve über Kleinanzeigen`); an address is no name."""
    if not display or "@" in display:
        return None
    for connective in _LISTS["connectives"]:
        display = display.partition(connective)[0]
    return display.strip(" ,\"'") or None


def _lowered(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local}@{domain.lower()}"


def is_addressed_house(document: Document, address: str) -> bool:
    """Whether an address is of a house that the mail is addressed to."""
    return registrable(address.rpartition("@")[2]) in _houses(document)
