"""`escalation`: what happens when to requests that nobody sees to."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.house import config_option, now_of, place_of, settings_of, store_of, zone_of
from daemon.cli.output import FINDINGS, USAGE, fail, heading, json_line, json_option, line, table
from daemon.cli.reference import reference
from daemon.cli.traces import local

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import RowMapping

    from config.models import Settings
    from rules.course import Course, CourseStep


@click.group()
def escalation() -> None:
    """Look at escalations: how policies run, how far a record came."""


@escalation.command("show")
@click.argument("what", required=False, metavar="[SITE|REF]")
@click.option("--at", metavar="TIME", help="When the example came in: ISO 8601, the site's time if no offset.")
@click.option("--team", help="Team of the example, whose hours count; default: the site's fallback.")
@click.option("--open", "is_open", is_flag=True, help="What a change of hours or policies would move of what is open.")
@click.option("--site", help="With --open: only of this site.")
@click.option("--move", is_flag=True, help="With --open: move it, after a question.")
@click.option("--yes", is_flag=True, help="With --move: do not ask.")
@click.option("--reason", metavar="TEXT", help="With --move: why; kept in each record's history.")
@config_option
@json_option
def show(
    what: str | None,
    at: str | None,
    team: str | None,
    is_open: bool,
    site: str | None,
    move: bool,
    yes: bool,
    reason: str | None,
    directory: Path,
    as_json: bool,
) -> None:
    """Show the course of each policy at a SITE (default: at all) with real dates, or how far the record REF came.

    A policy is shown by an example that comes in now, or --at a time: when each step is due and why, who is told and
    when, and what differs from what is shipped. Of a record: which steps it has passed, which are to come, and what
    ended the others.

    With --open: what the settings as they are now would move of the open deadlines. Each is counted anew from where it
    began, in the hours and with the steps that are now configured; old and new time stand side by side, with the
    arithmetic of both. Nothing moves by itself: --move does it, as an action on each record.
    """
    if is_open:
        from daemon.cli.escalation_open import show_open

        if at is not None or team is not None:
            fail(USAGE, "--at and --team are for an example; --open is about what is open")
        show_open(settings_of(directory), site or what, move=move, yes=yes, reason=reason, as_json=as_json)
    elif site or move or yes or reason:
        fail(USAGE, "--site, --move, --yes and --reason go with --open")
    elif what is not None and _is_reference(what):
        if at is not None or team is not None:
            fail(USAGE, "--at and --team are for the example of a site; a record has times of its own")
        _show_record(what, directory, as_json)
    else:
        _show_courses(what, at, team, directory, as_json)


def _show_courses(what: str | None, at: str | None, team: str | None, directory: Path, as_json: bool) -> None:
    from rules.course import courses

    settings = settings_of(directory)
    for site in [_site(settings, what)] if what else list(settings.sites):
        known = settings.sites[site]
        if team is not None and team not in known.teams:
            if what is None:
                continue
            fail(USAGE, f"{site} has no team '{team}', its teams are {', '.join(known.teams)}")
        when = _moment(at, known.timezone) if at else now_of(settings)
        for course in courses(settings, known, team or known.fallback, when):
            if as_json:
                json_line(course)
            else:
                _show_course(course, known.timezone)


def _is_reference(text: str) -> bool:
    from rules.reference import parse

    return parse(text) is not None


def _site(settings: "Settings", name: str) -> str:
    from config.problems import nearest

    if name not in settings.sites:
        known = f"known are {', '.join(settings.sites)}"
        fail(USAGE, f"'{name}' is neither a site nor a reference, {nearest(name, settings.sites) or known}")
    return name


def _moment(text: str, zone: str) -> datetime:
    from daemon.cli.portrait import moment_of

    return moment_of(text, zone)


def _show_course(course: "Course", zone: str) -> None:
    heading(f"{course.site}: policy {course.policy}")
    runs = ", ".join(course.runs_for) or "nothing here"
    line(f"runs for {runs}; the example is {course.began} {_local(course.at, zone)}, team {course.team}")
    if course.problem:
        line(f"cannot be counted: {course.problem}", style="yellow")
    columns = ("Step", "After", "Shipped", "Effect", "Due", "Mail goes out", "To")
    table("", columns, [_row(one, zone) for one in course.steps])
    for one in course.steps:
        if one.because:
            line(f"  {one.because}", style="dim")


def _row(one: "CourseStep", zone: str) -> tuple[object, ...]:
    known = one.set
    told = ", ".join(one.told) or ("in the daily list" if one.due_at else None)
    due, when = _local(one.due_at, zone), _local(one.tell_at, zone)
    return known.step, known.value, known.shipped, f"{known.effect} to {known.to}", due, when, told


def _show_record(what: str, directory: Path, as_json: bool) -> None:
    from daemon.store import records

    ref, place = reference(what), place_of(directory)
    with store_of(place) as store, store.read() as connection:
        kept = records.load(connection, ref)
        if kept is None:
            fail(FINDINGS, f"there is no record {ref}")
        rows, past = records.deadlines(connection, ref), records.revisions(connection, ref)
    now, record = now_of(place), kept.record
    found = [_deadline(row, past, now) for row in rows]
    if as_json:
        for one in found:
            json_line({"record": ref, **one})
        return
    zone = zone_of(place, record.site)
    heading(f"{ref}: policy {record.policy} at {record.site}")
    has = record.assignee or record.team or "nobody"
    line(f"{record.state}, {has} has it; received {_local(record.received_at, zone)}")
    columns = ("Cycle", "Step", "Due", "Stands", "Since", "Effect", "How")
    table("Course", columns, [_deadline_row(one, zone) for one in found])


def _deadline(row: "RowMapping", past: "Sequence[RowMapping]", now: datetime) -> dict[str, Any]:
    """A step of a record: how it stands, since when, and what made it so."""
    stands, since, by = "due" if row["due_at"] <= now else "to come", None, None
    if row["fired_at"]:
        stands, since = "passed", row["fired_at"]
        if any(_is_late(one, row) for one in past):
            stands = "passed late, after an outage"
    elif row["ended_at"]:
        ending = next((one for one in past if one["n"] == row["ended_by"]), None)
        stands, since = "ended", row["ended_at"]
        by = f"{ending['action']} by {ending['actor'] or ending['actor_role']}" if ending else None
    kept = ("step", "cycle", "effect", "target", "due_at", "deliver_at", "because")
    return {**{name: row[name] for name in kept}, "stands": stands, "since": since, "by": by}


def _is_late(one: "RowMapping", row: "RowMapping") -> bool:
    """Whether this revision is the clock's, which passed the step after it had not run for a while."""
    import msgspec

    if one["action"] != row["effect"]:
        return False
    args = msgspec.json.decode(one["args"])
    return (args.get("step"), args.get("cycle"), "late" in args) == (row["step"], str(row["cycle"]), True)


def _deadline_row(one: dict[str, Any], zone: str) -> tuple[object, ...]:
    stands = f"{one['stands']}: {one['by']}" if one["by"] else one["stands"]
    due, since = _local(one["due_at"], zone), _local(one["since"], zone)
    return one["cycle"], one["step"], due, stands, since, f"{one['effect']} to {one['target']}", one["because"]


def _local(at: datetime | None, zone: str) -> str | None:
    return local(at.isoformat(), zone) if at else None


COMMANDS = (escalation,)
