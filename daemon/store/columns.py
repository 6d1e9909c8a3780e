"""What all tables are made of: their common metadata, times in UTC, numbered keys, indexes of some rows only."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, TypeDecorator, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware time in UTC; SQLite would silently drop the zone, so naive times are refused on the way in."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; the driver stores it without an offset on SQLite."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone must not reach the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back; PostgreSQL tells the time in that of the session."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def some_rows(condition: str) -> dict[str, Any]:
    """An index of some rows only, on both engines."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


QUEUE: dict[str, Any] = {
    "postgresql_with": {
        # Batches claim all rows of a page in one transaction: their new versions need as much room as they have. What
        # stays on its page is new to no index.
        "fillfactor": 50,
        # Only the newest rows of a queue die, however many lie behind them: a share of all would be reached too late,
        # and a claim would have to step over all that has died.
        "autovacuum_vacuum_scale_factor": 0.005,
        "autovacuum_vacuum_threshold": 1000,
        "autovacuum_analyze_scale_factor": 0.01,
        "autovacuum_analyze_threshold": 1000,
        "autovacuum_vacuum_insert_scale_factor": 0.02,
    }
}
"""How PostgreSQL keeps a table whose newest rows change several times and whose others hardly ever do."""

# SQLite numbers rows by itself only in a column of type INTEGER.
Id = BigInteger().with_variant(Integer(), "sqlite")
