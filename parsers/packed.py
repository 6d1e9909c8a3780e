"""A look into packed files for what is ours: zip (also docx, xlsx, odt), gzip, the compressed streams of a PDF.

Whoever saves one of our mails in a document and attaches it sends our reply address along. Files are opened where they
are, without their directories, which are as hostile as the rest; what is unpacked is looked at and forgotten. Every
bound ends the look, never the mail.
"""

import re
import zlib
from collections.abc import Iterator

from parsers import ours

BYTES = 8 << 20
"""Unpacked bytes that are looked at, of all files of a mail."""
MEMBER_BYTES = 4 << 20
MARKUP_BYTES = 1 << 20
"""Of a member, in which tags may part a token."""
MEMBERS = 2_000
DEPTH = 2
"""An archive in an archive is opened, one in that is not."""
MOST = 50
"""Pieces that are told of a mail."""

_CHUNK = 1 << 16
_BEGIN = re.compile(rb"PK\x03\x04|\x1f\x8b\x08|(?<!end)stream\r?\n")
_TAG = re.compile(rb"<[^<>]*>")
_RAW, _GZIP, _ZLIB = -zlib.MAX_WBITS, zlib.MAX_WBITS | 16, zlib.MAX_WBITS
_HEADER = 30
_ENCRYPTED, _DEFLATED = 1, 8


class Look:
    """One look at the files of a mail, with what is left of its bounds."""

    def __init__(self) -> None:
        self._bytes = BYTES
        self._members = MEMBERS
        self._pieces = MOST

    def into(self, content: bytes) -> tuple[str, ...]:
        """Pieces of what is packed in a file that may be ours (`ours.pieces`)."""
        return tuple(self._pieces_in(content, DEPTH))

    def _pieces_in(self, content: bytes, depth: int) -> Iterator[str]:
        for begin in _BEGIN.finditer(content):
            if not (self._members and self._bytes and self._pieces):
                return
            self._members -= 1
            unpacked = self._unpacked(content, begin)
            bare = _TAG.sub(b"", unpacked[:MARKUP_BYTES]) if b"<" in unpacked[:100] else b""
            views = (unpacked, unpacked.replace(b"\0", b""), bare)
            for piece in (piece for view in dict.fromkeys(views) for piece in ours.pieces(view)):
                if self._pieces:
                    self._pieces -= 1
                    yield piece
            if depth > 1 and unpacked:
                yield from self._pieces_in(unpacked, depth - 1)

    def _unpacked(self, content: bytes, begin: re.Match[bytes]) -> bytes:
        """What begins there, as far as the bounds allow and as it can be unpacked."""
        start, kind = begin.end(), _ZLIB
        if begin[0].startswith(b"PK"):
            head = content[begin.start() : begin.start() + _HEADER]
            if len(head) < _HEADER or head[6] & _ENCRYPTED or head[8] != _DEFLATED:
                return b""  # what is only stored stands in the file as it is
            start, kind = begin.start() + _HEADER + head[26] + head[27] * 256 + head[28] + head[29] * 256, _RAW
        elif begin[0].startswith(b"\x1f"):
            start, kind = begin.start(), _GZIP
        found = _inflated(memoryview(content)[start:], kind, min(self._bytes, MEMBER_BYTES))
        self._bytes -= len(found)
        return found


def _inflated(packed: memoryview, kind: int, most: int) -> bytes:
    """The beginning of what is packed, up to the first fault."""
    inflate, found = zlib.decompressobj(kind), bytearray()
    for at in range(0, len(packed), _CHUNK):
        chunk: bytes | memoryview = packed[at : at + _CHUNK]
        while chunk and len(found) < most:
            try:
                found += inflate.decompress(chunk, most - len(found))
            except zlib.error:
                return bytes(found)
            chunk = inflate.unconsumed_tail
        if inflate.eof or len(found) >= most:
            break
    return bytes(found)
