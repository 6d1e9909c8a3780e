"""Outlook's winmail.dat: what is found inside, against what other readers of the format find there."""

from pathlib import Path

from parsers import read
from parsers.records import Parsed
from tests.corpus_report import Tally

EXPECTED: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "body.tnef": ("THE BILL OF RIGHTS", ()),
    "data-before-name.tnef": ("asdf", ("AUTOEXEC.BAT", "CONFIG.SYS", "boot.ini")),
    "garbage-at-end.tnef": (None, ()),
    "long-filename.tnef": ("I've attached a temp. license", ("allproductsmar2000.dat",)),
    "minimal_attachment.tnef": (None, ("attachment",)),
    "multi-name-property.tnef": (None, ()),
    "multi-value-attribute.tnef": ("You received a voice mail", ("208225__5_seconds__Voice_Mail.mp3",)),
    "one-file.tnef": (None, ("AUTHORS",)),
    "rtf.tnef": ("aafgag'alga'kgk", ()),
    "triples.tnef": ("Sample description", ()),
    "two-files.tnef": (None, ("AUTHORS", "README")),
    "unicode-mapi-attr.tnef": ("hello world", ("example.dat",)),
    "tnef-one-file.mbox": ("some body text", ("AUTHORS",)),
    "ukr.eml": ("шостий", ()),
}
"""File -> how the text begins, and the names of what is attached. Two files hold properties only."""

_HEAD = b"From: a@kunde.example\nMIME-Version: 1.0\nContent-Type: application/ms-tnef; name=winmail.dat\n\n"


def tallies(corpus: Path) -> list[Tally]:
    """Texts and attachments found."""
    counts = {"text": [0, 0, 0], "attachments": [0, 0, 0]}
    for name, (text, names) in EXPECTED.items():
        parsed = parsed_file(corpus, name)
        if text is not None:
            counts["text"][1 if not parsed.text else 0 if parsed.text.startswith(text) else 2] += 1
        found = [one.name for one in parsed.attachments if one.type != "application/ms-tnef"]
        for each in names:
            counts["attachments"][0 if each in found else 1] += 1
        counts["attachments"][2] += sum(each not in names for each in found)
    return [Tally("tnef", field, *numbers) for field, numbers in counts.items()]


def parsed_file(corpus: Path, name: str) -> Parsed:
    """What is read of a sample; a bare winmail.dat is put into a mail first."""
    path = next((corpus / "tnef").rglob(name))
    content = path.read_bytes()
    return read.parse(_HEAD + content if path.suffix == ".tnef" else content)
