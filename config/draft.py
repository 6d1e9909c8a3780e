"""The files of a configuration as read: every table that is well formed, and the problems of those that are not.

Each table is checked by itself, so one bad site neither hides the errors of the next nor makes rules that name it
look wrong.
"""

import errno
import re
import stat
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path as FilePath
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from config.locate import locate
from config.machine import Postroom
from config.models import PlannedSilence, Policy, Rule, Site, Source, Test, Unit
from config.partial import remainder
from config.problems import Path, Problem, nearest
from config.types import Model
from config.wording import said

M = TypeVar("M", bound=Model)
_SYNTAX = {
    "Illegal character '\\n'": "a text is not closed with a quote",
    "Cannot overwrite a value": "a key is given twice",
    "Unclosed inline table": "a closing } is missing, or a comma between two keys",
    "Unclosed array": "a closing ] is missing, or a comma between two values",
    "Invalid value": 'this is no value, write a text in straight quotes ("), a list in [ ], keys with values in { }',
    "Invalid statement": "this is neither key = value nor [[table]]",
    "Expected '=' after a key in a key/value pair": "write key = value",
    "Expected newline or end of document after a statement": "there is more on the line than key = value",
}
"""What tomllib says, and what it means to an admin."""
_BARE = re.compile(r"[A-Za-z0-9_-]+")
MAIN = "postroom.toml"
FILE_LIMIT = 8 << 20
"""Bytes of one file: ten times what a thousand sites take."""
TABLES: dict[str, dict[str, type[Model]]] = {
    "units": {"unit": Unit},
    "sites": {"site": Site},
    "sources": {"source": Source, "test": Test},
    "rules": {"rule": Rule, "test": Test},
    "escalation": {"policy": Policy},
    "silences": {"silence": PlannedSilence},
}
"""Stem of a file -> the tables it may hold; all but `policy` are lists."""


@dataclass
class TomlFile:
    """A file that tomllib accepts, with the places of its values."""

    name: str
    text: str
    data: dict[str, Any]

    @cached_property
    def lines(self) -> dict[Path, int]:
        """Line of every path; found only when an error or an origin is to be shown."""
        return locate(self.text)

    def line(self, path: Path) -> int:
        """Line of a path, or of the table around it if it is missing."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, what: str, meant: str | None = None) -> Problem:
        """Say what is wrong at a path."""
        real = real_path(self.data, path)
        return Problem(self.name, self.line(real), dotted(self.data, real), what, meant)


@dataclass(frozen=True)
class Entry(Generic[M]):
    """One well-formed table and where it stands."""

    file: TomlFile
    path: Path
    model: M

    def problem(self, path: Path, what: str, meant: str | None = None) -> Problem:
        """Say what is wrong at a path inside this table."""
        return self.file.problem(self.path + path, what, meant)


@dataclass
class Draft:
    """All tables of all files, before they are checked against each other."""

    directory: FilePath
    postroom: Entry[Postroom] | None = None
    units: list[Entry[Unit]] = field(default_factory=list)
    sites: list[Entry[Site]] = field(default_factory=list)
    sources: list[Entry[Source]] = field(default_factory=list)
    rules: list[Entry[Rule]] = field(default_factory=list)
    policies: list[Entry[Policy]] = field(default_factory=list)
    tests: list[Entry[Test]] = field(default_factory=list)
    silences: list[Entry[PlannedSilence]] = field(default_factory=list)
    files: list[TomlFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    named: dict[str, set[str]] = field(default_factory=dict)
    """Table -> ids of tables that are not well formed: known, but nothing can be said of them."""
    unread: set[str] = field(default_factory=set)
    """Stems of files that could not be read: what they hold is not known."""
    unsound: set[tuple[str, str]] = field(default_factory=set)
    """File and dotted key of values that are wrong in themselves: nothing follows from them."""

    def follows(self, problem: Problem) -> bool:
        """Whether a problem only follows from a value that is wrong in itself."""
        if not self.unsound:
            return False
        ends = [i for i, c in enumerate(problem.key) if c in ".["] + [len(problem.key)]
        return any((problem.file, problem.key[:end]) in self.unsound for end in ends)

    def whole(self, *stems: str) -> bool:
        """Whether every table of these files is well formed, so that a missing one is really missing."""
        return not any(stem in self.unread or self.named.get(table) for stem in stems for table in TABLES[stem])


def read(directory: FilePath) -> Draft:
    """Read every file of a configuration directory."""
    draft = Draft(directory)
    main = _parse(draft, directory / MAIN, MAIN)
    if main is not None:
        draft.postroom = _entry(draft, main, (), Postroom)
    for stem, tables in TABLES.items():
        for path in _parts(directory, stem):
            file = _parse(draft, path, stem)
            if file is not None:
                _take(draft, file, tables)
    return draft


def _parts(directory: FilePath, stem: str) -> Iterator[FilePath]:
    main = directory / f"{stem}.toml"
    if main.exists():
        yield main
    yield from sorted((directory / f"{stem}.d").glob("*.toml"))


def _parse(draft: Draft, path: FilePath, stem: str) -> TomlFile | None:
    name = path.relative_to(draft.directory).as_posix()
    line, what = 1, ""
    try:
        text = _content(path).decode("utf-8-sig")
        file = TomlFile(name, text, tomllib.loads(text))
    except FileNotFoundError:
        what = "the file is missing"
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
    except UnicodeDecodeError as error:
        line, what = error.object[: error.start].count(b"\n") + 1, "is not UTF-8 text"
    except tomllib.TOMLDecodeError as error:
        line, what = _syntax(str(error), text)
    except RecursionError:
        what = "is nested too deeply"
    else:
        draft.files.append(file)
        return file
    draft.unread.add(stem)
    draft.problems.append(Problem(name, line, "", what))
    return None


def _content(path: FilePath) -> bytes:
    """What a file holds.

    Raises:
        OSError: It cannot be read, is larger than we read, or is something else that would be waited for.
    """
    told = path.stat()
    if not stat.S_ISREG(told.st_mode):
        raise OSError(errno.EINVAL, "it is not a file")
    if told.st_size > FILE_LIMIT:
        raise OSError(errno.EFBIG, f"it is larger than {FILE_LIMIT >> 20} MiB")
    return path.read_bytes()


def _syntax(message: str, text: str) -> tuple[int, str]:
    match = re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", message, re.DOTALL)
    words = match[1] if match else message
    line = int(match[2]) if match and match[2] else text.rstrip().count("\n") + 1
    header = re.match(r"\s*\[\[\s*([A-Za-z]+)\s*\]\]", text.split("\n")[line - 1])
    if header and words == "Cannot overwrite a value":
        return line, f"is not valid TOML: [{header[1]}] stands further up, write it [[{header[1]}]] there, too"
    words = _SYNTAX.get(words, words)
    return line, f"is not valid TOML: {words[:1].lower()}{words[1:]}"


def _take(draft: Draft, file: TomlFile, tables: dict[str, type[Model]]) -> None:
    for key, value in file.data.items():
        model = tables.get(key)
        if model is None:
            draft.problems.append(file.problem((key,), "unknown key", nearest(key, tables)))
        elif key == "policy" and isinstance(value, dict):
            for name in value:
                _keep(draft, key, _entry(draft, file, (key, name), model))
        elif key != "policy" and isinstance(value, list):
            for index in range(len(value)):
                _keep(draft, key, _entry(draft, file, (key, index), model))
        else:
            header = f"[policy.NAME]" if key == "policy" else f"[[{key}]]"  # noqa: F541
            draft.problems.append(file.problem((key,), "is not written as it must be", f"write {header}"))
            draft.named.setdefault(key, set()).add("")


def _keep(draft: Draft, table: str, entry: Entry[Any] | None) -> None:
    if entry is not None:
        lists: dict[str, list[Any]] = {
            "unit": draft.units, "site": draft.sites, "source": draft.sources, "rule": draft.rules,
            "policy": draft.policies, "test": draft.tests, "silence": draft.silences,
        }  # fmt: skip
        lists[table].append(entry)


def _entry(draft: Draft, file: TomlFile, path: Path, model: type[M]) -> Entry[M] | None:
    """Check one table by itself; of a table with errors, what is sound is still checked against the others."""
    value: Any = file.data
    for key in path:
        value = value[key]
    try:
        return Entry(file, path, model.model_validate(value))
    except ValidationError as error:
        failure = error
    draft.problems.extend(_problems(file, path, failure, model))
    if path:
        name = path[1] if path[0] == "policy" else value.get("id", "") if isinstance(value, dict) else ""
        draft.named.setdefault(str(path[0]), set()).add(str(name))
    built, unsound = remainder(model, value, failure)
    draft.unsound |= {(file.name, dotted(file.data, (*path, key))) for key in unsound}
    return Entry(file, path, built) if built else None


def _problems(file: TomlFile, path: Path, failure: ValidationError, model: type[Model]) -> set[Problem]:
    errors = failure.errors(include_url=False)
    # A list whose elements are all wrong counts as empty: pydantic says both, one is enough.
    inner = {error["loc"][:-1] for error in errors} | {error["loc"][:-2] for error in errors}
    return {
        _problem(file, path, error, model)
        for error in errors
        if error["type"] != "too_short" or error["loc"] not in inner
    }


def _problem(file: TomlFile, path: Path, error: Any, model: type[Model]) -> Problem:
    what, meant = said(error, model)
    return file.problem(path + tuple(key for key in error["loc"] if key != "[key]"), what, meant)


def real_path(data: Any, path: Path) -> Path:
    """Drop the positions that a single value standing for a list does not have: `notify = { … }`."""
    real: Path = ()
    for key in path:
        if isinstance(key, int) and not isinstance(data, list):
            continue
        real = (*real, key)
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            data = None
    return real


def dotted(data: Any, path: Path) -> str:
    """Write a path for people: `site[berlin].hours.mon-fri`; list elements by id or name, else counted from 1."""
    text = ""
    for key in path:
        inner = data[key] if (isinstance(data, dict) and key in data) or (isinstance(key, int) and data) else None
        if isinstance(key, int):
            name = (inner.get("id") or inner.get("name")) if isinstance(inner, dict) else None
            text += f"[{name if isinstance(name, str) and name else key + 1}]"
        else:
            shown = key if _BARE.fullmatch(key) else f'"{key}"'
            text += f".{shown}" if text else shown
        data = inner
    return text
