"""Whose mail is it: the source and the site, told by the recipient, or by the mail where one address serves several."""

from collections.abc import Callable

import msgspec

from config.lookup import admin_site, site_of
from config.models import Settings, Site, Source
from parsers.records import Reading
from rules.match import in_postcodes
from rules.model import Envelope


class Place(msgspec.Struct, frozen=True):
    """Source and site of a reading, and how they were found, in words."""

    source: Source | None
    site: Site
    because: str


def place_of(reading: Reading, envelope: Envelope, settings: Settings) -> Place:
    """Find source and site of a reading; what belongs to no site goes to the admin's, where a person decides."""
    source, site = site_of(settings, envelope.recipient)
    if source is not None and source.site_by is not None:
        return place_by_content(source, site, reading, settings)
    if source is not None and site is not None:
        return Place(source, site, f"address of source {source.id}")
    if site is not None:
        return Place(None, site, f"an address of {site.id}")
    return Place(source, admin_site(settings), "the recipient is no address of a site; the admin has it")


def place_by_content(source: Source, default: Site | None, reading: Reading, settings: Settings) -> Place:
    """Find the site of a source that serves several, by what the mail says; else the source's own, else the admin's."""
    key, tell = _TELL[source.site_by or "recipient"]
    value = tell(reading)
    if value is not None:
        said = f"{key} '{value[:60]}'"
        for site in settings.sites.values():
            if _FITS[key](value, site):
                return Place(source, site, f"{said} is of {site.id}")
        said = f"{said} is of no site"
    else:
        said = f"no {key}"
    if default is not None:
        return Place(source, default, f"{said}; {default.id} has what source {source.id} cannot place")
    return Place(source, admin_site(settings), f"{said}; the admin has what source {source.id} cannot place")


def _vendor_id(reading: Reading) -> str | None:
    return reading.dealer.id if reading.dealer else None


def _postcode(reading: Reading) -> str | None:
    address = reading.customer.address if reading.customer else None
    return address.postal_code if address else None


def _dealer_name(reading: Reading) -> str | None:
    return reading.dealer.name if reading.dealer else None


_TELL: dict[str, tuple[str, Callable[[Reading], str | None]]] = {
    "vendor-id": ("vendor id", _vendor_id),
    "postcode": ("postcode", _postcode),
    "recipient": ("dealer", _dealer_name),
}
"""`site_by` -> what tells the site; the recipient of a common address is the dealer that the mail names."""
_FITS: dict[str, Callable[[str, Site], bool]] = {
    "vendor id": lambda value, site: value.casefold() in (known.casefold() for known in site.vendor_ids),
    "postcode": lambda value, site: in_postcodes(value, site.postcodes),
    "dealer": lambda value, site: value.casefold() in (site.name.casefold(), site.id),
}
