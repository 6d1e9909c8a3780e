"""One number for one mail: equal when the same mail arrives twice, by a retry or by another way."""

import hashlib

from parsers.document import Document

_FIELDS = ("from", "to", "subject", "date", "message-id")
"""What the author wrote. Trace fields (Received, Return-Path, Delivered-To) differ on every way."""


def digest(document: Document) -> str:
    """Lower-case hex SHA-256 over the author's header fields, Content-* and the body.

    Folding and white space of header fields do not count, nor do the kind of line ends and blank lines at the end of
    the body, as servers and mailboxes change those.
    """
    headers = document.headers
    contents = sorted(name for name in headers.names() if name.startswith("content-"))
    hasher = hashlib.sha256()
    for name in (*_FIELDS, *contents):
        hasher.update(name.encode() + b":" + b" ".join(headers.bytes_of(name).split()) + b"\r\n")
    hasher.update(b"\r\n")
    hasher.update(_body(document))
    return hasher.hexdigest()


def _body(document: Document) -> bytes:
    body = document.root.source[document.root.start : document.root.end].rstrip(b"\r\n")
    if not body.count(b"\n") == body.count(b"\r") == body.count(b"\r\n"):
        body = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")
    return body
