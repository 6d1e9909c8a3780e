"""The table of standstills: from when to when nothing goes out."""

from sqlalchemy import Column, String, Table

from daemon.store.columns import Id, Instant, metadata

# At most one has no end. Those that ended stay: they say why nothing went out then.
standstill = Table(
    "standstill",
    metadata,
    Column("id", Id, primary_key=True),
    Column("began_at", Instant, nullable=False),
    Column("why", String, nullable=False),
    Column("by", String, nullable=False),
    Column("ended_at", Instant),
    Column("ended_by", String),
)
