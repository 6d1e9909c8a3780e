"""What the admin is told of a letter's end: by mail in the same commit, and by the other way as mail may not go out."""

from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta

import msgspec
from sqlalchemy import Connection

from daemon.outbox.alarms import Alarm, in_doubt, not_delivered, relay_is_down
from daemon.outbox.other_way import OtherWay
from daemon.shift import Shift
from daemon.store import outgoing
from daemon.store.outgoing import InHand

TELL_AFTER = timedelta(minutes=30)


class Admin:
    """One for all sender threads."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._other_way = OtherWay()

    def alarm(self, letter: InHand, state: str, why: str | None, age: timedelta) -> Alarm | None:
        """What to tell of a letter in this state; of an alarm no further one is mailed."""
        settings, now, because = self._shift.settings, self._shift.clock.now(), why or "no reason was given"
        told: Alarm | None = None
        if state == "failed":
            told = not_delivered(settings, letter.id, letter.recipient, because, now)
        elif state == "held":
            told = in_doubt(settings, letter.id, letter.recipient, because, now)
        elif state in ("waiting", "unknown") and age >= TELL_AFTER and letter.purpose != "alarm":
            told = relay_is_down(settings, int(age.total_seconds() // 60), because, now)
        return msgspec.structs.replace(told, letter=None) if told and letter.purpose == "alarm" else told

    def write(self, work: Callable[[Connection], bool], told: Alarm | None) -> "Future[bool]":
        """Write, and tell in the same commit; what was told before is not told again, nor what `work` says is not ours.

        Returns:
            What `work` returned.
        """
        news: list[str] = []

        def write(connection: Connection) -> bool:
            ours = work(connection)
            if ours and told is not None and self._is_news(connection, told):
                news.append(told.words)
            return ours

        def tell(written: "Future[bool]") -> None:
            if news and written.exception() is None:
                self._other_way.tell(self._shift.settings.postroom.outgoing.alarm_command, news[0])

        written = self._shift.store.write(write)
        if told is not None:
            written.add_done_callback(tell)
        return written

    def _is_news(self, connection: Connection, told: Alarm) -> bool:
        """Put the mail into the outbox; whether it was not there."""
        return told.letter is None or outgoing.put(connection, told.letter, self._shift.clock.now()) is not None
