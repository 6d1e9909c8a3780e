"""The file of a backup: a tar with a manifest, the database and the files that belong to it.

    manifest.json       what is in it, see `Manifest`
    postroom.db         the database as SQLite, whatever engine it was taken from
    config/...          the files of the configuration directory
    data/desk.key       the key of the desk's tokens, where the daemon made its own

A backup holds mails and secrets: nobody but its owner may read it.
"""

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from daemon.store.copying import Content

FORMAT = 1
MANIFEST, DATABASE, CONFIG, DATA = "manifest.json", "postroom.db", "config/", "data/"
MOST_MANIFEST = 16 << 20
MOST_FILES = 10_000
MOST_FILE_BYTES = 64 << 20
"""Of a file that is not the database."""
CHUNK = 1 << 20

Told = Callable[[str, int], object]


class NoBackup(Exception):  # noqa: N818 - a verdict
    """The file is none of ours, not whole, or was altered; the text says what is wrong."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a backup."""

    format: int
    postroom: str
    """Version of the program that made it."""
    schema: str
    engine: str
    """What the database was: `sqlite` or `postgresql`."""
    hostname: str
    taken_at: datetime
    bytes: int
    """Size of the database in it."""
    files: dict[str, str]
    """Name of each member -> SHA-256 of its bytes."""
    tables: dict[str, Content]
    left_out: list[str]
    """What belongs to the installation and is not in here: where secrets stand that it names."""


def pack(target: Path, manifest: Manifest, members: Mapping[str, Path], told: Told) -> None:
    """Write a new file, readable by our user alone, and sync it."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            content = msgspec.json.format(msgspec.json.encode(manifest))
            tar.addfile(_member(MANIFEST, len(content), manifest.taken_at), io.BytesIO(content))
            for name, path in members.items():
                with path.open("rb") as source:
                    size = os.fstat(source.fileno()).st_size
                    tar.addfile(_member(name, size, manifest.taken_at), _Counted(source, told))
        out.flush()
        os.fsync(out.fileno())


def read_manifest(file: Path) -> Manifest:
    """What a backup says of itself.

    Raises:
        NoBackup: As it says.
        OSError: It cannot be read.
    """
    with _opened(file) as tar:
        return _manifest(tar)


def unpack(file: Path, wanted: Callable[[str], Path | None], told: Told) -> Manifest:
    """Write members to where `wanted` says, readable by our user alone; each is compared with the manifest.

    Args:
        file: The backup.
        wanted: Where a member goes; None for nowhere.
        told: Is told how many bytes were read.

    Raises:
        NoBackup: It is not whole, or was altered. What was written until then is the caller's to take away.
        OSError: It cannot be read, or not written.
    """
    with _opened(file) as tar:
        manifest = _manifest(tar)
        left = dict(manifest.files)
        for member in _members(tar):
            digest = left.pop(member.name, None)
            if digest is None:
                raise NoBackup(f"{member.name} is not in its manifest, or twice in it")
            source = tar.extractfile(member)
            if source is None:
                raise NoBackup(f"{member.name} is no file")
            if _write(_Counted(source, told), wanted(member.name)) != digest:
                raise NoBackup(f"{member.name} was altered or is not whole")
        if left:
            raise NoBackup(f"{', '.join(sorted(left))} is missing")
        return manifest


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def sync(directory: Path) -> None:
    """Have the names in a directory on the disk, as `fsync` of a file has its bytes."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _opened:  # noqa: N801 - used like a function
    """A tar to read; what is wrong with it is a `NoBackup`."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def __enter__(self) -> tarfile.TarFile:
        try:
            self._tar = tarfile.open(self._file, mode="r:")
        except tarfile.TarError as error:
            raise NoBackup(f"{self._file} is no backup: {error}") from error
        return self._tar

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._tar.close()
        if isinstance(error, tarfile.TarError | EOFError):
            raise NoBackup(f"{self._file} is not whole: {error}") from error


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    source = tar.extractfile(first) if first is not None and first.name == MANIFEST and first.isreg() else None
    if source is None or first is None or first.size > MOST_MANIFEST:
        raise NoBackup("it does not begin with a manifest of ours")
    try:
        manifest = msgspec.json.decode(source.read(), type=Manifest)
    except msgspec.DecodeError as error:
        raise NoBackup(f"its manifest cannot be read: {error}") from error
    if manifest.format != FORMAT:
        raise NoBackup(f"its format is {manifest.format}, this program knows {FORMAT}")
    return manifest


def _members(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Those behind the manifest. Names lead nowhere but into the backup's own folders."""
    for number, member in enumerate(iter(tar.next, None)):
        known = member.name == DATABASE or member.name.startswith((CONFIG, DATA))
        astray = {"", ".", ".."} & set(member.name.split("/"))
        if not member.isreg() or not known or astray or number > MOST_FILES:
            raise NoBackup(f"{member.name[:200]!r} is nothing that a backup holds")
        yield member


def _member(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(at.timestamp())
    return info


def _write(source: "_Counted", target: Path | None) -> str:
    seen = hashlib.sha256()
    if target is None:
        while part := source.read(CHUNK):
            seen.update(part)
        return seen.hexdigest()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        while part := source.read(CHUNK):
            seen.update(part)
            out.write(part)
        out.flush()
        os.fsync(out.fileno())
    return seen.hexdigest()


class _Counted:
    """A file whose reader is watched."""

    def __init__(self, source: IO[bytes], told: Told) -> None:
        self._source = source
        self._told = told
        self._read = 0

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        part = self._source.read(size)
        self._read += len(part)
        self._told("bytes", self._read)
        return part
