"""The calendar that goes with the workshop's daily list: the visits of the day."""

from zoneinfo import ZoneInfo

import msgspec

from templates.invitation import day_calendar
from templates.model import Calendar, RenderJob
from templates.words import Words


def calendar_of_day(job: RenderJob, words: Words) -> Calendar | None:
    """The visits that the list has for today, to look at or to import; None where there are none."""
    today = [one.record for one in job.others if one.part == "today"]
    if not today:
        return None
    day = job.notice.at.astimezone(ZoneInfo(job.site.timezone)).date()
    return msgspec.structs.replace(
        day_calendar(today, job.site, words, job.notice.at), name=f"visits-{day.isoformat()}.ics"
    )
