"""docs/configuration.md names every key of every file, in the part that is about its table."""

import re
from pathlib import Path

import pytest

from config import machine, models
from config.defaults import shipped_versions
from config.fields import FORM_FIELDS, LEFT_OUT
from config.types import Model, Secret

PAGE = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text("utf-8")
PARTS = {part.splitlines()[0]: part for part in re.split(r"^#+ ", PAGE, flags=re.MULTILINE) if part.strip()}
TABLES: list[tuple[type[Model], str, str]] = [
    (machine.Smtp, "`[smtp]`", ""),
    (machine.User, "`[smtp]`", ""),
    (machine.Imap, "`[[imap]]`", ""),
    (machine.Oauth, "`oauth`", ""),
    (machine.Relay, "`[[relay]]`", ""),
    (machine.Dkim, "`[[dkim]]`", ""),
    (machine.Outgoing, "`[outgoing]`", ""),
    (machine.Brakes, "`[brakes]`", ""),
    (machine.Monitor, "`[monitor]`", ""),
    (machine.Retention, "`[retention]`", ""),
    (models.PlannedSilence, "silences.toml", ""),
    (machine.Limits, "`[limits]`", ""),
    (machine.Desk, "`[desk]`", "desk."),
    (machine.Health, "`[desk]`", "health."),
    (machine.Log, "`[desk]`", "log."),
    (machine.TestSeams, "`[desk]`", "test."),
    (models.Unit, "units.toml", ""),
    (models.Site, "sites.toml", ""),
    (models.Deputy, "`deputies`", ""),
    (models.SiteMail, "`[site.mail]`", ""),
    (models.SiteBooking, "`[site.booking]`", ""),
    (models.Source, "sources.toml", ""),
    (models.SourceLayout, "`[source.layout]`", ""),
    (models.BlockOfLines, "`[source.layout]`", ""),
    (models.Rule, "rules.toml", ""),
    (models.Notify, "`notify`", ""),
    (models.Conditions, "`when`", ""),
    (models.Policy, "escalation.toml", ""),
    (models.Step, "escalation.toml", ""),
    (models.Test, "Tests", ""),
]


def part(title: str) -> str:
    return next(text for heading, text in PARTS.items() if heading.startswith(title))


def keys(model: type[Model]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


@pytest.mark.parametrize(("model", "title", "prefix"), TABLES, ids=lambda value: getattr(value, "__name__", None))
def test_every_key_is_documented(model: type[Model], title: str, prefix: str) -> None:
    assert [key for key in keys(model) if f"`{prefix}{key}`" not in part(title)] == []


def test_every_field_of_a_layout_is_documented() -> None:
    assert [field for field in FORM_FIELDS - {LEFT_OUT} if f"`{field}`" not in part("`[source.layout]`")] == []


def test_every_key_of_the_installation_is_documented() -> None:
    sections = {
        "smtp", "imap", "relay", "dkim", "outgoing", "brakes", "limits", "monitor", "retention", "desk", "health",
        "log", "test",
    }  # fmt: skip
    assert [key for key in keys(machine.Postroom) if key not in sections and f"`{key}`" not in part("postroom")] == []
    assert all(f"[{section}]" in PAGE for section in sections)
    assert all(f"{{ {key} = " in PAGE for key in keys(Secret))


def test_every_shipped_name_is_documented() -> None:
    for shipped in shipped_versions().values():
        named = [known.name for known in shipped.type] + list(shipped.policy)
        assert [name for name in named if f"`{name}`" not in PAGE] == []
