"""How records stand: the rows of a status, and the records that a list, bundle or digest tells of."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rules.model import Done, Notice, Record
from templates.commands import FEW, Command, links
from templates.forms import lines, one_line
from templates.model import RenderItem, RenderJob, SiteCard
from templates.purposes import is_strange, purpose_of, stays_inside
from templates.reach import replies_reach, ways
from templates.reasons import translated
from templates.rows import Row, Section, Speech
from templates.sections import car_of, person_name, text_of
from templates.words import Words, filled

MOST_RECORDS = 200
"""Records of one mail; the others are counted."""
SAID_LINES = 40
"""Lines of a text among several."""
COURSE = 30
"""Steps of a record's course, the last ones."""
_ASKED = frozenset({"status", "help", "refuse", "hold"})
"""Actions that change nothing: no part of the course."""
_NEVER = datetime.max.replace(tzinfo=UTC)


class Item(NamedTuple):
    """One of several records, in words."""

    opening: str
    title: str
    ref: str
    facts: tuple[str, ...]
    said: tuple[str, ...]
    actions: tuple[Row, ...]
    commands: tuple[Command, ...]
    warnings: tuple[str, ...]
    reply_to: str | None
    """Where a reply about this record goes, for those who see no links."""
    overdue: bool


def status_of(job: RenderJob, speech: Speech) -> list[Section]:
    """State, who has it, what is due and what happened."""
    record, headings, moment = job.record, speech.words["headings"], speech.forms.moment
    standing = [
        *speech.row("state", speech.word("states", record.state)),
        *speech.row("team", record.team),
        *speech.row("assignee", record.assignee),
        *speech.row("resubmit_at", moment(record.resubmit_at)),
        *speech.row("result", _result(record, speech)),
        *speech.row("held", ", ".join(one.by for one in record.held)),
        *speech.row("sources", " / ".join(filter(None, (record.source, *record.sources)))),
    ]
    due = [Row(speech.word("effects", one.effect), moment(one.due_at)) for one in job.deadlines[:20]]
    told = [done for done in job.course if done.name not in _ASKED][-COURSE:]
    course = [Row(speech.word("happened", done.name), _when_and_who(done, speech)) for done in told]
    return [
        Section(headings["status"], tuple(standing)),
        Section(headings["deadlines"], tuple(due)),
        Section(headings["course"], tuple(course)),
    ]


def items_of(job: RenderJob, words: Words) -> tuple[Item, ...]:
    """The records that a mail tells of: a list with the overdue first, then by due time; else in the order given."""
    given: Sequence[RenderItem] = job.others or (RenderItem(record=job.record, notice=None),)
    if job.notice.purpose == "list":
        given = sorted(given, key=_urgency)
    return tuple(_item(one, job, words) for one in given[:MOST_RECORDS])


def _urgency(one: RenderItem) -> tuple[bool, datetime, datetime, str]:
    return not one.overdue, one.due_at or _NEVER, one.record.received_at, one.record.ref


def _item(one: RenderItem, job: RenderJob, words: Words) -> Item:
    record, site, role = one.record, one.site or job.site, job.notice.role
    speech = Speech(words, site.timezone)
    kind = speech.word("kinds", record.kind)
    told = one.notice
    facts = _listed(one, speech) if told is None else _told(record, told, speech)
    purpose = job.notice.purpose
    commands = links(record, told.purpose if told else purpose, role, one.reply_to if site.heeds else None, words, FEW)
    return Item(
        opening=kind if told is None else opening(told, kind, words),
        title=", ".join(filter(None, (person_name(record.reading.customer), car_of(record.reading)))),
        ref=one_line(record.ref, 40),
        facts=tuple(filter(None, (_elsewhere(one.site, job), *facts))),
        said=_said(record, told) if purpose == "bundle" else (),
        actions=_ways(one, site, role, speech) if purpose == "bundle" else (),
        commands=commands,
        warnings=warnings_of(record, told, words),
        reply_to=one.reply_to if commands else None,
        overdue=one.overdue,
    )


def opening(notice: Notice, kind: str, words: Words, table: str = "openings") -> str:
    """What happened, for the line above a name or (`subjects`) the subject."""
    name = "stranger" if notice.purpose == "attached" and is_strange(notice.because) else notice.purpose
    return filled(words[table].get(name, "{kind}"), kind=kind)


def warnings_of(record: Record, notice: Notice | None, words: Words) -> tuple[str, ...]:
    """What to beware of in the record's mail, or in the further one that is told of."""
    table = words["warnings"]
    strange = notice is not None and notice.purpose == "attached" and is_strange(notice.because)
    return (*((table["stranger"],) if strange else ()), *(table[flag] for flag in record.flags))


def _elsewhere(site: SiteCard | None, job: RenderJob) -> str:
    return one_line(site.name, 80) if site and site.id != job.site.id else ""


def _listed(one: RenderItem, speech: Speech) -> Iterator[str]:
    record, moment = one.record, speech.forms.moment
    yield ", ".join(filter(None, (speech.word("states", record.state), one_line(record.assignee or "", 80))))
    if one.due_at is not None:
        yield speech.named("overdue" if one.overdue else "due", moment(one.due_at))
    elif one.overdue:
        yield str(speech.words["phrases"]["overdue"])
    yield speech.named("received", moment(record.received_at))


def _told(record: Record, notice: Notice | None, speech: Speech) -> Iterator[str]:
    if notice is not None:
        yield speech.word("interests", record.reading.interest)
        because = one_line(translated(one_line(notice.because), speech.words), 200)
        yield speech.named("because", because) if because else ""
        yield speech.forms.moment(notice.at)


def written(record: Record, notice: Notice) -> str | None:
    """What somebody wrote now: by mail, or in a second request."""
    if notice.text is None and purpose_of(notice.purpose, notice.role).second and record.requests:
        return text_of(record.requests[-1].reading)
    return notice.text


def _said(record: Record, notice: Notice | None) -> tuple[str, ...]:
    if notice is None:
        return ()
    tells = purpose_of(notice.purpose, notice.role)
    text = text_of(record.reading) if tells.request else written(record, notice) if tells.said else None
    return lines(text)[:SAID_LINES]


def _ways(one: RenderItem, site: SiteCard, role: str, speech: Speech) -> tuple[Row, ...]:
    reached = replies_reach(one.record, site, role, one.reply_to)
    inside = one.notice is not None and stays_inside(one.notice, one.record)
    return ways(one.record, one.reply_to if reached else None, speech, most=2, inside=inside)


def _result(record: Record, speech: Speech) -> str:
    """In words; what a person wrote freely stays."""
    told = one_line(record.result or "", 200)
    return str(speech.words["results"].get(told) or translated(told, speech.words))


def _when_and_who(done: Done, speech: Speech) -> str:
    who = one_line(done.actor.name, 80) or speech.word("actors", done.actor.role)
    return f"{speech.forms.moment(done.at)}, {who}"


def counted(job: RenderJob) -> dict[str, int]:
    """How many records a mail tells of, and how many of them are overdue."""
    return {"count": len(job.others), "overdue": sum(one.overdue for one in job.others)}
