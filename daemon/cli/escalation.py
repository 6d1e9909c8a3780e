"""`escalation`: what happens when nobody acts."""

from pathlib import Path

import click

from daemon.cli.house import config_option, settings_of
from daemon.cli.output import USAGE, fail, json_option


@click.group()
def escalation() -> None:
    """Look at what happens when nobody acts."""


@escalation.command()
@click.option("--open", "is_open", is_flag=True, help="What a change of hours or policies would move of what is open.")
@click.option("--site", help="Only of this site.")
@click.option("--move", is_flag=True, help="With --open: move it, after a question.")
@click.option("--yes", is_flag=True, help="With --move: do not ask.")
@click.option("--reason", metavar="TEXT", help="With --move: why; kept in each record's history.")
@config_option
@json_option
def show(
    is_open: bool, site: str | None, move: bool, yes: bool, reason: str | None, directory: Path, as_json: bool
) -> None:
    """Show what the settings as they are now would move of the open deadlines.

    Each is counted anew from where it began, in the hours and with the steps that are now configured; old and new time
    stand side by side, with the arithmetic of both. Nothing moves by itself: --move does it, as an action on each
    record.
    """
    from daemon.cli.escalation_open import show_open

    if not is_open:
        fail(USAGE, "say --open")
    show_open(settings_of(directory), site, move=move, yes=yes, reason=reason, as_json=as_json)


COMMANDS = (escalation,)
