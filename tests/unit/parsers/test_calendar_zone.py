"""Rules of zones that calendars bring: the offset of a local time, as RFC 5545 3.6.5 defines it."""

from datetime import datetime, timedelta

import pytest

from parsers import calendar_text, calendar_zone


def zone(standard: str, daylight: str = "") -> list[list[calendar_text.Line]]:
    """The observances of a zone of which these lines are given: start, then the rest."""
    text = "BEGIN:VCALENDAR\nBEGIN:VTIMEZONE\nTZID:z\n"
    for name, offset, lines in (("STANDARD", "+0100", standard), ("DAYLIGHT", "+0200", daylight)):
        if lines:
            text += f"BEGIN:{name}\nTZOFFSETTO:{offset}\nDTSTART:{lines}\nEND:{name}\n"
    (calendar,) = calendar_text.calendars(text + "END:VTIMEZONE\nEND:VCALENDAR")
    return calendar.zones["z"]


EUROPE = zone(
    "16010101T030000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
    "16010101T020000\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
)
MONTH_DAYS = zone(
    "19701101T020000\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=SU;BYMONTHDAY=1,2,3,4,5,6,7",
    "19700308T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=SU;BYMONTHDAY=8,9,10,11,12,13,14",
)
ENDED = zone("19701025T030000", "19700329T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;UNTIL=19800406T010000Z")
COUNTED = zone("20201025T030000", "20210328T020000\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU;COUNT=2")
DATES = zone("20251026T030000", "20250330T020000\nRDATE:20260329T020000,20270328T020000")

OFFSETS = [
    (EUROPE, "2026-03-29T01:59", 1),
    (EUROPE, "2026-03-29T02:00", 2),
    (EUROPE, "2026-10-25T02:59", 2),
    (EUROPE, "2026-10-25T03:00", 1),
    (EUROPE, "2027-01-01T00:00", 1),
    (EUROPE, "1601-01-01T00:00", 1),
    (MONTH_DAYS, "2026-03-08T02:00", 2),
    (MONTH_DAYS, "2026-11-01T01:00", 2),
    (MONTH_DAYS, "2026-11-01T02:00", 1),
    (ENDED, "1979-07-01T00:00", 2),
    (COUNTED, "2022-07-01T00:00", 2),
    (DATES, "2026-03-28T00:00", 1),
    (DATES, "2026-07-01T00:00", 2),
    (zone("20260101T000000"), "2020-01-01T00:00", 1),
    (zone("no time"), "2020-01-01T00:00", 1),
]


@pytest.mark.parametrize(("observances", "moment", "hours"), OFFSETS)
def test_offsets(observances: list[list[calendar_text.Line]], moment: str, hours: int) -> None:
    found = calendar_zone.own(observances, datetime.fromisoformat(moment))
    assert found is not None
    assert found.utcoffset(None) == timedelta(hours=hours)


@pytest.mark.parametrize("offset", ["", "+9900", "+0199", "x", "-"])
def test_an_offset_that_is_none(offset: str) -> None:
    line = calendar_text.Line
    observance = [line("BEGIN", (), "STANDARD"), line("TZOFFSETTO", (), offset)]
    assert calendar_zone.own([observance], datetime(2026, 1, 1)) is None  # noqa: DTZ001


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Romance Standard Time", "Europe/Paris"),
        ("China Standard Time", "Asia/Shanghai"),
        ("Customized Time Zone", None),
        ("Europe", None),
        ("../../etc/passwd", None),
        ("/etc/passwd", None),
        ("", None),
        ("a\0b", None),
        ("x" * 5_000, None),
    ],
)
def test_names(name: str, key: str | None) -> None:
    assert calendar_zone.known(name) == key
