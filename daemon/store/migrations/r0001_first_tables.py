"""The first tables: ledger, records and what follows from them, outgoing mail."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Column

revision = "0001"
down_revision = None

# SQLite numbers rows by itself only in a column of type INTEGER.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def _where(condition: str) -> dict[str, Any]:
    """An index of some rows only, on both engines."""
    return {"sqlite_where": sa.text(condition), "postgresql_where": sa.text(condition)}


def upgrade() -> None:
    _chain()
    _message()
    _raw()
    _imported()
    _settings_version()
    _record()
    _revision()
    _message_record()
    _source_mail()
    _deadline()
    _outbox()
    _notice()
    _mailboxes()


def _chain() -> None:
    op.create_table(
        "chain",
        Column("id", ID, nullable=False),
        Column("key", sa.LargeBinary(), nullable=False),
        Column("process", sa.String(), nullable=False),
        Column("started_at", AT, nullable=False),
        Column("n", sa.Integer(), nullable=False),
        Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chain"),
    )


def _message() -> None:
    op.create_table(
        "message",
        Column("id", ID, autoincrement=False, nullable=False),
        Column("chain", ID, nullable=False),
        Column("n", sa.Integer(), nullable=False),
        Column("accepted_at", AT, nullable=False),
        Column("received_at", AT),
        Column("channel", sa.String(), nullable=False),
        Column("raw_sha256", sa.String(), nullable=False),
        Column("recipient_mac", sa.String(), nullable=False),
        Column("hash", sa.String(), nullable=False),
        Column("sender", sa.String(), nullable=False),
        Column("recipient", sa.String(), nullable=False),
        Column("client", sa.String(), nullable=False),
        Column("size", sa.Integer(), nullable=False),
        Column("site", sa.String()),
        Column("source", sa.String()),
        Column("verified", sa.String()),
        Column("class", sa.String()),
        Column("digest", sa.String()),
        Column("subject", sa.String()),
        Column("fate", sa.String(), server_default="pending", nullable=False),
        Column("reason", sa.String()),
        Column("trace", sa.Text()),
        Column("settings", sa.String()),
        Column("fate_at", AT),
        Column("tries", sa.Integer(), server_default="0", nullable=False),
        Column("alone", sa.Boolean(), server_default=sa.false(), nullable=False),
        Column("due_at", AT, nullable=False),
        Column("lease", sa.String()),
        Column("lease_until", AT),
        Column("seal", sa.String(), nullable=False),
        Column("fate_seal", sa.String()),
        sa.ForeignKeyConstraint(["chain"], ["chain.id"], name="fk_message_chain"),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
        sa.UniqueConstraint("chain", "n", name="uq_message_chain_n"),
    )
    op.create_index("ix_message_pending", "message", ["alone", "due_at"], unique=False, **_where("fate = 'pending'"))
    op.create_index(
        "uq_message_digest",
        "message",
        ["site", "digest"],
        unique=True,
        **_where("fate NOT IN ('repeat', 'quarantined', 'pending')"),
    )


def _raw() -> None:
    op.create_table(
        "raw",
        Column("message", ID, autoincrement=False, nullable=False),
        Column("site", sa.String()),
        Column("packed", sa.Boolean(), server_default=sa.false(), nullable=False),
        Column("bytes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_raw_message"),
        sa.PrimaryKeyConstraint("message", name="pk_raw"),
    )


def _imported() -> None:
    op.create_table(
        "imported",
        Column("message", ID, autoincrement=False, nullable=False),
        Column("key", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_imported_message"),
        sa.PrimaryKeyConstraint("message", name="pk_imported"),
        sa.UniqueConstraint("key", name="uq_imported_key"),
    )


def _settings_version() -> None:
    op.create_table(
        "settings_version",
        Column("digest", sa.String(), nullable=False),
        Column("at", AT, nullable=False),
        Column("versions", sa.Text(), nullable=False),
        Column("packed", sa.LargeBinary(), nullable=False),
        Column("seal", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_settings_version"),
    )


def _record() -> None:
    op.create_table(
        "record",
        Column("id", ID, nullable=False),
        Column("ref", sa.String(), nullable=False),
        Column("site", sa.String(), nullable=False),
        Column("kind", sa.String(), nullable=False),
        Column("state", sa.String(), nullable=False),
        Column("team", sa.String()),
        Column("source", sa.String()),
        Column("revision", sa.Integer(), nullable=False),
        Column("received_at", AT, nullable=False),
        Column("due_at", AT),
        Column("data", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_record"),
        sa.UniqueConstraint("ref", name="uq_record_ref"),
    )
    op.create_index("ix_record_site_state", "record", ["site", "state", "id"], unique=False)


def _revision() -> None:
    op.create_table(
        "revision",
        Column("record", ID, autoincrement=False, nullable=False),
        Column("n", sa.Integer(), autoincrement=False, nullable=False),
        Column("at", AT, nullable=False),
        Column("action", sa.String(), nullable=False),
        Column("actor_role", sa.String(), nullable=False),
        Column("actor", sa.String(), nullable=False),
        Column("args", sa.Text(), nullable=False),
        Column("data", sa.Text(), nullable=False),
        Column("settings", sa.String(), nullable=False),
        Column("deadlines_seal", sa.String()),
        Column("notices_seal", sa.String()),
        Column("seal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name="fk_revision_record"),
        sa.PrimaryKeyConstraint("record", "n", name="pk_revision"),
    )


def _message_record() -> None:
    op.create_table(
        "message_record",
        Column("message", ID, autoincrement=False, nullable=False),
        Column("reading", sa.Integer(), autoincrement=False, nullable=False),
        Column("record", ID, nullable=False),
        Column("how", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_message_record_message"),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name="fk_message_record_record"),
        sa.PrimaryKeyConstraint("message", "reading", name="pk_message_record"),
    )
    op.create_index("ix_message_record_record", "message_record", ["record"], unique=False)


def _source_mail() -> None:
    op.create_table(
        "source_mail",
        Column("message", ID, autoincrement=False, nullable=False),
        Column("source", sa.String(), nullable=False),
        Column("at", AT, nullable=False),
        Column("shape", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_source_mail_message"),
        sa.PrimaryKeyConstraint("message", name="pk_source_mail"),
    )
    op.create_index("ix_source_mail_source", "source_mail", ["source", "at", "message"], unique=False)


def _deadline() -> None:
    op.create_table(
        "deadline",
        Column("id", ID, nullable=False),
        Column("record", ID, nullable=False),
        Column("revision", sa.Integer(), nullable=False),
        Column("step", sa.String(), nullable=False),
        Column("cycle", sa.Integer(), nullable=False),
        Column("due_at", AT, nullable=False),
        Column("deliver_at", AT, nullable=False),
        Column("effect", sa.String(), nullable=False),
        Column("target", sa.String(), nullable=False),
        Column("because", sa.String(), nullable=False),
        Column("fired_at", AT),
        Column("ended_at", AT),
        Column("ended_by", sa.Integer()),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name="fk_deadline_record"),
        sa.PrimaryKeyConstraint("id", name="pk_deadline"),
        sa.UniqueConstraint("record", "step", "cycle", name="uq_deadline_record_step_cycle"),
    )
    op.create_index(
        "ix_deadline_open", "deadline", ["due_at"], unique=False, **_where("fired_at IS NULL AND ended_at IS NULL")
    )


def _outbox() -> None:
    op.create_table(
        "outbox",
        Column("id", ID, nullable=False),
        Column("dedupe", sa.String(), nullable=False),
        Column("purpose", sa.String(), nullable=False),
        Column("record", ID),
        Column("revision", sa.Integer()),
        Column("site", sa.String()),
        Column("recipient", sa.String(), nullable=False),
        Column("sender", sa.String(), nullable=False),
        Column("subject", sa.String(), nullable=False),
        Column("message_id", sa.String(), nullable=False),
        Column("state", sa.String(), nullable=False),
        Column("attempts", sa.Integer(), server_default="0", nullable=False),
        Column("reached_data", sa.Boolean(), server_default=sa.false(), nullable=False),
        Column("created_at", AT, nullable=False),
        Column("next_try_at", AT, nullable=False),
        Column("sent_at", AT),
        Column("lease", sa.String()),
        Column("lease_until", AT),
        Column("last_error", sa.String()),
        Column("seal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name="fk_outbox_record"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("dedupe", name="uq_outbox_dedupe"),
        sa.UniqueConstraint("message_id", name="uq_outbox_message_id"),
    )
    op.create_index(
        "ix_outbox_due", "outbox", ["next_try_at"], unique=False, **_where("state IN ('waiting', 'unknown')")
    )
    op.create_index("ix_outbox_record", "outbox", ["record"], unique=False)
    op.create_table(
        "rendered",
        Column("outbox", ID, autoincrement=False, nullable=False),
        Column("bytes", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["outbox"], ["outbox.id"], name="fk_rendered_outbox"),
        sa.PrimaryKeyConstraint("outbox", name="pk_rendered"),
    )


def _notice() -> None:
    op.create_table(
        "notice",
        Column("id", ID, nullable=False),
        Column("record", ID, nullable=False),
        Column("revision", sa.Integer(), nullable=False),
        Column("purpose", sa.String(), nullable=False),
        Column("recipient", sa.String(), nullable=False),
        Column("at", AT, nullable=False),
        Column("data", sa.Text(), nullable=False),
        Column("outbox", ID),
        Column("withdrawn_at", AT),
        sa.ForeignKeyConstraint(["outbox"], ["outbox.id"], name="fk_notice_outbox"),
        sa.ForeignKeyConstraint(["record"], ["record.id"], name="fk_notice_record"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
    )
    op.create_index(
        "ix_notice_open", "notice", ["at"], unique=False, **_where("outbox IS NULL AND withdrawn_at IS NULL")
    )
    op.create_index("ix_notice_outbox", "notice", ["outbox"], unique=False)
    op.create_index("ix_notice_record", "notice", ["record"], unique=False)


def _mailboxes() -> None:
    op.create_table(
        "mailbox",
        Column("account", sa.String(), nullable=False),
        Column("folders", sa.Integer(), nullable=False),
        Column("owner", sa.String()),
        Column("lease_until", AT),
        Column("last_success", AT),
        Column("told_at", AT),
        Column("compared_at", AT, nullable=False),
        sa.PrimaryKeyConstraint("account", name="pk_mailbox"),
    )
    op.create_table(
        "mailbox_folder",
        Column("id", ID, nullable=False),
        Column("account", sa.String(), nullable=False),
        Column("name", sa.String(), nullable=False),
        Column("generation", sa.Integer(), nullable=False),
        Column("uidvalidity", sa.BigInteger(), nullable=False),
        Column("last_uid", sa.BigInteger(), nullable=False),
        Column("skipped_to", sa.BigInteger(), nullable=False),
        Column("cutoff", AT),
        Column("mails", sa.Integer(), nullable=False),
        Column("seal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["account"], ["mailbox.account"], name="fk_mailbox_folder_account"),
        sa.PrimaryKeyConstraint("id", name="pk_mailbox_folder"),
        sa.UniqueConstraint("account", "name", name="uq_mailbox_folder_account_name"),
    )
    _mailbox_mail()


def _mailbox_mail() -> None:
    op.create_table(
        "mailbox_mail",
        Column("folder", ID, autoincrement=False, nullable=False),
        Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        Column("uid", sa.BigInteger(), autoincrement=False, nullable=False),
        Column("uidvalidity", sa.BigInteger(), nullable=False),
        Column("state", sa.String(), nullable=False),
        Column("tries", sa.Integer(), nullable=False),
        Column("digest", sa.String()),
        Column("message", ID),
        Column("received_at", AT),
        Column("done_at", AT),
        Column("next_try", AT),
        Column("seal", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["folder"], ["mailbox_folder.id"], name="fk_mailbox_mail_folder"),
        sa.ForeignKeyConstraint(["message"], ["message.id"], name="fk_mailbox_mail_message"),
        sa.PrimaryKeyConstraint("folder", "generation", "uid", name="pk_mailbox_mail"),
    )
    op.create_index("ix_mailbox_mail_digest", "mailbox_mail", ["digest"], unique=False)
    op.create_index(
        "ix_mailbox_mail_to_fetch",
        "mailbox_mail",
        ["folder", "generation", "tries", "uid"],
        unique=False,
        **_where("state = 'waiting'"),
    )
    op.create_index(
        "ix_mailbox_mail_to_finish",
        "mailbox_mail",
        ["folder", "generation", "uid"],
        unique=False,
        **_where("state = 'taken' AND done_at IS NULL"),
    )
