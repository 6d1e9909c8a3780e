"""Reports to try templates on: one of each, that says everything or next to nothing. All of it is invented."""

from datetime import timedelta

from templates.reports import Report, ReportJob, Setting, SettingGroup, SilentSource
from templates.samples import AT, SITE

_SILENT = SilentSource(
    id="mobile-berlin",
    type="mobile.de",
    site=SITE.name,
    last_at=AT - timedelta(days=9, hours=8),
    every_hours=14.2,
    limit_days=7,
    chance=0.000024,
    told_before=1,
)
_OTHER = SilentSource(id="formular-berlin", type="website", site=SITE.name, limit_days=14)
_EARLY = SilentSource(
    id="autoscout-berlin",
    type="autoscout24",
    site=SITE.name,
    last_at=AT - timedelta(hours=44),
    every_hours=5.1,
    limit_days=7,
    chance=0.0021,
)
_SPEAKS = SilentSource(
    id="mobile-berlin",
    type="mobile.de",
    site=SITE.name,
    last_at=AT - timedelta(days=9, hours=8),
    every_hours=14.2,
    limit_days=7,
    told_before=2,
    spoke_at=AT - timedelta(minutes=25),
)
_SOURCES = {"silent": (_SILENT, _OTHER), "early": (_EARLY,), "speaks": (_SPEAKS,)}
_GROUPS = (
    SettingGroup(
        site=SITE.name,
        sort="times",
        settings=(
            Setting(name="standard E1", value="3h", shipped="2h"),
            Setting(name="standard E2.1", value="4h"),
            Setting(name="standard EM2.1", value="on", shipped="off"),
            Setting(name="hours", value="Mon-Fri 08-18, Sat 09-13"),
        ),
    ),
    SettingGroup(
        site=SITE.name,
        sort="sources",
        settings=(
            Setting(name="mobile-berlin silence", value="7d"),
            Setting(name="formular-berlin silence", value="off", shipped="7d"),
        ),
    ),
    SettingGroup(site=SITE.name, sort="limits", settings=(Setting(name="escalations_per_hour", value="20"),)),
    SettingGroup(
        site=SITE.name,
        sort="people",
        settings=(
            Setting(name="controllers", value="controlling@muster.example"),
            Setting(name="teams sales", value="verkauf@muster.example"),
        ),
    ),
)


def sample_report(language: str, report: Report, *, bare: bool = False) -> ReportJob:
    """A report in a language; a bare one knows of its sources no more than what they are called."""
    sources = _SOURCES.get(report, ())
    if bare:
        sources = tuple(SilentSource(id=one.id, type=one.type, site=one.site) for one in sources)
    return ReportJob(
        report=report,
        to="controlling@muster.example",
        language=language,
        site=SITE,
        at=AT,
        caught_up=report == "silent" and not bare,
        sources=sources,
        groups=_GROUPS if report == "settings" and not bare else (),
    )
