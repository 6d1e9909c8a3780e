"""Tables of mailboxes: what was seen in them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint, text

from daemon.store.columns import Id, Instant, metadata, some_rows

# What was seen in mailboxes; apart from `message`, whose rows say nothing of where a mail was fetched.
TO_FETCH = text("mailbox_mail.state = 'waiting'")
TO_FINISH = text("mailbox_mail.state = 'taken' AND mailbox_mail.done_at IS NULL")

mailbox = Table(
    "mailbox",
    metadata,
    Column("account", String, primary_key=True),
    Column("folders", Integer, nullable=False),
    Column("owner", String),
    Column("lease_until", Instant),
    Column("last_success", Instant),
    Column("told_at", Instant),
    Column("compared_at", Instant, nullable=False),
)

mailbox_folder = Table(
    "mailbox_folder",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", ForeignKey("mailbox.account"), nullable=False),
    Column("name", String, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("last_uid", BigInteger, nullable=False),
    Column("skipped_to", BigInteger, nullable=False),
    Column("cutoff", Instant),
    Column("mails", Integer, nullable=False),
    Column("seal", String, nullable=False),
    UniqueConstraint("account", "name"),
)

mailbox_mail = Table(
    "mailbox_mail",
    metadata,
    Column("folder", ForeignKey("mailbox_folder.id"), primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("uid", BigInteger, primary_key=True, autoincrement=False),
    Column("uidvalidity", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("digest", String),
    Column("message", ForeignKey("message.id")),
    Column("received_at", Instant),
    Column("done_at", Instant),
    Column("next_try", Instant),
    Column("seal", String, nullable=False),
    Index("ix_mailbox_mail_digest", "digest"),
    Index(
        "ix_mailbox_mail_to_fetch",
        "folder",
        "generation",
        "tries",
        "uid",
        **some_rows("state = 'waiting'"),
    ),
    Index(
        "ix_mailbox_mail_to_finish",
        "folder",
        "generation",
        "uid",
        **some_rows("state = 'taken' AND done_at IS NULL"),
    ),
)
