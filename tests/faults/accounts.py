"""The books after a fault: what was accepted, stored, made a record, told, and told twice."""

import json
import re
from collections import Counter
from dataclasses import dataclass

from tests.support.client import Clients
from tests.support.daemon import ADMIN, Installation
from tests.support.sink import Arrived, Sink

_KEY = re.compile(r"kunde-([a-z0-9-]+)@kunde\.example")


@dataclass(frozen=True)
class Accounts:
    """Figures of one run; `problems` says in words what must not be."""

    accepted: int
    lost: int
    """Accepted, and not stored."""
    tries: int
    records: int
    told: int
    doubled: int
    problems: list[str]


def draw_up(house: Installation, sink: Sink, *clients: Clients, doubles_allowed: int) -> Accounts:
    """Compare the clients' 250s, the ledger, the records and what came to the relay."""
    accepted = {key for one in clients for key in one.accepted}
    keys = [key for (data,) in house.query("SELECT data FROM record") if (key := _key_of(data))]
    refs = {ref for (ref,) in house.query("SELECT ref FROM record WHERE site <> 'admin'")}
    subjects = {subject for (subject,) in house.query("SELECT subject FROM message")}
    told = [mail for mail in sink.mails if mail.recipient != ADMIN]
    doubled = sum(times - 1 for times in sink.doubled().values())
    fates = dict(house.query("SELECT fate, count(*) FROM message GROUP BY fate"))
    lost = [key for key in sorted(accepted) if f"Anfrage {key}" not in subjects]
    problems = [
        *_some("accepted but not stored", lost),
        *_some("accepted but no record", sorted(accepted - set(keys))),
        *_some("record twice", [key for key, times in Counter(keys).items() if times > 1]),
        *_some("refused for good", [refused for one in clients for refused in one.refused]),
        *_some("not told", sorted(refs - {mail.record or "" for mail in told})),
        *_some("told by two different mails", _by_different_mails(told)),
        *_some("fates", [f"{fate} {n}" for fate, n in fates.items() if fate not in ("opened", "repeat")]),
    ]
    if doubled > doubles_allowed:
        problems.append(f"{doubled} mails told twice, at most {doubles_allowed} can be explained")
    return Accounts(
        len(accepted), len(lost), sum(one.tries for one in clients), len(keys), len(told), doubled, problems
    )


def _key_of(data: str) -> str | None:
    emails = json.loads(data)["reading"].get("customer", {}).get("emails") or [""]
    match = _KEY.fullmatch(emails[0])
    return match[1] if match else None


def _by_different_mails(told: list[Arrived]) -> list[str]:
    ids: dict[str, set[str]] = {}
    for mail in told:
        ids.setdefault(str(mail.record), set()).add(mail.message_id)
    return [f"{ref}: {found}" for ref, found in ids.items() if len(found) > 1]


def _some(what: str, found: list[str]) -> list[str]:
    return [f"{what}: {len(found)}, for example {found[:3]}"] if found else []
