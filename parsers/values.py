"""Typed values out of the words of a mail; every function takes hostile text, never raises and knows no clock.

One import for the parsers: `values.phone`, `values.money`, ... Each lives with its own subject.
"""

from parsers.amounts import distance, money
from parsers.contacts import country, email
from parsers.dates import instant
from parsers.names import name_parts
from parsers.phones import phone
from parsers.vehicles import plate, vin, year

__all__ = ["country", "distance", "email", "instant", "money", "name_parts", "phone", "plate", "vin", "year"]
