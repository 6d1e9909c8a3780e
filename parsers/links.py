"""Addresses of web pages in a mail: where a tracked link really leads, and which advertisement a page shows.

Nothing is ever fetched; what a link says of its own target is all that counts.
"""

import base64
import re
import tomllib
from binascii import Error
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib import resources
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

URL_LENGTH = 2_000
LINKS = 200
"""Of one text."""
_HOPS = 5
_URL = re.compile(r"https?://[^\s<>\"'()\[\]{}|\\^`]{3,2000}", re.IGNORECASE)
_HREF = re.compile(r"[hH][rR][eE][fF]\s{0,3}=\s{0,3}[\"']?((?i:https?)://[^\s\"'<>]{3,4000})")
_BEFORE_TARGET = re.compile(r"https?(?::|%3A)(?:/|%2F){1,2}", re.IGNORECASE)
_PARAMETERS = (
    "url", "u", "target", "dest", "destination", "redirect", "redirect_url", "redirect_uri", "redirecturl", "redir",
    "link", "q", "goto", "to", "href", "murl", "ued", "r", "data", "deeplink", "returnurl", "t",
)  # fmt: skip
_PROOFPOINT_3 = re.compile(r"/v3/__(https?:/{1,2}.{3,1500}?)__;", re.IGNORECASE)


class Listing(NamedTuple):
    """An advertisement: the platform's domain, its number there, its address without anything about the reader."""

    platform: str
    id: str
    url: str


def urls(text: str) -> list[str]:
    """Addresses of web pages in plain text, at most 200."""
    if "://" not in text:
        return []
    return [found[0].rstrip(".,;:!?*_") for found, _ in zip(_URL.finditer(text), range(LINKS), strict=False)]


def hrefs(markup: str) -> list[str]:
    """Addresses that an HTML body links to, at most 200."""
    found = zip(_HREF.finditer(markup), range(LINKS), strict=False)
    return [one[1].replace("&amp;", "&") for one, _ in found]


def target(url: str) -> str | None:
    """Where a link leads, as far as its own address tells: through redirects of trackers and mail filters.

    Returns:
        An http or https address, the same one where nothing is hidden in it; None for what is no address of a page.
    """
    for _ in range(_HOPS):
        parts = _split(url)
        if parts is None:
            return None
        inner = None if _listing_of(parts) else _inside(parts, url)
        if inner is None:
            return url
        url = inner
    return None


def listing(url: str) -> Listing | None:
    """The advertisement that a link leads to; None for any other page."""
    lower = url.lower()
    if not any(sign in lower for sign in _signs()):  # most links end here, at the price of a substring search
        return None
    end = target(url)
    parts = _split(end) if end else None
    return _listing_of(parts) if parts else None


def only_listing(links: Iterable[str]) -> Listing | None:
    """The one advertisement among links; None without any, and if there are two: nobody knows which is meant."""
    found = {(one.platform, one.id): one for link in dict.fromkeys(links) if (one := listing(link)) is not None}
    return next(iter(found.values())) if len(found) == 1 else None


@lru_cache(maxsize=1024)
def domain_of(url: str) -> str:
    """Host of an address in lower case; empty where there is none."""
    parts = _split(url)
    return (parts.hostname or "").lower() if parts else ""  # what stands behind a % is left as written


def _split(url: str) -> SplitResult | None:
    if len(url) > 2 * URL_LENGTH or not url.isprintable():
        return None
    try:
        parts = urlsplit(url)
    except ValueError:  # a broken IPv6 address
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc else None


def _inside(parts: SplitResult, url: str) -> str | None:
    """The address that another one carries: as a parameter, percent-encoded, in base64, or in the path."""
    host = parts.hostname or ""
    if proofpoint := _PROOFPOINT_3.search(url):
        return _address(proofpoint[1])
    query = {name.lower(): value for name, value in _query(parts)}
    if host.startswith("urldefense.") and "u" in query:
        return _address(unquote(query["u"].replace("-", "%").replace("_", "/")))
    candidates = [query[name] for name in _PARAMETERS if query.get(name)]
    for candidate in (*candidates, *_of_path(parts.path)):
        for text in (candidate, unquote(candidate), *_of_base64(candidate)):
            if found := _address(text):
                return found
    return None


def _query(parts: SplitResult) -> list[tuple[str, str]]:
    try:
        return parse_qsl(parts.query, max_num_fields=100)
    except ValueError:
        return []


def _of_path(path: str) -> Iterator[str]:
    """`/L0/https:%2F%2Fwww.example%2F…/1/…` and `/c/aHR0cHM6Ly9…`."""
    found = _BEFORE_TARGET.search(path)
    if found:
        rest = path[found.start() :]
        yield unquote(rest.partition("/")[0]) if "%2f" in rest[:20].lower() and ":/" not in rest[:7] else rest
        yield unquote(re.split(r"(?<!/)/(?!/)", rest, maxsplit=1)[0])
    yield from [segment for segment in path.split("/")[:20] if segment.startswith("aHR0c")]


def _of_base64(text: str) -> list[str]:
    if not text.startswith("aHR0c"):  # "http"
        return []
    kept = re.sub(r"[^A-Za-z0-9+/_-]", "", text[: 2 * URL_LENGTH])
    try:
        return [base64.urlsafe_b64decode(kept.replace("+", "-").replace("/", "_") + "=" * (-len(kept) % 4)).decode()]
    except (Error, ValueError):
        return []


def _address(text: str) -> str | None:
    text = text.strip()
    if not text.lower().startswith(("http://", "https://", "http:/", "https:/")):
        return None
    url = re.sub(r"^(https?):/(?!/)", r"\1://", text, flags=re.IGNORECASE)
    return url if _split(url) else None


class _Rule(NamedTuple):
    paths: tuple[re.Pattern[str], ...]
    query: str | None


@lru_cache(maxsize=1)
def _rules() -> dict[str, _Rule]:
    """By domain."""
    data = tomllib.loads(resources.files("parsers").joinpath("dictionaries/listings.toml").read_text("utf-8"))
    return {
        domain: _Rule(tuple(map(re.compile, row["path"])), row.get("query"))
        for row in data["listing"]
        for domain in row["domains"]
    }


@lru_cache(maxsize=1)
def _signs() -> tuple[str, ...]:
    """A platform's name, or what may hide one: percent signs, base64 of "http", Proofpoint's way to write them."""
    return tuple(dict.fromkeys(("%", "ahr0c", "urldefense", *(f"{name.partition('.')[0]}." for name in _rules()))))


def _listing_of(parts: SplitResult) -> Listing | None:
    labels = (parts.hostname or "").split(".")
    domain = next((d for n in (2, 3) if (d := ".".join(labels[-n:])) in _rules()), None)
    if domain is None:
        return None
    rule = _rules()[domain]
    for pattern in rule.paths:
        found = pattern.match(parts.path[:1000])
        if found is None:
            continue
        address = f"https://{parts.hostname}{parts.path[:1000]}"
        if number := found.groupdict().get("id"):
            return Listing(domain, number, address)
        number = next((value for name, value in _query(parts) if name == rule.query), "")
        if re.fullmatch(r"[0-9A-Za-z-]{4,40}", number):
            return Listing(domain, number, f"{address}?{rule.query}={number}")
    return None
