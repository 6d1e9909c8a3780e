"""The naive shape: stock aiosmtpd that does everything for a mail, one after the other, before it answers 250.

It calls the very functions that Postroom's processes call (parse, decide, apply, render, compose, write), in one
process without the way to a reader; it commits once for each mail and sends on a connection of its own.

Run as `python -m tests.bench.naive PORT CONFIGURATION`.
"""

import asyncio
import smtplib
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import Connection, update
from sqlalchemy.exc import IntegrityError

from config.load import load
from config.models import Settings
from daemon.desk.answer import answered_by, arrived
from daemon.desk.desk import REPEATS
from daemon.desk.plan import Plan, Step, hints_for, plan
from daemon.outbox.draft import drafts
from daemon.outbox.letters import letter
from daemon.reader import Reader
from daemon.seams import Clock
from daemon.shift import Shift, data_directory, database_url, desk_keys
from daemon.store import messages, notices, open_store, outgoing, records
from daemon.store.chains import Accepted, Chain
from daemon.store.engine import open_engine
from daemon.store.messages import Claimed
from daemon.store.outgoing import Letter
from daemon.store.schema import message, metadata
from parsers import read
from parsers.records import Parsed
from templates.render import Renderer


class LongLines(SMTP):
    """Stock but for this: without it, mails with long lines would be refused."""

    line_length_limit = 64 << 10


class Naive:
    """One mail at a time."""

    def __init__(self, settings: Settings) -> None:
        data_directory(settings).mkdir(parents=True, exist_ok=True)
        url = database_url(settings)
        # It never asks the reader: parsing and rendering happen right here.
        no_reader = cast("Reader", None)
        self.shift = Shift(settings, open_store(url), Clock(), no_reader, desk_keys(settings))
        self.chain = Chain("naive")
        self.renderer = Renderer({})
        self.engine = open_engine(url, write=True)
        metadata.create_all(self.engine)
        relay = urlsplit(settings.postroom.relay[0].url)
        self.relay = (relay.hostname or "127.0.0.1", relay.port or 25)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """All of it, then the answer."""
        content = envelope.content
        assert isinstance(content, bytes)
        for recipient in envelope.rcpt_tos:
            for one in self.kept(content, recipient, envelope.mail_from or ""):
                with smtplib.SMTP(*self.relay, timeout=30) as relay:
                    relay.sendmail(one.sender, [one.recipient], one.content)
        return "250 OK"

    def kept(self, content: bytes, recipient: str, sender: str) -> list[Letter]:
        """One commit, again where a new reference was taken already: one of 20 runs of 10,000 mails meets that."""
        for _ in range(REPEATS):
            with suppress(IntegrityError), self.engine.begin() as connection:
                return self.handle(connection, content, recipient, sender)
        raise RuntimeError("no free reference was found")

    def handle(self, connection: Connection, content: bytes, recipient: str, sender: str) -> list[Letter]:
        """Store, parse, decide, write; the letters that follow."""
        shift, at = self.shift, datetime.now(UTC)
        accepted = Accepted(content, recipient, sender, "smtp", "127.0.0.1", at)
        (key,) = self.chain.append(connection, [accepted])
        lease = shift.leases.new()
        connection.execute(update(message).where(message.c.id == key).values(lease=lease))
        mail = Claimed(key, recipient, sender, "smtp", at, 0, False, lease, content)
        parsed = read.parse(content, hints_for(shift.settings, recipient))
        settled = self.settle(connection, mail, parsed)
        messages.finish(connection, [settled.fated], at)
        for step in settled.steps:
            self.keep(connection, key, step, at)
        return self.letters(connection, at)

    def settle(self, connection: Connection, mail: Claimed, parsed: Parsed) -> Plan:
        """Decide, with the look-ups that a mail needs."""
        settings = self.shift.settings
        answered = answered_by(connection, settings, self.shift.keys, mail)
        came = arrived(connection, settings, mail, parsed, answered) if answered else None
        first = plan(settings, mail, parsed, came)
        site_and_digest = (first.fated.site, parsed.digest)
        repeated = messages.first_of(connection, [site_and_digest]).get(site_and_digest)
        return plan(settings, mail, parsed, came, repeated) if repeated else first

    def keep(self, connection: Connection, message_id: int, step: Step, at: datetime) -> None:
        """Write a new record."""
        change, digest = step.change, self.shift.settings.digest
        record_id = records.open_record(connection, change.after, change.effects, change.action, digest, at)
        records.link(connection, [(message_id, step.reading, record_id, "opened")])

    def letters(self, connection: Connection, at: datetime) -> list[Letter]:
        """Render, compose and keep what is due: that of the one mail in hand."""
        made = []
        for one in drafts(connection, self.shift, notices.due(connection, at, 10)):
            made.append(letter(self.shift, one, self.renderer.render(one.job)))
            outbox_id = outgoing.put(connection, made[-1], at)
            assert outbox_id is not None
            notices.carry(connection, [(one.due.id, outbox_id)])
        return made


async def serve(port: int, directory: Path) -> None:
    """Listen on loopback until killed."""
    settings, problems = load(directory)
    if settings is None:
        sys.exit("\n".join(map(str, problems)))
    naive = Naive(settings)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: LongLines(naive, loop=loop), "127.0.0.1", port, backlog=200)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
