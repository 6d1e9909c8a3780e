"""Mails of a whole IMAP folder, for an import: a stream like that of files; nothing in the folder is touched."""

from collections.abc import Iterator, Mapping, Sequence

from daemon.intake.files import Found
from daemon.intake.imap import Connection

CHUNK = 50
CHUNK_BYTES = 32 << 20


class FolderMails:
    """What is in a folder, in the order of its UIDs.

    Attributes:
        done: Bytes that were read so far.
    """

    def __init__(self, connection: Connection, name: str, folder: str, limit: int) -> None:
        """Look what there is.

        Args:
            connection: Logged in; used by this import alone.
            name: Of the mailbox.
            folder: Its folder; opened for reading only.
            limit: Bytes of the largest mail that is taken.

        Raises:
            TROUBLE: The server has no such folder, or is gone.
        """
        self._connection = connection
        self._name = f"imap:{name}/{folder}"
        self._limit = limit
        selected = connection.select(folder, readonly=True)
        self._uids = connection.uids(1, selected.uidnext)
        self._sizes = connection.sizes(self._uids)
        self.done = 0

    def size(self) -> int:
        """Bytes of all mails together."""
        return sum(self._sizes.values())

    def __iter__(self) -> Iterator[Found]:
        for chunk in _chunks(self._uids, self._sizes):
            small = [uid for uid in chunk if self._sizes.get(uid, 0) <= self._limit]
            bodies = self._connection.bodies(small) if small else {}
            for uid in chunk:
                self.done += self._sizes.get(uid, 0)
                name = f"{self._name}:{uid}"
                if uid in bodies and len(bodies[uid].content) <= self._limit:
                    yield Found(name, bodies[uid].content, bodies[uid].received_at)
                elif uid in small and uid not in bodies:
                    yield Found(name, wrong="the server gives no text of it")
                else:
                    yield Found(name, wrong=f"it is larger than {self._limit} bytes, the limit of a mail")


def _chunks(uids: Sequence[int], sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """As many as fit into memory together, at least one; one whose size the server does not tell comes alone."""
    chunk: list[int] = []
    total = 0
    for uid in uids:
        size = sizes.get(uid, CHUNK_BYTES)
        if chunk and (len(chunk) == CHUNK or total + size > CHUNK_BYTES):
            yield chunk
            chunk, total = [], 0
        chunk.append(uid)
        total += size
    if chunk:
        yield chunk
