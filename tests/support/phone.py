"""A telephone that shows mails: one headless chromium for many pages, steered through a pipe.

The protocol is that of Chrome's developer tools, JSON messages ended by a zero byte (`--remote-debugging-pipe`).
"""

import json
import os
import select
import subprocess
import sys
import tempfile
from base64 import b64decode
from types import TracebackType
from typing import Any, NamedTuple, Self

WIDTH, HEIGHT = 360, 740
"""Of a small phone, in CSS pixels."""
PATIENCE = 60
"""Seconds for one answer."""
# Chromium reads from descriptor 3 and writes to 4, whatever numbers the pipes have here.
_LAUNCH = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(number), fcntl.F_DUPFD, 10) for number in sys.argv[1:3]]
for end, number in zip(ends, (3, 4)):
    os.dup2(end, number)
    os.close(end)
os.execvp("chromium", ["chromium", *sys.argv[3:]])
"""
_OPTIONS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars", "--remote-debugging-pipe"),
)
_MEASURE = """({
  width: document.documentElement.scrollWidth,
  text: document.body.innerText,
  values: [...document.querySelectorAll("td.value")].map(cell => cell.innerText.trim()),
  buttons: [...document.querySelectorAll("p.action a")].map(link => link.getBoundingClientRect().height),
})"""


class Shown(NamedTuple):
    """A mail as the phone shows it."""

    width: int
    """CSS pixels that its contents take: more than `WIDTH` stand out of the screen."""
    text: str
    """What can be read of it."""
    values: tuple[str, ...]
    """Values of its rows."""
    buttons: tuple[float, ...]
    """Heights of its buttons, in CSS pixels."""
    picture: bytes
    """PNG of all of it, as wide as the phone."""


class Phone:
    """Use as a context: chromium runs within it."""

    def __enter__(self) -> Self:
        # Its children may write for a moment after it has ended.
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        commands, self._tell = os.pipe()
        self._hear, answers = os.pipe()
        launch = (sys.executable, "-c", _LAUNCH, str(commands), str(answers))
        self._process = subprocess.Popen(
            [*launch, *_OPTIONS, f"--user-data-dir={self._profile.name}", "about:blank"],
            pass_fds=(commands, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(commands)
        os.close(answers)
        self._heard, self._number, self._session = b"", 0, ""
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._frame = self._ask("Page.getFrameTree")["frameTree"]["frame"]["id"]
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._tell)
        os.close(self._hear)
        self._profile.cleanup()

    def show(self, html: str) -> Shown:
        """Show a page, and say what is seen."""
        self._size(HEIGHT)
        self._ask("Page.setDocumentContent", frameId=self._frame, html=html)
        seen = self._ask("Runtime.evaluate", expression=_MEASURE, returnByValue=True)["result"]["value"]
        height = self._ask("Page.getLayoutMetrics")["cssContentSize"]["height"]
        self._size(int(height))
        picture = b64decode(self._ask("Page.captureScreenshot", format="png")["data"])
        return Shown(seen["width"], seen["text"], tuple(seen["values"]), tuple(seen["buttons"]), picture)

    def _size(self, height: int) -> None:
        self._ask("Emulation.setDeviceMetricsOverride", width=WIDTH, height=height, deviceScaleFactor=1, mobile=True)

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        told = json.dumps(message).encode() + b"\0"
        while told:
            told = told[os.write(self._tell, told) :]
        while True:
            answer = self._answer(method)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer["error"]
                result: dict[str, Any] = answer["result"]
                return result

    def _answer(self, method: str) -> dict[str, Any]:
        while b"\0" not in self._heard:
            assert select.select([self._hear], [], [], PATIENCE)[0], f"chromium does not answer to {method}"
            piece = os.read(self._hear, 1 << 16)
            assert piece, f"chromium ended at {method}"
            self._heard += piece
        message, _, self._heard = self._heard.partition(b"\0")
        answer: dict[str, Any] = json.loads(message)
        return answer
