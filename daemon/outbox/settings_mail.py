"""The monthly overview of the settings, to each controller."""

from itertools import chain

from daemon.outbox.draft import site_card
from daemon.outbox.listing import report_letter
from daemon.shift import Shift
from daemon.store import runs
from daemon.store.outgoing import Letter
from rules.controlling import SETTINGS, Appointment
from rules.overview import overview
from templates.reports import ReportJob


def settings_letters(shift: Shift, one: runs.Run, wanted: Appointment) -> list[Letter]:
    """The overview of all sites that a controller has."""
    now = shift.clock.now()
    job = ReportJob(
        report=SETTINGS,
        to=wanted.to,
        language=wanted.home.language,
        site=site_card(shift.settings, wanted.home),
        at=now,
        groups=tuple(chain.from_iterable(overview(shift.settings, site, now) for site in wanted.sites)),
    )
    letter = report_letter(shift, wanted.home.id, f"{SETTINGS}:{one.scope}:{one.day}", job)
    return [letter] if letter else []
