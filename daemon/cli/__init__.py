"""The command line: `postroom COMMAND [-c DIR]`. Commands import what is heavy only when they run."""

import logging
from typing import Any

import click

from daemon.cli import (
    configuring,
    escalation,
    history,
    importing,
    keeping,
    kpi,
    ledger,
    mails,
    person,
    quarantine,
    queue,
    records,
    reparse,
    running,
    sieve,
    silence,
    simulate,
    source,
    sources,
    stats,
)
from daemon.cli.output import INTERRUPTED, complain

ORDER = (
    running,
    configuring,
    source,
    sources,
    silence,
    sieve,
    mails,
    importing,
    records,
    history,
    person,
    escalation,
    simulate,
    reparse,
    ledger,
    queue,
    quarantine,
    stats,
    kpi,
    keeping,
)


class InOrder(click.Group):
    """Lists its commands in the order in which they are told."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of their groups."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Ctrl-C is no finding, and SQLAlchemy has nothing to say about a cursor that was cut off."""
        logging.getLogger("sqlalchemy").addHandler(logging.NullHandler())
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            complain("postroom: stopped by Ctrl-C")
            raise click.exceptions.Exit(INTERRUPTED) from None


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="postroom", message="postroom %(version)s")
def main() -> None:
    """The post room of a car dealer group: takes mail in, understands it, routes it, and keeps account of all of it.

    \b
    To begin:        postroom init DIR; postroom check -c DIR; postroom run -c DIR
    To try a mail:   postroom explain MAIL --to ADDRESS -c DIR     (nothing is stored, nobody is told)
    To follow one:   postroom send MAIL --to ADDRESS; postroom records; postroom why REF
    To be sure:      postroom ledger; postroom status

    The configuration stands in /etc/postroom, or where -c DIR, POSTROOM_CONFIG or CONFIGURATION_DIRECTORY say.
    Listings take --json and then print one object a line.

    Exit codes: 0 all is well, 1 something was found or refused, 2 wrong usage, 75 try again later, 78 the
    configuration is wrong, 130 stopped by Ctrl-C.
    """  # noqa: D301 - click wants the real character before lines that keep their breaks


for _part in ORDER:
    for _command in _part.COMMANDS:
        main.add_command(_command)

__all__ = ["main"]
