"""What all shapes of the rules have in common."""

import msgspec


class Fact(msgspec.Struct, frozen=True, omit_defaults=True):
    """Base of all shapes."""
