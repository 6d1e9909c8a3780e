"""Is a request the second one of the same person for the same thing? Who is known by what, and when cars differ.

A person is known by an address or a telephone number of their own. Whoever asks again for the same car is linked to the
record that is open; whoever asks for another one gets a record of their own, and the two know of each other. What a
program calls the mail (Message-ID) decides nothing: programs repeat ids, and exchanges make their own.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec

from config.lookup import own_addresses
from config.models import Site
from parsers.classify import takes_no_answers
from parsers.dictionary import make_of
from parsers.records import Reading, Vehicle
from parsers.sender import is_platform, own_domains, registrable
from rules.model import Known, Record

MOST = 10
"""Contacts of one reading that count."""
ALONE = frozenset({"review"})
"""Kinds that are never a second request: each stands in public and is answered there."""
_DIALLED = re.compile(r"\+[0-9]{7,15}")
_ENDING = 7
"""Digits in which all spellings of a number agree."""
_TRACKING = re.compile(r"utm_\w+|gclid|fbclid|msclkid|ref|referrer|source|sid|session\w*", re.IGNORECASE)
_NO_WORD = re.compile(r"[^\w]+")


class Judged(msgspec.Struct, frozen=True):
    """The record that a request joins, or those that it is related to; why, in words of the admin."""

    again: str | None = None
    related: tuple[str, ...] = ()
    because: str | None = None


def contacts_of(reading: Reading) -> tuple[str, ...]:
    """What a person is known by: `mail:…` and `phone:…`, sorted.

    Addresses of machines and platforms are nobody's; a number counts if it can be dialled from anywhere.
    """
    person = reading.customer
    mails = person.emails if person else ()
    phones = (*(person.phones if person else ()), *((reading.call.number or "",) if reading.call else ()))
    found = [f"mail:{mail.casefold()}" for mail in mails[:MOST] if _is_own(mail)]
    found += [f"phone:{number}" for number in phones[:MOST] if _DIALLED.fullmatch(number)]
    return tuple(sorted(set(found))[:MOST])


def contacts_at(reading: Reading, site: Site) -> tuple[str, ...]:
    """The same without what belongs to the house: a colleague who passes a request on is not its customer."""
    own = own_addresses(site)
    houses, phone = own_domains(own), re.sub(r"\D", "", site.phone or "")[-_ENDING:]

    def is_of_the_house(contact: str) -> bool:
        kind, _, value = contact.partition(":")
        if kind == "phone":
            return bool(phone) and value.endswith(phone)
        return value in own or registrable(value.rpartition("@")[2]) in houses

    return tuple(each for each in contacts_of(reading) if not is_of_the_house(each))


def contacts_of_record(record: Record) -> tuple[str, ...]:
    """All that its person is known by, in the request and in those that stand with it."""
    return tuple(sorted({each for reading in record.readings for each in contacts_of(reading)}))


def known(record: Record, contacts: Iterable[str]) -> Known | None:
    """What is to be known of an open record beside a mail; None where it shares none of the mail's contacts."""
    shared = tuple(sorted(set(contacts) & set(contacts_of_record(record))))
    if not shared:
        return None
    parts = [(record.reading, record.source), *((one.reading, one.source) for one in record.requests)]
    cars = [car for reading, _ in parts for car in _asked(reading)]
    return Known(
        ref=record.ref,
        site=record.site,
        kind=record.kind,
        state=record.state,
        sources=tuple(dict.fromkeys(each for each in (record.source, *record.sources) if each)),
        contacts=shared,
        vehicles=_unique(each for reading, source in parts for car in _asked(reading) for each in _names(car, source)),
        cars=_unique(car for each in cars if (car := _model(each))),
        numbers=_unique(number for reading, _ in parts for number in _numbers(reading)),
        mails=tuple(each for each in contacts_of_record(record) if each.startswith("mail:")),
        names=_unique(name for reading, _ in parts for name in _called(reading)),
    )


def verdict(reading: Reading, kind: str, source: str | None, site: str, records: Sequence[Known]) -> Judged:
    """Judge a request beside the open records of its person.

    Args:
        reading: The request.
        kind: What it is, as it was decided.
        source: Id of the source that it came from: listing ids are compared within one source only.
        site: Of the reading. What another site knows says nothing here.
        records: Open records of the mail's persons, the newest first; only those of this reading's person count.
    """
    own = set(contacts_of(reading))
    here = [one for one in records if one.site == site and own & set(one.contacts)]
    if not here:
        return Judged()
    reasons = {one.ref: _difference(reading, kind, source, one) for one in here}
    same = next((one for one in here if reasons[one.ref] is None), None)
    if same is not None:
        by = " and ".join(dict.fromkeys(each.partition(":")[0] for each in same.contacts if each in own))
        return Judged(again=same.ref, because=f"the same person ({by}), and nothing differs")
    told = "; ".join(f"{ref}: {why}" for ref, why in list(reasons.items())[:3])
    return Judged(related=tuple(reasons), because=f"the same person asks for something else than {told}")


def _difference(reading: Reading, kind: str, source: str | None, one: Known) -> str | None:
    """Why a request is another one than an open record; None where nothing says so."""
    if kind != one.kind:
        return f"it is a {one.kind}"
    if _is_another_person(reading, one):
        return "only a telephone number is the same"
    if kind in ALONE:
        return f"each {kind} stands for itself"
    numbers = set(_numbers(reading))
    if numbers and one.numbers and not numbers & set(one.numbers):
        return f"it is another {kind}"
    return next((why for car in _asked(reading) if (why := _other_car(car, source, one))), None)


def _is_another_person(reading: Reading, one: Known) -> bool:
    """Whether a common number is all, and what else is known of both differs: companies and families have one, too."""
    own = contacts_of(reading)
    if any(each.startswith("mail:") and each in one.mails for each in own):
        return False
    names = set(_called(reading))
    if names and one.names:
        pairs = ((set(name.split()), set(other.split())) for name in names for other in one.names)
        return not any(mine <= theirs or theirs <= mine for mine, theirs in pairs)
    return bool(one.mails) and any(each.startswith("mail:") for each in own)


def _called(reading: Reading) -> Iterator[str]:
    """The names of its person, in words of three letters at least; Chinese ones are whole."""
    person = reading.customer
    for name in (person.name, person.last_name) if person else ():
        words = [word for word in _words(name or "").split() if len(word) > 2 or not word.isascii()]
        if words:
            yield " ".join(words)


def _other_car(car: Vehicle, source: str | None, one: Known) -> str | None:
    """The first name of a car that both have decides; without any, make and model do."""
    theirs: dict[str, set[str]] = {}
    for each in one.vehicles:
        theirs.setdefault(each.partition(":")[0], set()).add(each)
    for name in _names(car, source):
        what = name.partition(":")[0]
        if what in theirs:
            return None if name in theirs[what] else f"it has another {what.partition('@')[0]}"
    model = _model(car)
    if model and one.cars and not any(_alike(model, each) for each in one.cars):
        return "it is another model"
    return None


def _asked(reading: Reading) -> Iterator[Vehicle]:
    """The cars that the request is about: not the one in part exchange, of a lead not the one that is owned."""
    beside = ("trade-in", "own") if reading.kind == "lead" else ("trade-in",)
    return (car for car in reading.vehicles if car.role not in beside)


def _names(car: Vehicle, source: str | None) -> Iterator[str]:
    """What identifies a car, the surest first."""
    for what, value in (("vin", car.vin), ("plate", car.plate), ("stock", car.stock_number)):
        if value and (bare := _bare(value)):
            yield f"{what}:{bare}"
    if car.listing_id and source:
        yield f"listing@{source}:{car.listing_id.casefold()[:200]}"
    if car.listing_url and (page := _page(car.listing_url)):
        yield page


def _page(url: str) -> str | None:
    """A page as its site knows it: without protocol, fragment and what only follows visitors."""
    try:
        parts = urlsplit(url[:2000])
        host = registrable(parts.hostname or "")
        asked = [pair for pair in parse_qsl(parts.query, max_num_fields=50) if not _TRACKING.fullmatch(pair[0])]
    except ValueError:
        return None
    path = parts.path.rstrip("/").casefold()
    return f"url@{host}:{path}?{urlencode(asked)}"[:500] if host and (path or asked) else None


def _model(car: Vehicle) -> str | None:
    """Make and model in lower case, the make as the dictionary calls it; None where neither is known."""
    make, rest = make_of(" ".join(filter(None, (car.make, car.model)))[:200])
    if make is None:
        make, rest = car.make or "", car.model or ""
    found = f"{_words(make)}/{_words(rest)}"
    return found if found != "/" else None


def _alike(one: str, other: str) -> bool:
    """Whether two cars can be the same: makes agree, and one model's words are among the other's."""
    (make, _, model), (made, _, modelled) = one.partition("/"), other.partition("/")
    if make and made and make != made:
        return False
    words, others = set(model.split()), set(modelled.split())
    return words <= others or others <= words


def _numbers(reading: Reading) -> tuple[str, ...]:
    """How programs call the request itself: another number is another request, also of the same car."""
    if reading.kind == "check-in":
        return tuple(each.value for each in reading.external_ids)
    named = (reading.booking.uid if reading.booking else None, reading.alert.id if reading.alert else None)
    return tuple(each for each in named if each)


def _is_own(mail: str) -> bool:
    local, _, domain = mail.rpartition("@")
    return bool(local and domain) and not takes_no_answers(local) and not is_platform(mail)


def _bare(text: str) -> str:
    return _NO_WORD.sub("", text[:200]).casefold()


def _words(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", text.casefold()).split())


def _unique(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))
