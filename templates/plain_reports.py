"""A report as plain English lines: what is sent where its template fails, or is not there."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from templates.forms import one_line
from templates.model import Rendered
from templates.reports import ReportJob, SilentSource

_SUBJECTS = {
    "silent": "Silent sources",
    "early": "Sources unusually quiet",
    "speaks": "Sources send again",
    "settings": "Settings",
}
_DAY_HOURS = 48
"""Longer times are told in days."""


def plain_report(job: ReportJob) -> Rendered:
    """Say which sources are meant and what is known of each."""
    zone = ZoneInfo(job.site.timezone)
    told = [f"{_SUBJECTS[job.report]}, {_local(job.at, zone)} ({job.site.timezone})"]
    if job.caught_up:
        told.append("The weekly check was missed, as Postroom did not run then, and was made up for now.")
    for source in job.sources:
        told += ["", f"{one_line(source.id)} ({one_line(source.type)}), {one_line(source.site)}"]
        told += [f"  {line}" for line in _facts(source, zone)]
    for group in job.groups:
        told += ["", f"{one_line(group.site)}: {group.sort}"]
        for one in group.settings:
            shipped = f" (shipped: {one_line(one.shipped)})" if one.shipped else ""
            told.append(f"  {one_line(one.name)}: {one_line(one.value)}{shipped}")
    named = ", ".join(one_line(source.id) for source in job.sources) or one_line(job.site.name)
    return Rendered(subject=one_line(f"{_SUBJECTS[job.report]}: {named}", 200), text="\n".join(told) + "\n")


def _facts(source: SilentSource, zone: ZoneInfo) -> Iterator[str]:
    yield f"last mail: {_local(source.last_at, zone) if source.last_at else 'none yet'}"
    if source.spoke_at is not None:
        yield f"sends again since {_local(source.spoke_at, zone)}"
    if source.every_hours is not None:
        yield f"usually one every {_hours(source.every_hours)}"
    if source.limit_days is not None:
        yield f"silent after {_hours(source.limit_days * 24)}"
    if source.chance is not None:
        yield f"chance of such a gap: {100 * source.chance:.2g} %"
    if source.told_before:
        yield f"told before: {source.told_before} times"


def _local(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _hours(number: float) -> str:
    hours = timedelta(hours=number) // timedelta(hours=1)
    return f"{hours / 24:.0f} days" if hours >= _DAY_HOURS else f"{max(hours, 1)} hours"
