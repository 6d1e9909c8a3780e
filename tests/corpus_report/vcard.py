"""Cards of the corpus against the manifest, which gives the first values of each file as written, cut at a fold.

Names in parts and addresses stand in no manifest: some were read by eye.
"""

import binascii
import csv
import re
from collections.abc import Iterator
from pathlib import Path

from parsers import vcard_text
from parsers.vcard_text import Card
from tests.corpus_report import Finding, Tally, counted

FIELDS = {"fn": "FN", "tel": "TEL", "email": "EMAIL", "org": "ORG"}
FAXES = ("00-1-212-555-7777", "+1-919-676-9564")
"""Numbers of the manifest that nobody speaks on."""
BY_EYE: tuple[tuple[str, int, str, str], ...] = (
    ("John_Doe_EVOLUTION.vcf", 0, "N", "Doe|John"),
    (
        "John_Doe_EVOLUTION.vcf",
        0,
        "ADR",
        "ASB-123||15 Crescent moon drive|Albaney|New York|12345|United States of America",
    ),
    ("John_Doe_LOTUS_NOTES.vcf", 0, "N", "Doe|John"),
    (
        "John_Doe_LOTUS_NOTES.vcf",
        0,
        "ADR",
        "||25334\nSouth cresent drive, Building 5, 3rd floo r|New York|New York|NYC887|U.S.A.",
    ),
    ("John_Doe_MS_OUTLOOK.vcf", 0, "N", "Doe|John"),
    ("John_Doe_MS_OUTLOOK.vcf", 0, "ADR", "||Cresent moon drive|Albaney|New York|12345|United States of America"),
    ("outlook-2003.vcf", 0, "N", "Doe|John"),
    ("outlook-2003.vcf", 0, "ADR", "|TheOffice|123 Main St|Austin|TX|12345|United States of America"),
    ("rfc6350-example.vcf", 0, "N", "Perreault|Simon"),
    ("rfc6350-example.vcf", 0, "ADR", "|Suite D2-630|2875 Laurier|Quebec|QC|G1V 2M2|Canada"),
    ("gmail-list.vcf", 2, "N", "White|Doug"),
    ("radicale-1587.vcf", 0, "N", "Family|Given"),
)
"""File, number of the card from 0, field, parts."""


def files(corpus: Path) -> dict[str, list[Card]]:
    """The cards of every file by its name."""
    found = sorted((corpus / "vcard").rglob("*.vcf"))
    return {path.name: vcard_text.cards(path.read_bytes().decode("utf-8", "replace")) for path in found}


def findings(corpus: Path) -> Iterator[Finding]:
    """The values of the manifest, and those read by eye."""
    cards = files(corpus)
    with (corpus / "MANIFEST.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["file"].startswith("vcard/") and row["file"].endswith(".vcf"):
                name = row["file"].rpartition("/")[2]
                yield from _of_manifest(name, row["must_extract"], cards.get(name, []))
    for name, number, field, expected in BY_EYE:
        card = cards[name][number] if number < len(cards.get(name, [])) else Card()
        got = f"{card.family}|{card.given}" if field == "N" else "|".join(card.addresses[0]) if card.addresses else None
        yield Finding(f"{name}#{number}", field, expected, got, got == expected)


def _of_manifest(name: str, must_extract: str, cards: list[Card]) -> Iterator[Finding]:
    for entry in must_extract.split("; "):
        key, _, written = entry.partition("=")
        if key == "cards":
            yield Finding(name, "cards", written, str(len(cards)), written == str(len(cards)))
        elif key in FIELDS:
            got = values(cards, FIELDS[key])
            for one in written.split(" | "):
                expected = plain(one, is_org=key == "org")
                if expected in FAXES:
                    continue
                right = any(text.startswith(expected) for text in got)
                yield Finding(name, FIELDS[key], expected, " | ".join(got) if got else None, right)


def values(cards: list[Card], field: str) -> list[str]:
    """All values of a field, white space collapsed."""
    read = {
        "FN": [card.name or "" for card in cards],
        "TEL": [number for card in cards for number in card.phones],
        "EMAIL": [address for card in cards for address in card.emails],
        "ORG": [card.organization or "" for card in cards],
    }[field]
    return [" ".join(text.split()) for text in read if text]


def plain(written: str, *, is_org: bool) -> str:
    """What the manifest has as written: quoted-printable decoded, backslashes taken out, the first part of a list."""
    if re.match(r"=[0-9A-F]{2}", written):
        written = binascii.a2b_qp(written.encode()).decode("utf-8", "replace").rstrip("\ufffd")
    text = written.partition(";")[0] if is_org else written
    return " ".join(re.sub(r"\\(.)", r"\1", text).split())


def tallies(corpus: Path) -> list[Tally]:
    """Counts per field."""
    return counted("vcard", findings(corpus))
