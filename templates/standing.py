"""How records stand: the rows of a status, and the records that a list, bundle or digest tells of."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from rules.escalation import overdue_since
from rules.model import Done, Notice, Record
from templates.commands import FEW, Command, links
from templates.forms import lines, one_line
from templates.late import late_of, sign_of
from templates.model import RenderItem, RenderJob, SiteCard
from templates.purposes import is_strange, purpose_of, stays_inside
from templates.reach import replies_reach, ways
from templates.reasons import translated
from templates.rows import Row, Section, Speech
from templates.sections import car_of, person_name, text_of
from templates.visit_rows import visit_facts, visit_times
from templates.words import Words, filled

MOST_RECORDS = 500
"""Records of one mail; the others are counted."""
WHOLE = 50
"""Records that the clock tells of with what the customer wants and how to reach him; after days down there are more."""
SAID_LINES = 40
"""Lines of a text among several."""
WISH_LINES = 8
"""Lines of what a customer wants, among several that the clock tells of."""
COURSE = 30
"""Steps of a record's course, the last ones."""
_ASKED = frozenset({"status", "help", "refuse", "hold"})
"""Actions that change nothing: no part of the course."""
_LISTS = frozenset({"list", "escalations"})
VISITS = "visits"
_NEVER, _LONG_AGO = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)


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
    sign: str
    """The warning sign, where the controllers have it."""
    part: str = ""
    """Heading of a part of the mail that begins with it."""


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
    return [Section(headings["status"], tuple(standing)), *course_of(job, speech)]


def course_of(job: RenderJob, speech: Speech) -> list[Section]:
    """What is due and what happened."""
    headings = speech.words["headings"]
    due = [Row(speech.word("effects", one.effect), speech.forms.moment(one.due_at)) for one in job.deadlines[:20]]
    told = [done for done in job.course if done.name not in _ASKED][-COURSE:]
    course = [Row(speech.word("happened", done.name), _when_and_who(done, speech)) for done in told]
    return [Section(headings["deadlines"], tuple(due)), Section(headings["course"], tuple(course))]


def items_of(job: RenderJob, words: Words) -> tuple[tuple[Item, ...], tuple[Item, ...]]:
    """The records that a mail tells of, and those of them that somebody has seen to since the last.

    A list has the overdue first, then goes by due time; the cleared ones come as they were cleared. Other mails keep
    the order given.
    """
    given: Sequence[RenderItem] = job.others or (RenderItem(record=job.record, notice=None),)
    if job.notice.purpose in _LISTS:
        given = sorted(given, key=_urgency)
    told = given[:MOST_RECORDS]
    still_open = tuple(_item(one, job, words, whole=n < WHOLE) for n, one in enumerate(told) if one.cleared_at is None)
    if job.notice.purpose == VISITS:
        still_open = tuple(_headed(still_open, told, words))
    return still_open, tuple(_cleared(one, job, words) for one in told if one.cleared_at is not None)


def _headed(items: Sequence[Item], told: Sequence[RenderItem], words: Words) -> Iterator[Item]:
    """The first of each part with its heading."""
    before = None
    for item, one in zip(items, told, strict=True):
        yield item if one.part == before else item._replace(part=words["visit_parts"].get(one.part or "", ""))
        before = one.part


def _urgency(one: RenderItem) -> tuple[datetime, bool, datetime, datetime, str]:
    first = overdue_since(one.record) or one.due_at or _NEVER
    return one.cleared_at or _LONG_AGO, not is_overdue(one), first, one.record.received_at, one.record.ref


def is_overdue(one: RenderItem) -> bool:
    """Whether it is late, by the clock's word or by the time of its next step."""
    return one.overdue or overdue_since(one.record) is not None


def _item(one: RenderItem, job: RenderJob, words: Words, *, whole: bool) -> Item:
    record, site, role = one.record, one.site or job.site, job.notice.role
    speech = Speech(words, site.timezone)
    kind = speech.word("kinds", record.kind)
    told = one.notice
    purpose = job.notice.purpose
    late = purpose_of(told.purpose, role).late if told else purpose == "escalations"
    times = () if purpose == VISITS else visit_times(record, speech)
    facts = _late(one, job, speech) if late else _told(record, told, speech) if told else _facts(one, job, speech)
    texts = purpose == "bundle" and (whole or not late)
    commands = links(record, told.purpose if told else purpose, role, one.reply_to if site.heeds else None, words, FEW)
    return Item(
        opening=kind if told is None else opening(told, kind, words),
        title=", ".join(filter(None, (person_name(record.reading.customer), car_of(record.reading)))),
        ref=one_line(record.ref, 40),
        facts=tuple(filter(None, (_elsewhere(one.site, job), *facts, *times))),
        said=_said(record, told) if texts else (),
        actions=_ways(one, site, role, speech) if texts else (),
        commands=commands,
        warnings=warnings_of(record, told, words),
        reply_to=one.reply_to if commands else None,
        overdue=is_overdue(one),
        sign=sign_of(record, role),
    )


def _cleared(one: RenderItem, job: RenderJob, words: Words) -> Item:
    """One that somebody has seen to: what became of it, when and by whom; nothing is left to be done."""
    record, speech = one.record, Speech(words, (one.site or job.site).timezone)
    who = one_line(one.cleared_by or "", 80)
    became = ", ".join(filter(None, (speech.word("states", record.state), _result(record, speech))))
    told = ", ".join(filter(None, (speech.forms.moment(one.cleared_at), who)))
    return Item(
        opening=speech.word("kinds", record.kind),
        title=", ".join(filter(None, (person_name(record.reading.customer), car_of(record.reading)))),
        ref=one_line(record.ref, 40),
        facts=tuple(filter(None, (_elsewhere(one.site, job), speech.named("cleared", told), became))),
        said=(),
        actions=(),
        commands=(),
        warnings=(),
        reply_to=None,
        overdue=False,
        sign="",
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


def _facts(one: RenderItem, job: RenderJob, speech: Speech) -> Iterator[str]:
    return visit_facts(one.record, one.since, speech) if job.notice.purpose == VISITS else _listed(one, speech)


def _listed(one: RenderItem, speech: Speech) -> Iterator[str]:
    record, moment, since = one.record, speech.forms.moment, overdue_since(one.record)
    yield ", ".join(filter(None, (speech.word("states", record.state), one_line(record.assignee or "", 80))))
    if since is not None:
        yield speech.named("overdue", moment(since))
    if one.due_at is not None and not (since and one.overdue):
        yield speech.named("overdue" if one.overdue else "due", moment(one.due_at))
    elif one.overdue and since is None:
        yield str(speech.words["phrases"]["overdue"])
    yield speech.named("received", moment(record.received_at))


def _late(one: RenderItem, job: RenderJob, speech: Speech) -> Iterator[str]:
    """Since when and with whom; the zone, where it is another than the mail's."""
    yield speech.word("interests", one.record.reading.interest)
    yield from (speech.named_as(row.label, row.value) for row in late_of(one.record, speech))
    if one.site and one.site.timezone != job.site.timezone:
        yield speech.named("zone", speech.forms.zone(job.notice.at))


def _told(record: Record, notice: Notice, speech: Speech) -> Iterator[str]:
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
    if tells.wish:
        wish = lines(text_of(record.reading))
        return wish if len(wish) <= WISH_LINES else (*wish[:WISH_LINES], "…")
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
    who = one_line(done.actor.name, 80) or (
        "" if done.actor.role == "clock" else speech.word("actors", done.actor.role)
    )
    return ", ".join(filter(None, (speech.forms.moment(done.at), who)))


def counted(job: RenderJob) -> dict[str, int]:
    """How many open records a mail tells of, how many of them are overdue, and how many others were cleared.

    Of the workshop's list: how many bookings wait for somebody, and how many visits are planned for the day.
    """
    cleared = sum(one.cleared_at is not None for one in job.others)
    overdue = sum(is_overdue(one) for one in job.others)
    parts = [one.part for one in job.others]
    visits = {"actions": parts.count("ours") + parts.count("theirs"), "today": parts.count("today")}
    return {"count": len(job.others) - cleared, "overdue": overdue, "cleared": cleared, **visits}


def common(job: RenderJob) -> str | None:
    """What a bundle is about where the clock tells all of it: the purpose, or `mixed`; None of any other mail."""
    told = {one.notice.purpose for one in job.others if one.notice}
    late = all(purpose_of(name, job.notice.role).late for name in told)
    if job.notice.purpose != "bundle" or not told or not late:
        return None
    return next(iter(told)) if len(told) == 1 else "mixed"
