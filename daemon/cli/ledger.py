"""`ledger`: is every accepted mail accounted for?"""

from pathlib import Path

import click

from daemon.cli.house import config_option, now_of, place_of, store_of
from daemon.cli.output import FINDINGS, counted, finish, json_line, json_option, line, table


@click.command()
@config_option
@json_option
def ledger(directory: Path, as_json: bool) -> None:
    """Count accepted mails by fate and source, and check the evidence of each.

    No gap and no broken link in any chain, bytes present and unchanged, for every fate its proof, nothing unread for
    ten minutes. Each finding is named; with one the exit code is 1. --json prints {"fate", "source", "mails"} for
    each row of the table and {"finding", "where"} for each finding.
    """
    from daemon.store import evidence

    place = place_of(directory)
    with store_of(place) as store, store.read() as connection:
        rows = evidence.summary(connection)
        if as_json:
            for fate, source, mails in rows:
                json_line({"fate": fate, "source": source, "mails": mails})
        else:
            table("Accepted mails", ("Fate", "Source", "Mails"), [*rows, ("all", None, sum(row[2] for row in rows))])
        number = 0
        for number, found in enumerate(evidence.check(connection, now_of(place)), 1):  # noqa: B007 - used below
            if as_json:
                json_line({"finding": found.what, "where": found.where})
            else:
                line(f"{found.where}: {found.what}", style="red")
    if not as_json:
        line(counted(number, "finding"))
    finish(FINDINGS if number else 0)


COMMANDS = (ledger,)
