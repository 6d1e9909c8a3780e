"""What a team is told of a workshop visit: when it is wanted, offered or agreed, what for, and how it stands."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from rules.model import Record
from rules.transition import ACTIONS, CANCELLED, COUNTERED, MOVING, OFFERED, PREBOOKED
from rules.visit import Visit
from templates.forms import one_line
from templates.model import SiteCard
from templates.rows import Row, Section, Speech
from templates.words import filled

LINE = 300
"""Characters of one value; a visit holds what people wrote."""
_KINDS: Mapping[str, str] = {OFFERED: "offered", COUNTERED: "offered", PREBOOKED: "pre-booked", CANCELLED: "was"}
"""State -> what the time of the visit is called; in all others it is agreed, or was last."""


class VisitRows:
    """The rows of one visit in the words of one language, in the local time of its workshop."""

    def __init__(self, record: Record, visit: Visit, words: Speech) -> None:
        self._record = record
        self._visit = visit
        self._speech = Speech(words.words, visit.zone)
        self._words: Mapping[str, str] = words.words["workshop"]

    def section(self, checklist: tuple[str, ...]) -> Section:
        """All of it.

        Args:
            checklist: The preconditions of the site, met or not.
        """
        return Section(self._words["title"], tuple(self._rows(checklist)))

    def work(self) -> Iterator[Row]:
        """What is to be done, by whom, and for how much."""
        visit, speech = self._visit, self._speech
        yield from speech.row("services", one_line("; ".join(visit.services), LINE))
        yield from self._row("estimate", speech.forms.money(visit.price, cents=True))
        yield from self._row("adviser", visit.adviser)
        yield from self._row("courtesy-car", speech.word("phrases", visit.courtesy_car))

    def times(self) -> Iterator[str]:
        """When, in a line each: for lists, where what is offered or agreed stands for what was wanted."""
        rows = list(self._times(zoned=False))
        yield from (
            self._speech.named_as(row.label, row.value) for row in rows[-2 if self._visit.proposed_at else -1 :]
        )

    def _rows(self, checklist: tuple[str, ...]) -> Iterator[Row]:
        visit, speech = self._visit, self._speech
        yield from self._row("state", speech.word("states", self._record.state))
        yield from self._times()
        yield from self.work()
        yield from speech.row("remarks", one_line(visit.remarks or "", LINE))
        yield from self._row("preferred", speech.words["phrases"]["yes"] if visit.preferred else "")
        yield from self._row("preconditions", self._checked(checklist))
        yield from self._row("calendar", speech.word("calendar_answers", visit.answer))
        yield from self._row("reminder", self._reminder())

    def _times(self, *, zoned: bool = True) -> Iterator[Row]:
        visit, moment = self._visit, self._speech.forms.moment
        if visit.starts_at is None or visit.proposed_at is None:
            yield from self._row("wanted", "; ".join(map(moment, visit.wanted)))
        if visit.starts_at is not None:
            yield from self._row(self._kind(), self._span(visit.starts_at, visit.ends_at, zoned=zoned))
        if visit.proposed_at is not None:
            yield from self._row("proposed", self._span(visit.proposed_at, visit.proposed_until, zoned=zoned))

    def _kind(self) -> str:
        state = self._record.state
        if state in _KINDS:
            return _KINDS[state]
        return "agreed" if state in _AGREED else "was"

    def _span(self, starts: datetime, ends: datetime | None, *, zoned: bool) -> str:
        """From when to when, and (`zoned`) whose clock that is."""
        forms, zone = self._speech.forms, ZoneInfo(self._visit.zone)
        told = forms.moment(starts)
        if ends is not None and ends > starts:
            same_day = ends.astimezone(zone).date() == starts.astimezone(zone).date()
            told += f" – {forms.time(ends) if same_day else forms.moment(ends)}"
        return f"{told} ({forms.zone(starts)})" if zoned else told

    def _checked(self, checklist: tuple[str, ...]) -> str:
        met = self._visit.ready
        return ", ".join(
            f"✓ {name}" if name in met else filled(self._words["missing"], name=name) for name in checklist
        )

    def _reminder(self) -> str:
        days = self._visit.reminder
        if days is None:
            return ""
        return filled(self._words["never" if days == 0 else "day" if days == 1 else "days"], n=days)

    def _row(self, label: str, value: str | None) -> list[Row]:
        text = one_line(value or "", LINE)
        return [Row(self._words[label], text)] if text else []


_AGREED = frozenset({"scheduled", "arrived", "done", "accepted", MOVING})


def visit_sections(record: Record, site: SiteCard, speech: Speech) -> list[Section]:
    """The section about the visit; none where the record is not about one."""
    if record.visit is None:
        return []
    return [VisitRows(record, record.visit, speech).section(site.preconditions)]


def visit_times(record: Record, speech: Speech) -> tuple[str, ...]:
    """The times of a visit, a line each; none where the record is not about one."""
    return tuple(VisitRows(record, record.visit, speech).times()) if record.visit else ()


def visit_facts(record: Record, since: datetime | None, speech: Speech) -> Iterator[str]:
    """What a list says of a booking: how it stands and since when, its times, its car's plate, and what is to be done.

    Args:
        record: The booking.
        since: When it came to stand so, UTC.
        speech: The reader's language.
    """
    words, visit = speech.words["workshop"], record.visit
    yield ", ".join(filter(None, (speech.word("states", record.state), one_line(record.assignee or "", 80))))
    if record.state in ACTIONS and since is not None:
        yield speech.named_as(words["since"], speech.forms.moment(since))
    if record.resubmit_at is not None:
        yield speech.named("resubmit_at", speech.forms.moment(record.resubmit_at))
    yield from visit_times(record, speech)
    if plate := next((one.plate for one in record.reading.vehicles if one.plate), None):
        yield speech.named("plate", one_line(plate, 20))
    if visit is not None and visit.services:
        yield speech.named("services", one_line("; ".join(visit.services), LINE))
    if visit is not None and visit.courtesy_car not in (None, "no"):
        yield speech.named_as(words["courtesy-car"], speech.word("phrases", visit.courtesy_car))


def planned_later(count: int, speech: Speech) -> list[Section]:
    """How many visits a list does not name, as they are planned for other days."""
    told = filled(speech.words["workshop"]["later"], n=count)
    return [Section(told, ())] if count else []
