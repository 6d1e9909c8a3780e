"""The first tables: those of the schema, for as long as no release has made any.

With the second migration this one is written out: it must go on making what it made, whatever the schema becomes.
"""

from alembic import op

from daemon.store.schema import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind(), checkfirst=False)
