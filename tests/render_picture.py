"""Draw mails as a phone shows them: `python -m tests.render_picture [LANGUAGE [PURPOSE …]]`.

Writes build/artefacts/notification-LANGUAGE.html, or PURPOSE-LANGUAGE.html, and, where chromium is installed, a picture
beside each. docs/notification.png is a copy of the German one.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from templates.render import Renderer
from templates.samples import LEAD, sample_job

ARTEFACTS = Path(__file__).parent.parent / "build" / "artefacts"
PHONE = (360, 980)
"""Width of a small phone in CSS pixels, and the height down to the first vehicle's end."""


def chromium(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a headless chromium with a profile of its own that is thrown away."""
    with tempfile.TemporaryDirectory() as profile:
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
    page.write_text(Renderer({}).render(sample_job(language, purpose, LEAD)).html or "", encoding="utf-8")
    sys.stdout.write(f"{page}\n")
    return page


if __name__ == "__main__":
    main(*sys.argv[1:])
