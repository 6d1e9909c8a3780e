"""Compares readings with `corpus/adf/expected.jsonl` by the rules that its README sets."""

import re
import unicodedata
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from parsers.records import Reading


def plain(reading: Reading) -> dict[str, Any]:
    """The reading as `parse --json` prints it."""
    shown: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(reading))
    return shown


def norm(value: object) -> str:
    return " ".join(unicodedata.normalize("NFC", str(value)).split())


def digits(value: object) -> str:
    return re.sub(r"\D", "", str(value))


def same_phone(expected: str, got: str) -> bool:
    a, b = sorted((digits(expected), digits(got)), key=len)
    return a == b or (len(a) >= 7 and b.endswith(a))


def words(label: str) -> str:
    return re.sub(r"[\W_]+", "", label.casefold())


def mismatches(expected: dict[str, Any], got: dict[str, Any], path: str = "") -> Iterator[str]:
    """Every expected value that the reading does not have."""
    for key, value in expected.items():
        here = f"{path}.{key}".strip(".")
        actual = got.get(key)
        if actual is None:
            yield f"{here}: missing, expected {value!r}"
        elif key == "extra":
            yield from _extra(value, actual)
        elif key in ("emails", "phones", "external_ids", "vehicles"):
            yield from _listed(key, value, actual, here)
        elif isinstance(value, dict) and key not in ("price", "odometer"):
            yield from mismatches(value, actual, here)
        elif not _equal(key, value, actual):
            yield f"{here}: {actual!r}, expected {value!r}"


def _extra(expected: dict[str, str], got: dict[str, str]) -> Iterator[str]:
    known = {words(label.rpartition(".")[2]): text for label, text in got.items()}
    for label, text in expected.items():
        if norm(known.get(words(label))) != norm(text):
            yield f"extra.{label}: {known.get(words(label))!r}, expected {text!r}"


def _listed(key: str, expected: list[Any], got: list[Any], here: str) -> Iterator[str]:
    if key == "vehicles":
        if len(expected) != len(got):
            yield f"{here}: {len(got)} cars, expected {len(expected)}"
        for index, (e, g) in enumerate(zip(expected, got, strict=False)):
            yield from mismatches(e, g, f"{here}.{index}")
        return
    for item in expected:
        if not any(_item_equal(key, item, other) for other in got):
            yield f"{here}: {item!r} not among {got!r}"


def _item_equal(key: str, expected: Any, got: Any) -> bool:
    if key == "phones":
        return same_phone(expected, got)
    if key == "emails":
        return norm(expected).casefold() == norm(got).casefold()
    return all(norm(got.get(name)) == norm(value) for name, value in expected.items())


def _equal(key: str, expected: Any, got: Any) -> bool:
    if key == "requested_at":
        return datetime.fromisoformat(expected) == datetime.fromisoformat(got)
    if key == "comments":
        return norm(expected) in norm(got)
    if key == "street":
        return norm(got).startswith(norm(expected))
    if key == "price":
        return Decimal(expected["amount"]) == Decimal(got["amount"]) and expected["currency"] == got.get("currency")
    return norm(expected) == norm(got)


def reached(value: Any, path: list[str]) -> list[Any]:
    """All values at a dotted path, lists walked through."""
    if isinstance(value, list):
        return [leaf for item in value for leaf in reached(item, path)]
    if not path:
        return [value]
    return reached(value[path[0]], path[1:]) if isinstance(value, dict) and path[0] in value else []


def forbidden(absent: list[str], readings: list[dict[str, Any]]) -> Iterator[str]:
    """Every rule of `absent` that a reading breaks."""
    for rule in absent:
        match = re.match(r"(?:(\d)\.)?([\w.]+)(?:([=~])(.*))?$", rule, re.DOTALL)
        assert match, rule
        index, path, sign, text = match.groups()
        looked_at = readings[int(index) : int(index) + 1] if index else readings
        leaves = [leaf for reading in looked_at for leaf in reached(reading, path.split("."))]
        if sign is None and leaves:
            yield f"{rule}: {leaves!r}"
        for leaf in leaves if sign else ():
            equal = digits(leaf) == digits(text) if "phones" in path else norm(leaf) == norm(text)
            if (sign == "=" and equal) or (sign == "~" and norm(text) in norm(leaf)):
                yield f"{rule}: {leaf!r}"


def alternative_met(alternative: Any, readings: list[dict[str, Any]]) -> list[str]:
    """What speaks against one alternative of `either`; empty where it is met."""
    if alternative == "unsorted":
        return [f"kind {r['kind']}" for r in readings if r.get("kind", "unsorted") != "unsorted"]
    if len(alternative) != len(readings):
        return [f"{len(readings)} readings, expected {len(alternative)}"]
    return [m for e, g in zip(alternative, readings, strict=True) for m in mismatches(e, g)]


def differences(line: dict[str, Any], readings: list[Reading]) -> list[str]:
    """Everything in which the readings of one document differ from its line."""
    got = [plain(reading) for reading in readings]
    choices = line.get("either") or [line["readings"]]
    against = [alternative_met(choice, got) for choice in choices]
    best = min(against, key=len)
    return [*best, *forbidden(line.get("absent", []), got)]


def lost(line: dict[str, Any], readings: list[Reading]) -> list[str]:
    """Strings that should survive somewhere, and do not."""
    everything = msgspec.json.encode([plain(reading) for reading in readings]).decode()
    return [text for text in line.get("should_keep", []) if text not in everything]
