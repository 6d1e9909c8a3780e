"""Who is told of an action: one function for each value of `Transition.tells`."""

from collections.abc import Callable, Iterator
from datetime import datetime

import msgspec

from config.lookup import team_address
from config.models import Settings, Site
from parsers.clean import block, single_line
from rules import transition
from rules.answering import PROGRAM
from rules.changes import WORDS_LIMIT, waiting_answer
from rules.model import Action, Notice, Notification, Receipt, Record
from rules.reach import reply_address
from rules.timing import FOR_AUDIT, timed

KEPT = "what stands below a command is kept as a note"


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """An action with the record before and after it."""

    before: Record
    record: Record
    action: Action
    site: Site
    settings: Settings
    now: datetime

    @property
    def text(self) -> str | None:
        """What was written along with it."""
        return block(self.action.args.get("text"))

    @property
    def message(self) -> int | None:
        """The mail that it came by."""
        given = self.action.args.get("message", "")
        return int(given) if given.isdecimal() else None

    @property
    def by(self) -> str:
        """Who did it, to stand behind a sentence."""
        return f" by {self.action.actor.name}" if self.action.actor.name else ""

    @property
    def team(self) -> str:
        """The address of the record's team."""
        return team_address(self.settings, self.site, self.record.team or "")[0]

    @property
    def keeper(self) -> str:
        """Who sees to the record: its assignee where that is an address, else its team."""
        own = self.record.assignee
        return own if own and "@" in own else self.team  # it may be a name from the command line

    def notice(self, purpose: str, to: str, because: str, **more: object) -> Notice:
        """Somebody of the house is told in the record's language."""
        record = self.record
        plain = Notice(
            purpose=purpose,
            to=to,
            team=record.team,
            category=record.category if purpose in FOR_AUDIT else "action",
            template=purpose,
            language=record.language,
            at=self.now,
            because=because,
        )
        told = msgspec.structs.replace(plain, **more)
        return timed(told, self.settings, self.site, record.kind, purpose, self.now)


def first_notice(wish: Notification, language: str, now: datetime) -> Notice:
    """What a decision asks for when it opens a record."""
    return Notice(
        purpose=wish.purpose,
        to=wish.to,
        team=wish.team,
        role="team" if wish.purpose == "new" else "system",
        category=wish.category,
        template=wish.template,
        language=language,
        at=max(wish.at, now),
        way=wish.way,
        because=wish.because,
    )


def receipt_notice(receipt: Receipt, category: str, now: datetime) -> Notice:
    """A customer is told that his request is here; `text` is the time until when he is answered, ISO 8601 in UTC."""
    return Notice(
        purpose="receipt",
        to=receipt.to,
        role="customer",
        category=category,
        template="receipt",
        language=receipt.language,
        at=now,
        because="your request has arrived",
        text=receipt.by.isoformat() if receipt.by else None,
        correspondent=receipt.to,
    )


def _attached(it: Happened) -> Iterator[Notice]:
    """A mail of a person outside, just now: two programs that answer each other must not go on through us."""
    args, role = it.action.args, it.action.actor.role
    if "imported" in args or role not in ("customer", "source", "stranger"):
        return
    if args.get("class") not in ("person", "reply"):
        return
    because = f"a further mail for {it.record.ref}"
    if role == "stranger":
        because += f"; {args.get('problem') or 'its sender is not known here'}"
    elif "problem" in args:  # it was to do something to a visit
        because += f"; {args['problem']}"
    by_stranger = (it.action.actor.name or it.keeper) if role == "stranger" else None
    yield it.notice("attached", it.keeper, because, text=it.text, message=it.message, correspondent=by_stranger)


def _again(it: Happened) -> Iterator[Notice]:
    if "imported" in it.action.args:
        return
    actor = it.action.actor
    through = f" through {actor.name}" if actor.role == "source" else it.by if actor.role in transition.STAFF else ""
    yield it.notice("again", it.keeper, f"the same person asks again{through}", text=it.text, message=it.message)


def _assigned(it: Happened) -> Iterator[Notice]:
    yield it.notice("assigned", it.record.assignee or "", f"assigned to you{it.by}")


def _moved(it: Happened) -> Iterator[Notice]:
    reason = single_line(it.action.args.get("reason"), WORDS_LIMIT)
    yield it.notice("moved", it.team, f"moved to {it.record.team}{it.by}" + (f": {reason}" if reason else ""))


def _reply(it: Happened) -> Iterator[Notice]:
    """The answer to the customer; the group hears once who took it, where one of its members wrote."""
    held = waiting_answer(it.before, it.action.actor) if it.action.name == "send" else None
    yield it.notice(
        "reply",
        reply_address(it.record) or "",
        f"an answer{it.by}",
        role="customer",
        category="action",
        language=it.record.reading.language or it.record.language,
        text=held.text if held else it.text,
        message=held.message if held else it.message,
        as_is=held is not None,
    )
    if it.before.state == transition.NEW and it.action.actor.name.casefold() != it.team.casefold():
        yield it.notice("taken", it.team, f"answered{it.by}", category="audit")


def _returned(it: Happened) -> Iterator[Notice]:
    """A mail to the customer came back: somebody has to reach him another way.

    What the house does not get the admin is told once a day, unless it is he who does not get it.
    """
    args, admin = it.action.args, it.settings.postroom.admin
    status = single_line(args.get("status"), WORDS_LIMIT)
    because = f"our mail to {args['recipient']} came back" + (f": {status}" if status else "")
    if "house" not in args:
        yield it.notice("returned", it.keeper, because, text=it.text)
    elif args["house"] == "news" and args["recipient"].casefold() != admin.casefold():
        yield it.notice("returned", admin, because, role="admin", team=None, text=it.text, correspondent=admin)


def _to_sender(purpose: str) -> Callable[[Happened], Iterator[Notice]]:
    """What only the writer of a mail is told, if a program may answer it; the command line shows it by itself."""

    def tell(it: Happened) -> Iterator[Notice]:
        actor = it.action.actor
        if "@" in actor.name and it.action.unanswered is None:
            role = "controller" if actor.role == "controller" else "team"
            because = single_line(it.action.args.get("problem"), WORDS_LIMIT) or f"you asked for it: {it.action.name}"
            yield it.notice(purpose, actor.name, because, role=role, text=it.text, correspondent=actor.name)

    return tell


def _kept(it: Happened) -> Iterator[Notice]:
    """What stood below a command and reads like a letter was not sent: its writer may think that it was."""
    if "letter" in it.action.args:
        for notice in _to_sender("kept")(it):
            yield msgspec.structs.replace(notice, because=KEPT)


def _held(it: Happened) -> Iterator[Notice]:
    """That an answer waits; a responder that says the same to every mail of ours hears it once."""
    same = any((one.text, one.by) == (it.text, it.action.actor.name) for one in it.before.held)
    if not (same and it.action.args.get("problem") == PROGRAM):
        yield from _to_sender("held")(it)


TELLS: dict[str, Callable[[Happened], Iterator[Notice]]] = {
    "attached": _attached,
    "again": _again,
    "assigned": _assigned,
    "moved": _moved,
    "reply": _reply,
    "returned": _returned,
    "held": _held,
    "refused": _to_sender("refused"),
    "status": _to_sender("status"),
    "help": _to_sender("help"),
    "kept": _kept,
}
