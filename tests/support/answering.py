"""The house's half of a conversation by hand: records, mails that came in, actions, and the letters made of them."""

import email
import email.policy
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import text

from config.init import initialise
from config.load import canonical, load
from daemon.act import act, open_by_hand
from daemon.outbox.bundle import Bundler
from daemon.reader import Reader
from daemon.seams import Clock
from daemon.shift import Shift, data_directory, database_url, desk_keys
from daemon.store import messages, open_store, outgoing
from daemon.store.chains import Accepted, Chain
from daemon.store.upgrade import prepare
from parsers.records import Customer, Parsed, Reading, Vehicle
from rules.decide import decide
from rules.model import Action, Actor, Context, Envelope, Opening, Record, Thread

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ANNA = Actor("team", "anna@muster.example")
CUSTOMER = "karin@beispiel.example"
REPLY_TEMPLATES = {
    "de/reply.txt.j2": "{{ notice.text }}\n\n{{ site.name }}\n",
    "de/reply.html.j2": "<p>{{ notice.text }}</p><p>{{ site.name }}</p>",
}
"""An admin's own, and as plain as can be."""
TIME_LIMIT = 30


class Letter(NamedTuple):
    """A row of the outbox."""

    id: int
    purpose: str
    recipient: str
    state: str
    last_error: str | None
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        """As a mail program reads it."""
        message = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        return message

    @property
    def words(self) -> str:
        """Its plain text."""
        body = self.mail.get_body(("plain",))
        assert body is not None
        told: str = body.get_content()
        return told.replace("\r\n", "\n")


class House:
    """A store, a reader and a bundler, worked by the test."""

    def __init__(self, directory: Path, templates: dict[str, str]) -> None:
        initialise(directory)
        settings, problems = load(directory)
        assert settings is not None, problems
        prepare(database_url(settings), data_directory(settings))
        store = open_store(database_url(settings))
        self.shift = Shift(settings, store, Clock(), Reader(templates), desk_keys(settings))
        kept = canonical(settings).encode()
        store.write(lambda c: messages.keep_settings(c, settings.digest, "{}", kept, AT)).result()
        self._chain = Chain("test")

    def opened(self, thread: Thread | None = None) -> Record:
        """A lead of a customer who wrote directly, or through an exchange if there is no thread."""
        site, settings = self.shift.settings.sites["berlin"], self.shift.settings
        customer = Customer(name="Karin Beispiel", emails=(CUSTOMER,))
        vehicle = Vehicle(role="wanted", make="Volkswagen", model="Golf")
        reading = Reading(kind="lead", language="de", customer=customer, vehicles=(vehicle,), comments="Noch da?")
        envelope = Envelope(recipient=site.desk, channel="command", accepted_at=AT)
        parsed = Parsed(digest="", readings=(reading,))
        decision = decide(reading, envelope, parsed, site, None, settings, Context(), AT, 0)
        opening = Opening(ref="", site=site.id, reading=reading, decision=decision, received_at=AT, thread=thread)
        return open_by_hand(self.shift.store, settings, opening, Action(name="open", actor=Actor("command")), AT)

    def came(self, raw: bytes) -> int:
        """A mail that was accepted; its number."""
        taken = Accepted(raw, "desk@muster.example", CUSTOMER, "smtp", "192.0.2.1", AT)
        (key,) = self.shift.store.write(lambda c: self._chain.append(c, [taken])).result()
        return int(key)

    def act(self, ref: str, name: str, actor: Actor = ANNA, **args: str) -> Record:
        """Do something to a record."""
        given = Action(name=name, actor=actor, args=args)
        return act(self.shift.store, self.shift.settings, ref, given, self.shift.clock.now())

    def tell(self) -> None:
        """All that is due becomes letters, and letters that their record has outrun are written again."""
        bundler = Bundler(self.shift, lambda: None)
        until = time.monotonic() + TIME_LIMIT
        while (gathered := bundler.gather()) is not None or self._outdated():
            assert time.monotonic() < until
            if gathered:
                bundler.keep(gathered)
        bundler.close()

    def _outdated(self) -> bool:
        with self.shift.store.read() as connection:
            return bool(outgoing.outdated(connection, 1))

    def rows(self, sql: str, **values: object) -> list[Any]:
        """Rows of one query."""
        with self.shift.store.read() as connection:
            return list(connection.execute(text(sql), values))

    def letters(self, purpose: str) -> list[Letter]:
        """What the outbox holds for a purpose, oldest first."""
        query = (
            "SELECT outbox.id, purpose, recipient, state, last_error, rendered.bytes FROM outbox"
            " JOIN rendered ON rendered.outbox = outbox.id WHERE purpose = :purpose ORDER BY outbox.id"
        )
        return [Letter(*row) for row in self.rows(query, purpose=purpose)]

    def close(self) -> None:
        """End it."""
        self.shift.reader.close()
        self.shift.store.close()


@contextmanager
def house(directory: Path, templates: dict[str, str] | None = None) -> Iterator[House]:
    """A house of the example group."""
    made = House(directory / "etc", REPLY_TEMPLATES if templates is None else templates)
    try:
        yield made
    finally:
        made.close()
