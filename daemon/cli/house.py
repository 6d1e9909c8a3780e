"""What commands work on: the configuration, the store and the daemon that may run beside them."""

import getpass
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from daemon.cli.output import BAD_CONFIGURATION, TRY_AGAIN, USAGE, complain, counted, fail, finish

if TYPE_CHECKING:
    from config.machine import Postroom
    from config.models import PlannedSilence, Settings, Site
    from daemon.seams import Clock
    from daemon.shift import Place
    from daemon.store import Store

_PLACE = ("data", "database", "relay")
"""Of postroom.toml: without these nobody can tell where mails lie and go."""

F = TypeVar("F", bound=Callable[..., Any])


def config_option(command: F) -> F:
    """`-c DIR`: where the configuration stands."""
    return click.option(
        "-c",
        "--config",
        "directory",
        type=click.Path(path_type=Path, file_okay=False),
        envvar=["POSTROOM_CONFIG", "CONFIGURATION_DIRECTORY"],
        default=Path("/etc/postroom"),
        show_default=True,
        metavar="DIR",
        help="Directory of the configuration.",
    )(command)


def settings_of(directory: Path) -> "Settings":
    """The settings; or their problems are printed and the command ends."""
    from config.load import load

    settings, problems = load(directory)
    if settings is None:
        for problem in problems:
            complain(str(problem))
        complain(f"postroom: {counted(len(problems), 'problem')} in {directory}")
        finish(BAD_CONFIGURATION)
    return settings


class Rest(NamedTuple):
    """What is sound of a configuration with errors."""

    directory: Path
    postroom: "Postroom"
    sites: "Mapping[str, Site]"
    silences: "tuple[PlannedSilence, ...]"


def place_of(directory: Path) -> "Settings | Rest":
    """Where daemon and store are, also while the configuration has errors: that is when one wants to look."""
    from config.draft import MAIN, read
    from config.load import load

    settings, problems = load(directory)
    if settings is not None:
        return settings
    draft = read(directory.absolute())
    if draft.postroom is None or any((MAIN, key) in draft.unsound for key in _PLACE):
        return settings_of(directory)  # says what is wrong, and ends
    told = counted(len(problems), "problem")
    complain(f"postroom: {told} in {directory}, see `postroom check`; this goes on with what is sound")
    sites, silences = {one.model.id: one.model for one in draft.sites}, tuple(one.model for one in draft.silences)
    return Rest(directory.absolute(), draft.postroom.model, sites, silences)


@contextmanager
def store_of(settings: "Place") -> Iterator["Store"]:
    """The store beside a daemon that may run; trouble of the database ends the command."""
    from sqlalchemy.exc import SQLAlchemyError

    from daemon.shift import database_url
    from daemon.store import DriverMissing, StoreError, open_store
    from daemon.store.upgrade import schema_state

    url = database_url(settings)
    try:
        _demand_current(schema_state(url), url)
        store = open_store(url)
        try:
            yield store
        finally:
            store.close()
    except BrokenPipeError:  # whoever reads our output has enough
        raise
    except DriverMissing as error:
        fail(BAD_CONFIGURATION, str(error))
    except (SQLAlchemyError, StoreError, OSError) as error:
        fail(TRY_AGAIN, f"the database cannot be used now: {first_line(error)}")


def _demand_current(state: str, url: str) -> None:
    from daemon.store.engine import shown

    if state == "none":
        fail(TRY_AGAIN, f"there is no database yet ({shown(url)}): `postroom run` makes it")
    if state == "older":
        fail(BAD_CONFIGURATION, "the database is of an older version: back it up, then `postroom db upgrade`")
    if state == "newer":
        fail(BAD_CONFIGURATION, "the database was written by a newer version of Postroom, or its version row is gone")


def demand_known(settings: "Settings", address: str) -> None:
    """An address that the daemon would refuse cannot be explained either."""
    from config.lookup import site_of
    from config.problems import nearest

    if site_of(settings, address) == (None, None):
        meant = nearest(address, settings.recipients)
        fail(USAGE, f"{address} is the address of no source and of no desk{f', {meant}' if meant else ''}")


def now_of(settings: "Place") -> datetime:
    """The present time, in UTC."""
    return clock_of(settings).now()


def clock_of(settings: "Place") -> "Clock":
    """The clock; the one of tests counts where the configuration allows it."""
    from daemon.seams import Clock, SeamRefused, check_allowed

    try:
        check_allowed(enabled=settings.postroom.test.enabled)
    except SeamRefused as error:
        fail(BAD_CONFIGURATION, str(error))
    return Clock()


def wake(settings: "Place") -> bool:
    """Let a running daemon look at what was written; False without one: it is found at the next start."""
    from daemon.control import NotRunning, ask
    from daemon.shift import data_directory

    try:
        ask(data_directory(settings), {"do": "wake"})
    except NotRunning:
        return False
    return True


def remember(store: "Store", settings: "Settings", at: datetime) -> None:
    """Keep the settings that what is written now will name: the daemon may still run on older ones."""
    import json

    from config.load import canonical
    from daemon.store import messages
    from daemon.versions import versions

    told, content = json.dumps(versions()), canonical(settings).encode()
    store.write(lambda c: messages.keep_settings(c, settings.digest, told, content, at)).result()


def zone_of(settings: "Settings | Rest", site: str) -> str:
    """IANA zone of a site; UTC where it is the admin's own, no longer configured or wrong."""
    known = settings.sites.get(site)
    return known.timezone if known else "UTC"


def user() -> str:
    """Who sits at the keyboard, as far as the system knows."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""


def first_line(error: Exception) -> str:
    """What a driver or the system says, without its advice for programmers."""
    return (str(getattr(error, "orig", None) or error).splitlines() or [type(error).__name__])[0]
