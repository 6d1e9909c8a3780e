"""What the worker asks of the reader, and what it answers; apart from both, so that the reader imports no more."""

import msgspec

from parsers.enclosures import Enclosures
from parsers.proposal import Proposal
from parsers.records import Hints, Parsed
from templates.model import Rendered, RenderJob
from templates.reports import ReportJob


class Parse(msgspec.Struct, frozen=True, tag="parse"):
    """A mail to be read."""

    raw: bytes
    hints: Hints


class Learn(msgspec.Struct, frozen=True, tag="learn"):
    """Samples of one source to be compared."""

    samples: tuple[bytes, ...]
    hints: Hints


class Render(msgspec.Struct, frozen=True, tag="render"):
    """A mail to be written."""

    job: RenderJob
    enclosing: bytes | None = None
    """The mail whose attachments go along."""
    subject_only: bool = False
    """For a simulation, which shows no more of a mail."""


class RenderReport(msgspec.Struct, frozen=True, tag="report"):
    """A report to be written."""

    job: ReportJob


class Templates(msgspec.Struct, frozen=True, tag="templates"):
    """The admin's templates from here on."""

    overrides: dict[str, str]


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a request; `error` says why nothing did."""

    parsed: Parsed | None = None
    rendered: Rendered | None = None
    enclosures: Enclosures = Enclosures()
    """What goes along with the rendered mail; also where its template failed."""
    proposal: Proposal | None = None
    error: str | None = None


Request = Parse | Learn | Render | RenderReport | Templates
