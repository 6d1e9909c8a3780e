"""Records for web servers: JSON by POST, signed, tried again like mail.

`Postroom-Signature: t=TIME,v1=HEX`: TIME is seconds since 1970 (UTC), HEX the HMAC-SHA-256 of `TIME.BODY` under the
rule's secret. `Idempotency-Key` is the same at every attempt, so that whoever has seen it need do nothing twice.
"""

import hashlib
import hmac
import http.client
import ssl
import urllib.error
import urllib.request
from typing import Any, Final

from config.models import Settings, Webhook
from config.secrets import reveal
from daemon.line import Line
from daemon.outbox.outcome import MayGo, Outcome
from daemon.seams import wall_now
from daemon.store.outgoing import InHand

ANSWER_SECONDS: Final = 10.0
_AGAIN: Final = (408, 423, 425, 429)
"""Answers that say later (RFC 9110, 4918, 8470, 6585), beside all of 500 and above."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A record goes to the address that the admin wrote, and to no other."""

    def redirect_request(self, *_: Any) -> None:
        return None


def post(settings: Settings, letter: InHand, may_go: MayGo) -> Outcome:
    """Hand a record over; what a server did not answer is sent again under the same key."""
    hook = hook_of(settings, letter.recipient)
    if hook is None:
        return Outcome("failed", "no rule names this address any more")
    try:
        secret = reveal(hook.secret, settings.directory)
    except ValueError as error:
        return Outcome("waiting", str(error))
    stamp = int(wall_now().timestamp())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Postroom",
        "Idempotency-Key": letter.message_id,
        "Postroom-Signature": f"t={stamp},v1={signature(secret, stamp, letter.content)}",
    }
    request = urllib.request.Request(letter.recipient, letter.content, headers, method="POST")  # noqa: S310 - by config
    line = Line()
    line.begin(ANSWER_SECONDS)
    tls = line.bound(ssl.create_default_context())
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.HTTPSHandler(context=tls))
    may_go()
    try:
        with opener.open(request, timeout=ANSWER_SECONDS) as answer:
            code = answer.status
    except urllib.error.HTTPError as error:
        with error:
            code = error.code
    except (OSError, http.client.HTTPException) as error:
        return Outcome("waiting", f"{letter.recipient}: {error}")
    return _outcome(code, letter.recipient)


def hook_of(settings: Settings, url: str) -> Webhook | None:
    """The rule's webhook with this address."""
    return next((hook for rule in settings.rules for hook in rule.webhook if hook.url == url), None)


def signature(secret: str, stamp: int, body: bytes) -> str:
    """The signature of a body at a time."""
    return hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()


def _outcome(code: int, url: str) -> Outcome:
    if 200 <= code < 300:
        return Outcome("sent")
    later = code in _AGAIN or code >= 500
    return Outcome("waiting" if later else "failed", f"{url}: answer {code}")
