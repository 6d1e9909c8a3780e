"""Lines that begin with `!`: what a team member wants done, said in German, English, Danish or Chinese.

Only the first lines of an answer are commands, as nobody would look for one further down; a line there whose word
nobody knows is a command without a name, so that its writer can be told.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from parsers.appointed import appointed, clock_time
from parsers.clean import block, single_line
from parsers.command_words import head, whole
from parsers.records import Command
from parsers.until import until

MOST = 10
NOTE_LIMIT = 4_000
"""Characters of a note."""
_WRITTEN = 200
_LINE = 2_000
_WRAPPED = 60
"""A line of at least so many characters was broken by the mail program, where the next one follows at once."""

_QUOTES = "\"'`„“”«»‘’"
_BEGIN = re.compile(rf"[\s*_•·▪◦●–—{_QUOTES}-]{{0,6}}[!！]\s{{0,2}}(?=[^\s!！])")
"""Mail programs print bold type as `*!take*`, and make a list of lines with a dash in front."""
_LINKED = re.compile(r"<(?:mailto|https?|tel):[^<>\s]{0,500}>|\[(?:mailto|https?):[^\[\]\s]{0,500}\]", re.IGNORECASE)
_EDGES = " \t\u3000*_:：,，;；.。"
_ADDRESS = re.compile(r"[^\s=<>,;:()\[\]\"'，：；]{1,64}@[^\s<>,;:()\[\]\"'，：；]{1,255}")

TO_CUSTOMER = frozenset(["reply", "ask"])
"""Commands whose text, behind them and below, is the customer's."""
_WITH_TEXT = TO_CUSTOMER | {"note"}
"""They take whole texts: lines below them stay lines."""
_DETAIL = re.compile(r"(?:(?<=\s)|^)(?P<name>[^\W\d_][^\s=:：]{0,20})\s?[=＝]\s?")
"""`services=oil change; brakes`: up to the next such name."""

Args = dict[str, str]


class Top(NamedTuple):
    """The commands that a text begins with, and what stands below them, or behind `!reply`."""

    commands: tuple[Command, ...]
    below: list[str]


def top(lines: Sequence[str], region: str = "DE") -> Top:
    """Take the commands off the front of a text; blank lines between them do not matter.

    Args:
        lines: What its writer wrote, without any quotation.
        region: ISO country of the site, for days such as `3/12`.
    """
    found: list[Command] = []
    at = end = 0
    while at < len(lines) and len(found) < MOST:
        if not lines[at].strip():
            at += 1
        elif is_command(lines[at]):
            one = command(lines[at], region)
            line, at = (lines[at], at + 1) if one.name in _WITH_TEXT else _unwrapped(lines, at)
            found.append(command(line, region))
            end = at
            behind = _behind(lines[end - 1]) if one.name in TO_CUSTOMER else ""
            if behind:
                return Top(tuple(found), [behind, *lines[end:]])
        else:
            break
    return Top(tuple(found), list(lines[end:]))


def _behind(line: str) -> str:
    """What stands behind the word of a command, for a reader."""
    begin = _BEGIN.match(line)
    known = head(line[begin.end() :], "actions") if begin else None
    return known.rest.strip().lstrip(_EDGES) if known else ""


def is_command(line: str) -> bool:
    """Whether a line begins as commands do: with one mark, and something behind it."""
    return ("!" in line[:9] or "！" in line[:9]) and _BEGIN.match(line) is not None


def is_known(line: str) -> bool:
    """Whether a line is a command whose word is known."""
    return is_command(line) and command(line).name is not None


def command(line: str, region: str = "DE") -> Command:
    """Read a line that begins with `!`."""
    written = single_line(line, _WRITTEN) or "!"
    told = _LINKED.sub(" ", line[:_LINE])
    begin = _BEGIN.match(told)
    if begin:
        told = told[begin.end() :].rstrip(_QUOTES if set(begin[0]) & set(_QUOTES) else "")
    if told.startswith("?"):
        return Command(name="help", written=written)
    if kind := head(told, "kinds"):
        rest = _bare(kind.rest)
        return Command(name="read-as", args={"kind": kind.meaning, **_superfluous(rest)}, written=written)
    action = head(told, "actions")
    if action is None:
        return Command(written=written)
    name, rest = action.meaning, _bare(action.rest)
    if name == "note":
        rest = " ".join(action.rest.split()).lstrip(_EDGES + "-–—")
    if name == "again" and whole(rest, "words.no"):
        return Command(name="apart", written=written)
    return Command(name=name, args=_ARGS.get(name, _alone)(rest, region), written=written)


def _unwrapped(lines: Sequence[str], at: int) -> tuple[str, int]:
    """A line with the ones that a mail program broke off it, and the number of the next line."""
    line, last = lines[at], lines[at]
    at += 1
    while at < len(lines) and len(last) >= _WRAPPED and lines[at].strip() and not is_command(lines[at]):
        last = lines[at]
        line = f"{line} {last.strip()}"[:_LINE]
        at += 1
    return line, at


def _bare(rest: str) -> str:
    return " ".join(rest.split()).lstrip(_EDGES + "-–—!！").rstrip(_EDGES + "!！")


def _result(rest: str, region: str) -> Args:
    return {"result": whole(rest, "results") or rest} if rest and not whole(rest, "words.please") else {}


def _until(rest: str, region: str) -> Args:
    return {"until": day} if (day := until(rest, region)) else {}


def _reason(rest: str, region: str) -> Args:
    """`team=service` names the team; whether a first word is one's name, the site's settings know."""
    team, _, reason = rest.partition(" ")
    if not team.casefold().startswith("team="):
        return {"reason": rest} if rest else {}
    given = {"team": team[5:].strip(_EDGES), "reason": reason.strip(_EDGES)}
    return {name: value for name, value in given.items() if value}


def _why(rest: str, region: str) -> Args:
    return {"reason": rest} if rest else {}


def _to(rest: str, region: str) -> Args:
    if address := _ADDRESS.search(rest):
        return {"to": address[0].strip(_EDGES)}
    named = head(rest, "words.to")
    to = _bare(named.rest) if named else rest
    return {"to": to} if to else {}


def _ref(rest: str, region: str) -> Args:
    """A reference is the word with a digit in it: `again of L-7KQ2M4-2`."""
    words = [word.strip(_EDGES + "()[]<>") for word in rest.split()]
    ref = next((word for word in words if any(letter.isdigit() for letter in word)), rest)
    return {"ref": ref} if ref else {}


def _text(rest: str, region: str) -> Args:
    return {"text": rest} if rest else {}


def _alone(rest: str, region: str) -> Args:
    """An action that takes nothing: what stands behind it is kept, so that its writer is told of it, not deceived."""
    return _superfluous(rest)


def _superfluous(rest: str) -> Args:
    return {"text": rest} if rest and not whole(rest, "words.please") else {}


def _nothing(rest: str, region: str) -> Args:
    """A question, which changes nothing whatever stands behind it; behind `reply` the text begins."""
    return {}


def _visit(rest: str, region: str) -> Args:
    """Day, time, end and price of a visit, and behind names of their own what else is said of it."""
    found = list(_DETAIL.finditer(rest))
    ends = [*(one.start() for one in found), len(rest)]
    when = appointed(rest[: ends[0]], region)
    args = {"at": when.at, "until": when.until, "price": when.price}
    for one, end in zip(found, ends[1:], strict=True):
        name = whole(one["name"], "details") or one["name"]  # an unknown one is told
        args[name] = _detail(name, rest[one.end() : end].strip(_EDGES), region)
    return {name: value for name, value in args.items() if value}


def _detail(name: str, value: str, region: str) -> str:
    match name:
        case "at":
            return appointed(value, region).at or ""
        case "until":
            return clock_time(value) or value
        case "courtesy-car" | "preferred":
            return whole(value, "answers") or value
        case _:
            return value


def _ready(rest: str, region: str) -> Args:
    """`parts`, `parts no`."""
    what, _, last = rest.rpartition(" ")
    if what and whole(last, "words.no"):
        return {"what": what.strip(_EDGES).casefold(), "no": "yes"}
    return {"what": rest.casefold()} if rest else {}


def _prefer(rest: str, region: str) -> Args:
    """How many days before: `3`, `3 Tage vorher`, `nie`."""
    if whole(rest, "words.never"):
        return {"days": "off"}
    count = re.match(r"\d{1,2}(?!\d)", rest)
    number = head(rest, "numbers") if count is None else None
    if count is None and number is None:
        return {"days": rest} if rest else {}
    days, behind = (count[0], rest[count.end() :]) if count else (number.meaning, number.rest) if number else ("", "")
    unit = head(behind, "units")
    behind = unit.rest if unit and unit.meaning == "d" else behind
    return {"days": days if not behind.strip(_EDGES) or whole(behind, "words.before") else rest}


_ARGS: Mapping[str, Callable[[str, str], Args]] = {
    "done": _result,
    "later": _until,
    "not-mine": _reason,
    "assign": _to,
    "note": _text,
    "again": _ref,
    "reply": _nothing,
    "ask": _nothing,
    "offer": _visit,
    "schedule": _visit,
    "pre-book": _visit,
    "decline": _why,
    "cancel": _why,
    "ready": _ready,
    "prefer": _prefer,
    "status": _nothing,
    "help": _nothing,
}
"""What an action takes; all others take nothing."""


def with_note(commands: Sequence[Command], below: Sequence[str]) -> tuple[Command, ...]:
    """The commands, with all that stands below them put to the last note: a note stays in the house."""
    last = max(number for number, one in enumerate(commands) if one.name == "note")
    note = commands[last]
    text = block("\n".join((note.args.get("text", ""), *below)), NOTE_LIMIT)
    args = {"text": text} if text else {}
    return (*commands[:last], Command(name="note", args=args, written=note.written), *commands[last + 1 :])
