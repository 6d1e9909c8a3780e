"""A daemon that reads mailboxes, and what became of their mails."""

import hashlib
import json
import re
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.support.client import lead, new_key
from tests.support.daemon import Installation
from tests.support.waiting import wait_until

SOURCE = "website-berlin"
PASSWORD_FILE = "imap.password"
LONG_AGO = "2001-01-01"
POLL_SECONDS = 5
OFTEN = {"POSTROOM_TEST_POLL": str(POLL_SECONDS)}
"""Environment of a daemon that polls so often: no test waits for a minute, which is the least that is configured."""
_STORED = """
    SELECT raw_sha256 FROM mailbox_mail JOIN message ON message.id = message
    WHERE mailbox_mail.digest IN (SELECT value FROM json_each(?)) AND mailbox_mail.digest = raw_sha256
"""
_KEY = re.compile(r"kunde-([a-z0-9-]+)@kunde\.example")


def fresh_ones(since: float) -> int:
    """How many fresh connections polling alone may have made since then (time.monotonic()), at most."""
    return int((time.monotonic() - since) / POLL_SECONDS) + 1


def read_mailbox(house: Installation, port: int, password: str, **keys: str | bool | Path | list[str]) -> None:
    """Add a mailbox on loopback to a house that does not run yet.

    Args:
        house: Whose configuration.
        port: Of the IMAP server, or what stands before it.
        password: Of the account.
        keys: Of the `[[imap]]` table, in place of those given here.
    """
    house.write(PASSWORD_FILE, password)
    values = {
        "id": "verkauf",
        "host": "127.0.0.1",
        "port": port,
        "tls": "off",
        "username": "verkauf",
        "source": SOURCE,
        "since": LONG_AGO,
        "poll": "1m",
        **keys,
    }
    lines = [f"{key} = {_toml(value)}" for key, value in values.items()]
    secret = f'password = {{ file = "{PASSWORD_FILE}" }}'
    house.append("postroom.toml", "\n".join(["", "[[imap]]", *lines, secret, ""]))


def _toml(value: object) -> str:
    return json.dumps(str(value) if isinstance(value, Path) else value)


class Mails:
    """Mails with a lead of their own each, known by their bytes."""

    def __init__(self, seed: object = 1) -> None:
        self._sizes = Random(str(seed))  # noqa: S311 - sizes of test mails
        self.keys: dict[str, str] = {}
        """Key of each mail by the SHA-256 of its bytes."""
        self._seen: set[str] = set()

    def make(self, count: int) -> list[bytes]:
        """So many more, of 1 to 2 KB."""
        return [self._one() for _ in range(count)]

    def _one(self) -> bytes:
        key = new_key("imap")
        size = self._sizes.randrange(1 << 10, 2 << 10)
        filled = lead(key, text="Bitte melden. " * ((size - len(lead(key))) // 14))
        self.keys[digest(filled)] = key
        return filled

    def stored(self, house: Installation) -> Counter[str]:
        """How many times each of these mails lies in the daemon's database."""
        rows = house.query("SELECT raw_sha256, count(*) FROM message GROUP BY raw_sha256")
        return Counter({found: times for found, times in rows if found in self.keys})

    def is_stored(self, house: Installation) -> bool:
        """Whether each is there; asks only for those that were not when it was asked before."""
        found = house.query(_STORED, json.dumps([one for one in self.keys if one not in self._seen]))
        self._seen.update(one for (one,) in found)
        return self._seen >= self.keys.keys()

    def wait_stored(self, house: Installation, seconds: float = 60) -> None:
        """Wait until each is there; a report says what is missing."""
        wait_until(lambda: self.is_stored(house), seconds, "every mail is stored")

    def assert_once(self, house: Installation) -> None:
        """Each is there, and none twice."""
        stored = self.stored(house)
        missing = [key for found, key in self.keys.items() if found not in stored]
        twice = [self.keys[found] for found, times in stored.items() if times > 1]
        assert (missing, twice) == ([], [])

    def assert_one_record_each(self, house: Installation) -> None:
        """Each opened one record, however many times it was read."""
        house.settle(120)
        records = self.records(house)
        wrong = {key: records[key] for key in self.keys.values() if records[key] != 1}
        assert not wrong, f"records by key of mail: {wrong}"

    def records(self, house: Installation) -> Counter[str]:
        """How many records each key has."""
        rows = house.query("SELECT data FROM record WHERE site <> 'admin'")
        return Counter(key for (data,) in rows for key in set(_KEY.findall(data)))


def digest(raw: bytes) -> str:
    """As the database has it."""
    return hashlib.sha256(raw).hexdigest()


def numbers(named: str) -> set[int]:
    """The numbers of an IMAP sequence set without `*`."""
    found: set[int] = set()
    for part in named.split(","):
        first, _, last = part.partition(":")
        found |= set(range(int(first), int(last or first) + 1))
    return found
