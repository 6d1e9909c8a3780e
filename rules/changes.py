"""What each action writes into a record, beside state, cycle and revision."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from config.lookup import controllers_of
from config.models import Settings, Site
from config.problems import nearest
from parsers.clean import single_line
from rules import glob, lifecycle
from rules.daybook import daybook_of
from rules.model import Action, Record, Refused
from rules.resubmission import resubmission

WORDS_LIMIT = 200
"""Characters of a result or reason that are kept on a record."""
_ADDRESS = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,250}")

UNSORTED = "unsorted"
Fields = dict[str, Any]


def _take(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    return {"assignee": action.actor.name or record.assignee, "resubmit_at": None}


def _assign(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    to = action.args["to"].strip()
    if not _ADDRESS.fullmatch(to):
        raise Refused(f"'{to[:80]}' is no mail address, write to=name@domain.example")
    # a customer's data goes there: by mail only to people of the house; the admin's command line knows what it does
    if action.actor.role != "command" and not _of_the_house(to, site, settings):
        raise Refused(f"'{to}' is nobody of {site.id}: members, roles, teams and controllers of a site can be assigned")
    return {"assignee": to, "resubmit_at": None}


def _of_the_house(address: str, site: Site, settings: Settings) -> bool:
    known = (*site.teams.values(), *site.roles.values(), *controllers_of(settings, site))
    members = (pattern for patterns in site.members.values() for pattern in patterns)
    return address.casefold() in {each.casefold() for each in known} or glob.any_of(members, (address,)) is not None


def _done(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    return {"result": single_line(action.args.get("result"), WORDS_LIMIT), "resubmit_at": None}


def _later(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    return {"resubmit_at": resubmission(action.args["until"], daybook_of(site, record.team), now)}


def _not_mine(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    team = (action.args.get("team") or "").strip() or site.fallback
    if team not in site.teams:
        meant = nearest(team, site.teams) or f"its teams are {', '.join(sorted(site.teams))}"
        raise Refused(f"{site.id} has no team '{team[:40]}', {meant}")
    if team == record.team:
        others = sorted(set(site.teams) - {team})
        raise Refused(f"{team} has it already; {f'say team={others[0]}' if others else 'there is no other team'}")
    return {"team": team, "assignee": None, "resubmit_at": None}


def _close(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    return {"resubmit_at": None}


def _reopen(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    return {"result": None, "assignee": None, "resubmit_at": None}


def _reparse(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """What was unsorted becomes what it is now known to be, and its team's, unless somebody saw to it already."""
    opening = action.opening
    if opening is None:
        raise Refused("there is nothing that was read again")
    decided, fields = opening.decision, Fields(reading=opening.reading)
    if record.kind == UNSORTED and record.state == lifecycle.NEW and decided.kind != UNSORTED:
        fields["kind"] = decided.kind
        if not record.cycle:
            fields |= {"team": decided.team, "category": decided.category}
    return fields


FIELDS: dict[str, Callable[[Record, Action, Site, Settings, datetime], Fields]] = {
    "take": _take,
    "assign": _assign,
    "done": _done,
    "later": _later,
    "not-mine": _not_mine,
    "spam": _close,
    "reopen": _reopen,
    "reparse": _reparse,
}
"""Action -> the function that says which fields it sets; the others only change state."""
