"""Tables of sources: how their mails look and when they came, and what was told of their silence."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from daemon.store.columns import Id, Instant, metadata, some_rows

# Statistics of sources, not books: what the latest mails of each were made of. Nothing that their writers say.
source_mail = Table(
    "source_mail",
    metadata,
    Column("message", ForeignKey("message.id"), primary_key=True, autoincrement=False),
    Column("source", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("shape", Text, nullable=False),
    Index("ix_source_mail_source", "source", "at", "message"),
)

# How many mails of a source came in an hour, of those that are no longer kept above: its rhythm is learned from a year.
source_hour = Table(
    "source_hour",
    metadata,
    Column("source", String, primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("mails", Integer, nullable=False),
    # When the latest of them came: what came before it was counted, and is not again.
    Column("last", Instant, nullable=False),
)

# Sources and time zones, and when a daemon first saw them in its settings: from then on silence counts, and runs are
# missed. What leaves the settings is forgotten.
watched = Table(
    "watched",
    metadata,
    Column("sort", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("since", Instant, nullable=False),
)

# What controllers were told of silent sources, until they were told that the source sends again.
silent_source = Table(
    "silent_source",
    metadata,
    Column("source", String, primary_key=True),
    Column("controller", String, primary_key=True),
    # From when its silence counted.
    Column("since", Instant, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("times", Integer, nullable=False),
    Column("cleared_at", Instant),
    Index("ix_silent_source_told", "source", **some_rows("cleared_at IS NULL")),
)

# Silences planned by the command; those of the files stand in the settings.
silence = Table(
    "silence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site", String),
    Column("source", String),
    Column("first", String, nullable=False),
    Column("until", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("by", String, nullable=False),
    Column("at", Instant, nullable=False),
)

# Mails of our own to the addresses of sources, by their token, and how they came back.
probe = Table(
    "probe",
    metadata,
    Column("token", String, primary_key=True),
    Column("source", String, nullable=False, index=True),
    Column("made_at", Instant, nullable=False),
    Column("came_at", Instant),
    Column("message", ForeignKey("message.id")),
    Column("channel", String),
    Column("verified", String),
)
