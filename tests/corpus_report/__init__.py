"""What is read of the real samples, set by set and field by field, against what is expected."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Tally:
    """One field of one set: values read right, not read, and read wrong."""

    set: str
    field: str
    read: int
    missed: int
    wrong: int
