"""Sources taught by samples: what learning proposes, tried at once on the samples themselves, and written as a file."""

import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from config.defaults import shipped_versions
from config.models import Settings, Source, SourceLayout, SourceType
from config.sourcefile import Sample, comment, layout_tables, quoted, source_table, test_tables
from daemon.dryrun import DryRun, Json, Unreadable
from parsers.layout import Layout
from parsers.proposal import Proposal, Unmapped
from parsers.records import Hints

NO_SITE = "change-me"
"""Stands where the site of a source is still to be written."""
_TOKEN_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105 - what secret addresses are made of
_TOKEN_LENGTH = 12
_RESERVED = (".example", ".test", ".invalid", ".localhost", "example.com", "example.org", "example.net")
"""Domains that are nobody's (RFC 2606)."""
_OWN_NOTES = ("reply_to", "other address", "other number")
"""Keys of `extra` that the parsers add; they are no labels of the mail."""
_TESTED = 200
"""Characters of a value up to which a test demands it."""


class Wanted(NamedTuple):
    """What an admin says of a source that is to be made."""

    id: str | None = None
    site: str | None = None
    type: str | None = None


class Lesson(NamedTuple):
    """What was learned, and what is read from each sample with it."""

    source: Source
    proposal: Proposal
    mails: tuple[Json, ...]
    """As `parse --json` prints them."""


def learn(dry: DryRun, raws: Sequence[bytes], settings: Settings | None, wanted: Wanted) -> Lesson:
    """Compare samples and read them with what was found.

    Args:
        dry: Reads and compares.
        raws: The samples as received.
        settings: The configuration, if there is one.
        wanted: What the admin said of the source.

    Raises:
        Unreadable: The samples cannot be compared.
        ValueError: The source cannot be called so.
    """
    site = settings.sites.get(wanted.site) if settings and wanted.site else None
    hints = Hints(region=site.country if site else "DE")
    proposal = dry.propose(raws, hints)
    kind = _type(settings, wanted.type or _sender_type(settings, proposal.domains))
    language = proposal.layout.language or kind.language or (site.language if site else None)
    name = wanted.id or _name(proposal.domains, set(settings.sources) if settings else set())
    usual = kind.language or (site.language if site else None)
    given = {"id": name, "site": wanted.site or NO_SITE, "type": kind.name, "address": new_address(settings, name)}
    own_language = language if language != usual else None
    found = Source.model_validate({**given, "from": proposal.domains, "language": own_language})
    own = Hints(kind.name, hints.region, language, kind.kind, proposal.layout)
    return Lesson(found, proposal, tuple(_read(dry, raw, own, name) for raw in raws))


def _read(dry: DryRun, raw: bytes, hints: Hints, source: str) -> Json:
    try:
        return dry.parse_as(raw, hints, source)
    except Unreadable as error:
        return {"class": "person", "readings": [], "defects": [str(error)]}


def _type(settings: Settings | None, name: str) -> SourceType:
    """What comes with a type, in the newest shipped values."""
    shipped = settings.shipped if settings else shipped_versions()
    return next(known for known in shipped[max(shipped)].type if known.name == name)


def _sender_type(settings: Settings | None, domains: Sequence[str]) -> str:
    """The type that sends from these domains."""
    shipped = settings.shipped if settings else shipped_versions()
    types = shipped[max(shipped)].type
    return next((known.name for known in types if set(domains) & set(known.domains)), "generic")


def _name(domains: Sequence[str], taken: set[str]) -> str:
    """The word that a domain is known by, and a number where another source has it."""
    word = next(iter(domains), "source").partition(".")[0].lower()
    word = "".join(c if c.isascii() and c.isalnum() else "-" for c in word)[:40].strip("-") or "source"
    return next(name for n in count(1) if (name := word if n == 1 else f"{word}-{n}") not in taken)


def new_address(settings: Settings | None, name: str) -> str:
    """A secret address for a new source: nobody can guess it, so what comes in there is from whoever was told it."""
    domains = Counter(s.address.partition("@")[2].lower() for s in settings.sources.values()) if settings else Counter()
    domain = domains.most_common(1)[0][0] if domains else settings.postroom.hostname if settings else "leads.example"
    token = "".join(secrets.choice(_TOKEN_LETTERS) for _ in range(_TOKEN_LENGTH))
    readable = "".join(c if c.isalnum() else "." for c in name)[: 62 - _TOKEN_LENGTH].strip(".")
    return f"{readable}.{token}@{domain}"


def source_file(lesson: Lesson, samples: Sequence[str]) -> str:
    """The file of `sources.d/` for what was learned.

    Args:
        lesson: It.
        samples: The samples' files, relative to the configuration, in the order of the lesson.
    """
    source, proposal = lesson.source, lesson.proposal
    tests = [
        Sample(name, expected(mail))
        for number, (name, mail) in enumerate(zip(samples, lesson.mails, strict=True))
        if number in proposal.learned and not is_empty(mail)
    ]
    remarks = dict.fromkeys(proposal.by_value, "by its values: please check")
    remarks |= {label.label: _remark(label) for label in proposal.unmapped}
    head = comment(f"Learned from {len(proposal.learned)} samples. Change what is wrong, then: postroom check")
    layout = layout_tables(_as_config(proposal.layout), remarks)
    return "\n".join([head, source_table(source), layout, test_tables(source.address, tests)])


def _as_config(layout: Layout) -> SourceLayout:
    blocks = [{"after": block.after, "fields": block.fields} for block in layout.blocks]
    given = {key: getattr(layout, key) for key in ("labels", "subjects", "lines", "endings", "split", "noise")}
    return SourceLayout.model_validate({**given, "block": blocks})


def _remark(label: Unmapped) -> str:
    like = f", could be {label.like}" if label.like else ""
    return f"unmapped{like} (values: {', '.join(map(quoted, label.values))})"


def expected(mail: Json) -> dict[str, str]:
    """What a test demands of a mail: each short value that was read, under its path in `explain --json`."""
    return {
        f"readings.{number}.{path}": text
        for number, reading in enumerate(mail["readings"])
        for path, text in _values(reading)
        if len(text) <= _TESTED and "\n" not in text and "." not in path.partition("extra.")[2]
    }


def _values(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every value with its path, as the expectations of tests write it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if path or key not in ("origins", "alternatives", "source", "language"):
                yield from _values(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _values(inner, f"{path}.{number}")
    else:
        yield path, value if isinstance(value, str) else json.dumps(value)


def unknown_labels(mail: Json) -> dict[str, str]:
    """What stands in a mail under labels that have no field."""
    return {k: v for reading in mail["readings"] for k, v in reading.get("extra", {}).items() if k not in _OWN_NOTES}


def is_empty(mail: Json) -> bool:
    """Whether nothing was read of a mail but its text."""
    return all(reading["kind"] == "unsorted" for reading in mail["readings"])


def personal(mails: Sequence[Json]) -> list[tuple[int, str]]:
    """Samples that seem to be of real persons: mail addresses at domains that somebody owns, and whose they are."""
    found = []
    for number, mail in enumerate(mails):
        people = (reading.get("customer", {}) for reading in mail["readings"])
        addresses = [address for person in people for address in person.get("emails", ())]
        real = next((address for address in addresses if not address.lower().endswith(_RESERVED)), None)
        if real:
            found.append((number, real))
    return found


def write(directory: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write new files below the configuration; none if one of them exists.

    Args:
        directory: The configuration.
        files: Path relative to it -> content.

    Raises:
        FileExistsError: Something is there already; nothing was changed.
        OSError: It cannot be written; nothing is left behind.
    """
    paths = [directory / name for name in files]
    for path in paths:
        if path.exists():
            raise FileExistsError(f"{path} exists already: nothing was changed")
    written: list[Path] = []
    try:
        for path, content in zip(paths, files.values(), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                written.append(path)
                file.write(content)
            path.chmod(0o640)
    except OSError:
        remove(written)
        raise
    return written


def remove(paths: Sequence[Path]) -> None:
    """Take back what was written, and folders that are empty then."""
    for path in paths:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in paths}:
        with suppress(OSError):  # it holds something else
            folder.rmdir()
