"""The way a mail took, and what mail-parser finds wrong with it: shown on demand, never needed to read a mail.

mail-parser is imported here only, and only when called: it changes types with its input, mixes nested messages into
the text and can be made to raise, so every access is guarded and everything it gives is cleaned.
"""

from dataclasses import dataclass

from parsers.clean import single_line

HOPS = 50
DEFECTS = 50


@dataclass(frozen=True, slots=True)
class Hop:
    """One Received field, the first being the oldest; `at` is ISO 8601, `delay` seconds since the hop before."""

    sender: str | None
    receiver: str | None
    protocol: str | None
    at: str | None
    delay: float | None


@dataclass(frozen=True, slots=True)
class Trace:
    """What mail-parser says of a mail; `failed` names the exception where it could not read it."""

    hops: tuple[Hop, ...] = ()
    defects: tuple[str, ...] = ()
    failed: str | None = None


def trace(raw: bytes) -> Trace:
    """Read hops and defects of a mail; never raises on account of what stands in it."""
    import mailparser  # half a second of imports that daily work does not need

    try:
        mail = mailparser.parse_from_bytes(raw)
        received = mail.received or []
        hops = tuple(_hop(item) for item in received[:HOPS] if isinstance(item, dict))
        names = sorted(str(name) for name in mail.defects_categories)[:DEFECTS]
    except Exception as error:  # hostile input makes it raise many kinds
        return Trace(failed=type(error).__name__)
    return Trace(hops, tuple(filter(None, map(single_line, names))))


def _hop(item: dict[str, object]) -> Hop:
    def text(key: str) -> str | None:
        return single_line(str(item[key])) if item.get(key) else None

    delay = item.get("delay")
    at = text("date_utc")
    return Hop(text("from"), text("by"), text("with"), at, float(delay) if isinstance(delay, int | float) else None)
