"""What each action writes into a record, beside state, cycle and revision."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from config.lookup import overseers_of
from config.models import Settings, Site
from config.problems import nearest
from parsers.clean import single_line
from rules import glob, lifecycle, reference, transition
from rules.daybook import daybook_of
from rules.erasing import ERASE, STAYS, blank_record, check_why
from rules.escalation import EFFECTS
from rules.model import Action, Actor, Held, Passed, Record, Refused, Second, Thread
from rules.reach import customer_addresses, reply_address, unreachable
from rules.resubmission import resubmission
from rules.visits import read_anew

WORDS_LIMIT = 200
"""Characters of a result or reason that are kept on a record."""
MOST_HELD = 10
"""Answers that wait at one record."""
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
    if action.actor.role != "command" and not _of_the_house(to, site, settings, now):
        raise Refused(f"'{to}' is nobody of {site.id}: members, roles, teams and controllers of a site can be assigned")
    return {"assignee": to, "resubmit_at": None}


def _of_the_house(address: str, site: Site, settings: Settings, now: datetime) -> bool:
    today = daybook_of(site, None).local(now).date()
    known = (*site.teams.values(), *site.roles.values(), *overseers_of(settings, site, today))
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
    return {"team": team, "assignee": None}


def _close(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    return {"resubmit_at": None}


def _reopen(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    return {"assignee": None}


def _reparse(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """What was unsorted becomes what it is now known to be, and its team's, unless somebody saw to it already."""
    opening = action.opening
    if opening is None:
        raise Refused("there is nothing that was read again")
    decided, fields = opening.decision, Fields(reading=opening.reading)
    if record.kind == UNSORTED and record.state == transition.NEW and decided.kind != UNSORTED:
        fields["kind"] = decided.kind
        if not record.cycle:
            fields |= {"team": decided.team, "category": decided.category}
    if fields.get("kind", record.kind) == "booking":
        fields["visit"] = read_anew(record, opening.reading, site, settings)
    return fields


def _reply(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """An answer takes the record, as whoever answers has seen to it; of a closed one it changes nothing."""
    if site.reply == "direct":
        raise Refused(f"{site.id} answers its customers itself: write to the customer, with our address in Bcc")
    if reply_address(record) is None:
        raise Refused(unreachable(record))
    taken = record.state in transition.OPEN_STATES
    own = {"assignee": action.actor.name or record.assignee, "resubmit_at": None} if taken else {}
    return {**own, "held": _of_others(record, action.actor.name)}


def _hold(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """It waits beside those of others; a newer one of the same writer takes the place of his own."""
    others = _of_others(record, action.actor.name)
    if len(others) >= MOST_HELD:
        raise Refused(f"{len(others)} answers wait already")
    message = action.args.get("message", "0")
    held = Held(text=action.args["text"], by=action.actor.name, message=int(message))
    return {"held": (*others, held)}


def _send(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    sent = waiting_answer(record, action.actor)
    if sent is None and record.held:
        raise Refused(f"the answer that waits is {record.held[0].by}'s")
    if sent is None:
        raise Refused("there is no answer that waits")
    return {**_reply(record, action, site, settings, now), "held": _of_others(record, sent.by)}


def waiting_answer(record: Record, actor: Actor) -> Held | None:
    """The answer that an actor may send: a member his own, the command line the oldest."""
    own = (one for one in record.held if actor.role != "team" or _same(one.by, actor.name))
    return next(own, None)


def _of_others(record: Record, writer: str) -> tuple[Held, ...]:
    return tuple(one for one in record.held if not _same(one.by, writer))


def _same(address: str, other: str) -> bool:
    return address.casefold() == other.casefold()


def _write(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """Who had it before keeps it."""
    return conversation(record, action)


def conversation(record: Record, action: Action) -> Fields:
    """The customer's mail goes on with the conversation, and he can be reached again."""
    reached = tuple(one for one in record.bounced if one != action.actor.name.casefold())
    return {"thread": _thread(record, action), "bounced": reached}


def _returned(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """Where our mail to the customer came back from, no further one goes."""
    address = action.args["recipient"].casefold()
    if "house" in action.args or address not in map(str.casefold, customer_addresses(record)):
        return {}
    return {"bounced": tuple(dict.fromkeys((*record.bounced, address)))[-20:]}


def _thread(record: Record, action: Action) -> Thread | None:
    """The conversation with the customer's newest mail, the first and the newest nine kept."""
    told, before = action.args.get("message_id"), record.thread or Thread()
    ids = before.ids if told is None or told in before.ids else (*before.ids, told)
    return Thread(ids=(*ids[:1], *ids[1:][-9:]), subject=action.args.get("subject") or before.subject)


def _join(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """A second request stands with the first; a source that sent the same is named beside it."""
    opening = action.opening
    if opening is None:
        raise Refused("there is nothing that was asked again")
    second = Second(
        message=int(action.args.get("message", "0")),
        source=opening.source,
        received_at=opening.received_at,
        reading=opening.reading,
        ref=action.args.get("ref"),
    )
    known = (record.source, *record.sources)
    sources = record.sources if opening.source in (None, *known) else (*record.sources, opening.source)
    return {"requests": (*record.requests, second)[-10:], "sources": sources}


def _again(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    ref = reference.parse(action.args["ref"])
    if ref is None or ref == record.ref:
        raise Refused(f"'{action.args['ref'][:40]}' is no reference of another record")
    return {"again_of": ref, "result": f"a second request of {ref}", "resubmit_at": None}


def _apart(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    if not record.requests:
        raise Refused("no second request stands with it")
    left = record.requests[:-1]
    sources = tuple(each for each in record.sources if each in {one.source for one in left})
    return {"requests": left, "sources": sources, "related": (*record.related, action.args["ref"])[-20:]}


def _part(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    left = tuple(one for one in record.requests if one.ref != action.args["ref"])
    if action.before is None or left == record.requests:
        raise Refused(f"no second request {action.args['ref'][:40]} stands with it")
    sources = tuple(each for each in record.sources if each in {one.source for one in left})
    undone = (*record.undone, action.before.revision + 1)[-50:]
    return {"requests": left, "sources": sources, "undone": undone}


def _rest(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    fields = _part(record, action, site, settings, now)
    before = action.before or record
    return {**fields, "resubmit_at": before.resubmit_at, "passed": before.passed, "paused": before.paused}


def _read_as(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    return {"result": f"read again as {action.args.get('ref') or action.args['kind']}", "resubmit_at": None}


def _pass(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    args = action.args
    try:
        due_at, cycle = datetime.fromisoformat(args["due"]), int(args["cycle"])
    except ValueError:
        raise Refused(f"'{args['due'][:40]}' is no time, or '{args['cycle'][:40]}' no cycle") from None
    passed = Passed(step=args["step"], effect=action.name, due_at=due_at, cycle=cycle, late="late" in args)
    return {"passed": (*record.passed, passed)}


def _reschedule(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """Nobody saw to it: what has passed stays so, and what stands still does."""
    return {"passed": record.passed, "paused": record.paused}


def _undo(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    """The record as it was before its actor's last action, with what came in meanwhile."""
    before, last = action.before, action.last
    if before is None or last is None or not lifecycle.can_be_undone(record.kind, last.name):
        raise Refused("there is nothing that could be taken back")
    if (last.actor.role, last.actor.name.casefold()) != (action.actor.role, action.actor.name.casefold()):
        raise Refused(
            f"the last action, {last.name}, was {last.actor.name or last.actor.role}'s; only they may undo it"
        )
    kept = ("kind", "state", "team", "assignee", "resubmit_at", "result", "again_of", "category", "paused")
    fields = {name: getattr(before, name) for name in kept}
    rested = before.state == transition.WAITING or before.state in transition.CLOSED_STATES
    since = rested and record.state == transition.NEW and last.name != "not-mine"
    if since or (record.visit is not None and _went_on(record, before, last.name)):
        raise Refused(f"the customer has written since: {last.name} cannot be taken back, somebody has to look at it")
    fields["passed"] = (*before.passed, *_passed_since(record, before))
    writers = {one.by.casefold() for one in record.held}
    held = (*(one for one in before.held if one.by.casefold() not in writers), *record.held)
    return {**fields, "held": held[-MOST_HELD:], "undone": (*record.undone, before.revision + 1)[-50:]}


def _went_on(record: Record, before: Record, name: str) -> bool:
    """Whether a visit is no longer where an action led: what was offered or agreed then may not be so now."""
    row = lifecycle.table_of(before.kind).get((before.state, name))
    led_to = (row.to if row else None) or before.state
    if not {led_to, before.state, record.state} & {*transition.NEGOTIATED, *transition.PLANNED, transition.CANCELLED}:
        return False
    return (record.state, record.cycle) != (led_to, before.cycle + bool(row and row.new_cycle))


def _passed_since(record: Record, before: Record) -> Iterator[Passed]:
    """Steps that have passed although the action stood; not those of a cycle that began with it or after it."""
    return (one for one in record.passed if one.cycle <= before.cycle and one not in before.passed)


def _erase(record: Record, action: Action, site: Site, settings: Settings, now: datetime) -> Fields:
    check_why(action)
    blank = blank_record(record)
    own = {name for name in Record.__struct_fields__ if name not in STAYS[Record]} | {"reading", "requests", "visit"}
    return {name: getattr(blank, name) for name in own}


FIELDS: dict[str, Callable[[Record, Action, Site, Settings, datetime], Fields]] = {
    "take": _take,
    "assign": _assign,
    "done": _done,
    "later": _later,
    "not-mine": _not_mine,
    "spam": _close,
    "reopen": _reopen,
    "reparse": _reparse,
    "reply": _reply,
    "answered": _take,
    "hold": _hold,
    "send": _send,
    "write": _write,
    "join": _join,
    "returned": _returned,
    "again": _again,
    "apart": _apart,
    "part": _part,
    "rest": _rest,
    "read-as": _read_as,
    "reschedule": _reschedule,
    "undo": _undo,
    ERASE: _erase,
    **dict.fromkeys(EFFECTS, _pass),
}
"""Action -> the function that says which fields it sets; the others only change state."""
