"""Files that call themselves backups: read as a whole or refused, and never written beside their place."""

import hashlib
import io
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from daemon.keeping import archive
from daemon.keeping.archive import DATABASE, FORMAT, MANIFEST, Manifest, NoBackup

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CONTENT = {DATABASE: b"the database" * 1000, "config/postroom.toml": b"x = 1\n", "data/desk.key": b"k" * 32}


def nobody(*_: object) -> None:
    """Is told and says nothing."""


def manifest_of(packed: dict[str, Path], **others: object) -> Manifest:
    usual: dict[str, object] = {
        "format": FORMAT,
        "postroom": "0.1.0",
        "schema": "0001",
        "engine": "sqlite",
        "hostname": "postroom.muster.example",
        "taken_at": AT,
        "bytes": 12,
        "files": {name: archive.digest_of(path) for name, path in packed.items()},
        "tables": {},
        "left_out": [],
    }
    return Manifest(**{**usual, **others})  # type: ignore[arg-type]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for number, (name, content) in enumerate(CONTENT.items()):
        found[name] = tmp_path / f"source{number}"
        found[name].write_bytes(content)
    return found


@pytest.fixture
def backup(files: dict[str, Path], tmp_path: Path) -> Path:
    archive.pack(target := tmp_path / "a.tar", manifest_of(files), files, nobody)
    return target


@pytest.fixture
def unpack(tmp_path: Path) -> Callable[[Path], Path]:
    """Everything into a directory."""

    def run(file: Path) -> Path:
        home = tmp_path / "home" / "below"
        archive.unpack(file, lambda name: home / name, nobody)
        return home

    return run


def test_what_is_packed_comes_back(backup: Path, unpack: Callable[[Path], Path]) -> None:
    home = unpack(backup)
    assert {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()} == CONTENT
    assert {path.stat().st_mode & 0o777 for path in home.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in home.rglob("*") if path.is_dir()} == {0o700}
    assert backup.stat().st_mode & 0o777 == 0o600
    assert archive.read_manifest(backup).taken_at == AT


def test_a_backup_is_never_written_over(backup: Path, files: dict[str, Path]) -> None:
    before = backup.read_bytes()
    with pytest.raises(FileExistsError):
        archive.pack(backup, manifest_of(files), files, nobody)
    assert backup.read_bytes() == before


def test_every_altered_byte_of_a_member_shows(backup: Path, unpack: Callable[[Path], Path], tmp_path: Path) -> None:
    content = backup.read_bytes()
    for name, inside in CONTENT.items():
        at = content.index(inside) + len(inside) // 2
        altered = tmp_path / "altered.tar"
        altered.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(NoBackup, match=f"{name} was altered"):
            archive.unpack(altered, lambda _: None, nobody)


@pytest.mark.parametrize("kept", [0, 1, 511, 512, 1024, 3000, 5000, 14_000])
def test_a_torn_backup_is_refused(kept: int, backup: Path, unpack: Callable[[Path], Path]) -> None:
    backup.write_bytes(backup.read_bytes()[:kept])
    with pytest.raises(NoBackup):
        unpack(backup)


def test_other_files_are_refused(tmp_path: Path, unpack: Callable[[Path], Path]) -> None:
    other = tmp_path / "mail.eml"
    other.write_bytes(b"From: a@b.example\r\n\r\nx\r\n" * 500)
    with pytest.raises(NoBackup):
        unpack(other)


def forged(path: Path, manifest: Manifest, members: list[tarfile.TarInfo], content: bytes = b"evil") -> Path:
    with tarfile.open(path, "w") as tar:
        told = msgspec.json.encode(manifest)
        first = tarfile.TarInfo(MANIFEST)
        first.size = len(told)
        tar.addfile(first, io.BytesIO(told))
        for member in members:
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return path


def of_type(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../evil"),
        tarfile.TarInfo("/etc/evil"),
        tarfile.TarInfo("config/../../evil"),
        tarfile.TarInfo("config/./../../../evil"),
        tarfile.TarInfo("config//evil"),
        tarfile.TarInfo("config"),
        tarfile.TarInfo("other/evil"),
        tarfile.TarInfo("postroom.db/evil"),
        of_type("config/evil", tarfile.SYMTYPE, "/etc/passwd"),
        of_type("config/evil", tarfile.LNKTYPE, "postroom.db"),
        of_type("config/evil", tarfile.DIRTYPE),
        of_type("config/evil", tarfile.FIFOTYPE),
        of_type("data/evil", tarfile.CHRTYPE),
    ],
    ids=lambda info: f"{info.name}-{info.type.decode('latin-1')}",
)
def test_a_forged_member_is_written_nowhere(
    member: tarfile.TarInfo, tmp_path: Path, unpack: Callable[[Path], Path]
) -> None:
    manifest = manifest_of({}, files={member.name: hashlib.sha256(b"evil").hexdigest()})
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(NoBackup):
        unpack(forged(tmp_path / "forged.tar", manifest, [member]))
    (tmp_path / "forged.tar").unlink()
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("members", "files", "says"),
    [
        ([], {DATABASE: "0" * 64}, "postroom.db is missing"),
        ([DATABASE], {}, "not in its manifest"),
        ([DATABASE, DATABASE], None, "twice in it"),
        ([DATABASE, "config/a"], None, "not in its manifest"),
    ],
)
def test_manifest_and_members_must_fit(
    members: list[str], files: dict[str, str] | None, says: str, tmp_path: Path, unpack: Callable[[Path], Path]
) -> None:
    (tmp_path / "evil").write_bytes(b"evil")
    of_one = {DATABASE: archive.digest_of(tmp_path / "evil")}
    manifest = manifest_of({}, files=of_one if files is None else files)
    file = forged(tmp_path / "forged.tar", manifest, [tarfile.TarInfo(name) for name in members])
    with pytest.raises(NoBackup, match=says):
        unpack(file)


def test_a_newer_format_is_refused(tmp_path: Path) -> None:
    file = forged(tmp_path / "newer.tar", manifest_of({}, format=FORMAT + 1), [])
    with pytest.raises(NoBackup, match=f"its format is {FORMAT + 1}"):
        archive.read_manifest(file)
