"""`reparse`: kept mails through today's parsers, to look at and, if asked, to write."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from daemon.cli.house import config_option, now_of, remember, settings_of, store_of, user, wake
from daemon.cli.importing import Stop
from daemon.cli.output import FINDINGS, INTERRUPTED, OK, USAGE, counted, fail, finish, json_line, json_option, line
from daemon.cli.progress import display

if TYPE_CHECKING:
    from config.models import Settings
    from daemon.rereading import Again
    from daemon.store.rereading import Selection

FATES = ("opened", "unsorted", "quarantined", "automatic", "ignored", "bounce")


@click.command()
@click.option("--since", required=True, metavar="DATE", help="Mails received from then on: 2026-11-01, or with a time.")
@click.option("--until", metavar="DATE", help="And before then.")
@click.option("--source", metavar="ID", help="Only of this source.")
@click.option("--fate", type=click.Choice(FATES), help="Only with this fate; default: opened, quarantined, automatic.")
@click.option("--limit", type=click.IntRange(1), help="At most so many mails, the oldest.")
@click.option("--apply", "apply", is_flag=True, help="Write what differs; without it nothing is written.")
@config_option
@json_option
def reparse(
    since: str,
    until: str | None,
    source: str | None,
    fate: str | None,
    limit: int | None,
    apply: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Read kept mails again, by today's parsers and configuration, and show which fields would differ.

    With --apply records get a new revision; a field that a person has changed is left. Mails that could not be read, or
    were not understood, become records with the time at which they came in. Each team gets one mail about all of them.
    A second run finds nothing to do; one that was stopped goes on when it is started again.

    Ends with 1 if some mails could not be read again, 130 after Ctrl-C.
    """
    settings = settings_of(directory)
    wanted = _selection(settings, since, until, source, fate, limit)
    found, interrupted, number = _run(settings, wanted, apply=apply, as_json=as_json)
    if apply and any(one.done for one in found):
        wake(settings)
    told = _summary(found, number, apply=apply, interrupted=interrupted)
    if as_json:
        json_line({"summary": told})
    else:
        for one in found:
            _show(one)
        _show_summary(told)
    finish(INTERRUPTED if interrupted else FINDINGS if told["failed"] else OK)


def _run(settings: "Settings", wanted: "Selection", *, apply: bool, as_json: bool) -> tuple[list["Again"], bool, int]:
    """What differs, whether it was interrupted, how many mails were read."""
    from daemon.desk.plan import Late
    from daemon.rereading import Rereading
    from daemon.shift import desk_keys
    from daemon.store import rereading

    found: list[Again] = []
    late = Late(user(), now_of(settings))
    with store_of(settings) as store, Stop() as stop:
        if apply:
            remember(store, settings, late.at)
        with store.read() as connection:
            total = rereading.count(connection, wanted)
        with (
            display(total, as_json=as_json, name="Reading again") as shown,
            Rereading(settings, store, desk_keys(settings), late, apply=apply) as run,
        ):
            for results in run.run(wanted):
                found += results
                for one in results if as_json else ():
                    json_line(one)
                shown.reached(run.read, {"taken": run.read})
                if stop.asked:
                    break
        return found, stop.asked, run.read


def _selection(
    settings: "Settings", since: str, until: str | None, source: str | None, fate: str | None, limit: int | None
) -> "Selection":
    from config.problems import nearest
    from daemon.store.rereading import UNLESS_ASKED, Selection

    if source is not None and source not in settings.sources:
        known = f"known are {', '.join(settings.sources)}"
        fail(USAGE, f"there is no source '{source}', {nearest(source, settings.sources) or known}")
    fates: tuple[str, ...] = ("opened",) if fate == "unsorted" else (fate,) if fate else UNLESS_ASKED
    return Selection(
        since=_moment(settings, source, since),
        until=_moment(settings, source, until) if until else None,
        source=source,
        address=settings.sources[source].address if source else None,
        fates=fates,
        unsorted=fate == "unsorted",
        limit=limit,
    )


def _moment(settings: "Settings", source: str | None, text: str) -> datetime:
    """A date or time; without an offset in the zone of the source's site, or that all sites share, else UTC."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        fail(USAGE, f"'{text}' is no date, write 2026-11-23, 2026-11-23T10:00 or 2026-11-23T10:00:00+01:00")
    site = settings.sources[source].site if source else None
    zones = {settings.sites[site].timezone} if site else {each.timezone for each in settings.sites.values()}
    zone = ZoneInfo(zones.pop()) if len(zones) == 1 else UTC
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _summary(found: list["Again"], mails: int, *, apply: bool, interrupted: bool) -> dict[str, Any]:
    new = [one for one in found if one.is_new]
    fields = Counter(change.field for one in new for change in one.changes if change.left is None)
    return {
        "mails": mails,
        "differ": len({one.message for one in new}),
        "opened": sum(one.fate != one.fate_now == "opened" for one in new),
        "fields": dict(fields.most_common()),
        "left": sum(change.left is not None for one in found for change in one.changes),
        "failed": sum(one.failed for one in found),
        "applied": apply,
        "done": sum(one.done for one in found),
        "interrupted": interrupted,
    }


def _show(one: "Again") -> None:
    what = f"{one.record or '(new record)' if one.changes else one.record or ''}".strip()
    fate = f", {one.fate} -> {one.fate_now}" if one.fate != one.fate_now else ""
    line(f"{what or 'no record'}, mail {one.message} of {one.received_at:%Y-%m-%d %H:%M} UTC{fate}", style="bold")
    for change in one.changes:
        left = f"  (left: {change.left})" if change.left else ""
        line(f"  {change.field}: {_short(change.before)} -> {_short(change.after)}{left}")
    if one.why:
        line(f"  nothing done: {one.why}", style="yellow")


def _short(value: str | None) -> str:
    text = " ".join((value or "-").split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def _show_summary(told: dict[str, Any]) -> None:
    verb = "changed" if told["applied"] else "would change"
    parts = [f"{told['differ']} {verb}"]
    parts += [f"{counted(told['opened'], 'mail')} became records"] if told["opened"] and told["applied"] else []
    parts += (
        [f"{counted(told['opened'], 'mail')} would become records"] if told["opened"] and not told["applied"] else []
    )
    parts += [f"{counted(told['left'], 'field')} left as they are"] if told["left"] else []
    parts += [f"{told['failed']} not possible"] if told["failed"] else []
    line(f"{counted(told['mails'], 'mail')} read again: {', '.join(parts)}", style="bold")
    if told["fields"]:
        line(", ".join(f"{field} {number}" for field, number in told["fields"].items()))
    if told["interrupted"]:
        line("Interrupted: the same command goes on from here.", style="yellow")
    elif told["differ"] and not told["applied"]:
        line("Nothing was written; --apply does it.")


COMMANDS = (reparse,)
