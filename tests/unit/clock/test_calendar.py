"""The calendar on a database: each weekly run once in ten years, whatever the clock does; and the watchman's part."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from config.models import Settings
from daemon.clock.calendar import Calendar
from daemon.clock.ping import Ping
from daemon.outbox.watchman import Watchman
from daemon.store import runs, watched
from rules.early import Quiet
from rules.silence import Planned, Standing
from rules.watching import Silence, Told, is_early, may_be_early
from tests.unit.clock.conftest import Hand, Room

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHANGHAI = "Asia/Shanghai"


def calendar_of(room: Room) -> Calendar:
    return Calendar(room.shift, lambda: None, Ping(room.shift))


def fridays(room: Room, zone: str) -> list[tuple[date, int]]:
    query = f"SELECT day, missed FROM run WHERE job = 'silent' AND scope = '{zone}' ORDER BY day"  # noqa: S608 - ours
    return [(date.fromisoformat(str(day)), int(str(missed))) for day, missed in room.rows(query)]


def in_three_zones(settings: Settings) -> Settings:
    """Potsdam moves to Shanghai; no lists and no hourly looks, which are others' tests."""
    sites = {
        name: site.model_copy(
            update={
                "timezone": SHANGHAI if name == "potsdam" else site.timezone,
                "mail": site.mail.model_copy(update={"list": "off"}),
            }
        )
        for name, site in settings.sites.items()
    }
    monitor = settings.postroom.monitor.model_copy(update={"early": "off"})
    postroom = settings.postroom.model_copy(update={"monitor": monitor})
    return settings.model_copy(update={"sites": sites, "postroom": postroom})


def test_r18_every_friday_of_ten_years_is_asked_for_once_in_each_zone(room: Room) -> None:
    room.use(in_three_zones(room.shift.settings))
    calendar, end = calendar_of(room), datetime(2036, 11, 2, tzinfo=UTC)
    while room.clock.at < end:
        calendar.step()
        room.clock.at += timedelta(hours=13, minutes=7)
    for zone in ("Europe/Berlin", "Europe/Copenhagen", SHANGHAI):
        found = [day for day, _ in fridays(room, zone)]
        assert {after - before for before, after in pairwise(found)} == {timedelta(days=7)}
        assert (found[0], found[-1], len(found)) == (date(2026, 11, 6), date(2036, 10, 31), 522)
    calendar.close()


@pytest.mark.parametrize(
    ("moves", "days", "missed"),
    [
        (["2026-11-06T06:00"], ["2026-11-06"], [0]),
        (["2026-11-06T05:59:59"], [], []),
        (["2026-11-06T06:15"], ["2026-11-06"], [0]),
        (["2026-11-06T06:15:01"], ["2026-11-06"], [1]),
        (["2026-11-06T06:00", "2026-11-06T04:00", "2026-11-06T06:00"], ["2026-11-06"], [0]),  # set back two hours
        (["2026-11-06T06:00", "2026-11-07T06:00", "2026-11-12T06:00"], ["2026-11-06"], [0]),
        (["2026-11-06T06:00", "2026-12-06T06:00"], ["2026-11-06", "2026-12-04"], [0, 4]),  # down for a month
        (["2026-10-30T06:00"], [], []),  # before it was there
    ],
)
def test_runs_when_the_clock_is_turned(room: Room, moves: list[str], days: list[str], missed: list[int]) -> None:
    calendar = calendar_of(room)
    for move in moves:
        room.clock.at = datetime.fromisoformat(f"{move}+00:00")
        calendar.step()
        calendar.step()
    assert fridays(room, "Europe/Berlin") == list(zip(map(date.fromisoformat, days), missed, strict=True))
    calendar.close()


class Going(Hand):
    """A clock like the machine's: it is no jump if it goes on by seconds."""

    @property
    def is_test(self) -> bool:
        """It goes."""
        return False


def test_a_bell_that_rang_while_the_database_was_away_is_not_forgotten(room: Room) -> None:
    room.shift.clock = clock = Going(datetime(2026, 11, 6, 5, 59, 58, tzinfo=UTC))
    calendar = calendar_of(room)
    calendar.step()
    assert fridays(room, "Europe/Berlin") == []
    room.store.write(lambda c: c.exec_driver_sql("ALTER TABLE run RENAME TO away")).result()
    clock.at += timedelta(seconds=2)
    calendar.alarms.ring()
    with pytest.raises(Exception, match="no such table: run"):
        calendar.step()
    room.store.write(lambda c: c.exec_driver_sql("ALTER TABLE away RENAME TO run")).result()
    calendar.step()
    assert fridays(room, "Europe/Berlin") == [(date(2026, 11, 6), 0)]
    calendar.close()


def test_a_second_daemon_asks_for_nothing_that_is_asked_for(room: Room) -> None:
    first, second = calendar_of(room), calendar_of(room)
    room.clock.at = datetime(2026, 11, 6, 6, tzinfo=UTC)
    first.step()
    before = room.rows("SELECT * FROM run")
    second.step()
    assert room.rows("SELECT * FROM run") == before
    first.close()
    second.close()


def test_a_look_that_was_broken_off_tells_nobody_twice(room: Room) -> None:
    watchman, day = Watchman(room.shift, lambda: None, lambda _: None), "2026-11-20"
    room.clock.at = NOW
    run = runs.Run("silent", "Europe/Berlin", day)
    room.store.write(lambda c: runs.begin(c, [run], NOW)).result()
    watchman.step()
    told = room.rows("SELECT dedupe FROM outbox ORDER BY id")
    assert told == [("silent:Europe/Berlin:2026-11-20:controlling@muster.example",)]
    again = room.store.write(lambda c: c.exec_driver_sql("UPDATE run SET done_at = NULL WHERE scope = 'Europe/Berlin'"))
    again.result()  # as if it had died before the end
    watchman.wake()
    watchman.step()
    assert room.rows("SELECT dedupe FROM outbox ORDER BY id") == told
    assert {times for (times,) in room.rows("SELECT times FROM silent_source")} == {1}
    assert room.rows("SELECT scope FROM run WHERE done_at IS NULL") == []


def test_what_leaves_the_settings_is_forgotten_and_counts_anew_when_it_comes_back(room: Room) -> None:
    settings = room.shift.settings
    told = Told("mobile-berlin", "controlling@muster.example", NOW, NOW, 3)
    room.store.write(lambda c: watched.tell(c, [told])).result()
    room.clock.at = NOW
    room.use(settings.model_copy(update={"sources": {}}))
    assert room.rows("SELECT source FROM silent_source") == []
    room.use(settings)
    with room.store.read() as connection:
        assert watched.since(connection, watched.SOURCE)["mobile-berlin"] == NOW


def test_the_all_clear_knows_no_mail_before_that_of_a_source_that_had_never_sent(room: Room) -> None:
    watchman = Watchman(room.shift, lambda: None, lambda _: None)
    for friday in (13, 27):
        room.clock.at = datetime(2026, 11, friday, 6, tzinfo=UTC)
        run = runs.Run("silent", "Europe/Berlin", f"2026-11-{friday}")
        room.store.write(lambda c, run=run: runs.begin(c, [run], room.clock.at)).result()  # type: ignore[misc]
        watchman.wake()
        watchman.step()
        room.send("mobile-berlin", [room.clock.at + timedelta(minutes=1)])
        room.clock.at += timedelta(minutes=2)
        watchman.wake()
        watchman.step()
    first, second = room.texts("speaks")
    assert "Wieder da seit: Freitag, 13. November 2026, 07:01 Uhr" in first
    assert "Zuletzt davor" not in first
    assert "Wieder da seit: Freitag, 27. November 2026, 07:01 Uhr" in second
    assert "Zuletzt davor: Freitag, 13. November 2026, 07:01 Uhr" in second


def test_what_another_daemon_cleared_in_part_is_left_for_the_next_look(room: Room) -> None:
    first, second = (Told(name, "a@b.example", NOW, NOW, 1) for name in ("complaints", "mobile-berlin"))
    room.store.write(lambda c: watched.tell(c, [first, second])).result()
    assert room.store.write(lambda c: watched.clear(c, "a@b.example", [first.source], NOW)).result()
    assert not room.store.write(lambda c: watched.clear(c, "a@b.example", [first.source, second.source], NOW)).result()
    with room.store.read() as connection:
        assert watched.told(connection) == [second], "or nobody would get its all-clear"


def test_any_number_of_sources_can_speak_again_at_once(room: Room) -> None:
    """As when the network was away for a week: more than the parts that SQLite takes in one expression."""
    settings, controller = room.shift.settings, "controlling@muster.example"
    one = settings.sources["mobile-berlin"]
    many = {name: one.model_copy(update={"id": name}) for name in (f"mobile-{number}" for number in range(1100))}
    room.use(settings.model_copy(update={"sources": many}))
    told = [Told(name, controller, room.clock.at, room.clock.at, 1) for name in many]
    room.store.write(lambda c: watched.tell(c, told)).result()
    room.clock.at += timedelta(days=8)
    room.send_all([(name, room.clock.at) for name in many])
    Watchman(room.shift, lambda: None, lambda _: None).step()
    ((dedupe,),) = room.rows("SELECT dedupe FROM outbox WHERE purpose = 'speaks'")
    assert len(str(dedupe)) < 200, "PostgreSQL takes no long keys"
    with room.store.read() as connection:
        assert watched.told(connection) == []


def quiet_source(settings: Settings, *, quiet: int = 2, told: bool = False, planned: bool = False) -> Silence:
    plan = Planned(source="mobile-berlin", first=NOW.date(), until=NOW.date()) if planned else None
    stands = Standing(
        source="mobile-berlin",
        seen_at=NOW - timedelta(days=quiet),
        since=NOW - timedelta(days=quiet),
        last_at=None,
        quiet=timedelta(days=quiet),
        limit=timedelta(days=7),
        planned=plan,
    )
    before = Told("mobile-berlin", "a@b.example", NOW, NOW, 1) if told else None
    return Silence(settings.sources["mobile-berlin"], settings.sites["berlin"], stands, before)


@pytest.mark.parametrize(
    ("state", "news"),
    [({}, True), ({"told": True}, False), ({"planned": True}, False), ({"quiet": 7}, False)],
)
def test_early_silence_is_told_once_and_ahead_of_the_limit_only(room: Room, state: dict[str, int], news: bool) -> None:
    one = quiet_source(room.shift.settings, **state)  # type: ignore[arg-type]
    assert may_be_early(one) == news
    assert is_early(one._replace(quiet=Quiet(weeks=9, mails=90, silent=True))) == news
    assert not is_early(one._replace(quiet=Quiet(weeks=9, mails=90)))
