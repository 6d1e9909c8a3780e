"""What a report to a controller tells, in reading order: silent sources and settings, about no record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from parsers.ours import DELIMITER, DELIMITER_END
from templates.forms import one_line
from templates.reports import ReportJob, Setting, SettingGroup, SilentSource
from templates.rows import Row, Speech
from templates.words import Words, counted, filled

MOST_SOURCES = 200
MOST_SETTINGS = 1500
"""Of one mail; the others are counted."""
MARK = "●"
_LIKELY, _UNLIKELY = 0.1, 0.01
"""From which chance on a gap may well be luck, and down to which it hardly is."""
_ROUND_FROM = 20
_LEAST = 1e-6


class Told(NamedTuple):
    """A labelled value of a report; `marked` where it is not the shipped one."""

    label: str
    value: str
    marked: bool = False


class Part(NamedTuple):
    """A source, or the settings of one sort at one site."""

    title: str
    rows: tuple[Told, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLetter:
    """A report's contents; every text is clean and single-line."""

    delimiter: str
    """The first line: a plain reply goes to no customer."""
    heading: str
    """The subject."""
    opening: str
    notes: tuple[str, ...]
    """What to do about it; that a missed run was made up for."""
    parts: tuple[Part, ...]
    more: int
    """Sources or settings that are not among `parts`."""
    because: str
    zone: str
    """Whose local time it is written in."""


def write_report(job: ReportJob, words: Words) -> ReportLetter:
    """Lay out a report in the words of one language, in the local time of its site."""
    speech = Speech(words, job.site.timezone)
    parts, more = _settings(job, speech) if job.report == "settings" else _sources(job, speech)
    number = _number(job)
    named: dict[str, object] = {
        "n": speech.forms.number(number),
        "id": one_line(job.sources[0].id, 80) if job.sources else "",
    }
    sites = len({group.site for group in job.groups})
    begun = sites if job.report == "settings" else number
    asks = words["report_asks"]
    plain = job.report == "settings" and number == 0
    return ReportLetter(
        delimiter=f"{DELIMITER} {words['reply']['report']} {DELIMITER_END}",
        heading=counted(words["report_subjects"][job.report], begun, **(named | {"n": speech.forms.number(begun)})),
        opening=asks["all_shipped"] if plain else counted(words["report_openings"][job.report], number, **named),
        notes=(asks[job.report], *((asks["caught_up"],) if job.caught_up else ())),
        parts=parts,
        more=more,
        because=one_line(words["phrases"]["controller_because"], 300),
        zone=speech.named("zone", speech.forms.zone(job.at)),
    )


def chance_in_words(chance: float, speech: Speech) -> str:
    """How likely a gap is by luck: a word, and from one in ten on the odds, to one figure that counts."""
    table = speech.words["chances"]
    if chance >= _LIKELY:
        return str(table["likely"])
    said = table["unlikely" if chance >= _UNLIKELY else "hardly"]
    if chance < _LEAST:
        return f"{said}, {filled(table['below'], n=speech.forms.number(round(1 / _LEAST)))}"
    odds = Decimal(1 / chance)
    if odds >= _ROUND_FROM:
        odds = odds.quantize(Decimal(1).scaleb(odds.adjusted()), ROUND_HALF_UP)
    return f"{said}, {filled(table['odds'], n=speech.forms.number(int(odds + Decimal('0.5'))))}"


def _number(job: ReportJob) -> int:
    """What the first line counts: sources, or the settings that differ."""
    if job.report == "settings":
        return sum(_differs(one) for group in job.groups for one in group.settings)
    return len(job.sources)


def _differs(setting: Setting) -> bool:
    return setting.shipped is not None


def _sources(job: ReportJob, speech: Speech) -> tuple[tuple[Part, ...], int]:
    shown = job.sources[:MOST_SOURCES]
    parts = tuple(Part(one_line(one.id, 80), tuple(_source(one, job, speech))) for one in shown)
    return parts, len(job.sources) - len(shown)


def _source(one: SilentSource, job: ReportJob, speech: Speech) -> list[Told]:
    forms, never = speech.forms, speech.words["told_before"]
    rows: list[Row] = [*speech.row("site", one.site), *speech.row("type", one.type)]
    rows += _spoke(one, speech) if job.report == "speaks" else speech.row("last_at", _last(one, job, speech))
    if one.every_hours is not None:
        rows += speech.row("every", forms.duration(timedelta(hours=one.every_hours)))
    if one.limit_days is not None and job.report != "speaks":
        rows += speech.row("limit", forms.duration(timedelta(days=one.limit_days)))
    if one.chance is not None and job.report != "speaks":
        rows += speech.row("chance", chance_in_words(one.chance, speech))
    if job.report == "silent":
        told = counted(never["times"], one.told_before, n=one.told_before) if one.told_before else never["never"]
        rows += speech.row("told_before", told)
    return [Told(row.label, row.value) for row in rows]


def _last(one: SilentSource, job: ReportJob, speech: Speech) -> str:
    """Its last mail, and how long since."""
    if one.last_at is None:
        return str(speech.words["phrases"]["no_mail"])
    return f"{speech.forms.moment(one.last_at)} ({speech.forms.duration(job.at - one.last_at, 'ago')})"


def _spoke(one: SilentSource, speech: Speech) -> list[Row]:
    """When it spoke, and how long it had been silent."""
    rows = speech.row("spoke_at", speech.forms.moment(one.spoke_at))
    if one.last_at and one.spoke_at and one.last_at < one.spoke_at:
        rows += speech.row("last_before", speech.forms.moment(one.last_at))
        rows += speech.row("silent_for", speech.forms.duration(one.spoke_at - one.last_at))
    return rows


def _settings(job: ReportJob, speech: Speech) -> tuple[tuple[Part, ...], int]:
    parts: list[Part] = []
    left = MOST_SETTINGS
    for group in job.groups:
        shown = group.settings[:left]
        left -= len(shown)
        if shown:
            parts.append(Part(_group_title(group, speech), tuple(_setting(one, speech) for one in shown)))
    return tuple(parts), sum(len(group.settings) for group in job.groups) - (MOST_SETTINGS - left)


def _group_title(group: SettingGroup, speech: Speech) -> str:
    return speech.named_as(one_line(group.site, 80), speech.word("sorts", group.sort))


def _setting(one: Setting, speech: Speech) -> Told:
    name, value = one_line(one.name, 120), one_line(one.value, 300)
    if one.shipped is None:
        return Told(name, value)
    shipped = filled(speech.words["phrases"]["shipped"], value=one_line(one.shipped, 120))
    return Told(f"{MARK} {name}", f"{value} ({shipped})", marked=True)


def report_lines(letter: ReportLetter) -> Sequence[str]:
    """The report in plain lines, for where no template can write it."""
    told = [letter.delimiter, "", letter.opening, *letter.notes]
    for part in letter.parts:
        told += ["", part.title, *(f"  {row.label}: {row.value}" for row in part.rows)]
    told += ["", f"… {letter.more}"] if letter.more else []
    return [*told, "", "-- ", " / ".join(filter(None, (letter.because, letter.zone)))]
