"""The mails that a mail says it answers (RFC 5322 3.6.4)."""

import re

from parsers.headers import Headers

MOST = 20
_ID = re.compile(r"<[!-;=?-~]{1,250}>")


def references(headers: Headers) -> tuple[str, ...]:
    """Message-IDs of References and In-Reply-To in their brackets, newest last; of many, the last `MOST`."""
    if "references" not in headers and "in-reply-to" not in headers:
        return ()
    ids = _ID.findall(f"{headers.raw('references')} {headers.raw('in-reply-to')}")
    return tuple(dict.fromkeys(reversed(ids)))[:MOST][::-1]
