"""`sieve`: rules for a team's mailbox, from the same files as everything else."""

from pathlib import Path

import click

from daemon.cli.house import config_option, settings_of
from daemon.cli.output import USAGE, fail, json_line, json_option, line

FORMS = ("sieve", "outlook", "gmail")


@click.command()
@click.argument("team")
@click.option("--site", help="Only mails of this site; default: of all that have the team.")
@click.option("--for", "form", type=click.Choice(FORMS), default="sieve", show_default=True, help="Which mailbox.")
@config_option
@json_option
def sieve(team: str, site: str | None, form: str, directory: Path, as_json: bool) -> None:
    """Write the rules of a team's mailbox: mails to act on in one folder, those for the files in another.

    For mail servers with Sieve a script; for Outlook and Gmail the steps to click. For example:
    sieve service > service.sieve; sieve service --for outlook.
    """
    from config.problems import nearest
    from templates.mailbox_rules import FORMS as WRITERS
    from templates.mailbox_rules import TeamMail

    settings = settings_of(directory)
    if site is not None and site not in settings.sites:
        meant = nearest(site, settings.sites) or f"known are {', '.join(settings.sites)}"
        fail(USAGE, f"there is no site '{site}', {meant}")
    sites = [one for one in settings.sites.values() if team in one.teams and site in (None, one.id)]
    if not sites:
        known = sorted({name for one in settings.sites.values() if site in (None, one.id) for name in one.teams})
        meant = nearest(team, known) or f"known are {', '.join(known)}"
        fail(USAGE, f"no site has a team '{team}', {meant}")
    host = settings.postroom.hostname
    mails = [TeamMail(list_id=f"{team}.{one.id}.{host}", desk=one.desk) for one in sites]
    text = WRITERS[form](team, mails)
    if as_json:
        json_line({"team": team, "sites": [one.id for one in sites], "for": form, "text": text})
    else:
        line(text.rstrip("\n"))


COMMANDS = (sieve,)
