"""From when on a source counts as silent ahead of its fixed limit, and when nothing can be said."""

import random
from datetime import UTC, date, datetime, timedelta
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.daybook import DayBook
from rules.quiet import FRIDAY, LEAST_MAILS, LEAST_WEEKS, Quiet, quiet, told_at
from tests.support.arrivals import BERLIN, HISTORY, SHANGHAI, WEEK, make

WEEKS_2 = timedelta(days=14)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
EVERY_HOUR = DayBook(ZoneInfo("UTC"), WEEK)


def steady(days: int, *hours: int, start: datetime = MONDAY) -> list[datetime]:
    """Mails at the same hours of every day."""
    return [start + day * DAY + hour * HOUR for day in range(days) for hour in hours]


def drawn(rate: float, days: int = 200, seed: str = "quiet", book: DayBook = BERLIN) -> list[datetime]:
    made = make(seed, "Poisson", rate, book, date(2026, 3, 2))
    return [mail for mail in made.mails if mail < made.begins + (days - HISTORY) * DAY]


def judge(mails: list[datetime], after: timedelta = timedelta(), book: DayBook = BERLIN, **more: object) -> Quiet:
    fixed = more.pop("fixed", WEEKS_2)
    return quiet(mails, book, mails[-1] + after, fixed=fixed, **more)  # type: ignore[arg-type]


def test_a_busy_source_is_silent_after_a_day_and_a_half() -> None:
    mails = drawn(20)
    known = judge(mails)
    assert known.limit_at is not None
    assert known.last_at is not None
    assert 6 * HOUR < known.limit_at - known.last_at < 36 * HOUR
    assert not known.silent
    assert known.next_at == known.limit_at


def test_it_is_silent_from_its_limit_on() -> None:
    mails = drawn(5)
    limit = judge(mails).limit_at
    assert limit is not None
    before, after = (quiet(mails, BERLIN, limit + late, fixed=WEEKS_2) for late in (-timedelta(seconds=1), DAY * 0))
    assert (before.silent, before.next_at, before.limit_at) == (False, limit, limit)
    assert (after.silent, after.next_at, after.limit_at) == (True, None, limit)


def test_the_limit_is_where_the_chance_is_the_part_of_a_gap_in_the_false_alarms() -> None:
    mails = drawn(5)
    known = judge(mails)
    assert known.limit_at is not None
    assert known.usual is not None
    at_limit = quiet(mails, BERLIN, known.limit_at, fixed=WEEKS_2).chance
    assert at_limit == pytest.approx(0.2 / (timedelta(days=365.25) / known.usual), rel=0.02)


@pytest.mark.parametrize(("alarms", "later"), [(0.02, True), (2.0, False)])
def test_fewer_false_alarms_cost_time(alarms: float, later: bool) -> None:
    mails = drawn(5)
    usual, other = judge(mails).limit_at, judge(mails, alarms=alarms).limit_at
    assert usual is not None
    assert other is not None
    assert (other > usual) == later


@pytest.mark.parametrize(
    ("mails", "because"),
    [
        ([], "no mail yet"),
        ([MONDAY], "1 mail, needs 20 in 8 weeks"),
        ([MONDAY, MONDAY + DAY / 24], "2 mails in 1 day, needs 20 in 8 weeks"),
        ([MONDAY, MONDAY + DAY, MONDAY + 4 * DAY], "3 mails in 4 days, needs 20 in 8 weeks"),
        ([MONDAY, MONDAY + 7 * DAY], "2 mails in 1 week, needs 20 in 8 weeks"),
        (steady(56, 9, 11, 13), "168 mails in 7 weeks, needs 20 in 8 weeks"),
        ([MONDAY + 4 * DAY * index for index in range(19)], "19 mails in 10 weeks, needs 20 in 8 weeks"),
    ],
)
def test_too_little_history_says_so(mails: list[datetime], because: str) -> None:
    known = quiet(mails, BERLIN, MONDAY + 300 * DAY, fixed=WEEKS_2)
    assert known.off_because == because
    assert (known.limit_at, known.next_at, known.silent) == (None, None, False)


def test_eight_weeks_are_enough() -> None:
    known = judge(steady(57, 9, 11, 13))
    assert (known.weeks, known.off_because) == (8, None)
    assert known.limit_at is not None


def test_a_rare_source_says_that_the_fixed_limit_is_sooner() -> None:
    known = judge([MONDAY + index * 5 * DAY for index in range(40)], fixed=7 * DAY)
    assert known.off_because is not None
    assert known.off_because.startswith("too rare (one in 5 days): ")
    assert known.off_because.endswith("the fixed limit tells sooner")
    assert known.limit_at is None
    assert known.chance == pytest.approx(1.0)


def test_without_a_fixed_limit_a_rare_source_is_still_watched() -> None:
    mails = drawn(0.5)
    known = judge(mails, fixed=None)
    assert known.limit_at is not None
    assert known.limit_at - mails[-1] > 10 * DAY


@pytest.mark.parametrize(
    ("book", "last", "told"),
    [
        (BERLIN, "2026-03-06T06:00+00:00", "2026-03-13T06:00+00:00"),  # Friday 07:00 to Friday 07:00
        (BERLIN, "2026-03-06T06:00:01+00:00", "2026-03-20T06:00+00:00"),
        (BERLIN, "2026-03-20T05:00+00:00", "2026-03-27T06:00+00:00"),
        (BERLIN, "2026-03-21T12:00+00:00", "2026-04-03T05:00+00:00"),  # clocks changed between
        (SHANGHAI, "2026-03-05T23:00+00:00", "2026-03-12T23:00+00:00"),
    ],
)
def test_the_fixed_limit_tells_on_the_next_friday(book: DayBook, last: str, told: str) -> None:
    assert told_at(datetime.fromisoformat(last), 7 * DAY, book, FRIDAY) == datetime.fromisoformat(told)


def test_nights_weekends_and_holidays_do_not_count_against_a_source() -> None:
    """Mails from Monday to Friday only: the limit of a Friday evening's mail is later than that of a Monday's."""
    days = [MONDAY.date() + index * DAY for index in range(120)]
    mails = [
        datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        for day in days
        for hour in (8, 10, 12, 14)
        if day.weekday() < 5 and BERLIN.hours(day)[1] is None
    ]

    def lasts(until: datetime) -> timedelta:
        limit = judge([mail for mail in mails if mail <= until]).limit_at
        assert limit is not None
        return limit - until

    monday, friday = datetime(2026, 6, 15, 14, tzinfo=UTC), datetime(2026, 6, 19, 14, tzinfo=UTC)
    before_whit_monday = datetime(2026, 5, 22, 14, tzinfo=UTC)
    assert lasts(friday) > lasts(monday) + 1.5 * DAY
    assert lasts(before_whit_monday) > lasts(friday) + 0.5 * DAY


def test_a_planned_silence_moves_the_limit_and_is_not_learned() -> None:
    mails = drawn(5)
    limit = judge(mails).limit_at
    assert limit is not None
    silence = (mails[-1] + HOUR, mails[-1] + 5 * DAY)
    moved = judge(mails, silences=[silence]).limit_at
    assert moved is not None
    assert moved > silence[1]
    gone = (mails[300], mails[300] + 20 * DAY)
    without = [mail for mail in mails if not gone[0] < mail < gone[1]]
    planned, unplanned = judge(without, silences=[gone]), judge(without, fixed=None)
    assert planned.usual is not None
    assert unplanned.usual is not None
    assert planned.usual < unplanned.usual


def test_a_silence_beyond_the_fixed_limit_is_not_learned() -> None:
    mails = drawn(5)
    without = [mail for mail in mails if not mails[300] < mail < mails[300] + 20 * DAY]
    usual, learned = judge(without).limit_at, judge(without, fixed=30 * DAY).limit_at
    assert usual is not None
    assert learned is None or usual < learned


def test_a_campaign_does_not_make_the_usual_week_a_silence() -> None:
    mails = drawn(5)
    campaign = sorted(
        [*mails, *(mail + minutes * timedelta(minutes=7) for mail in mails[-60:-25] for minutes in range(1, 5))]
    )
    usual, after = judge(mails).limit_at, judge(campaign).limit_at
    assert usual is not None
    assert after is not None
    assert after - mails[-1] > 0.75 * (usual - mails[-1])


def test_uneven_days_make_the_limit_later() -> None:
    even, uneven = (
        judge(make("same", model, 5, BERLIN, date(2026, 3, 2)).mails).limit_at
        for model in ("Poisson", "uneven days, k = 2")
    )
    last = [make("same", model, 5, BERLIN, date(2026, 3, 2)).mails[-1] for model in ("Poisson", "uneven days, k = 2")]
    assert even is not None
    assert uneven is not None
    assert uneven - last[1] > 1.2 * (even - last[0])


@pytest.mark.parametrize(
    ("usual", "words"),
    [
        (12 * timedelta(minutes=1), "5 a hour"),
        (6 * HOUR, "4 a day"),
        (2 * DAY, "4 a week"),
        (12 * DAY, "one in 12 days"),
    ],
)
def test_the_rhythm_in_words(usual: timedelta, words: str) -> None:
    assert Quiet(weeks=9, mails=30, usual=usual).rhythm == words


MOMENTS = st.lists(
    st.floats(0, 400, allow_nan=False).map(lambda days: MONDAY + timedelta(seconds=round(days * 86400))), max_size=80
)


@settings(deadline=None)
@given(MOMENTS, st.lists(st.floats(0, 30), min_size=2, max_size=5))
def test_the_chance_falls_while_silence_lasts(mails: list[datetime], later: list[float]) -> None:
    last = max(mails, default=MONDAY)
    seen = [quiet(mails, BERLIN, last + days * DAY, fixed=WEEKS_2) for days in sorted(later)]
    chances = [known.chance for known in seen if known.chance is not None]
    assert chances == sorted(chances, reverse=True)
    assert all(0 <= chance <= 1 for chance in chances)
    assert len({known.limit_at for known in seen}) == 1
    assert [known.silent for known in seen] == sorted(known.silent for known in seen)


@settings(deadline=None)
@given(MOMENTS, st.floats(0, 500))
def test_nothing_is_silent_within_eight_weeks_or_twenty_mails(mails: list[datetime], days: float) -> None:
    known = quiet(mails, BERLIN, MONDAY + days * DAY, fixed=WEEKS_2)
    seen = {mail for mail in mails if mail <= MONDAY + days * DAY + DAY}
    short = not seen or max(seen) - min(seen) < LEAST_WEEKS * 7 * DAY or len(seen) < LEAST_MAILS
    assert not (short and (known.silent or known.limit_at))


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_order_and_doublets_play_no_part(seed: int, rng: random.Random) -> None:
    mails = drawn(2, seed=str(seed))
    mixed = [*mails, *rng.sample(mails, 20)]
    rng.shuffle(mixed)
    assert judge(mails) == quiet(mixed, BERLIN, mails[-1], fixed=WEEKS_2)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.integers(-11, 12))
def test_the_zone_plays_no_part_where_all_is_shifted(seed: int, hours: int) -> None:
    """The same local life in another zone has the same limit, in local time."""
    mails = drawn(3, seed=str(seed), book=EVERY_HOUR)
    east = DayBook(ZoneInfo(f"Etc/GMT{-hours:+d}" if hours else "UTC"), WEEK)
    here, there = judge(mails, book=EVERY_HOUR), judge([mail - hours * HOUR for mail in mails], book=east)
    assert here.limit_at is not None
    assert there.limit_at is not None
    assert abs(there.limit_at + hours * HOUR - here.limit_at) <= timedelta(minutes=1)


def test_a_clock_that_jumped_back_does_not_alarm() -> None:
    mails = drawn(20)
    known = quiet(mails, BERLIN, mails[-1] - 2 * HOUR, fixed=WEEKS_2)
    assert (known.silent, known.last_at) == (False, mails[-1])
    assert known.chance == pytest.approx(1)


def test_a_mail_from_the_far_future_hides_no_silence() -> None:
    mails = drawn(5)
    now = mails[-1] + 10 * DAY
    assert quiet([*mails, now + 900 * DAY], BERLIN, now, fixed=WEEKS_2).silent


def test_a_burst_of_a_minute_is_one_mail() -> None:
    mails = drawn(5)
    burst = [mails[-1] - timedelta(milliseconds=index) for index in range(500)]
    known = judge(sorted([*mails, *burst]))
    assert (known.mails, known.limit_at) == (judge(mails).mails, judge(mails).limit_at)


def test_a_burst_of_an_hour_does_not_shorten_the_limit_by_much() -> None:
    mails = drawn(5)
    burst = [mails[-1] - index * timedelta(minutes=1) for index in range(60)]
    usual, after = judge(mails).limit_at, judge(sorted([*mails, *burst])).limit_at
    assert usual is not None
    assert after is not None
    assert after - mails[-1] > 0.75 * (usual - mails[-1])


@pytest.mark.alone
@pytest.mark.parametrize(("rate", "most"), [(20, 0.15), (270, 1.0)])
def test_a_year_of_mails_is_judged_at_once(rate: int, most: float) -> None:
    """Some 20 ms and 150 ms; a machine that is four times slower may be used."""
    mails = [MONDAY + timedelta(seconds=index * 86400 // rate) for index in range(rate * 365)]
    begin = process_time()
    known = judge(mails)
    assert process_time() - begin < most
    assert known.limit_at is not None
