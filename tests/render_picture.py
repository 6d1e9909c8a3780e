"""Draw mails as a phone shows them: `python -m tests.render_picture [LANGUAGE [PURPOSE …]]`.

A name is a purpose, a report (`silent`) or several purposes in one bundle (`overdue+escalated`, `escalated+escalated`).
Writes build/artefacts/notification-LANGUAGE.html, or NAME-LANGUAGE.html, and, where chromium is installed, a picture
beside each. docs/notification.png is a copy of the German one.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from templates.model import Rendered
from templates.render import Renderer
from templates.reports import REPORTS
from templates.sample_reports import sample_report
from templates.sample_together import sample_together
from templates.samples import LEAD, sample_job

ARTEFACTS = Path(__file__).parent.parent / "build" / "artefacts"
PHONE = (360, 980)
"""Width of a small phone in CSS pixels, and the height down to the first vehicle's end."""


def chromium(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a headless chromium with a profile of its own that is thrown away."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        return subprocess.run(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                f"--user-data-dir={profile}",
                *arguments,
            ],
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )


def main(language: str = "de", *purposes: str) -> None:
    """Render the sample in one language, to a page and a picture for each purpose; without one, of a new request."""
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    pages = [_page(language, purpose) for purpose in purposes or ("new",)]
    if shutil.which("chromium") is None:
        sys.stdout.write("no picture: chromium is not installed (Debian's package chromium)\n")
        return
    width, height = PHONE
    for page in pages:
        picture = page.with_suffix(".png")
        chromium(f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri())
        sys.stdout.write(f"{picture}\n")


def _page(language: str, purpose: str) -> Path:
    name = "notification" if purpose == "new" else purpose
    page = ARTEFACTS / f"{name}-{language}.html"
    page.write_text(_written(language, purpose).html or "", encoding="utf-8")
    sys.stdout.write(f"{page}\n")
    return page


def _written(language: str, name: str) -> Rendered:
    renderer = Renderer({})
    for report in REPORTS:
        if name == report:
            return renderer.render_report(sample_report(language, report))
    if "+" in name:
        return renderer.render(sample_together(language, *name.split("+")))
    return renderer.render(sample_job(language, name, LEAD))


if __name__ == "__main__":
    main(*sys.argv[1:])
