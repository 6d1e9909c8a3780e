"""What belongs to an installation beside its database: files of the configuration, keys, secrets elsewhere."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from config.types import Secret
from daemon.keeping.archive import CONFIG, DATA, MOST_FILE_BYTES, MOST_FILES
from daemon.shift import Place, data_directory

DESK_KEY = "desk.key"
MAILDIR = "maildir:"


class TooMuch(Exception):  # noqa: N818 - a verdict
    """Something in the configuration directory is no configuration."""


def belongings(settings: Place) -> dict[str, Path]:
    """Member of a backup -> where the file stands.

    Raises:
        TooMuch: As it says.
    """
    home, data = settings.directory.resolve(), data_directory(settings)
    if data == home:
        raise TooMuch(f"{home} is both configuration and data directory: give the data a directory of its own")
    found = {f"{CONFIG}{path.relative_to(home).as_posix()}": path for path in _files(settings, home)}
    for path in found.values():
        if path.stat().st_size > MOST_FILE_BYTES:
            raise TooMuch(f"{path} is no configuration: it is larger than {MOST_FILE_BYTES >> 20} MiB")
    if len(found) > MOST_FILES:
        raise TooMuch(f"{home} holds {len(found)} files; at most {MOST_FILES} are taken for a configuration")
    if (data / DESK_KEY).is_file():
        found[f"{DATA}{DESK_KEY}"] = data / DESK_KEY
    return found


def left_out(settings: Place) -> list[str]:
    """Where secrets and keys stand that the settings name and a backup does not hold; never what they are."""
    home = settings.directory.resolve()
    return sorted({place for place in _places(settings.postroom) if not _is_within(place, home)})


def is_within_configuration(settings: Place, file: Path) -> bool:
    """Whether a file in that place would belong to the configuration."""
    home = settings.directory.resolve()
    return file.parent.resolve() in {directory.resolve() for directory in _directories(home, _aside(settings, home))}


def _files(settings: Place, home: Path) -> Iterator[Path]:
    """Regular files, also by links."""
    for directory in _directories(home, _aside(settings, home)):
        yield from sorted(path for path in directory.iterdir() if path.is_file())


def _aside(settings: Place, home: Path) -> set[Path]:
    """Directories of mails: they may lie below the configuration, as in the example, and belong to no backup of it."""
    written = [relay.url.removeprefix(MAILDIR) for relay in settings.postroom.relay if relay.url.startswith(MAILDIR)]
    return {data_directory(settings), *((settings.directory / path).resolve() for path in written)} - {home}


def _directories(home: Path, seen: set[Path]) -> Iterator[Path]:
    """A directory and those in it, also by links, each once; not those seen, nor what version control keeps."""
    if home.resolve() in seen or home.name in (".git", ".hg"):
        return
    seen.add(home.resolve())
    yield home
    for path in sorted(home.iterdir()):
        if path.is_dir():
            yield from _directories(path, seen)


def _places(value: Any) -> Iterator[str]:
    match value:
        case Secret():
            if value.env is not None:
                yield f"environment variable {value.env}"
            elif value.credential is not None:
                yield f"credential {value.credential}"
            else:
                yield str(value.file)
        case BaseModel():
            for name in type(value).model_fields:
                yield from _places(getattr(value, name))
        case Path():
            if value.is_file():
                yield str(value)
        case Mapping():
            for one in value.values():
                yield from _places(one)
        case list() | tuple():
            for one in value:
                yield from _places(one)


def _is_within(place: str, home: Path) -> bool:
    path = home / place
    return path.is_relative_to(home) and path.is_file()
