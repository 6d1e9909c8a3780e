import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.until import until

SAID = [
    # lengths of time
    ("2d", "2d"), ("2 Tage", "2d"), ("in 2 Tagen", "2d"), ("in drei Tagen", "3d"), ("einen Tag", "1d"),
    ("om 2 dage", "2d"), ("两天后", "2d"), ("2天", "2d"), ("two days", "2d"), ("2wd", "2wd"), ("2 Werktage", "2wd"),
    ("2 hverdage", "2wd"), ("2个工作日", "2wd"), ("3h", "3h"), ("3 Stunden", "3h"), ("3 timer", "3h"),
    ("3个小时后", "3h"), ("30 min", "30m"), ("1 Woche", "1w"), ("in einer Woche", "1w"), ("om en uge", "1w"),
    ("a week", "1w"), ("一周后", "1w"), ("Übermorgen", "2d"), ("uebermorgen", "2d"), ("day after tomorrow", "2d"),
    ("overmorgen", "2d"), ("后天", "2d"),
    # days
    ("heute 15:00", "today 15:00"), ("15:00", "today 15:00"), ("14 Uhr", "today 14:00"), ("9am", "today 09:00"),
    ("kl. 9.30", "today 09:30"), ("下午3点", "today 15:00"), ("i dag kl 14", "today 14:00"), ("today", "today"),
    ("morgen", "tomorrow"), ("Morgen um 9 Uhr", "tomorrow 09:00"), ("morgen 9.30", "tomorrow 09:30"),
    ("i morgen kl 9", "tomorrow 09:00"), ("明天", "tomorrow"), ("明天上午9点", "tomorrow 09:00"),
    ("明天下午3点半", "tomorrow 15:30"), ("9:00 tomorrow", "tomorrow 09:00"), ("tomorrow at 12 am", "tomorrow 00:00"),
    ("nächsten Montag", "mon"), ("naechste Woche", "mon"), ("næste uge", "mon"), ("next week", "mon"),
    ("下周一", "mon"),
    ("Mo", "mon"), ("på fredag kl. 14", "fri 14:00"), ("until Friday", "fri"), ("周五", "fri"), ("lørdag", "sat"),
    ("loerdag", "sat"), ("Sonnabend", "sat"),
    # dates
    ("3.12.", "12-03"), ("3.12", "12-03"), ("3.12. 10 Uhr", "12-03 10:00"), ("3.12.2026", "2026-12-03"),
    ("03.12.26 9:00", "2026-12-03 09:00"), ("3/12", "12-03"), ("3. december", "12-03"), ("3. Dezember", "12-03"),
    ("3rd December 2026", "2026-12-03"), ("December 3, 2026", "2026-12-03"), ("12月3日", "12-03"),
    ("2026年12月3日 9:00", "2026-12-03 09:00"), ("2026-12-03", "2026-12-03"), ("2026-12-03T09:00", "2026-12-03 09:00"),
    ("Donnerstag, 3. Dezember", "12-03"), ("Thursday, 3 December at 9:30 pm", "12-03 21:30"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "meant"), SAID)
def test_days_have_one_form(said: str, meant: str) -> None:
    assert until(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "bald",
        "soon",
        "tomorrow, customer is away",
        "übermorgen 9 Uhr",
        "下周五",
        "25:00",
        "9:75",
        "32.1.",
        "3.13.",
        "2",
    ],
)
def test_what_is_not_wholly_read_stays_as_it_is(said: str) -> None:
    assert until(said) == said


def test_the_month_comes_first_where_people_write_so() -> None:
    assert (until("12/3", "US"), until("12/3", "DK")) == ("12-03", "03-12")


def test_nothing_is_nothing() -> None:
    assert until("  ") is None


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from([word for said, _ in SAID for word in said.split()]), max_size=6).map(" ".join))
def test_any_words_give_one_short_line(said: str) -> None:
    found = until(said)
    assert found is None or (len(found) <= 80 and "\n" not in found)
    assert found is None or until(found) == found
