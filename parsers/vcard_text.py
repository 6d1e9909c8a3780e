"""Cards of persons (vCard 2.1, 3.0 in RFC 2426, 4.0 in RFC 6350), as address books really export them."""

import binascii
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from parsers.content_line import LINE_END, components, parameters_and_value, unescaped

CHARACTERS = 256 * 1024
LINES = 5_000
CARDS = 50
EACH = 10
"""Mail addresses and numbers of one card."""

_NAME = re.compile(r"(?:[A-Za-z0-9-]{1,40}\.)?(?P<name>[A-Za-z][A-Za-z0-9-]{0,40})(?=[;:])")
_READ = ("FN", "N", "ORG", "TEL", "EMAIL", "ADR", "LANG", "KIND", "BEGIN", "END")
_NOT_SPOKEN = {"FAX", "PAGER", "MODEM"}


@dataclass(slots=True)
class Card:
    """One card; values as written, the preferred ones first."""

    name: str | None = None
    family: str | None = None
    given: str | None = None
    organization: str | None = None
    kind: str | None = None
    """individual, org, group (RFC 6350 6.1.4); None where it does not say."""
    emails: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    """Without fax and pager."""
    addresses: list[list[str]] = field(default_factory=list)
    """Box, extended, street, city, region, postal code, country."""
    languages: list[str] = field(default_factory=list)


def cards(text: str) -> list[Card]:
    """Read the cards of a file in order; what is inside another one (AGENT) is left out. Never raises."""
    found: list[Card] = []
    ranked: list[tuple[bool, str, str]] = []
    depth = 0
    for name, parameters, written in _lines(text[:CHARACTERS]):
        is_card = written.strip().upper() == "VCARD"
        if name == "BEGIN" and is_card:
            depth += 1
            if depth == 1:
                ranked = []
        elif name == "END" and is_card:
            depth = max(depth - 1, 0)
            if depth == 0 and len(found) < CARDS:
                found.append(_card(ranked))
                ranked = []
        elif depth == 1:
            words = _words(parameters)
            if not (name == "TEL" and words & _NOT_SPOKEN):
                ranked.append((not words & {"PREF", "1"}, name, _decoded(parameters, written)))
    if depth and ranked and len(found) < CARDS:  # its END is missing
        found.append(_card(ranked))
    return found


def _card(lines: list[tuple[bool, str, str]]) -> Card:
    card = Card()
    for _, name, value in sorted(lines, key=lambda line: line[0]):
        if name == "N" and not (card.family or card.given):
            family, given, *_ = [*components(value), "", ""]
            card.family, card.given = family or None, given or None
        elif name == "ORG":
            card.organization = card.organization or components(value)[0] or None
        elif name == "ADR" and len(card.addresses) < EACH:
            card.addresses.append([*components(value), *[""] * 7][:7])
        elif plain := unescaped(value).strip():
            _add_plain(card, name, plain)
    return card


def _add_plain(card: Card, name: str, value: str) -> None:
    if name == "FN":
        card.name = card.name or value
    elif name == "KIND":
        card.kind = card.kind or value.lower()
    elif name in ("EMAIL", "TEL", "LANG"):
        kept = {"EMAIL": card.emails, "TEL": card.phones, "LANG": card.languages}[name]
        if len(kept) < EACH:
            kept.append(value)


def _lines(text: str) -> Iterator[tuple[str, list[str], str]]:
    """Unfolded lines of the properties that are read: name in upper case, parameters, value."""
    written = ""
    for raw in [*LINE_END.split(text.removeprefix("\ufeff"))[:LINES], "END"]:
        if written.endswith("=") and "QUOTED-PRINTABLE" in written.partition(":")[0].upper() and raw != "END":
            written = written[:-1] + raw.lstrip(" \t")  # a soft line break (RFC 2045 6.7)
            continue
        if raw[:1] in (" ", "\t"):
            written += raw[1:]
            continue
        name = _NAME.match(written)
        if name and name["name"].upper() in _READ:
            parameters, value = parameters_and_value(written[name.end() :])
            yield name["name"].upper(), parameters, value
        written = raw


def _words(parameters: list[str]) -> set[str]:
    """What the parameters say: `TYPE="work,voice";PREF=1`, `type=CELL`, and of 2.1 bare `CELL`."""
    return {word for one in parameters for word in one.rpartition("=")[2].strip('"').upper().split(",")}


def _decoded(parameters: list[str], value: str) -> str:
    if "QUOTED-PRINTABLE" not in _words(parameters):
        return value
    label = next((one.partition("=")[2] for one in parameters if one.upper().startswith("CHARSET=")), "utf-8")
    data = binascii.a2b_qp(value.encode("utf-8", "replace"))
    try:
        return data.decode(codecs.lookup(label.strip('"')).name, "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")
