"""A notification fits a phone: nothing stands out of 360 pixels, whatever strangers wrote."""

import re
from collections.abc import Callable
from html import escape
from pathlib import Path

import msgspec
import pytest

from parsers.records import Customer, Reading, Vehicle
from templates.render import Renderer
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
    *(("de", purpose, HOSTILE) for purpose in ("help", "again", "bundle", "list", "reply")),
]


@pytest.mark.peer
@pytest.mark.parametrize(("language", "purpose", "reading"), MAILS)
def test_nothing_stands_out_of_a_phone(
    language: str, purpose: str, reading: Reading, tmp_path: Path, need_program: Callable[[str, str], str]
) -> None:
    need_program("chromium", "chromium")
    page = tmp_path / "page.html"
    job = sample_job(language, purpose, reading)
    if reading is HOSTILE:
        job = msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, text=LONG, because=LONG))
    html = Renderer({}).render(job).html or ""
    page.write_text(FRAME.format(escape(html)), encoding="utf-8")
    width = re.search(r"<title>width (\d+) of (\d+)", chromium("--dump-dom", page.as_uri()).stdout)
    assert width is not None
    assert int(width[1]) == int(width[2]) == 360
