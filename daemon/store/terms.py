"""The terms of a deadline: what is kept beside its times, so that it can stand still, go on and be counted anew."""

from datetime import datetime

import msgspec

from rules.model import Deadline


class Terms(msgspec.Struct, frozen=True, omit_defaults=True):
    """Fields of `rules.model.Deadline` of the same names."""

    after: str = ""
    clock: str = "business"
    deliver: str = "business"
    pause: tuple[str, ...] = ()
    policy: str = ""
    since: datetime | None = None
    began: str = ""
    left: int = 0
    days: int = 0


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Terms).decode


def written(one: Deadline) -> str:
    """The terms of a deadline, as JSON."""
    return _encode(Terms(*(getattr(one, name) for name in Terms.__struct_fields__))).decode()


def read(text: str) -> Terms:
    """The terms as they were written."""
    return _decode(text)


def ends_by(one: Deadline) -> str | None:
    """The actions that end a deadline, each between spaces, so that a query can look for one; None for no own."""
    return f" {' '.join(one.until)} " if one.until else None
