"""Mailboxes: whose mails they hold, what proves who we are, and what is done with the originals."""

from collections.abc import Collection, Iterator

from config.draft import Draft, Entry
from config.machine import Imap, Postroom
from config.problems import Path, Problem, nearest
from config.values import Duration

_NOT_IN_FLAGS = frozenset('(){%*"\\] ')


def check_mailboxes(draft: Draft, main: Entry[Postroom], sites: Collection[str]) -> Iterator[Problem]:
    """Find mailboxes that are given twice, belong to nobody or cannot be read so; and logins that lack a part.

    Args:
        draft: With all sources.
        main: postroom.toml.
        sites: Ids of all sites; an empty one among them stands for one that is not known.
    """
    first: dict[str, int] = {}
    for index, mailbox in enumerate(main.model.imap):
        path: Path = ("imap", index)
        if first.setdefault(mailbox.id, index) != index:
            place = f"{main.file.name}:{main.file.line(('imap', first[mailbox.id], 'id'))}"
            yield main.problem((*path, "id"), f"'{mailbox.id}' is given twice, first in {place}")
        yield from _belonging(draft, main, path, mailbox, sites)
        yield from _reading(main, path, mailbox)


def _belonging(
    draft: Draft, main: Entry[Postroom], path: Path, mailbox: Imap, sites: Collection[str]
) -> Iterator[Problem]:
    if mailbox.source is not None and mailbox.site is not None:
        yield main.problem((*path, "site"), "stands beside source", "write one of them")
    sources = {entry.model.id for entry in draft.sources} | draft.named.get("source", set())
    for key, name, known in (("source", mailbox.source, sources), ("site", mailbox.site, sites)):
        unread = f"{key}s" in draft.unread or "" in known
        if name is not None and name not in known and not unread:
            yield main.problem((*path, key), f"unknown {key} '{name}'", nearest(name, known))


def _reading(main: Entry[Postroom], path: Path, mailbox: Imap) -> Iterator[Problem]:
    for key, duration in (("poll", mailbox.poll), ("alarm", mailbox.alarm)):
        if not _is_minute(duration):
            yield main.problem((*path, key), f"'{duration}' is less than a minute or counts working days", "write 5m")
    if _is_minute(mailbox.poll) and mailbox.alarm.minutes <= mailbox.poll.minutes:
        message = f"'{mailbox.alarm}' is not longer than poll, '{mailbox.poll}': a quiet mailbox would raise it"
        yield main.problem((*path, "alarm"), message, "write several times poll")
    if not mailbox.folders:
        yield main.problem((*path, "folders"), "names no folder", 'write folders = ["INBOX"]')
    for index, folder in enumerate(mailbox.folders):
        if folder in mailbox.folders[:index]:
            yield main.problem((*path, "folders", index), f"'{folder}' is given twice")
        if not folder or any(c < " " for c in folder):
            yield main.problem((*path, "folders", index), f"{folder!r} is not the name of a folder")
    if mailbox.done == "move" and mailbox.move_to in mailbox.folders:
        yield main.problem((*path, "move_to"), f"'{mailbox.move_to}' is one of the folders that are read")
    keyword = mailbox.flag.removeprefix("\\")
    if not keyword or not keyword.isascii() or not keyword.isprintable() or not _NOT_IN_FLAGS.isdisjoint(keyword):
        yield main.problem((*path, "flag"), f"'{mailbox.flag}' is not a flag", "write \\\\Seen, \\\\Flagged or a word")


def _is_minute(duration: Duration) -> bool:
    return duration.unit != "wd" and duration.minutes >= 1
