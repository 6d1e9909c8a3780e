"""What a decision depends on beside the settings: versions of our code and of the data it uses."""

from importlib.metadata import PackageNotFoundError, version


def versions() -> dict[str, str]:
    """Version by distribution."""
    found = {}
    for name in ("postroom", "holidays", "tzdata", "phonenumbers", "Jinja2"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
