"""What goes wrong in one part of the reading must not take the mail with it."""

from collections.abc import Callable
from typing import TypeVar

from parsers.document import Document

T = TypeVar("T")


def tried(what: str, mail: Document, make: Callable[[], T], otherwise: T) -> T:
    """What `make` returns; if it fails, the mail is read without it, and says so among its defects."""
    try:
        return make()
    except MemoryError:
        raise
    except Exception as error:
        mail.defects.append(f"{what}: {type(error).__name__}")
        return otherwise
