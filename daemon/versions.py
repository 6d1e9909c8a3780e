"""What a decision depends on beside the settings: versions of our code and of the data it uses."""

from importlib.metadata import PackageNotFoundError, version

from rules.kpi import CURRENT


def versions() -> dict[str, str]:
    """Version by distribution, and that of what `handled in time` means (`rules.kpi.DEFINITIONS`)."""
    found = {"handled-in-time": str(CURRENT.version)}
    for name in ("postroom", "holidays", "tzdata", "phonenumbers", "Jinja2"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
