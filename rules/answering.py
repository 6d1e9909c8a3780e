"""What somebody's mail to a record asks for: the actions that it stands for, in their order.

A mail without a command is an answer to the customer. With one it never goes there, unless it says `!reply`: what
stands below is a note, so that no remark of one colleague to another reaches a customer.
"""

from collections.abc import Iterator

from config.models import Settings
from parsers.records import Answer, Command, Parsed
from rules.model import Action, Actor, Record
from rules.sites import site_named

Args = dict[str, str]

TEXT_LIMIT = 20_000
"""Characters of a mail that its revision keeps; the mail itself is kept whole."""
EMPTY = "nothing stands above the quotation"
WITH_TEXT = {"not-mine": "reason", "note": "text"}
"""Commands that take what stands below them: as which argument, where they have none of their own."""


def actions_of(
    parsed: Parsed, actor: Actor, why: str | None, record: Record, settings: Settings, message: int, *, imported: bool
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
    """
    mail = _mail(parsed, message, imported=imported)
    if actor.role == "stranger":
        return (Action(name="attach", actor=actor, args={**mail, "problem": why or ""} if why else mail),)
    if parsed.mail_class not in ("person", "reply") or imported:  # a program, or what was done about it long ago
        return (Action(name="attach", actor=actor, args=mail),)
    if actor.role == "customer":
        return (Action(name="write", actor=actor, args=mail),)
    answer = parsed.answer or Answer()
    wanted = _commands(answer) if answer.commands else _plain(answer, site_named(settings, record.site).reply)
    return tuple(Action(name=name, actor=actor, args={**args, "message": str(message)}) for name, args in wanted)


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
    if "reply" in names:
        yield from _plain(answer, "through")
    left = None if "reply" in names else answer.text
    for command in answer.commands:
        if command.name == "reply":
            continue
        args, left = _with_text(command, left)
        yield str(command.name), args
    if left:
        yield "note", {"text": left}


def _with_text(command: Command, text: str | None) -> tuple[Args, str | None]:
    """What stands below belongs to the first command that can take it; its writer's words are kept in any case."""
    name = WITH_TEXT.get(command.name or "")
    if text is None or name is None or (name in command.args and name != "text"):
        return command.args, text
    own = command.args.get(name, "")
    return {**command.args, name: f"{own}\n{text}".strip()}, None
