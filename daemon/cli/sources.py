"""`sources`: does each still send, and does it still write as it did?"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.house import config_option, now_of, settings_of, store_of
from daemon.cli.output import USAGE, counted, duration, fail, heading, json_line, json_option, line, table

if TYPE_CHECKING:
    from datetime import datetime

    from config.models import Settings
    from daemon.store.silence_report import Watch
    from daemon.store.source_report import Report


@click.command()
@click.argument("source", required=False, metavar="[ID]")
@config_option
@json_option
def sources(source: str | None, directory: Path, as_json: bool) -> None:
    """List the sources: when each last sent, how often it does, after how long silence is too long, what has changed.

    Also how likely the present gap is by luck, when it is looked at next, a planned silence, and when `source verify`
    last saw a mail come the whole way.

    With the ID of one: what its mails are made of, how often each field is filled now and was before, and the labels
    that nobody knows.
    """
    from daemon.store.silence_report import watches
    from daemon.store.source_report import reports

    settings, now = settings_of(directory), now_of(settings_of(directory))
    if source is not None and source not in settings.sources:
        from config.problems import nearest

        known = f"known are {', '.join(settings.sources)}"
        fail(USAGE, f"there is no source '{source}', {nearest(source, settings.sources) or known}")
    wanted = [source] if source else list(settings.sources)
    with store_of(settings) as store, store.read() as connection:
        found = reports(connection, wanted, now, examples=source is not None)
        watched = watches(connection, settings, wanted, now)
    if as_json:
        for one in found:
            json_line(_plain(settings, one, watched[one.source], whole=source is not None))
    elif source:
        _show(settings, found[0], watched[source])
    else:
        columns = ("Source", "Type", "Site", "Last", "Every", "7/30 d", "Layout", "Drift")
        table("Sources", columns, [_row(settings, one, now) for one in found])
        watch = ("Source", "Quiet for", "Limit", "Chance", "Next look (UTC)", "Planned", "Verified")
        table("Silence", watch, [_watch_row(settings, watched[one.source]) for one in found])
        silent = [one.source for one in found if watched[one.source].stands.is_silent]
        if silent:
            line(f"Silent: {', '.join(silent)}", style="yellow")
        changed = [one.source for one in found if one.findings]
        if changed:
            line(f"Changed: {', '.join(changed)}. Look closer: postroom sources {changed[0]}", style="yellow")


def _row(settings: "Settings", one: "Report", now: "datetime") -> tuple[object, ...]:
    source = settings.sources[one.source]
    rhythm = one.rhythm
    return (
        one.source,
        source.type,
        source.site or "several",
        duration((now - rhythm.last).total_seconds()) if rhythm and rhythm.last else None,
        duration(one.gap.total_seconds()) if one.gap else None,
        f"{rhythm.week}/{rhythm.month}{f' +{rhythm.unverified}' if rhythm.unverified else ''}" if rhythm else "0/0",
        _verified(settings, one.source),
        str(len(one.findings)) if one.findings else None,
    )


def _watch_row(settings: "Settings", watch: "Watch") -> tuple[object, ...]:
    stands = watch.stands
    return (
        stands.source,
        duration(stands.quiet.total_seconds()),
        _limit(settings, stands.source),
        _chance(watch),
        f"{watch.next_at:%m-%d %H:%M}" if watch.next_at else None,
        f"until {stands.planned.until}" if stands.planned else None,
        f"{watch.probe.came_at:%Y-%m-%d}" if watch.probe else None,
    )


def _plain(settings: "Settings", one: "Report", watch: "Watch", *, whole: bool) -> dict[str, Any]:
    source, rhythm = settings.sources[one.source], one.rhythm
    found: dict[str, Any] = {
        "source": one.source,
        "type": source.type,
        "site": source.site,
        "address": source.address,
        "last": rhythm.last if rhythm else None,
        "every_seconds": int(one.gap.total_seconds()) if one.gap else None,
        "mails": rhythm.mails if rhythm else 0,
        "days_7": rhythm.week if rhythm else 0,
        "days_30": rhythm.month if rhythm else 0,
        "unverified_30": rhythm.unverified if rhythm else 0,
        "again_30": rhythm.again if rhythm else 0,
        "silence": _limit(settings, one.source),
        **_watch(watch),
        "verified": _verified(settings, one.source),
        "drift": [str(each) for each in one.findings],
    }
    if whole:
        found |= {"fields": one.fields, "unknown": one.unknown, "structures": one.structures}
    return found


def _watch(watch: "Watch") -> dict[str, Any]:
    """What is known of its silence."""
    stands, quiet, planned, probe = watch.stands, watch.quiet, watch.stands.planned, watch.probe
    return {
        "quiet_seconds": int(stands.quiet.total_seconds()),
        "silent": stands.is_silent,
        "next_look": watch.next_at,
        "planned": {"from": planned.first, "until": planned.until, "reason": planned.reason} if planned else None,
        "early": {
            "limit_at": quiet.limit_at,
            "chance": quiet.chance,
            "weeks": quiet.weeks,
            "mails": quiet.mails,
            "off_because": quiet.off_because,
        },
        "probe": {"at": probe.came_at, "channel": probe.channel, "verified": probe.verified} if probe else None,
    }


def _show(settings: "Settings", one: "Report", watch: "Watch") -> None:
    source, rhythm = settings.sources[one.source], one.rhythm
    heading(f"{one.source}: {source.type} for {source.site or f'the site of its {source.site_by}'}")
    line(f"address {source.address}; silence limit {_limit(settings, one.source)}")
    _show_watch(watch)
    if rhythm and rhythm.unverified:
        why = "not known to be its own, as neither its secret address nor the border server says so"
        line(f"{counted(rhythm.unverified, 'mail')} in 30 days {why}: they count for nothing here", style="yellow")
    if rhythm is None or rhythm.last is None:
        line("nothing came from it yet")
        return
    often = f"one every {duration(one.gap.total_seconds())} usually, " if one.gap else ""
    line(f"last mail {rhythm.last:%Y-%m-%d %H:%M} UTC; {often}{rhythm.week} in 7 days, {rhythm.month} in 30 days")
    if rhythm.again:
        line(f"{counted(rhythm.again, 'mail')} of these 30 days asked again for what was open: no new requests")
    for each in one.findings:
        line(f"changed: {each}", style="yellow")
    before, latest = "Before" if one.base else "-", f"Latest {one.latest}"
    rows = [(each.field, _share(each.was) if one.base else None, _share(each.now)) for each in one.fields]
    table("How often fields are filled", ("Field", before, latest), rows)
    labels = [(each.label, each.mails, (each.example or "")[:50]) for each in one.unknown]
    table("Labels that nobody knows", ("Label", "Mails", "For example"), labels)
    made = [(each.structure, each.mails, f"{each.first:%Y-%m-%d}", f"{each.last:%Y-%m-%d}") for each in one.structures]
    table("What its mails are made of", ("Structure", "Mails", "First", "Last"), made)


def _show_watch(watch: "Watch") -> None:
    stands, quiet, planned, probe = watch.stands, watch.quiet, watch.stands.planned, watch.probe
    if stands.is_silent:
        line(f"silent for {duration(stands.quiet.total_seconds())}, planned days left out", style="yellow")
    if planned:
        why = f": {planned.reason}" if planned.reason else ""
        line(f"its silence is planned from {planned.first} to {planned.until}{why}")
    if quiet.off_because:
        line(f"early silence: {quiet.off_because}")
    elif quiet.limit_at:
        learned = f"from {counted(quiet.mails, 'mail')} of {quiet.weeks} weeks"
        line(f"early silence: from {quiet.limit_at:%Y-%m-%d %H:%M} UTC on, without another mail ({learned})")
        line(f"chance of the present gap by luck: {_chance(watch)}")
    line(f"next look at it: {f'{watch.next_at:%Y-%m-%d %H:%M} UTC' if watch.next_at else 'never'}")
    if probe:
        proof = {"address": "to its secret address", "authenticated": "vouched for by the border server"}
        way = f"by {probe.channel}, {proof.get(probe.verified or '', 'but not known to be its own')}"
        line(f"verified {probe.came_at:%Y-%m-%d %H:%M} UTC: a mail of ours came the whole way {way}")
    else:
        line(f"never verified: postroom source verify {stands.source}")


def _chance(watch: "Watch") -> str | None:
    return None if watch.quiet.chance is None else f"{100 * watch.quiet.chance:.2g} %"


def _share(part: float) -> str:
    return f"{100 * part:.0f} %"


def _limit(settings: "Settings", name: str) -> str:
    """After how long without a mail it is silent: its own, else that of its type."""
    from config.lookup import source_type

    source = settings.sources[name]
    site = settings.sites[source.site] if source.site else None
    return str(source.silence or source_type(settings, source, site).silence)


def _verified(settings: "Settings", name: str) -> bool | None:
    """Whether its layout was made from authentic mails; None where nothing but dictionaries is known of it."""
    from daemon.desk.plan import hints_for
    from parsers.layout import Layout
    from parsers.types import layout_of

    layout = layout_of(hints_for(settings, settings.sources[name].address))
    return None if layout == Layout() else layout.verified


COMMANDS = (sources,)
