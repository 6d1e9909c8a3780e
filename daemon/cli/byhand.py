"""A request that came by telephone or over the counter, as a person types it: `customer.name=Eva vehicles.make=VW`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from config.lookup import ADMIN_SITE
from config.models import Settings, Site
from config.problems import nearest
from daemon.cli.known import NOBODY, Known
from parsers.clean import block, single_line
from parsers.phones import phone
from parsers.records import Parsed, Part, Reading
from rules.decide import decide
from rules.model import Context, Envelope, Opening
from rules.sites import site_named

_BLOCKS = ("comments", "text", "remarks")
"""Fields of several lines."""
_NUMBERS = ("phones", "number")
"""Fields that hold a telephone number."""
_NOT_ASKED = ("kind", "source", "origins", "alternatives")


def opening_by_hand(
    settings: Settings, kind: str, pairs: Iterable[tuple[str, str]], now: datetime, known: Known = NOBODY
) -> Opening:
    """Decide a request as if it had come by mail; the reference is drawn when it is written.

    Args:
        settings: The settings in force.
        kind: One of the kinds of records.
        pairs: Dotted fields of a reading, and `site` and `at`.
        now: UTC; the time of receipt, unless `at` says another.
        known: Customer and car that the site knows; the fields complete them, and win.

    Raises:
        ValueError: A key or value cannot be taken; the text says why and what was meant.
    """
    pairs = list(pairs)
    own = {key: value for key, value in pairs if key in ("site", "at")}
    site = site_by_hand(settings, own.get("site"))
    at = _at(own["at"], site, now) if "at" in own else now
    fields = [(key, value) for key, value in pairs if key not in ("site", "at")]
    if not fields and known == NOBODY:
        raise ValueError(f"say something of the {kind}: customer.name=…, customer.phones=…, comments=…")
    reading = _reading(kind, fields, site, known)
    envelope = Envelope(recipient=site.desk, channel="command", accepted_at=at)
    parsed = Parsed(digest="", readings=(reading,), language=reading.language)
    decision = decide(reading, envelope, parsed, site, None, settings, Context(), at, 0)
    return Opening(ref="", site=site.id, reading=reading, decision=decision, received_at=at)


def site_by_hand(settings: Settings, name: str | None) -> Site:
    """The site that somebody types; the only one needs no naming.

    Raises:
        ValueError: There is none of that name; the text says which there are.
    """
    if name is None and len(settings.sites) == 1:
        return next(iter(settings.sites.values()))
    known = f"known are {', '.join(settings.sites)}"
    if name is None:
        raise ValueError(f"site= is missing, {known}")
    if name not in settings.sites and name != ADMIN_SITE:
        raise ValueError(f"there is no site '{name}', {nearest(name, settings.sites) or known}")
    return site_named(settings, name)


def _at(text: str, site: Site, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"at='{text}' is no time, write 2026-11-23T10:00") from error
    local = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(site.timezone))
    if local > now:
        raise ValueError(f"at='{text}' lies ahead")
    return local.astimezone(UTC)


def _reading(kind: str, pairs: list[tuple[str, str]], site: Site, known: Known) -> Reading:
    values: dict[str, Any] = {"kind": kind, "language": site.language, **_values(known)}
    for key, text in pairs:
        _put(values, key, key.split("."), Reading, text, site)
    try:
        reading = msgspec.convert(values, Reading, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(_refused(str(error))) from error
    found = dict.fromkeys(_values(known), "known")
    origins = found | {key: "typed" for key, _ in pairs}
    return msgspec.structs.replace(reading, origins=origins)


def _values(known: Known) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if known.customer is not None:
        values["customer"] = msgspec.json.decode(msgspec.json.encode(known.customer))
    if known.vehicle is not None:
        values["vehicles"] = [msgspec.json.decode(msgspec.json.encode(known.vehicle))]
    return values


def _refused(text: str) -> str:
    """What msgspec says (``Expected `int`, got `str` - at `$.vehicles[0].odometer.value` ``) as a person types keys."""
    what, _, where = text.partition(" - at `$.")
    key = where.rstrip("`").replace("[", ".").replace("]", "")
    wanted = what.removeprefix("Expected ").partition(",")[0].strip("`")
    known = {"int": "a whole number", "float": "a number", "bool": "true or false"}
    return f"{key}: must be {known[wanted]}" if key and wanted in known else f"{key}: {what}" if key else text


def _put(values: dict[str, Any], key: str, path: list[str], shape: type[Part], text: str, site: Site) -> None:
    """Put a value where its dotted key says; a list takes one more, of a list of cars the first is meant."""
    name, rest = path[0], path[1:]
    hints = get_type_hints(shape)
    offered = [field for field in hints if shape is not Reading or field not in _NOT_ASKED]
    if name not in offered:
        raise ValueError(f"unknown key '{key}', {nearest(name, offered) or f'known are {_listed(offered)}'}")
    inner, several = _inner(hints[name])
    if isinstance(inner, type) and issubclass(inner, Part):
        if several:
            index, rest = (int(rest[0]), rest[1:]) if rest and _is_index(rest[0]) else (0, rest)
            target = _element(values.setdefault(name, []), index, key)
        else:
            target = values.setdefault(name, {})
        if not rest:
            raise ValueError(f"'{key}' has parts: {_listed(get_type_hints(inner))}")
        _put(target, key, rest, inner, text, site)
    elif inner is dict:
        values.setdefault(name, {})[".".join(rest)] = _clean(name, text, site)
    elif rest:
        raise ValueError(f"unknown key '{key}': '{name}' has no parts")
    elif several:
        values.setdefault(name, []).append(_clean(name, text, site))
    else:
        values[name] = _clean(name, text, site)


def _is_index(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 3


def _element(several: list[Any], index: int, key: str) -> Any:
    """An element of a list, or its next one."""
    if index > len(several):
        raise ValueError(f"'{key}' leaves some out, the next is number {len(several)}")
    if index == len(several):
        several.append({})
    return several[index]


def _inner(hint: Any) -> tuple[Any, bool]:
    """The type of a field without None and list; whether it is a list."""
    if get_origin(hint) in (Union, UnionType):
        hint = next(one for one in get_args(hint) if one is not type(None))
    if get_origin(hint) is tuple:
        return get_args(hint)[0], True
    return get_origin(hint) or hint, False


def _clean(name: str, text: str, site: Site) -> str | None:
    """Cleaned like what stands in mails; telephone numbers as E.164 where they can be."""
    if name in _NUMBERS:
        return phone(text, site.country) or single_line(text)
    return block(text) if name in _BLOCKS else single_line(text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
