"""What the desk asks for each batch is found by an index, however much there is: SQLite's own word for it."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, event

from daemon.store import contacts, messages

MAIL = ("berlin", "mail", "jonas.probe@kunde.example")
ASKED: dict[str, Callable[[Connection], object]] = {
    "mails with the same digest": lambda c: messages.first_of(c, [("berlin", "a"), ("potsdam", "b")]),
    "the people of a batch": lambda c: contacts.find(c, [MAIL, ("potsdam", "phone", "+49305550177")]),
    "what they have open": lambda c: contacts.open_records(c, contacts.find(c, [MAIL])),
}


@pytest.mark.parametrize("what", ASKED)
def test_no_table_is_read_whole(worked_in: Any, what: str) -> None:
    engine = create_engine(worked_in.url)
    with engine.connect() as connection:
        asked: list[tuple[str, Any]] = []

        def seen(*args: Any) -> None:
            asked.append(args[2:4])

        event.listen(connection, "before_cursor_execute", seen)
        ASKED[what](connection)
        event.remove(connection, "before_cursor_execute", seen)
        plans = [
            step[3]
            for statement, values in asked
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        ]
    engine.dispose()
    assert any(step.startswith("SEARCH") for step in plans), plans
    assert [step for step in plans if step.startswith("SCAN")] == []
