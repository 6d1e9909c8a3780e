"""Tokens in place of passwords (OAuth 2.0, RFC 6749), as Microsoft 365 and Google want them for mail.

Microsoft: client credentials of a registered application. Google: a refresh token that a person once agreed to.
"""

import http.client
import json
import ssl
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from config.machine import Oauth
from config.masking import masked, remember
from config.secrets import reveal
from daemon.line import Line

ANSWER_SECONDS = 30
MAX_ANSWER = 64 << 10
EARLY_SECONDS = 120.0
"""A token is renewed so long before it ends."""
DEFAULT_SECONDS = 300.0
"""Life of a token that does not say how long it lives."""
LONGEST_SECONDS = 86400.0
MICROSOFT_SCOPE = "https://outlook.office365.com/.default"


class OauthError(Exception):
    """No token could be had; the text says why, and never holds a secret."""


def xoauth2(username: str, token: str) -> str:
    """What SASL's XOAUTH2 sends, before base64."""
    return f"user={username}\x01auth=Bearer {token}\x01\x01"


class Tokens:
    """The token of one account, asked for when it is needed and kept until shortly before it ends."""

    def __init__(self, oauth: Oauth, username: str, directory: Path) -> None:
        self._oauth = oauth
        self._username = username
        self._directory = directory
        self._lock = threading.Lock()
        self._token: str | None = None
        self._good_until = 0.0

    def bearer(self) -> str:
        """A token that is good for a while.

        Raises:
            OauthError: The provider gives none, or cannot be asked.
        """
        with self._lock:
            if self._token is None or time.monotonic() >= self._good_until:
                self._token, seconds = self._ask()
                self._good_until = time.monotonic() + max(seconds - EARLY_SECONDS, seconds / 2)
            return self._token

    def forget(self) -> None:
        """The server did not take the token: the next one is a new one."""
        with self._lock:
            self._token = None

    def _ask(self) -> tuple[str, float]:
        """A new token, and for how many seconds it is good."""
        url = token_url(self._oauth)
        try:
            form = urllib.parse.urlencode(self._form()).encode()
        except ValueError as error:
            raise OauthError(str(error)) from error
        request = urllib.request.Request(url, form, {"Accept": "application/json"})  # noqa: S310 - https, by config
        try:
            line = Line()
            line.begin(ANSWER_SECONDS)  # others wait for this token too
            tls = line.bound(ssl.create_default_context())
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS, context=tls) as answer:  # noqa: S310
                told = _read(answer.read(MAX_ANSWER))
        except urllib.error.HTTPError as error:
            with error:
                told = _read(error.read(MAX_ANSWER))
            raise OauthError(f"{url}: {error.code} {_why(told)} (account {self._username})") from error
        except (OSError, http.client.HTTPException) as error:
            raise OauthError(f"{url}: {error}") from error
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise OauthError(f"{url}: the answer holds no token (account {self._username})")
        remember(token, passing=True)
        if not isinstance(seconds, int | float) or not seconds > 0:
            return token, DEFAULT_SECONDS
        return token, min(float(seconds), LONGEST_SECONDS)

    def _form(self) -> dict[str, str]:
        oauth = self._oauth
        form = {"client_id": oauth.client_id, "client_secret": reveal(oauth.client_secret, self._directory)}
        if oauth.provider == "microsoft":
            return {**form, "grant_type": "client_credentials", "scope": MICROSOFT_SCOPE}
        if oauth.refresh_token is None:
            raise ValueError("the refresh token is missing")
        return {**form, "grant_type": "refresh_token", "refresh_token": reveal(oauth.refresh_token, self._directory)}


def token_url(oauth: Oauth) -> str:
    """Where tokens are asked for."""
    if oauth.token_url:
        return oauth.token_url
    if oauth.provider == "google":
        return "https://oauth2.googleapis.com/token"
    tenant = urllib.parse.quote(oauth.tenant or "common", safe="")
    return f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"


def _read(answer: bytes) -> dict[str, Any]:
    """A JSON object; an empty one for anything else."""
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _why(told: dict[str, Any]) -> str:
    words = (told.get(key) for key in ("error", "error_description"))
    said = ": ".join(" ".join(word.split()) for word in words if isinstance(word, str))
    return masked(said)[:300] or "without a reason"
