"""Table of what the admin was told of ourselves and is not over."""

from sqlalchemy import Column, String, Table

from daemon.store.columns import Instant, metadata

# Whichever daemon is first tells; whichever takes the row away says that it is over. A restart forgets nothing.
alarm = Table(
    "alarm",
    metadata,
    Column("what", String, primary_key=True),
    Column("since", Instant, nullable=False),
    Column("told_at", Instant, nullable=False),
)
