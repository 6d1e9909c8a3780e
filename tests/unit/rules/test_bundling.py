"""What goes out in one mail, and what stands in it; what is open and in whose list."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
import pytest

from config.models import Settings
from parsers.records import Reading
from rules.bundling import MOST, mails_of, rows_of
from rules.model import Notice, Record
from rules.openlist import Open, open_lists

House = Callable[..., Settings]
At = Callable[[str], datetime]

NOW = "2026-05-20T10:00+02:00"
TEAM = "service@muster.example"
RECEIVED = datetime.fromisoformat(NOW)
RECORD = Record(
    ref="K-1", kind="check-in", site="berlin", team="service", state="new", language="de", received_at=RECEIVED,
    reading=Reading(kind="check-in"),
)  # fmt: skip


class Told(NamedTuple):
    """A notice with its record."""

    record: Record
    notice: Notice


def told(ref: str = "K-1", site: str = "berlin", **more: Any) -> Told:
    notice: dict[str, Any] = {
        "purpose": "new",
        "to": TEAM,
        "template": "new",
        "language": "de",
        "at": RECEIVED,
        "way": "bundle",
    } | more
    return Told(msgspec.structs.replace(RECORD, ref=ref, site=site), Notice(**notice))


@pytest.mark.parametrize(
    ("other", "together"),
    [
        ({}, True),
        ({"to": "Service@Muster.example"}, True),
        ({"purpose": "attached", "text": "Ja"}, True),
        ({"team": "sales"}, True),
        ({"to": "verkauf@muster.example"}, False),
        ({"language": "da"}, False),
        ({"category": "audit"}, False),
        ({"way": "digest"}, False),
        ({"way": "own"}, False),
        ({"site": "potsdam"}, False),
    ],
)
def test_what_waits_for_one_reader_goes_together(other: dict[str, Any], together: bool) -> None:
    first, second = told(), told("K-2", **other)
    assert mails_of([first, second]) == ([(first, second)] if together else [(first,), (second,)])


def test_who_oversees_several_sites_has_one_mail() -> None:
    first, second = told(role="controller"), told("K-2", "potsdam", role="controller")
    assert mails_of([first, second]) == [(first, second)]


@pytest.mark.parametrize(
    ("other", "once"),
    [
        ({"to": "SERVICE@muster.example"}, True),
        ({"team": "sales"}, True),
        ({"ref": "K-2"}, False),
        ({"purpose": "moved"}, False),
        ({"role": "controller"}, False),
        ({"text": "Geht auch Samstag?"}, False),
        ({"message": 8}, False),
    ],
)
def test_the_same_to_one_person_is_told_once(other: dict[str, Any], once: bool) -> None:
    first, second = told(way="own"), told(**{"way": "own", **other})
    assert mails_of([first, second]) == ([(first, second)] if once else [(first,), (second,)])


def test_a_mail_has_a_row_for_each_record_and_all_that_was_written() -> None:
    mail = (
        told("K-1", because="rule 'A'"),
        told("K-2"),
        told("K-1", purpose="attached", text="Ja", message=7, because="a further mail for K-1"),
        told("K-1", purpose="attached", text="Nein", message=8, because="a further mail for K-1"),
    )
    rows = rows_of(mail)
    assert [one.record.ref for one, _ in rows] == ["K-1", "K-2"]
    joined = rows[0][1]
    assert (joined.purpose, joined.text, joined.message) == ("new", "Ja\n\nNein", 8)
    assert joined.because == "rule 'A'; a further mail for K-1"


def test_too_many_for_one_mail_make_two() -> None:
    many = [told(f"K-{number}") for number in range(MOST + 1)]
    assert [len(mail) for mail in mails_of(many)] == [MOST, 1]


def _open(ref: str, at: At, due: str | None = None, **more: Any) -> Open:
    record = msgspec.structs.replace(RECORD, ref=ref, **more)
    return Open(record=record, due_at=at(due) if due else None)


def test_the_list_has_what_is_overdue_first_and_nothing_of_a_later_day(house: House, at: At) -> None:
    settings = house()
    site = settings.sites["berlin"]
    found = [
        _open("K-3", at),
        _open("K-2", at, "2026-05-20T18:00+02:00"),
        _open("K-4", at, "2026-05-22T08:00+02:00", state="waiting", resubmit_at=at("2026-05-22T08:00+02:00")),
        _open("K-1", at, "2026-05-20T09:00+02:00", state="waiting", resubmit_at=at("2026-05-20T09:00+02:00")),
        _open("L-1", at, team="sales"),
        _open("L-2", at, team="closed-long-ago"),
    ]
    lists = open_lists(settings, site, found, at(NOW).date(), at(NOW))
    assert [(one.to, [each.record.ref for each in one.items]) for one in lists] == [
        (TEAM, ["K-1", "K-2", "K-3"]),
        ("verkauf@muster.example", ["L-1", "L-2"]),
    ]


def test_one_list_for_one_address_and_none_on_a_day_off(house: House, at: At) -> None:
    settings = house(teams={"sales": "team@muster.example", "service": "Team@muster.example"})
    found = [_open("K-1", at), _open("L-1", at, team="sales")]
    wednesday = open_lists(settings, settings.sites["berlin"], found, at(NOW).date(), at(NOW))
    assert [len(one.items) for one in wednesday] == [2]
    saturday = at("2026-05-23T10:00+02:00")  # sales works, the workshop does not
    lists = open_lists(settings, settings.sites["berlin"], found, saturday.date(), saturday)
    assert [[each.record.ref for each in one.items] for one in lists] == [["L-1"]]
    assert open_lists(settings, settings.sites["berlin"], [], at(NOW).date(), at(NOW)) == ()
