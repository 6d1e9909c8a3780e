"""What somebody's mail to a record asks for: the actions that it stands for, in their order.

A mail without a command is an answer to the customer. With one it never goes there, unless it says `!reply`: what
stands below is a note, so that no remark of one colleague to another reaches a customer.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from config.models import Settings, Site
from parsers.answerable import PASSED_ON, RECALLS, TEXT_SAYS
from parsers.answers import HOLDS
from parsers.commands import TO_CUSTOMER
from parsers.records import Answer, Command, Parsed
from parsers.signature import is_letter
from rules.house import INTERNAL, internal
from rules.identity import may_act
from rules.lifecycle import WRITES, table_of
from rules.model import Action, Actor, Record
from rules.reach import customer_addresses, reply_address
from rules.sites import site_named
from rules.visit_answers import KEPT, VisitAnswer, calendar_answer, spoken_answer

Args = dict[str, str]

TEXT_LIMIT = 20_000
"""Characters of a mail that its revision keeps; the mail itself is kept whole."""
COLLEAGUE = "it is also to a colleague"
PROGRAM = "its text reads like a program's"
WAITS = "an answer of yours waits already"
TO_HOUSE = "it answers a mail that was for the house alone"
RESPONDERS = frozenset({"Precedence", "X-Ms-Exchange-Inbox-Rules-Loop"})
"""Signs of `PASSED_ON` that simple responders set and nothing else: whoever has one is asked first."""
EMPTY = "nothing stands above the quotation"
RECALL = "a recall takes nothing back here, !undo does while the answer has not gone out"
ASK_AND_REPLY = "ask and reply both take the text below"
WITH_TEXT = {"not-mine": "reason", "note": "text"}
"""Commands that take what stands below them: as which argument, where they have none of their own."""
ABOUT_VISITS = frozenset({"offer", "schedule", "pre-book", "decline", "cancel"})
"""Commands whose own words the customer reads."""


def actions_of(
    parsed: Parsed,
    actor: Actor,
    why: str | None,
    record: Record,
    settings: Settings,
    message: int,
    *,
    imported: bool,
    now: datetime,
    from_nobody: bool = False,
    to_house: bool = False,
) -> tuple[Action, ...]:
    """Turn a mail that came to a record into actions.

    Args:
        parsed: The mail.
        actor: Who wrote it (`rules.identity`).
        why: Why its writer is a stranger, if it is one.
        record: What it came to.
        settings: The settings in force.
        message: Number of the mail.
        imported: It was put in later.
        now: UTC, when it came.
        from_nobody: Its envelope has no sender: nothing that a person sends is like that.
        to_house: It answers a mail whose plain answer is not meant for the customer.
    """
    mail = _mail(parsed, message, imported=imported)
    answer = parsed.answer or Answer()
    if actor.role == "stranger":
        return (Action(name="attach", actor=actor, args={**mail, "problem": why or ""} if why else mail),)
    recalls = parsed.no_answer == RECALLS and not answer.commands
    if recalls and actor.role in ("team", "controller") and not imported:
        return (refusal(actor, message, RECALL),)
    by_program = recalls or _is_by_a_program(parsed, actor, answer) or (from_nobody and not answer.commands)
    if actor.role == "customer" and not imported:
        return (_of_customer(parsed, actor, record, settings, mail, now, by_program=by_program),)
    if imported or by_program:  # or what was done about it long ago
        return (Action(name="attach", actor=actor, args=mail),)
    site = site_named(settings, record.site)
    may_be_a_program = parsed.no_answer == TEXT_SAYS or parsed.class_because in RESPONDERS
    doubt = PROGRAM if may_be_a_program else None
    if doubt is None and not any(command.name in TO_CUSTOMER for command in answer.commands):
        doubt = _for_whom_else(answer, actor, record, site, settings, to_house=to_house)
    doubt = doubt or _names_the_house(answer, site, settings)
    named = _reason_names_the_house(answer, site, settings)
    if named is not None:
        return (refusal(actor, message, named),)
    if doubt is not None and not answer.doubt:
        answer = msgspec.structs.replace(answer, doubt=doubt)
    if not answer.commands and wrote_to_customer(answer, record):
        wanted: Iterator[tuple[str, Args]] = iter([("answered", {"text": answer.text or ""})])
    else:
        wanted = _commands(answer) if answer.commands else _plain(answer, site.reply)
    return tuple(Action(name=name, actor=actor, args={**args, "message": str(message)}) for name, args in wanted)


def _of_customer(
    parsed: Parsed, actor: Actor, record: Record, settings: Settings, mail: Args, now: datetime, *, by_program: bool
) -> Action:
    """A customer's calendar counts whoever sent the mail, his words where a person did."""
    site = settings.sites.get(record.site)
    found = calendar_answer(parsed, record, site, now) if site else None
    if found is not None:
        return _of_visit(found, actor, record, {**mail, "class": "reply", "text": ""})
    if by_program:
        return Action(name="attach", actor=actor, args=mail)
    written = mail | _as_written(parsed)
    found = spoken_answer(parsed, record, site, now) if site else None
    return _of_visit(found, actor, record, written) if found else _written(actor, written)


def _of_visit(found: VisitAnswer, actor: Actor, record: Record, mail: Args) -> Action:
    """What an answer to a mail about a visit does, or why the team has to read it; a repetition wakes nobody."""
    args = {**mail, **found.args}
    if found.name == KEPT:
        return Action(name="attach", actor=actor, args={"message": mail["message"], "class": "automatic"})
    if found.name is None:
        return _written(actor, args, found.problem)
    transition = table_of(record.kind)[record.state, found.name]
    allowed = ("message", *transition.needs, *transition.may)
    return Action(name=found.name, actor=actor, args={name: args[name] for name in allowed if args.get(name)})


def unsettled(action: Action, parsed: Parsed, why: str) -> Action | None:
    """What an answer to a mail about a visit does that is not possible: the team reads it, and why it moved nothing.

    Args:
        action: What it was to do.
        parsed: The mail.
        why: Why that was refused.
    """
    if action.actor.role != "customer" or action.name in ("attach", "write"):
        return None
    mail = _mail(parsed, int(action.args["message"]), imported=False)
    return _written(action.actor, {**mail, **action.args, "class": "reply"}, why)


def _written(actor: Actor, args: Args, problem: str | None = None) -> Action:
    """The customer writes, and the team reads it."""
    given = {name: args[name] for name in (*WRITES.needs, *WRITES.may) if args.get(name)}
    return Action(name="write", actor=actor, args={**given, "problem": problem} if problem else given)


def _is_by_a_program(parsed: Parsed, actor: Actor, answer: Answer) -> bool:
    """Whether nobody wrote it: marks of lists and redirections gate answers, and a proven writer's words count still.

    What a member's mail program or assistant says by itself is no answer to the customer.
    """
    says_so = parsed.no_answer not in (None, TEXT_SAYS) and not answer.commands
    if parsed.mail_class not in ("person", "reply"):
        return says_so or parsed.class_because not in PASSED_ON
    return says_so and actor.role in ("team", "controller")


def _as_written(parsed: Parsed) -> Args:
    """The class of a mail that only bears a list's marks, as its record sees it."""
    return {} if parsed.mail_class in ("person", "reply") else {"class": "reply"}


def _for_whom_else(
    answer: Answer, actor: Actor, record: Record, site: Site, settings: Settings, *, to_house: bool
) -> str | None:
    """Why words may be meant for a colleague, or for us; their writer can say by `!reply` that they are not."""
    if any(held.by.casefold() == actor.name.casefold() for held in record.held):
        return WAITS
    if to_house and reply_address(record) is not None:
        return TO_HOUSE
    groups = {address.casefold() for address in (*site.teams.values(), site.desk, actor.name)}
    people = [each for each in (*answer.to, *answer.cc) if each not in groups and not desk_of(each, site)]
    return COLLEAGUE if any(may_act(each, "team", site, settings) for each in people) else None


def _names_the_house(answer: Answer, site: Site, settings: Settings) -> str | None:
    """That an address stands in it which customers are not to see: where our mail was quoted, or in a signature."""
    named = internal(site, settings).named_in(answer.text or "")
    return HOLDS.format(found=INTERNAL.format(named)) if named else None


def _reason_names_the_house(answer: Answer, site: Site, settings: Settings) -> str | None:
    """The same of what a command itself tells the customer."""
    told = " ".join(value for one in answer.commands if one.name in ABOUT_VISITS for value in one.args.values())
    named = internal(site, settings).named_in(told)
    return HOLDS.format(found=INTERNAL.format(named)) if named else None


def desk_of(address: str, site: Site) -> bool:
    """Whether an address is the site's desk, with or without a token."""
    local, _, domain = site.desk.casefold().partition("@")
    return address.startswith(local) and address.endswith(f"@{domain}")


def wrote_to_customer(answer: Answer, record: Record) -> bool:
    """Whether the customer has the mail already, and we only a copy."""
    known = {address.casefold() for address in customer_addresses(record)}
    return any(each in known for each in (*answer.to, *answer.cc))


def refusal(actor: Actor, message: int, problem: str) -> Action:
    """Nothing of it is done, and its writer is told why."""
    return Action(name="refuse", actor=actor, args={"message": str(message), "problem": problem})


def _mail(parsed: Parsed, message: int, *, imported: bool) -> Args:
    said = (parsed.answer.text if parsed.answer else None) or parsed.new_text or parsed.text
    known = {
        "message": str(message),
        "class": parsed.mail_class,
        "text": (said or "")[:TEXT_LIMIT],
        "message_id": parsed.message_id,
        "subject": parsed.subject,
        "imported": "yes" if imported else None,
    }
    return {name: value for name, value in known.items() if value}


def _plain(answer: Answer, way: str) -> Iterator[tuple[str, Args]]:
    """An answer to the customer, which waits where it is not certain what belongs to it."""
    if not answer.text:
        yield "refuse", {"problem": answer.doubt or EMPTY}
    elif way == "direct":
        yield "answered", {"text": answer.text}
    elif answer.doubt:
        yield "hold", {"text": answer.text, "problem": answer.doubt}
    else:
        yield "reply", {"text": answer.text}


def _commands(answer: Answer) -> Iterator[tuple[str, Args]]:
    """The answer that is asked for comes first: it takes the record, which a later command may close."""
    names = [command.name for command in answer.commands]
    unknown = next((command for command in answer.commands if command.name is None), None)
    if unknown is not None:
        yield "refuse", {"problem": f"'{unknown.written}' is no command"}
        return
    if "undo" in names and len(names) > 1:
        yield "refuse", {"problem": "undo stands alone"}
        return
    if "ask" in names and ("reply" in names or answer.doubt or not answer.text):
        # it cannot wait as a reply does: what waits is sent as it is, and nothing would be asked
        yield "refuse", {"problem": ASK_AND_REPLY if "reply" in names else answer.doubt or EMPTY}
        return
    if "reply" in names:
        yield from _plain(answer, "through")
        if answer.doubt or not answer.text:
            return  # what else it asks for waits, too: a request must not be closed without its answer
    left = None if not TO_CUSTOMER.isdisjoint(names) else answer.text
    for command in answer.commands:
        if command.name == "reply":
            continue
        if command.name == "ask":
            yield "ask", {"text": answer.text or ""}
            continue
        args, left = _with_text(command, left)
        yield str(command.name), args
    if left:
        yield "note", {"text": left, "letter": "yes"} if is_letter(left) else {"text": left}


def _with_text(command: Command, text: str | None) -> tuple[Args, str | None]:
    """What stands below belongs to the first command that can take it; its writer's words are kept in any case."""
    name = WITH_TEXT.get(command.name or "")
    if text is None or name is None or (name in command.args and name != "text"):
        return command.args, text
    own = command.args.get(name, "")
    return {**command.args, name: f"{own}\n{text}".strip()}, None
