"""A backup comes to its name by itself, and its scratch place is its own."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from daemon.keeping.backup import back_up
from daemon.seams import wall_now

SWEPT = """
import os, shutil, sys
from pathlib import Path
from daemon.keeping.scratch import PREFIX, scratch

swept = []

def sweep(event, told):
    path = str({path}) if event == {event!r} and not swept else ""
    if PREFIX in path:
        swept.append(path)
        shutil.rmtree(path)

sys.addaudithook(sweep)
with scratch(Path(sys.argv[1])) as place:
    assert [str(place)] != swept
    (place / "file").write_text("kept")
assert swept
"""


def test_of_two_backups_at_once_to_one_file_the_first_stays(post_room: Any, tmp_path: Path) -> None:
    target = tmp_path / "a.backup"

    def another(*_: object) -> None:
        target.write_text("the first")

    with pytest.raises(FileExistsError, match="is there already"):
        back_up(post_room.settings, target, wall_now(), another)
    assert target.read_text() == "the first"
    assert [path.name for path in tmp_path.iterdir() if "scratch" in path.name] == []


@pytest.mark.parametrize(
    ("event", "path"), [("open", "told[0]"), ("fcntl.flock", "os.readlink(f'/proc/self/fd/{told[0]}')")]
)
def test_what_another_sweeps_before_it_is_held_is_made_again(tmp_path: Path, event: str, path: str) -> None:
    """It was made and not held yet, or open and not locked."""
    program = SWEPT.format(event=event, path=path)
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
