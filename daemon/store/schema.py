"""The tables; what a row is stands in docs/flow.md. Migrations bring a database to this shape."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from daemon.store import alarm_tables, mailbox_tables, source_tables, standstill_tables
from daemon.store.columns import QUEUE, Id, Instant, metadata, some_rows

# Who takes metadata from here has all tables in it.
__all__ = ["alarm_tables", "mailbox_tables", "metadata", "source_tables", "standstill_tables"]

HEAD = "0001"
"""Revision of the newest migration; compared with the database before anything of Alembic is imported."""

# What a partial index holds. Queries must use these very words: with a bound parameter in their place SQLite cannot
# know that the index will do, and reads the whole table.
PENDING = text("message.fate = 'pending'")
QUARANTINED = text("message.fate = 'quarantined'")
UNPACKED = text("NOT raw.packed")
SETTLED = text("message.fate NOT IN ('repeat', 'quarantined', 'pending')")
ALERTS = text("outbox.purpose IN ('overdue', 'escalated', 'flagged', 'untouched', 'warning', 'reminder')")
TO_SEND = text("outbox.state IN ('waiting', 'unknown')")
UNFINISHED = text("outbox.state NOT IN ('sent', 'withdrawn')")


chain = Table(
    "chain",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", LargeBinary, nullable=False),
    Column("process", String, nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("n", Integer, nullable=False),
    Column("hash", String, nullable=False),
)

message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("chain", ForeignKey("chain.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("accepted_at", Instant, nullable=False),
    # Of an imported mail: when it came in first. Nothing else has it.
    Column("received_at", Instant),
    Column("channel", String, nullable=False),
    Column("raw_sha256", String, nullable=False),
    Column("recipient_mac", String, nullable=False),
    Column("hash", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("client", String, nullable=False),
    Column("size", Integer, nullable=False),
    Column("site", String),
    Column("source", String),
    Column("verified", String),
    Column("class", String),
    Column("digest", String),
    Column("subject", String),
    Column("fate", String, nullable=False, server_default="pending"),
    Column("reason", String),
    Column("trace", Text),
    Column("settings", String),
    Column("fate_at", Instant),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("alone", Boolean, nullable=False, server_default=false()),
    Column("due_at", Instant, nullable=False),
    Column("lease", String),
    Column("lease_until", Instant),
    Column("seal", String, nullable=False),
    Column("fate_seal", String),
    UniqueConstraint("chain", "n"),
    Index(
        "ix_message_pending",
        "alone",
        "due_at",
        **some_rows("fate = 'pending'"),
    ),
    Index("ix_message_quarantined", "accepted_at", "id", **some_rows("fate = 'quarantined'")),
    # The same mail at the same site opens nothing twice, whoever else reads it at the same moment.
    Index(
        "uq_message_digest",
        "site",
        "digest",
        unique=True,
        **some_rows("fate NOT IN ('repeat', 'quarantined', 'pending')"),
    ),
    **QUEUE,
)

raw = Table(
    "raw",
    metadata,
    Column("message", ForeignKey("message.id"), primary_key=True, autoincrement=False),
    Column("site", String),
    Column("packed", Boolean, nullable=False, server_default=false()),
    Column("bytes", LargeBinary, nullable=False),
    Index("ix_raw_unpacked", "message", **some_rows("NOT packed")),
)

# What was taken from files, by its bytes and recipient, so that no import takes it twice. A table of its own: an index
# over all mails would cost each of those that come by SMTP.
imported = Table(
    "imported",
    metadata,
    Column("message", ForeignKey("message.id"), primary_key=True, autoincrement=False),
    Column("key", String, nullable=False, unique=True),
)

# Mails of which nothing but their place in the ledger is left, with who erased them, when and why.
erased = Table(
    "erased",
    metadata,
    Column("message", ForeignKey("message.id"), primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("actor_role", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("why", String, nullable=False),
    Column("seal", String, nullable=False),
)

record = Table(
    "record",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ref", String, nullable=False, unique=True),
    Column("site", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("team", String),
    Column("source", String),
    Column("category", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("received_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("data", Text, nullable=False),
    # For the newest of each state: sites, kinds and both together (daemon.store.records.listing).
    Index("ix_record_site_state", "site", "state", "id"),
    Index("ix_record_kind_state", "kind", "state", "id"),
    Index("ix_record_site_kind_state", "site", "kind", "state", "id"),
)

revision = Table(
    "revision",
    metadata,
    Column("record", ForeignKey("record.id"), primary_key=True, autoincrement=False),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("action", String, nullable=False),
    Column("actor_role", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("args", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("settings", String, nullable=False),
    Column("deadlines_seal", String),
    Column("notices_seal", String),
    Column("seal", String, nullable=False),
)

message_record = Table(
    "message_record",
    metadata,
    Column("message", ForeignKey("message.id"), primary_key=True, autoincrement=False),
    Column("reading", Integer, primary_key=True, autoincrement=False),
    Column("record", ForeignKey("record.id"), nullable=False, index=True),
    Column("how", String, nullable=False),
)

# By what a person (`mail`, `phone`) or a car (`vin`, `plate`) is known at a site. Whoever opens a record locks these
# rows first, so that two requests of one person see each other; whoever gives a car a time locks the car's.
contact = Table(
    "contact",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", String, nullable=False),
    Column("type", String, nullable=False),
    Column("value", String, nullable=False),
    # How many days before a workshop visit this person wants to be reminded, 0 for never, and when that was said.
    Column("reminder", Integer),
    Column("reminder_at", Instant),
    UniqueConstraint("site", "type", "value"),
)

# Where to look, not what counts: who a record's person is stands in the record.
record_contact = Table(
    "record_contact",
    metadata,
    Column("contact", ForeignKey("contact.id"), primary_key=True, autoincrement=False),
    Column("record", ForeignKey("record.id"), primary_key=True, autoincrement=False),
)


deadline = Table(
    "deadline",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record", ForeignKey("record.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("step", String, nullable=False),
    Column("cycle", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("deliver_at", Instant, nullable=False),
    Column("effect", String, nullable=False),
    Column("target", String, nullable=False),
    Column("because", String, nullable=False),
    # What ends it, where that is not for the lifecycle to say: names of actions, each between spaces.
    Column("until", String),
    # On which terms it runs (daemon.store.terms), as JSON.
    Column("terms", String, nullable=False, server_default="{}"),
    Column("fired_at", Instant),
    # It was found late: while it was passed no daemon ran, or the clock was set.
    Column("late", Boolean, nullable=False, server_default=false()),
    Column("lease", String),
    Column("lease_until", Instant),
    Column("ended_at", Instant),
    # The revision that ended it: to undo that revision lets it hold again.
    Column("ended_by", Integer),
    UniqueConstraint("record", "step", "cycle"),
    Index(
        "ix_deadline_open",
        "due_at",
        **some_rows("fired_at IS NULL AND ended_at IS NULL"),
    ),
    Index("ix_deadline_leased", "lease", **some_rows("lease IS NOT NULL")),
    **QUEUE,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("dedupe", String, nullable=False, unique=True),
    Column("purpose", String, nullable=False),
    Column("category", String),
    # Without a record: it tells of several, those of the notices that it carries, and of the sum of their revisions.
    Column("record", ForeignKey("record.id"), index=True),
    Column("revision", Integer),
    Column("site", String),
    Column("recipient", String, nullable=False),
    Column("sender", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("message_id", String, nullable=False, unique=True),
    Column("state", String, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("reached_data", Boolean, nullable=False, server_default=false()),
    Column("created_at", Instant, nullable=False),
    Column("next_try_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Column("lease", String),
    Column("lease_until", Instant),
    Column("last_error", String),
    # Whom the caps count it for, if they do, and whether it counts as a mail to a customer.
    Column("correspondent", String),
    Column("customer", Boolean, nullable=False, server_default=false()),
    # When the first bounce of it came: further ones say nothing new.
    Column("returned_at", Instant),
    Column("seal", String, nullable=False),
    Index(
        "ix_outbox_correspondent",
        "correspondent",
        "created_at",
        **some_rows("correspondent IS NOT NULL"),
    ),
    Index("ix_outbox_returned", "recipient", "returned_at", **some_rows("returned_at IS NOT NULL")),
    # What the clock had to tell, each record by itself: for the cap per recipient.
    Index(
        "ix_outbox_alerts",
        "recipient",
        "created_at",
        **some_rows("purpose IN ('overdue', 'escalated', 'flagged', 'untouched', 'warning', 'reminder')"),
    ),
    Index("ix_outbox_customer", "created_at", **some_rows("customer")),
    Index(
        "ix_outbox_due",
        "next_try_at",
        **some_rows("state IN ('waiting', 'unknown')"),
    ),
    Index("ix_outbox_unfinished", "state", "created_at", **some_rows("state NOT IN ('sent', 'withdrawn')")),
    **QUEUE,
)

# Apart from its outbox row, which changes when it is claimed and marked: SQLite writes a changed row as a whole.
rendered = Table(
    "rendered",
    metadata,
    Column("outbox", ForeignKey("outbox.id"), primary_key=True, autoincrement=False),
    Column("bytes", LargeBinary, nullable=False),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record", ForeignKey("record.id"), nullable=False, index=True),
    Column("revision", Integer, nullable=False),
    Column("purpose", String, nullable=False),
    Column("recipient", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("way", String, nullable=False),
    Column("data", Text, nullable=False),
    Column("outbox", ForeignKey("outbox.id")),
    Column("withdrawn_at", Instant),
    # Why nobody was told, where that was not because of what became of its record.
    Column("withdrawn_because", String),
    # The brake held it back until then.
    Column("held_until", Instant),
    Index(
        "ix_notice_open",
        "at",
        **some_rows("outbox IS NULL AND withdrawn_at IS NULL"),
    ),
    # Not of those without a letter: these are found by the index above, not among all that were ever withdrawn.
    Index("ix_notice_outbox", "outbox", **some_rows("outbox IS NOT NULL")),
    **QUEUE,
)

# How many mails have which fate, how many letters are done with: sums, see daemon.store.tally.
tally = Table(
    "tally",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sort", String, nullable=False),
    Column("name", String, nullable=False),
    Column("source", String),
    Column("number", Integer, nullable=False),
)

# What the calendar asks for, once a day and place, whichever daemon is first.
run = Table(
    "run",
    metadata,
    Column("job", String, primary_key=True),
    Column("scope", String, primary_key=True),
    Column("day", String, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("done_at", Instant),
    # How many of its kind did not come at their time, up to this one; 0 where it came at its own.
    Column("missed", Integer, nullable=False, server_default="0"),
    Index("ix_run_open", "at", **some_rows("done_at IS NULL")),
)


settings_version = Table(
    "settings_version",
    metadata,
    Column("digest", String, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("versions", Text, nullable=False),
    Column("packed", LargeBinary, nullable=False),
    Column("seal", String, nullable=False),
)
