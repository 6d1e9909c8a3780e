"""What was handled in time, in words: a line for each site and team."""

from rules.kpi import Figure
from templates.forms import one_line
from templates.model import RenderJob
from templates.rows import Row, Section, Speech
from templates.words import filled

MOST_FIGURES = 200
"""Of one mail; the others are left out."""


def figures_of(job: RenderJob, speech: Speech) -> tuple[Section, ...]:
    """A part with the job's figures, if there are any."""
    rows = tuple(_row(one, speech) for one in job.figures[:MOST_FIGURES])
    return (Section(speech.words["headings"]["figures"], rows),) if rows else ()


def _row(one: Figure, speech: Speech) -> Row:
    number = speech.forms.number
    table = speech.words["figures"]
    told = [filled(table["open"], open=number(one.open))] if one.open else []
    if one.share is not None:
        counts = {"in_time": number(one.in_time), "judged": number(one.in_time + one.late), "late": number(one.late)}
        told.insert(0, filled(table["judged"], **counts, share=number(round(100 * one.share))))
    return Row(one_line(" · ".join(filter(None, (one.site, one.team))), 120), " · ".join(told))
