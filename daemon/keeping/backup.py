"""Make a backup beside the running daemon, and prove it by bringing it back in a scratch place."""

import shutil
from datetime import datetime
from pathlib import Path

import msgspec

from daemon.keeping import archive
from daemon.keeping.archive import DATABASE, FORMAT, Manifest
from daemon.keeping.belongings import TooMuch, belongings, is_within_configuration, left_out
from daemon.keeping.scratch import scratch
from daemon.shift import Place, database_url
from daemon.store import copying, snapshots
from daemon.store.copying import Told
from daemon.store.engine import database_file
from daemon.store.schema import HEAD
from daemon.store.streams import Finding
from daemon.versions import versions


class Proof(msgspec.Struct, frozen=True):
    """What became of a backup that was brought back."""

    differs: list[str]
    """Tables that are not as they were; `postroom.db` where the file itself is damaged."""
    findings: list[Finding]
    """What the ledger finds in it. A true copy has those of the installation."""

    @property
    def holds(self) -> bool:
        """Whether all is well."""
        return not self.differs and not self.findings


def back_up(settings: Place, target: Path, now: datetime, told: Told) -> tuple[Manifest, Proof]:
    """Write a backup; it stands at `target` only if it is a true copy.

    Args:
        settings: Whose installation.
        target: A file that does not exist.
        now: UTC.
        told: Is told what is being done and how far it is: pages and bytes, or rows of a table.

    Raises:
        FileExistsError: There is something at the target.
        NotADirectoryError: It is to lie in none.
        OSError: It cannot be written.
        TooMuch: See `belongings`; or the target is among them, where each backup would hold all before it.
        sqlalchemy.exc.SQLAlchemyError: The database cannot be read.
    """
    _demand_free(target)
    if is_within_configuration(settings, target):
        raise TooMuch(f"what lies in {target.parent} belongs to the configuration: keep backups elsewhere")
    if not target.parent.is_dir():
        raise NotADirectoryError(f"{target.parent} is no directory")
    with scratch(target.parent) as place:
        unfinished = place / "unfinished"
        manifest = _write(settings, place, unfinished, now, told)
        proof = prove(unfinished, manifest, place / "proof", told)
        if not proof.differs:
            _publish(unfinished, target)
    return manifest, proof


def _demand_free(target: Path) -> None:
    if target.exists():
        raise FileExistsError(f"{target} is there already")


def _publish(file: Path, target: Path) -> None:
    """Give a backup its name, unless another has taken it meanwhile."""
    try:
        target.hardlink_to(file)
    except OSError:  # taken, or a file system that has no links
        _demand_free(target)
        file.replace(target)
    archive.sync(target.parent)


def prove(file: Path, manifest: Manifest, place: Path, told: Told) -> Proof:
    """Bring a backup back in a scratch place, and compare it with what was read of the database when it was taken."""
    back = place / DATABASE
    try:
        archive.unpack(file, lambda name: back if name == DATABASE else None, told)
    except archive.NoBackup as error:
        return Proof([str(error)], [])
    if not snapshots.is_sound(back):
        return Proof([DATABASE], [])
    url = f"sqlite:///{back}"
    return Proof(
        copying.differing(manifest.tables, snapshots.contents_of(url, told)),
        snapshots.findings_of(url),
    )


def _write(settings: Place, place: Path, target: Path, now: datetime, told: Told) -> Manifest:
    url, copy = database_url(settings), place / DATABASE
    tables = snapshots.take(url, copy, told)
    members = {DATABASE: copy, **_copied(belongings(settings), place / "files")}
    manifest = Manifest(
        format=FORMAT,
        postroom=versions()["postroom"],
        schema=HEAD,
        engine="sqlite" if database_file(url) is not None else "postgresql",
        hostname=settings.postroom.hostname,
        taken_at=now,
        bytes=copy.stat().st_size,
        files={name: archive.digest_of(path) for name, path in members.items()},
        tables=tables,
        left_out=left_out(settings),
    )
    archive.pack(target, manifest, members, told)
    copy.unlink()
    return manifest


def _copied(files: dict[str, Path], into: Path) -> dict[str, Path]:
    """As they are now: somebody may be writing to them."""
    found = {}
    for number, (name, path) in enumerate(files.items()):
        found[name] = into / str(number)
        into.mkdir(mode=0o700, exist_ok=True)
        shutil.copyfile(path, found[name])
    return found
