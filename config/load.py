"""Read a configuration directory: the settings, or everything that is wrong with them."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from config.addresses import check_addresses
from config.clocks import check_clocks
from config.controllers import check_controllers
from config.defaults import shipped_versions
from config.draft import Draft, Entry, read
from config.links import check_links
from config.machine import Postroom
from config.models import Settings, Test
from config.outside import check_outside, check_tests
from config.problems import Problem
from config.reach import check_reach
from config.silences import check_silences
from config.types import Model

TEMPLATE_LIMIT = 1 << 20
"""Bytes of one template."""
Check = Callable[[Settings], Iterable[Problem]]
"""A check that another part adds, such as compiling the templates."""


def load(directory: Path) -> tuple[Settings | None, list[Problem]]:
    """Read and check a configuration; nothing of a running daemon is touched.

    Args:
        directory: Where postroom.toml lies; relative paths in the files count from it.

    Returns:
        The settings and no problems, or None and every problem of all files, sorted by file and line.
    """
    draft = read(directory.absolute())
    checks = (
        *(check_links, check_addresses, check_clocks, check_controllers, check_silences),
        *(check_reach, check_outside, _some_site),
    )
    found = chain.from_iterable(check(draft) for check in checks)
    draft.problems += [problem for problem in found if not draft.follows(problem)]
    templates = dict(_templates(draft))
    if draft.problems or draft.postroom is None:
        return None, _sorted(draft.problems)
    settings = _settings(draft, draft.postroom, templates)
    problems = _sorted(check_tests(draft, settings))
    return (None, problems) if problems else (settings, [])


def check(directory: Path, checks: Iterable[Check] = ()) -> tuple[Settings | None, list[Problem]]:
    """Load a configuration and run the checks of other parts on it.

    The settings come back even if those checks find something, so that tests can still be run on them.
    """
    settings, problems = load(directory)
    if settings is not None:
        problems = _sorted(chain.from_iterable(further(settings) for further in checks))
    return settings, problems


def canonical(settings: Settings) -> str:
    """Write settings as JSON with sorted keys and without blanks; without the directory, which is not a setting."""
    data = settings.model_dump(mode="json", by_alias=True, exclude={"directory", "digest"})
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _sorted(problems: Iterable[Problem]) -> list[Problem]:
    return sorted(set(problems), key=lambda p: (p.file != "postroom.toml", p.file, p.line, p.key, p.what))


def _some_site(draft: Draft) -> Iterator[Problem]:
    if not draft.sites and draft.whole("sites"):
        yield Problem("sites.toml", 1, "site", "no site is configured", "write [[site]]")


def _templates(draft: Draft) -> Iterator[tuple[str, str]]:
    """Read the admin's templates by their name below templates/."""
    top = draft.directory / "templates"
    for path in sorted(p for p in top.rglob("*") if p.is_file() and not p.name.startswith(".")):
        name = path.relative_to(draft.directory).as_posix()
        try:
            if path.stat().st_size > TEMPLATE_LIMIT:
                draft.problems.append(Problem(name, 1, "", f"is larger than {TEMPLATE_LIMIT} bytes"))
                continue
            yield path.relative_to(top).as_posix(), path.read_text("utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            draft.problems.append(Problem(name, line, "", "is not UTF-8 text"))
        except OSError as error:
            draft.problems.append(Problem(name, 1, "", f"cannot be read: {error.strerror}"))


def _settings(draft: Draft, main: Entry[Postroom], templates: dict[str, str]) -> Settings:
    settings = Settings(
        directory=draft.directory,
        postroom=main.model,
        units={entry.model.id: entry.model for entry in draft.units},
        sites={entry.model.id: entry.model for entry in draft.sites},
        sources={entry.model.id: entry.model for entry in draft.sources},
        silences=tuple(entry.model for entry in draft.silences),
        rules=tuple(entry.model for entry in draft.rules),
        policies={str(entry.path[1]): entry.model for entry in draft.policies},
        shipped=shipped_versions(),
        templates=templates,
        tests=tuple(entry.model for entry in draft.tests),
        digest="",
    )
    home = draft.directory
    tests = tuple(_test(home, test) for test in settings.tests)
    effective = settings.model_copy(update={"postroom": _at_home(home, main.model), "tests": tests})
    return effective.model_copy(update={"digest": hashlib.sha256(canonical(effective).encode()).hexdigest()})


def _at_home(home: Path, main: Postroom) -> Postroom:
    """Make the paths of postroom.toml absolute."""
    relays = tuple(relay.model_copy(update={"url": _maildir(home, relay.url)}) for relay in main.relay)
    found: Postroom = _absolute(home, main.model_copy(update={"relay": relays}))
    return found


def _absolute(home: Path, value: Any) -> Any:
    """The same value with every path in it counted from the configuration directory."""
    match value:
        case Path():
            return _resolve(home, value)
        case tuple():
            return tuple(_absolute(home, one) for one in value)
        case Model():
            return value.model_copy(
                update={name: _absolute(home, getattr(value, name)) for name in type(value).model_fields}
            )
        case _:
            return value


def _maildir(home: Path, url: str) -> str:
    scheme, _, rest = url.partition(":")
    return f"maildir:{_resolve(home, Path(rest))}" if scheme == "maildir" else url


def _test(home: Path, test: Test) -> Test:
    return test.model_copy(update={"mail": home / test.mail})


def _resolve(home: Path, path: Path | None) -> Path | None:
    return None if path is None else home / path
