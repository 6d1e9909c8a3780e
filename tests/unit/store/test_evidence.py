"""Whatever is deleted or altered by hand, the evidence check names it."""

from datetime import timedelta
from typing import Any

import pytest

from daemon.seams import wall_now
from daemon.store import evidence, messages, open_store
from daemon.store.streams import Finding

M = 4294967296
"""Number of message 0 of the first chain."""
OLD = 2 * M + 1
"""The mail that was imported."""

DELETED = [
    ("chain WHERE id = 1", "there is no such chain", f"chain 1, message {M + 1}"),
    (f"message WHERE id = {M + 1}", "mail 1 is missing", f"message {M + 2}"),
    (f"message WHERE id = {M + 4}", "mail 4 is missing", f"message {M + 5}"),
    (f"message WHERE id IN ({M + 4}, {M + 5})", "mails 4 to 5 are missing", f"message {M + 6}"),
    (f"message WHERE id = {M + 10}", "mail 10 is missing at its end", "chain 1"),
    (f"raw WHERE message = {M + 3}", "its bytes are missing", f"message {M + 3}"),
    (f"raw WHERE message = {M + 10}", "its bytes are missing", f"message {M + 10}"),
    (f"message_record WHERE message = {M + 1}", "its reading 0 opened a record, but is linked to none", f"{M + 1}"),
    (f"message_record WHERE message = {M + 1}", "a mail opened it, but none is linked", "record L-"),
    (f"message_record WHERE message = {M + 8}", "linked to no record", f"message {M + 8}"),
    (f"message_record WHERE message = {M + 8}", f"its history names message {M + 8}", "record L-"),
    ("record WHERE id = 1", "a revision of record number 1, which is not there", "record number 1"),
    ("record WHERE id = 4", "a deadline of record number 4", "record number 4"),
    ("record WHERE id = 4", "it is about record number 4", "outgoing mail 5"),
    ("revision WHERE record = 1 AND n = 1", "its revision 1 is missing", "record L-"),
    ("revision WHERE record = 1 AND n = 3", "its revision 3 is missing", "record L-"),
    ("revision WHERE record = 1 AND n = 4", "its revision 4 is missing", "record L-"),
    ("revision WHERE record = 4", "it has no revision", "record L-"),
    ("deadline WHERE id = 2", "its deadline E2.1 is missing", "record L-"),
    ("deadline WHERE id = 10", "a deadline is missing", "record L-"),
    ("notice WHERE id = 1", "notice of its opening to verkauf.berlin@muster.example is missing", "record L-"),
    ("notice WHERE id = 1", "the notice that it tells of is missing", "outgoing mail 1"),
    ("notice WHERE id = 3", "notice of its opening to verkauf.potsdam@muster.example is missing", "record U-"),
    ("notice WHERE id = 5", "the notice of its revision 2 is missing", "record L-"),
    ("notice WHERE id = 6", "nobody was told of it", "record L-"),
    ("outbox WHERE id = 1", "outgoing mail 1 of its notice 1 is missing", "record L-"),
    ("imported", "its mark of import is missing", f"message {OLD}"),
    ("settings_version", "that decided it are not kept", f"message {M + 1}"),
    ("settings_version", "of its revision 1 are not kept", "record L-"),
]

ALTERED = [
    ("chain SET n = 9", "it says 9 mails and has 10", "chain 1"),
    ("chain SET hash = 'x'", "its last hash was altered", "chain 1"),
    ("chain SET key = x'00'", "its recipient was altered", f"message {M + 1}"),
    (f"message SET hash = 'x' WHERE id = {M + 4}", "its link in the chain is broken", f"message {M + 4}"),
    (f"message SET channel = 'imap' WHERE id = {M + 4}", "its link in the chain is broken", f"message {M + 4}"),
    (
        f"message SET accepted_at = '2026-11-20 09:00:01.000000' WHERE id = {M + 4}",
        "its link in the chain is broken",
        f"message {M + 4}",
    ),
    (f"message SET raw_sha256 = 'x' WHERE id = {M + 4}", "its bytes were altered", f"message {M + 4}"),
    (f"message SET recipient_mac = 'x' WHERE id = {M + 4}", "its recipient was altered", f"message {M + 4}"),
    (f"message SET recipient = 'a@b.example' WHERE id = {M + 4}", "its recipient was altered", f"message {M + 4}"),
    (f"message SET size = 1 WHERE id = {M + 4}", "its size was altered", f"message {M + 4}"),
    (f"message SET id = {M + 99} WHERE id = {M + 10}", "does not fit its place", f"message {M + 99}"),
    (f"message SET n = 99 WHERE id = {M + 10}", "mails 10 to 98 are missing", f"message {M + 10}"),
    (f"message SET fate = 'ignored' WHERE id = {M + 1}", "and yet linked to a record", f"message {M + 1}"),
    (f"message SET fate = 'attached' WHERE id = {M + 1}", "its fate was altered", f"message {M + 1}"),
    (f"message SET fate = 'lost' WHERE id = {M + 4}", "no fate that there is: 'lost'", f"message {M + 4}"),
    (f"message SET fate = 'pending' WHERE id = {M + 4}", "the time of it do not fit", f"message {M + 4}"),
    (f"message SET fate = 'opened' WHERE id = {M + 4}", "its fate was altered", f"message {M + 4}"),
    (f"message SET reason = NULL WHERE id = {M + 9}", "quarantined without a reason", f"message {M + 9}"),
    (f"message SET reason = 'x' WHERE id = {M + 6}", "its reason was altered", f"message {M + 6}"),
    (f"message SET site = 'odense' WHERE id = {M + 1}", "its site was altered", f"message {M + 1}"),
    (f"message SET source = NULL WHERE id = {M + 1}", "its source was altered", f"message {M + 1}"),
    (f"message SET class = 'reply' WHERE id = {M + 1}", "its class was altered", f"message {M + 1}"),
    (f"message SET settings = 'x' WHERE id = {M + 1}", "its settings was altered", f"message {M + 1}"),
    (f"message SET trace = NULL WHERE id = {M + 6}", "it is ignored without a trace", f"message {M + 6}"),
    (f"message SET trace = '' WHERE id = {M + 6}", "its trace was altered", f"message {M + 6}"),
    (f"message SET digest = 'x' WHERE id = {M + 1}", f"it repeats message {M + 1}", f"message {M + 2}"),
    (
        f"message SET trace = replace(trace, 'Tiguan', 'Passat') WHERE id = {M + 1}",
        "what it was opened with is not what was read",
        "record L-",
    ),
    (f"raw SET bytes = 'x' WHERE message = {M + 1}", "its bytes were altered", f"message {M + 1}"),
    (f"raw SET bytes = x'00' WHERE message = {M + 1}", "do not match their SHA-256", f"message {M + 1}"),
    (f"raw SET packed = true WHERE message = {M + 1}", "cannot be unpacked", f"message {M + 1}"),
    (f"raw SET site = 'odense' WHERE message = {M + 1}", "kept for site odense", f"message {M + 1}"),
    (f"raw SET message = 7 WHERE message = {M + 1}", "bytes without a message", "raw 7"),
    (f"message_record SET record = 2 WHERE message = {M + 1}", "a mail opened it, but none is linked", "record L-"),
    (f"message_record SET reading = 1 WHERE message = {M + 1}", "its reading 1 is linked", f"message {M + 1}"),
    (f"message_record SET how = 'attached' WHERE message = {M + 1}", "but is linked to none", f"message {M + 1}"),
    (f"message_record SET message = 7 WHERE message = {M + 1}", "not in the ledger", "message 7"),
    ("record SET ref = 'L-000000-0' WHERE id = 1", "it holds another state", "record L-000000-0"),
    ("record SET site = 'odense' WHERE id = 1", "its site was altered", "record L-"),
    ("record SET kind = 'review' WHERE id = 1", "its kind was altered", "record L-"),
    ("record SET state = 'done' WHERE id = 1", "its state was altered", "record L-"),
    ("record SET team = NULL WHERE id = 1", "its team was altered", "record L-"),
    ("record SET source = 'x' WHERE id = 1", "its source was altered", "record L-"),
    ("record SET revision = 3 WHERE id = 1", "it says 3 and has 4", "record L-"),
    ("record SET received_at = '2026-01-01 00:00:00' WHERE id = 1", "its received_at was altered", "record L-"),
    ("record SET due_at = NULL WHERE id = 1", "its due time is missing", "record L-"),
    ("record SET due_at = '2026-01-01 00:00:00' WHERE id = 1", "a deadline is missing", "record L-"),
    ("record SET data = replace(data, 'Tiguan', 'Passat') WHERE id = 1", "differs from its last revision", "record L-"),
    ("record SET id = 77 WHERE id = 1", "a revision of record number 1", "record number 1"),
    (
        "revision SET data = replace(data, 'Tiguan', 'Passat') WHERE record = 1 AND n = 1",
        "what it was opened with is not what was read",
        "record L-",
    ),
    ("revision SET data = '{' WHERE record = 1 AND n = 2", "its revision 2 was altered", "record L-"),
    (
        """revision SET data = replace(data, '"taken"', '"done"') WHERE record = 1 AND n = 3""",
        "'take' does not lead to it",
        "record L-",
    ),
    ("revision SET action = 'done' WHERE record = 1 AND n = 3", "its revision 3 was altered", "record L-"),
    ("revision SET action = 'note' WHERE record = 2 AND n = 1", "'note' opens nothing", "record L-"),
    ("revision SET actor = 'x' WHERE record = 1 AND n = 1", "it was opened by source x", "record L-"),
    ("revision SET args = '{}' WHERE record = 1 AND n = 2", f"message {M + 8} is attached to it, but no", "record L-"),
    ("revision SET settings = 'x' WHERE record = 1 AND n = 3", "the settings x of its revision 3", "record L-"),
    ("revision SET n = 9 WHERE record = 1 AND n = 3", "its revision 3 is missing", "record L-"),
    ("deadline SET due_at = '2026-01-01 00:00:00' WHERE id = 1", "its deadline E1 was altered", "record L-"),
    ("deadline SET deliver_at = '2026-01-01 00:00:00' WHERE id = 2", "its deadline E2.1 was altered", "record L-"),
    ("deadline SET because = 'x' WHERE id = 2", "its deadline E2.1 was altered", "record L-"),
    ("deadline SET step = 'E9' WHERE id = 2", "its deadline E9 was put in", "record L-"),
    ("deadline SET record = 77 WHERE id = 2", "a deadline of record number 77", "record number 77"),
    ("notice SET recipient = 'a@b.example' WHERE id = 1", "its notice 1 was altered", "record L-"),
    ("notice SET purpose = 'x' WHERE id = 1", "its notice 1 was altered", "record L-"),
    ("notice SET revision = 9 WHERE id = 1", "its notice 1 is of revision 9", "record L-"),
    ("notice SET outbox = 77 WHERE id = 1", "outgoing mail 77 of its notice 1 is missing", "record L-"),
    ("notice SET outbox = NULL WHERE id = 1", "the notice that it tells of is missing", "outgoing mail 1"),
    ("outbox SET recipient = 'a@b.example' WHERE id = 1", "its recipient was altered", "outgoing mail 1"),
    ("outbox SET state = 'waiting' WHERE id = 1", "time of sending do not fit", "outgoing mail 1"),
    ("outbox SET state = 'sent' WHERE id = 2", "time of sending do not fit", "outgoing mail 2"),
    ("outbox SET message_id = '<x@y>' WHERE id = 1", "Message-ID or its bytes were altered", "outgoing mail 1"),
    ("rendered SET bytes = 'x' WHERE outbox = 1", "Message-ID or its bytes were altered", "outgoing mail 1"),
    (f"message SET received_at = NULL WHERE id = {OLD}", "it is not as it was accepted", f"message {OLD}"),
    (f"message SET received_at = accepted_at WHERE id = {M + 1}", "not as it was accepted", f"message {M + 1}"),
    ("imported SET key = 'x'", "its mark of import is missing or was altered", f"message {OLD}"),
    (f"imported SET message = {M + 4}", "its mark of import is missing or was altered", f"message {M + 4}"),
    ("imported SET message = 7", "a mark of import without a message", "message 7"),
    ("settings_version SET packed = 'x'", "they cannot be read", "settings"),
    ("settings_version SET digest = 'x'", "that decided it are not kept", f"message {M + 1}"),
]


OF_THE_WRONG_KIND = [
    (f"message SET accepted_at = 'x' WHERE id = {M + 1}", f"message {M + 1}"),
    ("revision SET at = 'x' WHERE record = 1 AND n = 2", "revision 1, 2"),
]


def findings(books: Any, later: timedelta = timedelta()) -> list[Finding]:
    store = open_store(books.url)
    try:
        with store.read() as connection:
            return list(evidence.check(connection, wall_now() + later))
    finally:
        store.close()


def assert_named(found: list[Finding], what: str, where: str) -> None:
    assert any(what in one.what and where in one.where for one in found), found


def test_honest_books_have_no_findings(untouched: Any) -> None:
    assert findings(untouched) == []


def test_every_fate_is_counted(untouched: Any) -> None:
    store = open_store(untouched.url)
    with store.read() as connection:
        found = evidence.summary(connection)
    store.close()
    assert [fate for fate, _, _ in found] == [
        "attached", "automatic", "bounce", "ignored", "opened", "opened", "opened", "pending", "quarantined", "repeat",
    ]  # fmt: skip
    assert sum(number for _, _, number in found) == 11


@pytest.mark.parametrize(("table", "what", "where"), DELETED)
def test_a_deleted_row_is_named(hand: Any, table: str, what: str, where: str) -> None:
    hand.tamper(f"DELETE FROM {table}")  # noqa: S608 - from the table above
    assert_named(hand.findings(), what, where)


@pytest.mark.parametrize(("change", "what", "where"), ALTERED)
def test_an_altered_row_is_named(hand: Any, change: str, what: str, where: str) -> None:
    hand.tamper(f"UPDATE {change}")
    assert_named(hand.findings(), what, where)


@pytest.mark.parametrize("engine", ["sqlite"])  # PostgreSQL lets nobody write such a thing
@pytest.mark.parametrize(("change", "where"), OF_THE_WRONG_KIND)
def test_a_value_of_the_wrong_kind_is_named(hand: Any, change: str, where: str) -> None:
    hand.tamper(f"UPDATE {change}")
    assert_named(hand.findings(), "a value of the wrong kind", where)


def test_a_mail_unread_for_ten_minutes_is_named(untouched: Any) -> None:
    assert_named(findings(untouched, timedelta(minutes=11)), "it is unread since", f"message {M + 10}")


def test_packed_bytes_count_like_any_others(books: Any) -> None:
    store = open_store(books.url)
    assert store.write(lambda c: messages.pack(c, wall_now(), 100)).result() > 0
    store.close()
    assert findings(books) == []


def test_an_altered_link_does_not_blame_those_after_it(hand: Any) -> None:
    hand.tamper("UPDATE message SET channel = 'imap' WHERE n = 4")
    assert [one.where for one in hand.findings()] == [f"message {M + 4}"]
