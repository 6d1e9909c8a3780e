"""The documentation knows every command, every key and every metric, and its links lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click
import pytest
from pydantic import BaseModel

from config import models
from config.machine import Postroom
from daemon import health
from daemon.cli import main

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"])


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def keys(model: type[BaseModel]) -> Iterator[str]:
    """Keys of a table and of the tables in it, as an admin writes them."""
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in models_in(field.annotation):
            if inner is not model:
                yield from keys(inner)


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


SETTINGS = (models.Unit, models.Site, models.Source, models.Rule, models.Policy, models.Test, models.PlannedSilence)
TABLES = (Postroom, *SETTINGS)
COMMANDS = dict(commands(main))
KEYS = sorted({key for model in TABLES for key in keys(model)})
METRICS = sorted({name for name, _ in (*health.COUNTERS.values(), *health.GAUGES)})


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_heading_and_an_example(name: str) -> None:
    page = (DOCS / "commands.md").read_text("utf-8")
    headings = [part.strip() for line in re.findall(r"^### (.+)$", page, re.M) for part in line.split(",")]
    assert name in headings
    assert name.split()[0] in re.findall(r"^    \$ postroom (\S+)", page, re.M)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_worth_reading(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


@pytest.mark.parametrize("key", KEYS)
def test_every_key_is_described(key: str) -> None:
    page = (DOCS / "configuration.md").read_text("utf-8")
    assert re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", page)


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_described(metric: str) -> None:
    assert any(f"`{metric}" in page.read_text("utf-8") for page in PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
