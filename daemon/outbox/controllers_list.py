"""The daily list of escalations, to each controller: what is open, what was cleared, what was handled in time."""

from datetime import date, timedelta

from sqlalchemy import Connection

from daemon.outbox.draft import own_address, site_card
from daemon.outbox.listing import list_letter
from daemon.shift import Shift
from daemon.store import escalated, runs
from daemon.store.handling import cases
from daemon.store.outgoing import Letter
from rules.controlling import ESCALATIONS, Appointment
from rules.escalation import escalated_since
from rules.kpi import Figure, figures
from rules.model import Done, Notice, Record
from rules.periods import periods
from templates.model import RenderItem, RenderJob

MOST_LISTED = 1000
FIRST_SPAN = timedelta(days=1)
"""Of what was cleared, the first list of a controller tells that of so long."""


def escalation_letters(shift: Shift, one: runs.Run, wanted: Appointment) -> list[Letter]:
    """The list of a controller on a day; none where nothing is open and nothing was cleared since the last."""
    with shift.store.read() as connection:
        job = _job(connection, shift, wanted, one)
    letter = list_letter(shift, wanted.home.id, f"{ESCALATIONS}:{one.scope}:{one.day}", job) if job else None
    return [letter] if letter else []


def _job(connection: Connection, shift: Shift, wanted: Appointment, one: runs.Run) -> RenderJob | None:
    sites, now = [site.id for site in wanted.sites], shift.clock.now()
    since = runs.done_before(connection, one.job, one.scope, one.day) or now - FIRST_SPAN
    still = escalated.open_escalated(connection, sites, now, MOST_LISTED)
    done = escalated.cleared(connection, sites, since, now, MOST_LISTED)
    items = (
        *(_item(shift, wanted, record) for record in sorted(still, key=lambda each: escalated_since(each) or now)),
        *(_item(shift, wanted, record, ending) for record, ending in done),
    )
    if not items:
        return None
    told = Notice(
        purpose=ESCALATIONS,
        to=wanted.to,
        role="controller",
        template=ESCALATIONS,
        language=wanted.home.language,
        at=now,
    )
    return RenderJob(
        notice=told,
        record=items[0].record,
        site=site_card(shift.settings, wanted.home),
        others=items,
        figures=_figures(connection, wanted, date.fromisoformat(one.day), shift),
    )


def _item(shift: Shift, wanted: Appointment, record: Record, done: Done | None = None) -> RenderItem:
    site = next(each for each in wanted.sites if each.id == record.site)
    return RenderItem(
        record=record,
        due_at=escalated_since(record),
        overdue=done is None,
        reply_to=own_address(shift, site, record.ref, "controller") if done is None else None,
        site=None if site is wanted.home else site_card(shift.settings, site),
        cleared_at=done.at if done else None,
        cleared_by=(done.actor.name or done.actor.role) if done else None,
    )


def _figures(connection: Connection, wanted: Appointment, day: date, shift: Shift) -> tuple[Figure, ...]:
    """Of this month, for each site and its teams."""
    now = shift.clock.now()
    counted = [
        one
        for span in periods(wanted.sites, day.replace(day=1), day, now)
        for one in cases(connection, span.sites, span.first, span.last)
    ]
    names = {site.id: site.name for site in wanted.sites}
    return figures(counted, lambda one: ({"site": names[one.site]}, {"site": names[one.site], "team": one.team}), now)
