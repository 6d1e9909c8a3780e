"""Small texts that name a place: countries, post codes, listeners, relays, databases; and patterns."""

import ipaddress
import re
from urllib.parse import parse_qs, urlsplit

_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
COUNTRIES = frozenset(_CODES.split())
"""ISO 3166-1 alpha-2."""

_POSTCODE = re.compile(r"[0-9A-Za-z*?][0-9A-Za-z *?]*")
_LISTEN = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5})")
_DATABASE = re.compile(r"sqlite|postgresql(?:\+psycopg)?://\S+")
_CREDENTIALS = re.compile(r"//.*@|(?<=password=)[^&]*", re.IGNORECASE | re.DOTALL)
"""What may be one, written where none may stand: messages do not repeat it."""


_AUDIT_WAYS = ("mail", "digest", "off")
_ADDRESS = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]*\.[A-Za-z0-9-]+")


def check_audit_way(text: str) -> str:
    """Accept `mail`, `digest`, `off` or one mail address."""
    if text not in _AUDIT_WAYS and not _ADDRESS.fullmatch(text):
        raise ValueError(f"'{text}' is no way for audit mails, write mail, digest, off or the address of an archive")
    return text


def check_country(code: str) -> str:
    """Accept an ISO 3166-1 alpha-2 code."""
    if code not in COUNTRIES:
        raise ValueError(f"unknown country '{code}', write two capital letters like DE")
    return code


def parse_postcodes(text: str) -> tuple[str, str]:
    """Read `10000-14999` as first and last; one code or a glob like `14*` is both."""
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not dash:
        last = first
    if not (_POSTCODE.fullmatch(first) and _POSTCODE.fullmatch(last)):
        raise ValueError(f"'{text}' is not a range of post codes, write 10000-14999")
    if dash and (len(first) != len(last) or first > last):
        raise ValueError(f"'{text}' ends before it begins, write 10000-14999")
    return first, last


def check_postcodes(text: str) -> str:
    """Accept a post code, a glob or a range of them."""
    parse_postcodes(text)
    return text


def check_listen(text: str) -> str:
    """Accept `127.0.0.1:2525`, `[::1]:25` or `host:port`; port 0 takes any free one, which `status` tells."""
    match = _LISTEN.fullmatch(text)
    if match is None or not 0 <= int(match[1]) < 65536:
        raise ValueError(f"'{text}' is not an address to listen on, write 127.0.0.1:2525")
    return text


def check_network(text: str) -> str:
    """Accept an IPv4 or IPv6 address or network."""
    try:
        ipaddress.ip_network(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a network, write 10.1.0.0/16 or one address") from None
    return text


def check_socket(text: str) -> str:
    """Accept what `check_listen` accepts, or `unix:PATH`."""
    if text.startswith("unix:"):
        if not text.removeprefix("unix:").startswith("/"):
            raise ValueError(f"'{text}' needs a whole path, write unix:/run/postroom/lmtp.sock")
        return text
    return check_listen(text)


def _shown(url: str) -> str:
    """A URL as it may be repeated in a message."""
    return _CREDENTIALS.sub(lambda found: "//***@" if found[0].startswith("//") else "***", url)


def check_https(text: str) -> str:
    """Accept an https URL without credentials; plain http for this machine only."""
    url = urlsplit(text)
    local = url.scheme == "http" and url.hostname in ("127.0.0.1", "localhost", "::1")
    if not (url.scheme == "https" or local) or not url.hostname or "@" in url.netloc:
        raise ValueError(f"'{_shown(text)}' is not an https address")
    return text


def check_relay_url(text: str) -> str:
    """Accept `maildir:DIR`, `smtp://HOST:PORT` or `smtps://HOST:PORT`, without credentials."""
    if text.startswith("maildir:") and len(text) > len("maildir:"):
        return text
    try:
        url = urlsplit(text)
        good = url.scheme in ("smtp", "smtps") and bool(url.hostname) and url.path in ("", "/") and url.port != 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"'{_shown(text)}' is not a relay, write smtp://HOST:PORT, smtps://HOST:PORT or maildir:DIR")
    if "@" in url.netloc:
        raise ValueError('holds a secret, write username = "…" and password = { file = "…" } beside it')
    return text


def check_database(text: str) -> str:
    """Accept `sqlite` or a PostgreSQL URL without a password."""
    url = urlsplit(text)
    if not _DATABASE.fullmatch(text) or "@" in url.path:
        raise ValueError(f"'{_shown(text)}' is not a database, write sqlite or postgresql://user@host/name")
    if url.password or {"password", "sslpassword"} & parse_qs(url.query, keep_blank_values=True).keys():
        raise ValueError("holds a secret, write the password to a pgpass file")
    return text


def check_pattern(text: str) -> str:
    """Accept a text with the globs `*` and `?`; a regular expression is refused, not taken literally."""
    if not text.strip():
        raise ValueError("is an empty pattern, leave the key out to match all")
    if text.startswith(("^", ".*")) or text.endswith("$") or any(c in text for c in "\\|["):
        raise ValueError(f"'{text}' is a regular expression, write a pattern with * and ? only")
    return text
