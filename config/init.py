"""The configuration to start from: a copy of the commented example."""

from importlib.resources import as_file, files
from pathlib import Path
from shutil import copytree


def initialise(target: Path) -> list[Path]:
    """Copy the example group to a new or empty directory.

    Args:
        target: Where the configuration is to stand.

    Returns:
        The files written, in order.

    Raises:
        FileExistsError: Something is there already; nothing is changed.
        OSError: The directory cannot be written.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise FileExistsError(f"{target} is not empty: nothing was changed")
    with as_file(files("config") / "example") as example:
        copytree(example, target, dirs_exist_ok=True, ignore=_leftovers)
    return sorted(path for path in target.rglob("*") if path.is_file())


def _leftovers(_folder: str, names: list[str]) -> set[str]:
    """What a daemon that was tried out in the example itself has left there."""
    return {"data", "mail-out", "__pycache__"} & set(names)
