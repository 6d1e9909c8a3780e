"""Days and hours that a letter names: those that are clear, and no others."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.wanted import wanted

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("am Freitag, 4.12. ab 9 Uhr", ["2026-12-04T09:00:00"]),
        ("Passt Ihnen Fr. 04.12.2026 um 9:30?", ["2026-12-04T09:30:00"]),
        ("Gern am 3. Dezember um 14 Uhr.", ["2026-12-03T14:00:00"]),
        ("Geht es um 9 Uhr am 3.12.?", ["2026-12-03T09:00:00"]),
        ("Ich käme gern am Donnerstag um 8 Uhr", ["2026-11-26T08:00:00"]),
        ("Geht es morgen um 10:15 Uhr?", ["2026-11-23T10:15:00"]),
        ("Geht es übermorgen?", ["2026-11-24"]),
        ("am 3.12. vormittags", ["2026-12-03"]),
        ("am 3.12. zwischen 9 und 11 Uhr", ["2026-12-03"]),
        ("am 3.12. nach 15 Uhr", ["2026-12-03"]),
        ("am 3.12. um 3 Uhr", ["2026-12-03"]),
        ("Entweder am 3.12. um 9 Uhr oder am 4.12. um 10 Uhr", ["2026-12-03T09:00:00", "2026-12-04T10:00:00"]),
        ("Am 3.12. kann ich nicht. Am 4.12. um 9 Uhr gern.", ["2026-12-04T09:00:00"]),
        ("am 5. Januar", ["2027-01-05"]),
        ("3 December at 10:00", ["2026-12-03T10:00:00"]),
        ("Thursday, December 3rd at 10 am", ["2026-12-03T10:00:00"]),
        ("Could I come on Tuesday at 2 p.m.?", ["2026-11-24T14:00:00"]),
        ("tomorrow at 9", ["2026-11-23T09:00:00"]),
        ("the day after tomorrow at 9", ["2026-11-24T09:00:00"]),
        ("on 2026-12-03 at 9:00", ["2026-12-03T09:00:00"]),
        ("3 December 10:00-11:00", ["2026-12-03"]),
        ("on 3 December from 9", ["2026-12-03T09:00:00"]),
        ("torsdag den 3. december kl. 9", ["2026-12-03T09:00:00"]),
        ("torsdag d. 3/12 kl. 9.30", ["2026-12-03T09:30:00"]),
        ("på onsdag kl. 10", ["2026-11-25T10:00:00"]),
        ("i morgen kl. 8", ["2026-11-23T08:00:00"]),
        ("12月3日上午9点", ["2026-12-03T09:00:00"]),
        ("2026年12月3日（周四）下午2点半", ["2026-12-03T14:30:00"]),
        ("下周五上午10点可以吗", ["2026-11-27T10:00:00"]),
        ("明天下午3点", ["2026-11-23T15:00:00"]),
        ("12月3号", ["2026-12-03"]),
        ("3. desember", []),
        ("ab dem 4.12.", []),
        ("nach dem 4.12.", []),
        ("before 4 December", []),
        ("bis Freitag", []),
        ("nächsten Freitag", []),
        ("next Friday", []),
        ("Ich kann freitags", []),
        ("Guten Morgen, ich brauche einen Termin", []),
        ("Am Morgen wäre gut", []),
        ("am Sonntag", []),
        ("am Montag, 4.12.", []),
        ("am Freitag, 31.2.", []),
        ("Erstzulassung 03.04.2019", []),
        ("am 3.11.", []),
        ("TÜV läuft am 15.12. ab", []),
        ("My MOT is due on 3 December", []),
        ("12月3日以后", []),
        ("Service 24/7", []),
        ("version 3.12.4 at 9:00", []),
        ("um 9 Uhr", []),
        ("", []),
    ],
)
def test_what_is_clear_is_read(text: str, times: list[str]) -> None:
    assert list(wanted(text, SUNDAY)) == times


@pytest.mark.parametrize(
    ("region", "text", "times"),
    [
        ("DE", "on 3/4", ["2027-04-03"]),
        ("DK", "den 3/4", ["2027-04-03"]),
        ("US", "on 3/4", ["2027-03-04"]),
        ("CA", "on 3/4", []),
        ("CA", "Wed, 3/4 would do, not sure", []),
        ("CA", "on 12/13", ["2026-12-13"]),
        ("CA", "Thursday 3/4", ["2027-03-04"]),
        ("", "on 12/12", ["2026-12-12"]),
    ],
)
def test_the_country_says_which_is_the_month(region: str, text: str, times: list[str]) -> None:
    assert list(wanted(text, date(2026, 11, 22), region)) == times


def test_on_its_own_day_a_weekday_says_nothing() -> None:
    assert wanted("am Freitag um 9 Uhr", date(2026, 11, 27)) == ()


def test_without_the_day_of_the_mail_nothing_is_clear() -> None:
    assert wanted("am 4.12.2026 um 9 Uhr", None) == ()


@given(st.text(alphabet="am um kl. 0123456789/.:-月日点上下午周五Freitag decmbr\n", max_size=200), st.dates())
def test_whatever_is_written_times_are_times(text: str, sent: date) -> None:
    for time in wanted(text, sent):
        assert date.fromisoformat(time[:10]) >= sent


def test_long_texts_are_read_at_once() -> None:
    assert wanted("am " * 100_000 + "4.12.", SUNDAY) == ()
    assert len(wanted("3.12. 4.12. 5.12. " * 500, SUNDAY)) == 3
