"""The names that settings may use of things which the configuration does not define itself."""

from typing import get_args

from config.types import Kind

KINDS: tuple[str, ...] = get_args(Kind)
MAIL_CLASSES = ("person", "automatic", "bounce", "reply")
LABEL_LANGUAGES = ("de", "en", "da", "zh", "nl", "fr", "it")
"""Languages that labels are known in; a source may write any of them."""
GLOBS = frozenset("*?")

_FIELDS = """
    kind source language requested_at interest comments external_ids external_ids.source external_ids.value
    customer customer.name customer.first_name customer.last_name customer.company customer.emails customer.phones
    customer.address customer.address.street customer.address.postal_code customer.address.city
    customer.address.region customer.address.country
    vehicles vehicles.role vehicles.make vehicles.model vehicles.trim vehicles.year vehicles.condition vehicles.vin
    vehicles.stock_number vehicles.plate vehicles.listing_id vehicles.listing_url
    vehicles.odometer vehicles.odometer.value vehicles.odometer.unit
    vehicles.price vehicles.price.amount vehicles.price.currency
    dealer dealer.name dealer.id provider provider.name consent extra
    booking booking.uid booking.sequence booking.method booking.starts_at booking.ends_at booking.services
    booking.remarks booking.zone booking.status booking.partstat booking.location booking.url
    booking.stamp booking.attendee booking.delegate booking.recurrence
    review review.platform review.author review.rating review.best_rating review.text review.area
    complaint complaint.category complaint.text
    alert alert.id alert.score alert.threshold
    call call.number call.started_at call.accepted
    origins alternatives
"""
READING_FIELDS = frozenset(_FIELDS.split())
"""Dotted fields of a reading that `has` may name; a test holds them to parsers.records."""
OPEN_FIELDS = ("extra.", "consent.")
"""What follows these is a label of the mail itself."""


def is_glob(pattern: str) -> bool:
    """Tell whether a pattern can match more than its own text."""
    return not GLOBS.isdisjoint(pattern)
