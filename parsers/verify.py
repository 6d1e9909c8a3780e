"""Whether a mail really comes from the domain in its From: by what the border server found out, never by From alone.

The border server says which signature (DKIM, RFC 6376), which sending server (SPF, RFC 7208) and which policy (DMARC,
RFC 7489) it found good. A signature alone does not protect what a program reads: a second Subject, an added Reply-To
or, with `l=`, an added text leave it good. So the signature itself is looked at as well.
"""

import re
from typing import NamedTuple

from parsers.auth_results import Result, trusted_results
from parsers.document import ONCE
from parsers.headers import Headers
from parsers.sender import registrable

SIGNATURES = 20
_MUST_COVER = ("from", "subject", "date", "to", "content-type")
_IF_THERE = ("reply-to", "content-type")
_ALWAYS = tuple(name for name in _MUST_COVER if name not in _IF_THERE)
_SINGLE = (*ONCE, "content-transfer-encoding", "mime-version")
_DOMAIN = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"')


class Signature(NamedTuple):
    """What a DKIM-Signature field says of itself."""

    domain: str
    selector: str
    covers: frozenset[str]
    limited: bool
    """It covers only the first bytes of the body (`l=`)."""
    value: str


def authenticated_domain(headers: Headers, servers: tuple[str, ...]) -> str | None:
    """The domain of From, if the border server vouches for the whole mail.

    Args:
        headers: Of the mail as it was handed to us.
        servers: authserv-ids of the border servers; without any nothing is believed.

    Returns:
        The domain in lower case; None where anything is missing, doubled or not aligned with From.
    """
    results = trusted_results(headers, servers)
    domain = _from_domain(headers) if results else None
    if domain is None or any(headers.count(name) > 1 for name in _SINGLE):
        return None
    policies = [result for result in results if result.method == "dmarc"]
    if any(not _says_pass_for(result, domain) for result in policies if result.result != "none"):
        return None
    by_policy = any(result.result == "pass" for result in policies)
    signatures = _signatures(headers)
    vouched = (
        any(_sent_by(domain, result, relaxed=by_policy) for result in results)
        or any(_signed_by(domain, result, signatures, headers) for result in results)
        or (by_policy and _all_sound(domain, signatures, headers))
    )
    return domain if vouched else None


def _from_domain(headers: Headers) -> str | None:
    """The one domain that every reader of the field finds in it."""
    mailboxes = headers.addresses("from")
    if len(mailboxes) != 1 or _QUOTED.sub("", headers.raw("from")).count("@") != 1:
        return None
    domain = mailboxes[0][1].rpartition("@")[2].lower()
    return domain if _DOMAIN.fullmatch(domain) else None


def _says_pass_for(result: Result, domain: str) -> bool:
    return result.result == "pass" and result.properties.get("header.from", "").lower() == domain


def _aligned(found: str, domain: str, *, relaxed: bool) -> bool:
    """The same, above or below; of a common parent only where the border server, which knows the public suffixes, says.

    `a.host.example` does not speak for `b.host.example` if strangers can register both.
    """
    found = found.lower().rstrip(".")
    if not _DOMAIN.fullmatch(found):
        return False
    near = found == domain or found.endswith(f".{domain}") or domain.endswith(f".{found}")
    return near or (relaxed and registrable(found) == registrable(domain))


def _sent_by(domain: str, result: Result, *, relaxed: bool) -> bool:
    """A server that the domain allows sent it (SPF on the envelope's sender)."""
    if result.method != "spf" or result.result != "pass":
        return False
    sender = result.properties.get("smtp.mailfrom", "")
    return _aligned(sender.rpartition("@")[2], domain, relaxed=relaxed)


def _signed_by(domain: str, result: Result, signatures: list[Signature], headers: Headers) -> bool:
    """The domain signed all that we read, as every signature shows that the result may be about."""
    if result.method != "dkim" or result.result != "pass":
        return False
    said = result.properties
    signer = (said.get("header.d") or said.get("header.i", "").rpartition("@")[2]).lower()
    if not _aligned(signer, domain, relaxed=False):
        return False
    meant = [
        one
        for one in signatures
        if (one.domain == signer or ("header.d" not in said and signer.endswith(f".{one.domain}")))
        and one.selector == said.get("header.s", one.selector).lower()
        and one.value.startswith(said.get("header.b", ""))
    ]
    return bool(meant) and all(_is_sound(one, headers) for one in meant)


def _all_sound(domain: str, signatures: list[Signature], headers: Headers) -> bool:
    """DMARC was satisfied by one of these, or by SPF if there are none; which one it was is not said."""
    return all(_is_sound(one, headers) for one in signatures if _aligned(one.domain, domain, relaxed=True))


def _is_sound(signature: Signature, headers: Headers) -> bool:
    needed = {*_ALWAYS, *(name for name in _IF_THERE if name in headers)}
    return not signature.limited and needed <= signature.covers


def _signatures(headers: Headers) -> list[Signature]:
    return [
        found for value in headers.raw_fields("dkim-signature")[:SIGNATURES] if (found := _signature(value)) is not None
    ]


def _signature(value: str) -> Signature | None:
    tags: dict[str, str] = {}
    for part in re.sub(r"\s", "", value).split(";"):
        name, equals, content = part.partition("=")
        if equals and tags.setdefault(name, content) != content:
            return None
    if not tags.get("d"):
        return None
    covers = frozenset(tags.get("h", "").lower().split(":"))
    return Signature(tags["d"].lower(), tags.get("s", "").lower(), covers, "l" in tags, tags.get("b", ""))
