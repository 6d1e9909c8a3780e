"""What a template knows of a mail that is about no record: silent sources, and the settings of a controller's sites."""

from datetime import datetime
from typing import Literal, get_args

from rules.setting import Setting, SettingGroup
from rules.shapes import Fact
from templates.model import SiteCard

__all__ = ["REPORTS", "REPORT_LAYOUT", "Report", "ReportJob", "Setting", "SettingGroup", "SilentSource"]

Report = Literal["silent", "early", "speaks", "settings"]
"""The weekly line of silent sources, an early warning, the all-clear, the monthly overview: the template's name."""
REPORTS: tuple[Report, ...] = get_args(Report)
REPORT_LAYOUT = "report"


class SilentSource(Fact, frozen=True, kw_only=True):
    """A source that sent nothing for longer than it may, or that sends again."""

    id: str
    type: str
    site: str
    """Name of its site; of a source for several, of the controller's first."""
    last_at: datetime | None = None
    """Its last verified mail, UTC; None where none ever came."""
    every_hours: float | None = None
    """How far apart its mails usually are, in the hours of the whole week."""
    limit_days: float | None = None
    """After how long it counts as silent."""
    chance: float | None = None
    """How likely a gap of this length is by luck, as far as its rhythm is known."""
    told_before: int = 0
    """How often it stood in a mail to this controller since it fell silent."""
    spoke_at: datetime | None = None
    """Of the all-clear: when it spoke."""


class ReportJob(Fact, frozen=True, kw_only=True):
    """One mail to a controller to be written."""

    report: Report
    to: str
    language: str
    site: SiteCard
    """In whose name it goes out, and whose local time it is written in."""
    at: datetime
    """UTC."""
    caught_up: bool = False
    """Of a weekly run that was missed and made up for: the mail says so."""
    sources: tuple[SilentSource, ...] = ()
    groups: tuple[SettingGroup, ...] = ()
