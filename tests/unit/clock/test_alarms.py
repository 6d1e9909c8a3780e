"""The alarm clock: what APScheduler does at the changes of the clock, and why nothing but a look hangs on it.

If an upgrade changes any of this, these tests say so before a Friday does.
"""

import select
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from config.types import JobTime, Model
from daemon.clock.alarms import JOB_DEFAULTS, Alarms, trigger_of
from rules.agenda import Bell

ZONES = ("Europe/Berlin", "Europe/Copenhagen", "Asia/Shanghai")


def fires(trigger: CronTrigger, start: datetime, end: datetime) -> list[datetime]:
    """All times at which a trigger rings, in the order in which the scheduler asks for them."""
    found: list[datetime] = []
    now, before = start.astimezone(UTC), None
    while (at := trigger.get_next_fire_time(before, now)) is not None and at < end:
        found.append(at)
        before, now = at, at.astimezone(UTC) + timedelta(microseconds=1)
    return found


def night(day: date) -> list[str]:
    start = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Europe/Berlin"))
    trigger = trigger_of(Bell("Europe/Berlin", 2, 30))
    return [at.isoformat() for at in fires(trigger, start, start + timedelta(days=1))]


def test_half_past_two_rings_twice_when_winter_time_begins() -> None:
    assert night(date(2026, 10, 25)) == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]


def test_half_past_two_rings_at_a_time_that_is_not_there_when_summer_time_begins() -> None:
    assert night(date(2027, 3, 28)) == ["2027-03-28T02:30:00+01:00"]


@pytest.mark.parametrize("text", ["01:00", "02:30", "03:59"])
def test_so_no_job_may_be_set_there(text: str) -> None:
    class Job(Model):
        at: JobTime

    with pytest.raises(ValueError, match="between 01:00 and 03:59"):
        Job.model_validate({"at": text})


@pytest.mark.parametrize("zone", ZONES)
def test_friday_at_seven_rings_once_a_week_for_ten_years(zone: str) -> None:
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
    rung = [at.astimezone(ZoneInfo(zone)) for at in fires(trigger_of(Bell(zone, 7, 0, "fri")), start, end)]
    assert {(at.weekday(), at.hour, at.minute) for at in rung} == {(4, 7, 0)}
    assert {after.date() - before.date() for before, after in pairwise(rung)} == {timedelta(days=7)}
    assert len(rung) == 522


def test_every_hour_rings_at_the_full_hour_through_both_changes() -> None:
    trigger = trigger_of(Bell("Europe/Berlin", None, 0))
    for day in (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2027, 3, 27, 23, tzinfo=UTC)):
        rung = fires(trigger, day, day + timedelta(days=1))
        assert {at.minute for at in rung} == {0}
        assert len({at.astimezone(UTC) for at in rung}) == len(rung) == 24


def test_by_itself_it_would_drop_a_job_that_is_two_seconds_late() -> None:
    scheduler = BackgroundScheduler(timezone=UTC)
    scheduler.start(paused=True)
    try:
        job = scheduler.add_job(print, "cron", hour=7)
        assert (job.misfire_grace_time, job.coalesce) == (1, True)
    finally:
        scheduler.shutdown()
    assert JOB_DEFAULTS["misfire_grace_time"] is None
    assert JOB_DEFAULTS["coalesce"] is True


def test_a_ring_is_heard_once_and_a_flood_of_rings_does_not_block() -> None:
    alarms = Alarms()
    assert not alarms.rang()
    for _ in range(100_000):
        alarms.ring()
    assert select.select([alarms.socket], [], [], 0)[0] == [alarms.socket]
    while alarms.rang():
        pass
    assert select.select([alarms.socket], [], [], 0)[0] == []
    alarms.close()
    alarms.ring()  # its thread may come late


def test_bells_ring_in_real_time_and_are_replaced() -> None:
    alarms = Alarms()
    try:
        alarms.set({Bell("Asia/Kolkata", 3, 17)})
        alarms.set({Bell(zone, None, minute) for zone in ZONES for minute in range(0, 60, 7)})
        alarms.set([])
        assert not alarms.rang()
    finally:
        alarms.close()
