"""docs/templates.md names everything that a template knows."""

import re
from pathlib import Path

import msgspec
import pytest

from parsers import records
from rules.model import Deadline, Done, Held, Notice, Passed, Record, Second, Thread
from templates.check import check
from templates.commands import Command
from templates.letter import Letter
from templates.model import MailCard, Rendered, RenderItem, SiteCard
from templates.purposes import PURPOSES
from templates.render import CONTEXT, REPORT_CONTEXT, Renderer
from templates.report_letter import Part, ReportLetter, Told
from templates.reports import REPORTS, ReportJob, Setting, SettingGroup, SilentSource
from templates.sample_reports import sample_report
from templates.samples import LEAD, sample_job
from templates.standing import Item
from templates.words import load_words

PAGE = (Path(__file__).parents[3] / "docs" / "templates.md").read_text(encoding="utf-8")
NAMED = {part for code in re.findall(r"`([^`]+)`", PAGE) for part in re.split(r"[^a-z_]+", code)}
SHAPES = [
    *(shape for shape in vars(records).values() if isinstance(shape, type) and issubclass(shape, records.Part)),
    *(Record, Notice, SiteCard, MailCard, RenderItem, Deadline, Done, Held, Passed, Second, Thread),
    *(ReportJob, SilentSource, SettingGroup, Setting),
]
NOT_FOR_TEMPLATES = (
    *(records.Answer, records.Command, records.FailedRecipient, records.Forwarded),
    *(records.Hints, records.Parsed, records.Shape),
)
SECTION = re.compile(r"^### ([a-z-]+)\n(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
SECTIONS = dict(SECTION.findall(PAGE))
OVERRIDE = re.compile(r"^    # ([a-z]+/[a-z.0-9-]+)\n((?:    .*\n|\n)+)", re.MULTILINE)


def written(renderer: Renderer, language: str, name: str) -> Rendered:
    for report in REPORTS:
        if name == report:
            return renderer.render_report(sample_report(language, report))
    return renderer.render(sample_job(language, name, LEAD))


@pytest.mark.parametrize("shape", [shape for shape in SHAPES if shape not in NOT_FOR_TEMPLATES])
def test_every_field_is_documented(shape: type[msgspec.Struct]) -> None:
    assert {field.name for field in msgspec.structs.fields(shape)} - NAMED == set()


def test_every_name_is_documented() -> None:
    assert (CONTEXT | set(Letter.__slots__) | {*Item._fields, *Command._fields}) - NAMED == set()
    assert (REPORT_CONTEXT | set(ReportLetter.__slots__) | {*Part._fields, *Told._fields}) - NAMED == set()


def test_every_table_of_words_is_documented() -> None:
    assert {name for name in load_words("en", {}) if f"`[{name}]`" not in PAGE} == set()


def test_every_purpose_has_a_section() -> None:
    assert SECTIONS.keys() == PURPOSES.keys() | set(REPORTS)


@pytest.mark.parametrize("purpose", sorted({*PURPOSES, *REPORTS}))
def test_the_override_of_a_section_works(purpose: str) -> None:
    """Each section shows a file of the admin's; it changes the mail that the section is about."""
    [(name, body)] = OVERRIDE.findall(SECTIONS[purpose])
    source = "\n".join(line.removeprefix("    ") for line in body.splitlines()) + "\n"
    language = name.split("/")[0]
    mine, shipped = (written(Renderer(own), language, purpose) for own in ({name: source}, {}))
    assert mine != shipped
    assert check({name: source}) == []
