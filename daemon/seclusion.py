"""The data directory is for the daemon's user alone: mails, customers and keys lie there."""

import os
import stat
from contextlib import suppress
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def keep_to_ourselves(data: Path) -> list[str]:
    """Close the data directory and the files in it to all other users, and make new ones closed from now on.

    Sockets are left as they are: who may connect is said elsewhere. So is a directory that is everybody's (`/tmp`).

    Args:
        data: The data directory.

    Returns:
        Names of what was open, `.` for the directory itself; what belongs to another user stays so, and is named, too.
    """
    os.umask(OTHERS)
    found = []
    for path in (data, *sorted(data.iterdir())):
        with suppress(FileNotFoundError):  # a command that ends meanwhile takes SQLite's log with it
            if _close(path, is_ours=path == data):
                found.append(str(path.relative_to(data)))
    return found


def make(file: Path) -> None:
    """Make an empty file that is closed to others, where there is none.

    What root makes belongs to whom the directory belongs, as with the files that SQLite makes: else the daemon, which
    is another user, could not use what a command of root's left behind.
    """
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        return
    try:
        hand_over(descriptor, file.parent)
    finally:
        os.close(descriptor)


def hand_over(file: Path | int, directory: Path) -> None:
    """Give a file that root has made to the owner of a directory; other users keep what they make."""
    if os.geteuid() == 0:
        owner = directory.stat()
        os.chown(file, owner.st_uid, owner.st_gid)


def _close(path: Path, *, is_ours: bool) -> bool:
    """Close a file, or a directory that is ours; whether it was open."""
    status = path.lstat()
    if not (is_ours if stat.S_ISDIR(status.st_mode) else stat.S_ISREG(status.st_mode)) or not status.st_mode & OTHERS:
        return False
    if not status.st_mode & stat.S_ISVTX and status.st_uid == os.geteuid():
        path.chmod(stat.S_IMODE(status.st_mode) & ~OTHERS)
    return True
