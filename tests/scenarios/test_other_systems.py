"""Requests that rules hand on to other programs: by mail as ADF and as they came, and to a web server."""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from parsers.read import parse
from tests.support.client import lead, new_key, send
from tests.support.daemon import ADMIN, SALES
from tests.support.fixtures import Houses
from tests.support.sink import Sink
from tests.support.waiting import wait_until

CRM = "leads@crm.example"
RULE = """
[[rule]]
name = "Leads for the CRM"
when = {{ kind = "lead" }}
also = true
forward = [{{ as = "adf", to = "{crm}" }}, {{ as = "original", to = "archive@crm.example" }}]
webhook = {{ url = "{url}", secret = {{ file = "crm.secret" }} }}
"""


class Hook:
    """A web server that keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.requests.append((dict(self.headers.items()), body))
                self.send_response(hook.answers.pop(0) if hook.answers else 204)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/leads"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    hook.close()


def documented_check() -> Any:
    """The function that docs/systems.md gives to those who receive."""
    (code,) = re.findall(r"```python\n(.*?)```", Path("docs/systems.md").read_text("utf-8"), re.DOTALL)
    space: dict[str, Any] = {}
    exec(code, space)  # noqa: S102 - our own documentation
    return space["is_ours"]


def house_with(new_house: Houses, hook: Hook) -> Any:
    house = new_house(started=False)
    house.write("crm.secret", "a shared secret")
    rules = (house.directory / "rules.toml").read_text("utf-8")
    house.write("rules.toml", RULE.format(crm=CRM, url=hook.url) + rules)
    house.start()
    return house


def test_other_systems_get_what_a_rule_hands_on(new_house: Houses, sink: Sink, hook: Hook) -> None:
    house = house_with(new_house, hook)
    key = new_key()
    original = lead(key)
    hook.answers = [503]
    send(house, original)
    wait_until(lambda: hook.requests, 20, "the web server is asked")
    wait_until(lambda: sink.to(SALES) and sink.to(CRM) and sink.to("archive@crm.example"), 20, "mails")

    (adf,) = sink.to(CRM)
    (ours,), (theirs,) = parse(adf.content).readings, parse(original).readings
    assert ours.customer == theirs.customer
    assert ours.comments == f"{theirs.comments}\nListing no.: {key}", "ADF has no element for it"
    ref = house.value("SELECT ref FROM record")
    assert ("Postroom", ref) in [(one.source, one.value) for one in ours.external_ids]
    assert f"l-{ref[2:].lower()}." not in adf.content.decode().lower(), "a program gets no way to act"

    (archived,) = sink.to("archive@crm.example")
    (part,) = [one for one in archived.parsed().walk() if one.get_content_type() == "message/rfc822"]
    assert original.partition(b"\r\n\r\n")[2].strip() in archived.content
    assert part["Content-Disposition"]

    letter = house.value("SELECT id FROM outbox WHERE purpose = 'webhook'")
    wait_until(lambda: house.value("SELECT state FROM outbox WHERE purpose = 'webhook'") == "waiting", 20, "it waits")
    assert "answer 503" in house.value("SELECT last_error FROM outbox WHERE purpose = 'webhook'")
    house.postroom("queue", "retry", str(letter))
    wait_until(lambda: house.value("SELECT state FROM outbox WHERE purpose = 'webhook'") == "sent", 20, "it is taken")
    (first, body), (again, same) = hook.requests
    assert body == same
    assert first["Idempotency-Key"] == again["Idempotency-Key"] == json.loads(body)["id"]
    assert documented_check()(again["Postroom-Signature"], body, "a shared secret")
    assert not documented_check()(again["Postroom-Signature"], body + b" ", "a shared secret")
    told = json.loads(body)
    assert (told["event"], told["record"]["ref"], told["record"]["kind"]) == ("opened", ref, "lead")
    assert house.postroom("ledger").returncode == 0


@pytest.mark.parametrize("answer", [400, 302])
def test_a_server_that_refuses_or_leads_elsewhere_is_asked_once(
    new_house: Houses, sink: Sink, hook: Hook, answer: int
) -> None:
    house = house_with(new_house, hook)
    hook.answers = [answer]
    send(house, lead(new_key()))
    wait_until(lambda: house.value("SELECT state FROM outbox WHERE purpose = 'webhook'") == "failed", 20, "given up")
    assert len(hook.requests) == 1
    wait_until(lambda: any("failed" in one.parsed()["Subject"] for one in sink.to(ADMIN)), 20, "the admin is told")
