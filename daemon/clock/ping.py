"""The dead man's switch: an address of somebody else's that is asked as long as all is well, and who then misses it.

Asked after each weekly run and once a day. It is bounded, follows nowhere and holds up nobody: an answer that does not
come is a line in the log and a count.
"""

import http.client
import ssl
import threading
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from typing import Any, Final

from daemon.line import Line
from daemon.log import get_logger
from daemon.shift import Shift

ANSWER_SECONDS: Final = 10.0
EVERY = timedelta(days=1)

log = get_logger(__name__)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What the admin wrote is asked, and nothing else."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Ping:
    """One question at a time, in a thread of its own."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._last: datetime | None = None
        self._thread: threading.Thread | None = None

    def daily(self, now: datetime) -> None:
        """The calendar lives."""
        if self._last is None or not timedelta() <= now - self._last < EVERY:
            self.send(now)

    def send(self, now: datetime) -> None:
        """Ask, if there is anybody to ask; one that is still being waited for is enough."""
        url = self._shift.settings.postroom.monitor.ping
        if url is None or (self._thread is not None and self._thread.is_alive()):
            return
        self._last = now
        self._thread = threading.Thread(target=self._ask, args=(url,), name="ping", daemon=True)
        self._thread.start()

    def _ask(self, url: str) -> None:
        why = asked(url)
        if why is not None:
            self._shift.count("pings_failed")
            log.warning("ping-failed", why=why)


def asked(url: str) -> str | None:
    """Ask an address; None where all is well, else why not. What it answers is not read, only whether it agrees."""
    line = Line()
    line.begin(ANSWER_SECONDS)
    tls = line.bound(ssl.create_default_context())
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=tls))
    request = urllib.request.Request(url, headers={"User-Agent": "Postroom"})  # noqa: S310 - https, by config
    try:
        with opener.open(request, timeout=ANSWER_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        with error:
            return f"answer {error.code}"
    except (OSError, ValueError, http.client.HTTPException) as error:
        return str(error)[:200]
