"""The workshop's daily list of bookings that wait and visits that are planned, to each team that has any."""

from datetime import date

from daemon.outbox.draft import own_address, site_card
from daemon.outbox.listing import list_letter
from daemon.shift import Shift
from daemon.store import open_visits, runs
from daemon.store.outgoing import Letter
from rules.agenda import VISITS
from rules.model import Notice
from rules.visit_lists import VisitList, visit_lists
from templates.model import RenderItem, RenderJob

MOST_OPEN = 1000


def visit_letters(shift: Shift, one: runs.Run) -> list[Letter]:
    """The lists of a site on a day, one for each address that has bookings."""
    site = shift.settings.sites.get(one.scope)
    if site is None:
        return []
    with shift.store.read() as connection:
        found = open_visits.at_site(connection, site.id, MOST_OPEN)
    lists = visit_lists(shift.settings, site, found, date.fromisoformat(one.day), shift.clock.now())
    letters = (
        list_letter(shift, site.id, f"{VISITS}:{one.scope}:{one.day}:{each.to}", _job(shift, site.id, each))
        for each in lists
    )
    return [letter for letter in letters if letter is not None]


def _job(shift: Shift, site_id: str, wanted: VisitList) -> RenderJob:
    site, now = shift.settings.sites[site_id], shift.clock.now()
    items = tuple(
        RenderItem(
            record=each.record,
            since=each.since,
            part=part,
            overdue=part == "past",
            reply_to=own_address(shift, site, each.record.ref, "team"),
        )
        for part, found in wanted.parts.items()
        if part != "later"
        for each in found
    )
    told = Notice(
        purpose=VISITS, to=wanted.to, team=wanted.team, template=VISITS, language=site.language, at=now, because=""
    )
    return RenderJob(
        notice=told,
        record=items[0].record,
        site=site_card(shift.settings, site),
        others=items,
        later=len(wanted.parts["later"]),
    )
