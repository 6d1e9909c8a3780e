"""Senders that imitate others, and requests that are none: what a team is warned of.

A warning changes nothing about a mail: it becomes a record all the same. It is only given where a person would agree.
"""

import re
import unicodedata
from functools import lru_cache

from parsers import links, sender
from parsers.document import Document
from parsers.headers import Address
from parsers.records import Flag, Reading

_TEXT = 4_000
_DOMAIN = re.compile(r"(?<![\w.-])(?:[\w-]{1,63}\.)+[^\W\d_]{2,24}(?![\w.-])")
# Latin letter -> what looks like it; what NFKC folds (full width, ligatures) is folded before
_ALIKE = {
    "a": "аαąáàâäãå@", "b": "в", "c": "сćčç", "d": "ԁđð", "e": "еéèêëę3", "g": "ɡğ", "h": "һн", "i": "іıíìîï", "j": "ј",
    "k": "кκ", "l": "ӏł1", "m": "м", "n": "ոńñ", "o": "оοóòôöõőø0", "p": "рρ", "s": "ѕśš5$", "t": "тτ7", "u": "սúùûüů",
    "v": "ν", "x": "х", "y": "уý", "z": "źżž",
}  # fmt: skip
_LATIN = str.maketrans({alike: letter for letter, several in _ALIKE.items() for alike in several})
_BRAND = 8
"""Letters from which a name alone tells a platform: `autoscout24` does, `mobile` is a word."""
_CREDIT = re.compile(
    r"credit|loan|financ|kredit|finanzierung|reserv|lån|finansiering|krediet|financiering|crédit|financement"
    r"|prestito|finanziamento|贷款|信贷|预订|预定",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"\blog\s?-?\s?in\b|\bsign\s?-?\s?in\b|login|signin|anmelden|einloggen|passwor|kennwort|verify your|inloggen"
    r"|log ind|wachtwoord|adgangskode|se connecter|mot de passe|accedi|登录|登入|密码",
    re.IGNORECASE,
)


def flags(mail: Document, found: tuple[Reading, ...]) -> tuple[Flag, ...]:
    """What to beware of in a mail.

    Args:
        mail: The mail.
        found: What was read from it.
    """
    flagged: list[Flag] = []
    if _imitates(mail):
        flagged.append("look-alike")
    if _asks_for_a_password(mail, found):
        flagged.append("phishing")
    return tuple(flagged)


def _imitates(mail: Document) -> bool:
    """Whether From or Reply-To looks like a known sender without being one."""
    senders = [one for field in ("from", "reply-to") for one in mail.headers.addresses(field)[:3]]
    return any(_is_alike(one, mail) for one in senders)


def _is_alike(one: Address, mail: Document) -> bool:
    name, address = one
    domain = address.rpartition("@")[2].lower().rstrip(".")
    if not domain or sender.is_platform(address) or sender.is_within(domain, mail.hints.senders):
        return False
    if imitates(domain, mail.hints.senders):
        return True
    known = _known(mail.hints.senders)
    claimed = _DOMAIN.findall(unicodedata.normalize("NFKC", name)) if name and "." in name else []
    return any(skeleton(text) in known for text in claimed) and not sender.is_ours(mail, address)


@lru_cache(maxsize=4096)
def imitates(domain: str, senders: tuple[str, ...] = ()) -> bool:
    """Whether a domain shows a known one to the eye: in letters that look alike, or as a part of its name.

    Args:
        domain: That of a sender, lower case, which is no known one itself.
        senders: Domains of the source, beside those of the platforms.
    """
    shown = skeleton(_decoded(domain))
    known = _known(senders)
    own_name = sender.registrable(shown).partition(".")[0]
    return shown in known or any(_holds(f".{shown}", own_name, bones) for bones in known)


def _holds(shown: str, own_name: str, bones: str) -> bool:
    """`mobile.de.evil.example`, `ebay.de-sicherheit.com`, `mobile-de.com`, `notautoscout24.be`.

    The same name under another ending may be the platform's own in another country.
    """
    if f".{bones}." in shown or f".{bones}-" in shown or f".{bones.replace('.', '-')}." in shown:
        return True
    brand = bones.partition(".")[0]
    return len(brand) >= _BRAND and brand in shown and own_name != brand


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """What a text looks like: letters of other scripts, accents and digits as the Latin letters that they resemble."""
    folded = unicodedata.normalize("NFKC", text.lower()).translate(_LATIN)
    return folded.replace("rn", "m").replace("vv", "w")


def _decoded(domain: str) -> str:
    """Punycode as it is shown."""
    if "xn--" not in domain:
        return domain
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain


@lru_cache(maxsize=256)
def _known(senders: tuple[str, ...]) -> dict[str, str]:
    """Skeletons of the domains that are imitated: exchanges, and those of the source."""
    domains = {name if "." in name else f"{name}.de" for name in sender.platforms()}
    return {skeleton(domain): domain for domain in (*domains, *senders)}


def _asks_for_a_password(mail: Document, found: tuple[Reading, ...]) -> bool:
    """A credit application or reservation that says nothing of a person or a car, and links to a foreign login."""
    if any(map(_says_something, found)) or not any("://" in text for text in (*mail.plain, *mail.html)):
        return False
    text = (mail.text or "")[:_TEXT]
    subject = mail.headers.get("subject") or ""
    if not (_CREDIT.search(subject) or _CREDIT.search(text)):
        return False
    every = [*links.urls(text), *(link for markup in mail.html for link in links.hrefs(markup[:100_000]))]
    foreign = [link for link in every if (end := links.target(link)) and not _is_known(mail, links.domain_of(end))]
    return bool(foreign) and (bool(_LOGIN.search(text)) or any(_LOGIN.search(link) for link in foreign))


def _says_something(reading: Reading) -> bool:
    """Whether a request names a way to call the person, or a car; the sender's own address does not count."""
    person = reading.customer
    by_label = person is not None and bool(person.emails) and reading.origins.get("customer.emails") != "header"
    return bool(reading.vehicles) or by_label or bool(person and person.phones)


def _is_known(mail: Document, domain: str) -> bool:
    """A page of a platform, of ours, of the source; where no source is named, of the sender."""
    if sender.is_platform(f"x@{domain}") or sender.is_ours(mail, f"x@{domain}"):
        return True
    if mail.hints.source_type:
        return sender.is_within(domain, mail.hints.senders)
    return sender.registrable(domain) == sender.registrable(mail.sender[1].rpartition("@")[2])
