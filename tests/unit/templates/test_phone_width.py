"""A notification fits a phone: nothing stands out of 360 pixels, whatever strangers wrote."""

import re
from collections.abc import Callable
from html import escape
from pathlib import Path

import msgspec
import pytest

from parsers.records import Customer, Reading, Vehicle
from templates.render import Renderer
from templates.reports import Setting, SettingGroup
from templates.sample_reports import sample_report
from templates.samples import EMPTY, FULL, sample_job
from tests.render_picture import chromium

LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 9
HOSTILE = Reading(
    kind="lead",
    comments=LONG + "\n" + "中" * 300,
    customer=Customer(name=LONG, emails=(f"{'a' * 60}@{'b' * 60}.example",), phones=("+4930123456", LONG)),
    vehicles=(Vehicle(model=LONG, vin=LONG, listing_url=f"https://a.example/{LONG}"),),
    extra={LONG: LONG},
)
# A window cannot be narrower than 500 pixels where nothing is drawn: the phone is a frame.
FRAME = """<!DOCTYPE html><title></title>
<iframe id="phone" width="360" height="900" style="border: 0" srcdoc="{}"></iframe>
<script>
onload = function () {{
  var root = document.getElementById("phone").contentDocument.documentElement;
  document.title = "width " + root.scrollWidth + " of " + root.clientWidth;
}};
</script>"""


MAILS = [
    *((language, "new", reading) for language in ("de", "zh") for reading in (FULL, EMPTY, HOSTILE)),
    *(("de", purpose, HOSTILE) for purpose in ("help", "again", "bundle", "list", "reply", "untouched", "escalations")),
    *(("de", purpose, HOSTILE) for purpose in ("visit-answer", "visits")),
]


def shown_width(html: str, page: Path) -> tuple[int, int]:
    """Width of what is drawn in the phone's frame, and of the frame."""
    page.write_text(FRAME.format(escape(html)), encoding="utf-8")
    width = re.search(r"<title>width (\d+) of (\d+)", chromium("--dump-dom", page.as_uri()).stdout)
    assert width is not None
    return int(width[1]), int(width[2])


@pytest.mark.peer
@pytest.mark.parametrize(("language", "purpose", "reading"), MAILS)
def test_nothing_stands_out_of_a_phone(
    language: str, purpose: str, reading: Reading, tmp_path: Path, need_program: Callable[[str, str], str]
) -> None:
    need_program("chromium", "chromium")
    job = sample_job(language, purpose, reading)
    if reading is HOSTILE:
        job = msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, text=LONG, because=LONG))
    assert shown_width(Renderer({}).render(job).html or "", tmp_path / "page.html") == (360, 360)


@pytest.mark.peer
def test_no_setting_stands_out_of_a_phone(tmp_path: Path, need_program: Callable[[str, str], str]) -> None:
    need_program("chromium", "chromium")
    settings = (Setting(name=LONG, value=LONG, shipped=LONG),)
    groups = (SettingGroup(site=LONG, sort="people", settings=settings),)
    job = msgspec.structs.replace(sample_report("de", "settings"), groups=groups)
    assert shown_width(Renderer({}).render_report(job).html or "", tmp_path / "page.html") == (360, 360)
