"""The customer of an ADF prospect: names, addresses, phones."""

import re

from parsers import values
from parsers.adf_text import text_of
from parsers.adf_tree import Element, Walker, attribute
from parsers.clean import single_line
from parsers.records import Customer, Hints, PostalAddress

_PHONES = (
    "phone", "cellphone", "mobile", "mobilephone", "homephone", "workphone", "international_phone", "telephone",
)  # fmt: skip
_NOT_SPOKEN = ("fax", "pager")
_NORTH_AMERICAN = re.compile(r"\(?[2-9]\d\d\)?[-. ]{1,2}\d{3}[-. ]\d{4}")
_YES = ("1", "yes", "true")
EACH = 10
"""Phones and mail addresses that are read."""


def region_of(walk: Walker, asker: Element | None, hints: Hints) -> str | None:
    """Country that the customer's numbers are read by: of the address, else of the site."""
    contact = walk.child(asker, "contact")
    for address in walk.children(contact, "address"):
        element = walk.child(address, "country")
        text = text_of(element) if element is not None else ""
        if code := values.country(text):
            return code
    return hints.region or None


def customer(walk: Walker, asker: Element | None, region: str | None) -> Customer | None:
    """Read the customer; None where the prospect says nothing about a person."""
    contacts = walk.children(asker, "contact")
    if not contacts:
        return None
    name, first, last, company = _names(walk, contacts[0])
    stated = any(walk.child(address, "country") is not None for address in walk.children(contacts[0], "address"))
    emails = [mail for contact in contacts for mail in _emails(walk, contact)]
    phones = [number for contact in contacts for number in _phones(walk, contact, region, stated=stated)]
    found = Customer(
        name=name,
        first_name=first,
        last_name=last,
        company=company,
        emails=tuple(dict.fromkeys(emails))[:EACH],
        phones=tuple(dict.fromkeys(phones))[:EACH],
        address=_address(walk, walk.child(contacts[0], "address")),
    )
    return None if found == Customer() else found


def _names(walk: Walker, contact: Element) -> tuple[str | None, str | None, str | None, str | None]:
    """Full name, first, last and company; a full name is made of its parts where only they stand."""
    parts: dict[str, str] = {}
    company = None
    for element in walk.children(contact, "name"):
        part = (attribute(element, "part") or "full").lower()
        text = walk.line(element)
        if text and (attribute(element, "type") or "").lower() == "business" and part == "full":
            company = company or text
        elif text:
            parts.setdefault({"surname": "last", "given": "first"}.get(part, part), text)
    first, last = parts.get("first"), parts.get("last")
    joined = " ".join(filter(None, (first, parts.get("middle"), last, parts.get("suffix"))))
    name = parts.get("full") or single_line(joined)  # each part is bounded, and so is what they make
    if name and not first and not last:
        first, last, guessed = values.name_parts(name)
        company = company or guessed
    return name, first, last, company


def _preferred_first(elements: list[Element]) -> list[Element]:
    return sorted(elements, key=lambda e: (attribute(e, "preferredcontact") or "").lower() not in _YES)


def _emails(walk: Walker, contact: Element) -> list[str]:
    found = []
    for element in _preferred_first(walk.children(contact, "email"))[:EACH]:
        address = values.email(text_of(element))
        if address:
            walk.line(element)
            found.append(address)
    return found


def _phones(walk: Walker, contact: Element, region: str | None, *, stated: bool) -> list[str]:
    """Numbers in the order of preference; one in North American spelling is not read by a site's own country."""
    found = []
    for element in _preferred_first(walk.children(contact, *_PHONES))[:EACH]:
        text = text_of(element).strip()
        if (attribute(element, "type") or "").lower() in _NOT_SPOKEN:
            continue
        foreign = not stated and region not in ("US", "CA") and _NORTH_AMERICAN.fullmatch(text)
        number = values.phone(text, None if foreign else region)
        if number:
            walk.line(element)
            found.append(number)
            time = attribute(element, "besttime", "time")
            walk.note("customer.contact.phone.time", None if time == "nopreference" else time)
    return found


def _address(walk: Walker, element: Element | None) -> PostalAddress | None:
    streets = walk.children(element, "street")
    streets.sort(key=lambda e: attribute(e, "line") or "")
    lines = [text for street in streets[:5] if (text := walk.line(street))]
    apartment = walk.first(element, "apartment")
    country = walk.first(element, "country")
    found = PostalAddress(
        street=single_line(" ".join([*lines, apartment] if apartment else lines)),
        postal_code=walk.first(element, "postalcode"),
        city=walk.first(element, "city"),
        region=walk.first(element, "regioncode"),
        country=(values.country(country) or country) if country else None,
    )
    return None if found == PostalAddress() else found
