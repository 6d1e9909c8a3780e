"""The effective settings: every value with where it comes from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from config.draft import Draft, Entry, TomlFile, read
from config.lookup import source_type
from config.masking import MASK
from config.models import Settings
from config.problems import Path
from config.types import Model, Secret

DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Value:
    """One effective value: dotted key, value as JSON, and `file:line`, `shipped N` or `default`."""

    key: str
    value: Any
    origin: str


def effective(settings: Settings) -> Iterator[Value]:
    """List every effective value, in the order of the files; secrets are masked.

    The files are read again for their line numbers, so this belongs to a command that has just loaded them.
    """
    draft = read(settings.directory)
    if draft.postroom is not None:
        yield from _entry("postroom", draft.postroom)
    yield from _named("unit", draft.units)
    yield from _named("site", draft.sites)
    yield from _site_defaults(settings, draft)
    yield from _named("source", draft.sources)
    yield from _source_defaults(settings, draft)
    for number, silence in enumerate(draft.silences, 1):
        yield from _entry(f"silence[{number}]", silence)
    for number, rule in enumerate(draft.rules, 1):
        yield from _entry(f"rule[{number}]", rule)
    for policy in draft.policies:
        yield from _entry(f"policy.{policy.path[1]}", policy)
    yield from _shipped_policies(settings)
    for name, text in settings.templates.items():
        yield Value(f"templates.{name}", f"{len(text.splitlines())} lines", f"templates/{name}:1")


def _named(table: str, entries: list[Any]) -> Iterator[Value]:
    for entry in entries:
        yield from _entry(f"{table}.{entry.model.id}", entry)


def _entry(prefix: str, entry: Entry[Any]) -> Iterator[Value]:
    yield from _model(prefix, entry.model, entry.file, entry.path)


def _model(prefix: str, model: Model, file: TomlFile, path: Path) -> Iterator[Value]:
    data = model.model_dump(mode="json", by_alias=True)
    for name, field in type(model).model_fields.items():
        key = field.alias or name
        yield from _value(f"{prefix}.{key}", getattr(model, name), data[key], file, (*path, key))


def _value(key: str, value: Any, data: Any, file: TomlFile, path: Path) -> Iterator[Value]:
    """Go down to single values and lists of them; what says nothing (None, empty) is left out."""
    if isinstance(value, Secret):
        yield Value(key, MASK, _origin(file, path))
    elif isinstance(value, Model):
        yield from _model(key, value, file, path)
    elif isinstance(value, tuple) and value and isinstance(value[0], Model):
        for index, element in enumerate(value):
            inner = f"{key}[{index + 1}]"
            yield from _value(inner, element, data[index], file, _element(file, path, index))
    elif isinstance(data, dict):
        for name, element in data.items():
            yield from _value(f"{key}.{name}", element, element, file, (*path, name))
    elif data not in (None, [], ()):
        yield Value(key, data, _origin(file, path))


def _element(file: TomlFile, path: Path, index: int) -> Path:
    """Where an element of a list stands; a single value may stand for a list of one."""
    return (*path, index) if (*path, index) in file.lines else path


def _origin(file: TomlFile, path: Path) -> str:
    return f"{file.name}:{file.lines[path]}" if path in file.lines else DEFAULT


def _site_defaults(settings: Settings, draft: Draft) -> Iterator[Value]:
    """The policy of each kind, where the site names none."""
    for entry in draft.sites:
        site = entry.model
        for kind, policy in settings.shipped[site.shipped].escalate.items():
            if kind not in site.escalate:
                yield Value(f"site.{site.id}.escalate.{kind}", policy, f"shipped {site.shipped}")


def _source_defaults(settings: Settings, draft: Draft) -> Iterator[Value]:
    """What comes with the type of each source, where the source does not say it."""
    for entry in draft.sources:
        source = entry.model
        site = settings.sites.get(source.site or "")
        known = source_type(settings, source, site)
        origin = f"shipped {site.shipped if site else max(settings.shipped)}"
        for key, own, value in (
            ("from", source.senders, list(known.domains)),
            ("kind", source.kind, known.kind),
            ("language", source.language, known.language),
            ("silence", source.silence, str(known.silence)),
        ):
            if value and not own:
                yield Value(f"source.{source.id}.{key}", value, origin)


def _shipped_policies(settings: Settings) -> Iterator[Value]:
    """The steps of the shipped policies, in the versions that sites use, unless the admin's replace them."""
    for version in sorted({site.shipped for site in settings.sites.values()}):
        shipped = settings.shipped[version]
        for name in [name for name in shipped.policy if name not in settings.policies]:
            for step in shipped.policy[name].step:
                for key, value in step.model_dump(mode="json", exclude={"name"}).items():
                    yield Value(f"policy.{name}.{step.name}.{key}", value, f"shipped {version}")
