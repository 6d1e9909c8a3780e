"""The part tree of a mail as offsets into its bytes, decoded only where somebody looks.

The standard library's parser copies every line of every attachment into a Python object; this one finds boundaries
with `bytes.find` and stops at limits, so that the cost of a hostile mail is bounded. A test holds it against the
standard library's reading of real mails.
"""

import binascii
import re
import string
from dataclasses import dataclass, field

from parsers import charset
from parsers.attachments import HEAD, safe_name
from parsers.clean import single_line
from parsers.headers import Headers, parameters, unbase64

HEADER_BYTES = 256 * 1024
HEADER_COUNT = 2_000
PART_COUNT = 500
DEPTH = 50
TEXT_BYTES = 4 << 20
"""Encoded bytes of one text part that are looked at."""
TEXT_CHARACTERS = 1 << 20
CANDIDATES = 20_000
"""Lines that look like a boundary, over all levels."""

_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:[ \t]*([^\n]*(?:\n[ \t][^\n]*)*)\n?")
_BLANK = re.compile(rb"\r?\n")
_NEXT_BLANK = re.compile(rb"\n\r?\n")
_AFTER_BOUNDARY = re.compile(rb"(--)?[ \t]*(?:\r?\n|\r?\Z)")
_NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/"))
_INNER_LABEL = re.compile(rb"""(?:charset|encoding)\s*=\s*["']?([\w-]{2,40})""", re.IGNORECASE)


@dataclass(slots=True)
class Part:
    """One node of the tree; `start` and `end` are the offsets of its body in `source`."""

    source: bytes
    headers: Headers
    type: str
    params: dict[str, str]
    start: int
    end: int
    others: tuple[str, ...]
    children: "list[Part]" = field(default_factory=list)
    alternative: int = 0
    """Number of the multipart/alternative that this part stands in; 0 for none."""
    _text: str | None = None

    @property
    def disposition(self) -> str:
        """`inline`, `attachment` or empty."""
        return parameters(self.headers.raw("content-disposition"))[0] if "content-disposition" in self.headers else ""

    @property
    def name(self) -> str | None:
        """File name, made safe (`attachments.safe_name`); None where none is given."""
        given = parameters(self.headers.raw("content-disposition"))[1].get("filename") or self.params.get("name")
        return safe_name(self.headers.decoded(given)) if given else None

    @property
    def is_text(self) -> bool:
        """Body text that a person would read: not attached, not named as a file of its own."""
        return self.type in ("text/plain", "text/html") and self.disposition != "attachment"

    @property
    def _encoding(self) -> str:
        return self.headers.raw("content-transfer-encoding").strip().lower()

    @property
    def data(self) -> bytes:
        """The bytes behind the transfer encoding."""
        return self._decoded(self.end)

    @property
    def head(self) -> bytes:
        """The first bytes of `data`, enough to tell what kind of file it is."""
        return self._decoded(min(self.end, self.start + 2 * HEAD))[:HEAD]

    @property
    def size(self) -> int:
        """Length of `data`; base64 (photos) is counted instead of decoded, where padding stands only at its end."""
        bare = self.source[self.start : self.end].rstrip(b"= \t\r\n") if self._encoding == "base64" else b"="
        if self.type == "text/plain" or b"=" in bare:
            return len(self.data)
        return len(bare.translate(None, _NOT_BASE64)) * 3 // 4

    @property
    def text(self) -> str:
        """The text behind transfer encoding and character set, at most `TEXT_CHARACTERS`; decoded once."""
        if self._text is None:
            self._text = self._read_text()
        return self._text

    def _read_text(self) -> str:
        data = self._decoded(min(self.end, self.start + TEXT_BYTES))
        if self.end - self.start > TEXT_BYTES:
            data = data[: data.rfind(b"\n") + 1] or data
        label = self.params.get("charset")
        if charset.codec(label) is None and self.type != "text/plain" and (inner := _INNER_LABEL.search(data, 0, 1024)):
            label = inner[1].decode("ascii")
        return charset.decode(data, label, self.others)[0][:TEXT_CHARACTERS]

    def _decoded(self, end: int) -> bytes:
        data = self.source[self.start : end]
        encoding = self._encoding
        if encoding == "base64":
            return data if self.type == "text/plain" and b" " in data.strip() else unbase64(data)
        if encoding == "quoted-printable":
            return binascii.a2b_qp(data)
        if encoding in ("x-uuencode", "uuencode", "uue", "x-uue"):
            return _uudecode(data)
        return data


@dataclass(slots=True)
class Tree:
    """What the walk found: the root, its leaves in order, and what was wrong."""

    root: Part
    leaves: list[Part]
    defects: list[str]


class _Walk:
    """State of one walk: limits used up so far."""

    __slots__ = ("alternatives", "candidates", "defects", "leaves", "others", "raw")

    def __init__(self, raw: bytes, others: tuple[str, ...]) -> None:
        self.raw = raw
        self.others = others
        self.defects: dict[str, None] = {}
        self.leaves: list[Part] = []
        self.candidates = 0
        self.alternatives = 0

    def part(self, start: int, end: int, depth: int, default: str, alternative: int) -> Part:
        fields, body = self._fields(start, end, depth)
        headers = Headers(fields, self.others)
        kind, params = parameters(headers.raw("content-type")) if "content-type" in fields else (default, {})
        if not kind.isprintable():
            kind = single_line(kind) or default
        if kind.count("/") != 1:
            kind = default
        part = Part(self.raw, headers, kind, params, body, end, self.others, [], alternative)
        if kind.startswith("multipart/"):
            self._descend(part, depth)
        if not part.children and len(self.leaves) < PART_COUNT:
            self.leaves.append(part)
            if end - body > TEXT_CHARACTERS and part.type.startswith("text/"):
                self.defects["text over the limit: its end may not be read"] = None
        return part

    def _descend(self, part: Part, depth: int) -> None:
        boundary = part.params.get("boundary", "").strip().encode("utf-8", "replace")
        if depth >= DEPTH:
            self.defects[f"nested deeper than {DEPTH} parts"] = None
            return
        spans = self._spans(boundary, part.start, part.end) if boundary else []
        if not spans:
            self.defects["multipart without its boundary"] = None
            part.type = "text/plain"
            return
        if part.type == "multipart/alternative":
            self.alternatives += 1
        alternative = self.alternatives if part.type == "multipart/alternative" else part.alternative
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for start, end in spans:
            if len(self.leaves) >= PART_COUNT:
                self.defects[f"more than {PART_COUNT} parts"] = None
                break
            part.children.append(self.part(start, end, depth + 1, default, alternative))

    def _spans(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Where the parts between the boundary lines begin and end (RFC 2046 5.1.1)."""
        delimiter = b"\n--" + boundary
        spans: list[tuple[int, int]] = []
        opened: int | None = None
        position = start - 1  # the line end before the body begins the first delimiter
        while (found := self._next(delimiter, position, end)) is not None:
            at, after, closing = found
            if opened is not None and self.raw[opened : at + 1].strip():  # a boundary written twice opens one part
                spans.append((opened, max(opened, at - (self.raw[at - 1 : at] == b"\r"))))
            opened = None if closing else after
            if closing:
                break
            if len(spans) >= PART_COUNT:
                self.defects[f"more than {PART_COUNT} parts"] = None
                break
            position = after - 1
        if opened is not None and len(spans) < PART_COUNT:
            self.defects["multipart never closed"] = None
            spans.append((opened, end))
        return spans

    def _next(self, delimiter: bytes, position: int, end: int) -> tuple[int, int, bool] | None:
        """The next boundary line: offset of the line end before it, of what follows it, and whether it closes."""
        while self.candidates < CANDIDATES:
            self.candidates += 1
            at = self.raw.find(delimiter, max(position, 0), end)
            if at < 0:
                return None
            match = _AFTER_BOUNDARY.match(self.raw, at + len(delimiter), end)
            if match:
                return at, match.end(), match[1] is not None
            position = at + 1
        self.defects["too many lines that look like boundaries"] = None
        return None

    def _fields(self, start: int, end: int, depth: int) -> tuple[dict[str, list[bytes]], int]:
        """Read header fields from `start`; returns them and where the body begins."""
        fields: dict[str, list[bytes]] = {}
        raw, position, count = self.raw, start, 0
        limit = min(end, start + HEADER_BYTES)
        while count <= HEADER_COUNT:
            match = _FIELD.match(raw, position, limit) or (None if depth else self._behind_junk(position, limit))
            if match is None:
                break
            count += 1
            position = match.end()
            fields.setdefault(match[1].decode("ascii").lower(), []).append(match[2])
        if count > HEADER_COUNT or (position >= limit and limit < end):
            self.defects["header over the limit"] = None
            blank = _NEXT_BLANK.search(raw, max(start, position - 1), end)
            return fields, blank.end() if blank else end
        if blank := _BLANK.match(raw, position, end):
            return fields, blank.end()
        if position < end:
            self.defects["header ends without a blank line"] = None
        return fields, position

    def _behind_junk(self, position: int, limit: int) -> re.Match[bytes] | None:
        """The field behind one line that is none; a line that text follows is the body already."""
        next_line = self.raw.find(b"\n", position, limit) + 1
        if next_line == 0 or not self.raw[position:next_line].strip():
            return None
        if (match := _FIELD.match(self.raw, next_line, limit)) is not None:
            self.defects["header line that is no field"] = None
        return match


def walk(raw: bytes, others: tuple[str, ...]) -> Tree:
    """Find headers and parts of a mail; never raises on account of what stands in it.

    A nested message (message/rfc822) is one leaf: its text is not this mail's text.
    """
    raw, start = _beginning(raw)
    state = _Walk(raw, others)
    root = state.part(start, len(raw), 0, "text/plain", 0)
    return Tree(root, state.leaves, list(state.defects))


def header(raw: bytes, others: tuple[str, ...] = ("cp1252",)) -> Headers:
    """The header of a mail alone, for those who need no part of it; empty where there is none."""
    raw, start = _beginning(raw)
    fields, _ = _Walk(raw, others)._fields(start, len(raw), 0)
    return Headers(fields, others)


def _beginning(raw: bytes) -> tuple[bytes, int]:
    """The mail with line ends that can be found, and where its header begins."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")  # mails of old Macintoshes
    start = len(raw) - len(raw.lstrip()) if raw[:1].isspace() else 0
    if raw.startswith((b"From ", b">From "), start):  # an mbox line before the header
        start = raw.find(b"\n", start) + 1
    return raw, start


def _uudecode(data: bytes) -> bytes:
    decoded: list[bytes] = []
    for line in data.splitlines():
        if line.startswith(b"begin ") or not line.strip():
            continue
        if line.strip() == b"end":
            break
        try:
            decoded.append(binascii.a2b_uu(line))
        except binascii.Error:
            decoded.append(b"")
    return b"".join(decoded)
