"""Programs that open every link of a mail before a person does: a border server's scanner, a mail client's preview."""

import re
import threading
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from tests.render_picture import chromium
from tests.support.client import new_key

LINKS = ("href", "src", "action", "background", "cite", "data", "formaction", "ping", "poster", "srcset", "xlink:href")
"""Attributes that lead somewhere."""
ACTIVE = (
    "script", "form", "input", "button", "select", "textarea", "iframe", "frame", "object", "embed", "applet", "link",
    "base", "svg", "math", "audio", "video", "portal", "meta[http-equiv=refresh]",
)  # fmt: skip
"""Elements that do something, or have something done."""
_IN_TEXT = re.compile(r"""(?i)\b(?:https?|ftp|mailto|tel|geo|data|javascript|file):[^\s<>"']+""")
# Opens every link in a frame of its own, clicks it as well, and lets half a minute of its scripts' time pass.
_SCAN = """<!DOCTYPE html><title></title><iframe id="mail" name="mail" srcdoc="{}"></iframe><script>
onload = function () {{
  const mail = document.getElementById("mail").contentDocument;
  for (const link of mail.querySelectorAll("a[href]")) {{
    const frame = document.createElement("iframe");
    frame.name = "frame" + document.querySelectorAll("iframe").length;
    document.body.append(frame);
    link.target = frame.name;
    link.click();
  }}
  for (const form of mail.querySelectorAll("form")) form.submit();
  setTimeout(() => document.title = "scanned", 30000);
}};
</script>"""


class Trap:
    """A web server that answers everything and counts it: where the links of a customer's mail lead."""

    def __init__(self) -> None:
        seen: Counter[str] = Counter()

        class Handler(BaseHTTPRequestHandler):
            def _count(self) -> None:
                seen[f"{self.command} {self.path}"] += 1
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_HEAD = do_POST = _count  # noqa: N815 - names of the standard library's

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self.seen = seen
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


class Link(NamedTuple):
    """Where a mail leads, and by what."""

    where: str
    """`a href`, or `text`."""
    url: str


def links_of(text: str, html: str) -> Iterator[Link]:
    """All that a program can follow in the words and the HTML of a mail."""
    yield from (Link("text", found) for found in _IN_TEXT.findall(text))
    for node in LexborHTMLParser(html).css("*"):
        for name, value in node.attributes.items():
            if name in LINKS and value:
                yield Link(f"{node.tag} {name}", value)


def active_in(html: str) -> list[str]:
    """Elements and attributes that would do something when the mail is shown."""
    tree = LexborHTMLParser(html)
    found = [name for name in ACTIVE if tree.css_first(name)]
    for node in tree.css("*"):
        found += [name for name in node.attributes if name.startswith("on")]
        found += [
            f"style of {node.tag}" for name, value in node.attributes.items() if name == "style" and _loads(value)
        ]
    return found


def _loads(style: str | None) -> bool:
    return bool(style) and bool(re.search(r"(?i)url\s*\(|expression\s*\(|@import", style or ""))


def fetch(url: str) -> None:
    """Look at a page as a scanner does before it lets the mail through: HEAD, then GET."""
    for method in ("HEAD", "GET"):
        try:
            with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as answer:  # noqa: S310
                answer.read()
        except urllib.error.HTTPError as error:
            error.close()


def browse(html: str, page: Path) -> None:
    """Show a mail in a headless browser with scripts, and open all that it links to."""
    page.write_text(_SCAN.format(escape(html)), encoding="utf-8")
    shown = chromium("--virtual-time-budget=40000", "--dump-dom", page.as_uri()).stdout
    assert "<title>scanned" in shown, "the browser went through the whole mail"


def written_by(link: str, sender: str, *above: str) -> tuple[bytes, str]:
    """The mail that a `mailto:` link writes, as a program sends it; and where it goes.

    Args:
        link: The link.
        sender: Address of From.
        above: Further fields.
    """
    parts = urlsplit(link)
    asked = parse_qs(parts.query)
    mail = EmailMessage(policy=SMTP)
    for line in above:
        name, _, value = line.partition(": ")
        mail[name] = value
    mail["From"] = sender
    mail["To"] = unquote(parts.path)
    mail["Subject"] = asked.get("subject", [""])[0]
    mail["Date"] = "Sun, 22 Nov 2026 10:00:00 +0100"
    mail["Message-ID"] = f"<{new_key('scan')}@scanner.example>"
    mail.set_content(asked.get("body", [""])[0] + "\n")
    return mail.as_bytes(), unquote(parts.path)
