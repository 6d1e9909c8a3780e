"""The monthly overview of the settings, to each controller."""

from itertools import chain

from daemon.outbox.draft import site_card
from daemon.outbox.listing import letter_of
from daemon.shift import Shift
from daemon.store import runs
from daemon.store.outgoing import Letter
from rules.controlling import SETTINGS, appointment
from rules.model import Notice
from rules.overview import overview
from templates.model import Rendered
from templates.reports import ReportJob


def settings_letters(shift: Shift, one: runs.Run) -> list[Letter]:
    """The overview of all sites that a controller has."""
    now = shift.clock.now()
    wanted = appointment(shift.settings, one.job, one.scope, now)
    if wanted is None:
        return []
    job = ReportJob(
        report=SETTINGS,
        to=wanted.to,
        language=wanted.home.language,
        site=site_card(shift.settings, wanted.home),
        at=now,
        groups=tuple(chain.from_iterable(overview(shift.settings, site, now) for site in wanted.sites)),
    )
    told = Notice(purpose=SETTINGS, to=wanted.to, role="controller", template=SETTINGS, language=job.language, at=now)
    letter = letter_of(shift, wanted.home.id, f"{SETTINGS}:{one.scope}:{one.day}", told, _words(shift, job))
    return [letter] if letter else []


def _words(shift: Shift, job: ReportJob) -> Rendered:
    """Plain lines."""
    del shift
    told = [f"{job.site.name}: settings"]
    for group in job.groups:
        told += ["", f"{group.site}: {group.sort}"]
        told += [f"{one.name}: {one.value}{f' ({one.shipped})' if one.shipped else ''}" for one in group.settings]
    return Rendered(subject=told[0], text="\n".join(told) + "\n")
