"""The Sieve script of a team, run by Dovecot's interpreter over real mails of ours."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.outbox.compose import OutgoingMail, compose
from templates.mailbox_rules import FORMS, TeamMail

AS_NOBODY = () if os.geteuid() else ("-o", "mail_uid=nobody", "-o", "mail_gid=nogroup")
"""Dovecot does not work for root."""
HOST = "postroom.muster.example"
DESK = "desk.berlin@muster.example"
TEAM = (TeamMail(f"sales.berlin.{HOST}", DESK), TeamMail(f"sales.potsdam.{HOST}", "desk.potsdam@muster.example"))

# sender, List-Id, category -> where it is filed
FILED = [
    (DESK, f"sales.berlin.{HOST}", "action", "Postroom"),
    (DESK, f"sales.berlin.{HOST}", "audit", "Postroom/Audit"),
    ("desk.potsdam@muster.example", f"sales.potsdam.{HOST}", "audit", "Postroom/Audit"),
    (DESK, f"service.berlin.{HOST}", "audit", "INBOX"),
    (DESK, f"sales.berlin.{HOST}", "alarm", "INBOX"),
    ("thief@else.example", f"sales.berlin.{HOST}", "audit", "INBOX"),
    (DESK, None, None, "INBOX"),
]


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A directory that nobody may write in, too; those of pytest are its user's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


@pytest.mark.parametrize(("sender", "list_id", "category", "folder"), FILED)
def test_mails_are_filed(
    open_to_all: Path,
    need_program: Callable[[str, str], str],
    sender: str,
    list_id: str | None,
    category: str | None,
    folder: str,
) -> None:
    program = need_program("sieve-test", "dovecot-sieve")
    (open_to_all / "team.sieve").write_text(FORMS["sieve"]("sales", TEAM), "utf-8")
    mail = OutgoingMail(
        sender=sender, to="verkauf@muster.example", subject="Anfrage", text="Hallo", list_id=list_id,
        category=category, message_id="<1@x.example>", date=datetime(2026, 11, 22, tzinfo=UTC),
    )  # fmt: skip
    (open_to_all / "mail.eml").write_bytes(compose(mail))
    done = subprocess.run(
        [program, *AS_NOBODY, "team.sieve", "mail.eml"],
        cwd=open_to_all, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert re.findall(r"store message in folder: (\S+)", done.stdout) == [folder]


def test_names_cannot_end_a_string() -> None:
    script = FORMS["sieve"]("sales", [TeamMail('a"; discard; "', 'b\\"@x.example')])
    assert '"<a\\"; discard; \\">"' in script
    assert '"b\\\\\\"@x.example"' in script


@pytest.mark.parametrize("form", FORMS)
def test_every_form_names_all_sites(form: str) -> None:
    text = FORMS[form]("sales", TEAM)
    assert all(one.list_id in text for one in TEAM)
