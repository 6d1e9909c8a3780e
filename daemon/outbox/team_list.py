"""The daily list of what is open, to each team of a site."""

from datetime import date

from daemon.outbox.draft import own_address, site_card
from daemon.outbox.listing import list_letter
from daemon.shift import Shift
from daemon.store import open_records, runs
from daemon.store.outgoing import Letter
from rules.agenda import LIST
from rules.model import Notice
from rules.openlist import OpenList, is_overdue, open_lists
from templates.model import RenderItem, RenderJob

MOST_OPEN = 1000


def team_letters(shift: Shift, one: runs.Run) -> list[Letter]:
    """The lists of a site on a day, one for each address that has something open."""
    site = shift.settings.sites.get(one.scope)
    if site is None:
        return []
    with shift.store.read() as connection:
        found = open_records.at_site(connection, site.id, MOST_OPEN)
    lists = open_lists(shift.settings, site, found, date.fromisoformat(one.day), shift.clock.now())
    letters = (
        list_letter(shift, site.id, f"{LIST}:{one.scope}:{one.day}:{each.to}", _job(shift, site.id, each))
        for each in lists
    )
    return [letter for letter in letters if letter is not None]


def _job(shift: Shift, site_id: str, wanted: OpenList) -> RenderJob:
    site, now = shift.settings.sites[site_id], shift.clock.now()
    items = tuple(
        RenderItem(
            record=each.record,
            due_at=each.due_at,
            overdue=is_overdue(each, now),
            reply_to=own_address(shift, site, each.record.ref, "team"),
        )
        for each in wanted.items
    )
    told = Notice(
        purpose=LIST, to=wanted.to, team=wanted.team, template=LIST, language=site.language, at=now, because=""
    )
    return RenderJob(notice=told, record=items[0].record, site=site_card(shift.settings, site), others=items)
