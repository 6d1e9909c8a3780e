"""The trace of a decision as JSON: what `explain` prints, what is stored with the mail and what `why` shows later.

Dry run and daemon build it by the same function, so that they can be compared word by word.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from config.models import Settings
from config.problems import nearest
from parsers.records import Parsed, Reading
from rules.decide import readings_of
from rules.model import Context, MailDecision

Json = dict[str, Any]

QUIET = "imported: no clock, no mail"
"""Why nobody is told of a mail that was put in later."""
LATE = "late by parser: told with all others that were read again"
"""Why nobody is told by a mail of its own."""
_SAID = ("site", "team", "ignored", "again", "related", "person", "receipt")
"""What a decision says only where there is something to say."""
_SHOWN = 120
"""Characters of a value that a difference shows."""


def mail_json(parsed: Parsed, source: str | None = None) -> Json:
    """What was read from a mail, as `parse --json` prints it, without the file's name; absent values are absent.

    Args:
        parsed: What was read.
        source: Id of the source that it came from, if known; each reading names it.
    """
    found: Json = {
        "class": parsed.mail_class,
        "readings": [_reading(reading, source) for reading in readings_of(parsed)],
        "defects": list(parsed.defects),
    }
    for name in ("class_because", "authenticated"):
        if (said := getattr(parsed, name)) is not None:
            found[name] = said
    if parsed.flags:
        found["flags"] = list(parsed.flags)
    for name in ("forwarded", "new_text", "bounce", "attachments"):
        if value := getattr(parsed, name):
            found[name] = _plain(value)
    return found


def trace(parsed: Parsed, decision: MailDecision, context: Context, at: datetime, settings: Settings) -> Json:
    """All that led to a decision and all that follows from it, as plain JSON values.

    Args:
        parsed: What was read from the mail.
        decision: What was decided of it.
        context: The facts that were looked up.
        at: UTC; the time that the decision was made for.
        settings: The settings in force; their digest is named.
    """
    decisions = decision.decisions
    found = mail_json(parsed)
    if decision.source is not None:
        found["source"] = decision.source
    if decision.verified is not None:
        found["verified"] = decision.verified
    if decision.flags:
        found["flags"] = list(decision.flags)
    if context.imported:
        found["quiet"] = QUIET
    if context.late:
        found["quiet"] = f"{LATE}; no clock" if context.imported else LATE
    return found | {
        "site": decision.site,
        "fate": decision.fate,
        "reason": decision.reason,
        "rules": [_plain(verdict) for each in decisions for verdict in each.rules],
        "notifications": [
            _plain(wish) | {"category": wish.category, "template": wish.template}
            for each in decisions
            for wish in each.notifications
        ],
        "deadlines": [_plain(deadline) for each in decisions for deadline in each.deadlines],
        "decisions": [
            {
                "reading": index,
                "kind": each.kind,
                "category": each.category,
                "policy": each.policy,
                "language": each.language,
            }
            | {key: _plain(value) for key in _SAID if (value := getattr(each, key))}
            for index, each in enumerate(decisions)
        ],
        "context": _plain(context),
        "at": _plain(at),
        "settings": settings.digest,
    }


def differences(found: Json, expectations: Mapping[str, object]) -> list[str]:
    """Compare a trace with what is expected of it (`--expect`, `[[test]]`).

    Args:
        found: What `trace` made.
        expectations: Dotted path -> value; lists by index, or `*` for any of their elements. Values compare as text.

    Returns:
        One sentence for each that differs; empty where all is as expected.
    """
    said = (_difference(found, path, _text(value)) for path, value in expectations.items())
    return [sentence for sentence in said if sentence is not None]


def _difference(found: Json, path: str, expected: str) -> str | None:
    values = [_text(value) for value in _values(found, path.split("."))]
    if expected in values:
        return None
    if not values:
        return f"{path}: expected '{_short(expected)}', {_missing(found, path.split('.'))}"
    each = " and ".join(f"'{_short(value)}'" for value in dict.fromkeys(values))
    return f"{path}: expected '{_short(expected)}', is {each}"


def _values(value: Any, path: list[str]) -> Iterator[Any]:
    """All values at a path; a key may hold dots itself (`origins.customer.name`)."""
    if not path:
        yield value
    elif isinstance(value, list):
        yield from (found for element in _elements(value, path[0]) for found in _values(element, path[1:]))
    elif isinstance(value, dict):
        for length in range(1, len(path) + 1):
            key = ".".join(path[:length])
            if key in value:
                yield from _values(value[key], path[length:])


def _elements(values: list[Any], key: str) -> list[Any]:
    if key == "*":
        return values
    return [values[int(key)]] if key.isascii() and key.isdigit() and int(key) < len(values) else []


def _missing(value: Any, path: list[str]) -> str:
    """Name the first step of a path that leads nowhere, and what was meant."""
    for position, key in enumerate(path):
        inner = next(_values(value, [key]), None)
        if inner is None:
            return _nothing(value, key, ".".join(path[: position + 1]))
        value = inner
    return "is not there"


def _nothing(value: Any, key: str, path: str) -> str:
    if isinstance(value, list):
        count = f"{len(value)} element{'' if len(value) == 1 else 's'}"
        return f"is not there: the list before '{key}' has {count}, name one by its index from 0, or * for any"
    meant = nearest(key, value) if isinstance(value, dict) else None
    return f"there is no '{path}'{f', {meant}' if meant else ''}"


def _reading(reading: Reading, source: str | None) -> Json:
    known = {"source": source} if source is not None else {}
    return {"kind": reading.kind, **_plain(reading), **known}


def _plain(value: object) -> Any:
    return msgspec.to_builtins(value)


def _text(value: object) -> str:
    """A value as people write it in an expectation: true, 2, L-7KQ2M4-2; lists and tables as JSON."""
    plain = _plain(value)
    return plain if isinstance(plain, str) else msgspec.json.encode(plain, order="sorted").decode()


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
