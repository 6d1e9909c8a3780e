"""Row S20: a person's file has all that is kept of them; once they are erased nothing of them lies anywhere."""

import base64
import json
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner, Result

from daemon.cli import main
from tests.peers.postgres import Postgres
from tests.security.conftest import new_house
from tests.support.client import lead, new_key, send
from tests.support.correspondence import TRUSTS_BORDER, answer_to
from tests.support.daemon import SALES, WEBSITE, Installation
from tests.support.fixtures import ON_POSTGRESQL_ONLY, Databases, Houses, Tell
from tests.support.rows import at_length
from tests.support.sink import Sink
from tests.support.waiting import wait_until

__all__ = ["new_house"]

EVA = "eva.beispiel@muster.example"
DESK = "desk.berlin@leads.muster.example"


@pytest.fixture(params=["sqlite", ON_POSTGRESQL_ONLY])
def new_database(request: pytest.FixtureRequest) -> Databases:
    """A database of its own on each engine."""
    if request.param == "sqlite":
        return lambda: "sqlite"
    made: Databases = request.getfixturevalue("postgres").new_database
    return made


class Canary(NamedTuple):
    """A person each of whose data is a word that nobody else has."""

    key: str

    @property
    def mail(self) -> str:
        return f"kanari-{self.key}@kunde.example"

    @property
    def phone(self) -> str:
        return f"3045{int(self.key[1:].split('x')[-1]):07d}"

    @property
    def words(self) -> dict[str, str]:
        """What is asked, by the label of the form."""
        names = ("Nachname", "Vorname", "Firma", "Straße", "Ort", "Modell", "Nachricht")
        return {name: f"{name[:4].replace('ß', 's').capitalize()}kanari{self.key}" for name in names}

    @property
    def needles(self) -> tuple[bytes, ...]:
        """Bytes that nothing may hold: words, address and number as they are and as base64 has them."""
        plain = [each.encode() for each in (f"kanari{self.key}", self.mail, self.phone)]
        return (*plain, *(code for each in plain for code in encoded(each)))

    def form(self, text: str) -> bytes:
        """A request, its body in base64."""
        lines = {**self.words, "E-Mail": self.mail, "Telefon": f"+49 {self.phone}", "Marke": "VW"}
        lines["Nachricht"] += f" {text}"
        body = "".join(f"{label}: {value}\r\n" for label, value in lines.items())
        return self._written(f"Anfrage kanari{self.key}", body, sender="wordpress@muster.example", to=WEBSITE)

    def out_of_office(self) -> bytes:
        """What the person's own program sends."""
        extra = "Auto-Submitted: auto-replied\r\n"
        return self._written("Abwesend", f"Ich bin im Urlaub. kanari{self.key}\r\n", self.mail, DESK, extra)

    def _written(self, subject: str, body: str, sender: str, to: str, extra: str = "") -> bytes:
        head = (
            f"From: <{sender}>\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{new_key()}@kunde.example>\r\n{extra}"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        )
        return head.encode() + base64.encodebytes(body.encode()).replace(b"\n", b"\r\n")


def encoded(word: bytes) -> Iterator[bytes]:
    """The middle of a word in base64, wherever it stands in a text."""
    for shift in range(3):
        code = base64.b64encode(b"." * shift + word)
        yield code[4:-4]


def run(house: Installation, *words: str) -> Result:
    """A command beside the running daemon, without the time that a new interpreter takes."""
    return CliRunner().invoke(main, [*words, "-c", str(house.directory)])


def works(house: Installation, sink: Sink, one: Canary) -> None:
    """A person asks, is answered, writes again, is away, asks once more; all of it is closed."""
    first = one.form("Ist der Wagen noch da?")
    send(house, first)
    send(house, first)
    told = wait_until(lambda: [m for m in sink.to(SALES) if one.mail.encode() in m.content], 60, "its team is told")[0]
    content, address = answer_to(told, EVA, f"Ja, {one.words['Vorname']}, kommen Sie.")
    send(house, content, address, sender=EVA)
    reply = wait_until(lambda: sink.to(one.mail), 60, "the customer is answered")[0]
    content, address = answer_to(reply, one.mail, f"Gern, Ihr {one.words['Nachname']}", vouched=False)
    send(house, content, address, sender=one.mail)
    send(house, one.form("Und wann?"))
    send(house, one.out_of_office(), DESK, sender=one.mail)
    house.settle()
    for ref in refs_of(house, one):
        assert run(house, "do", ref, "note", f"text=ruft an: {one.words['Firma']}").exit_code == 0
        assert run(house, "do", ref, "done", f"result=kanari{one.key}").exit_code == 0
    house.settle()


def refs_of(house: Installation, one: Canary) -> list[str]:
    return [ref for (ref,) in house.query("SELECT ref FROM record WHERE data LIKE ?", f"%{one.mail}%")]


def hits(content: bytes, people: list[Canary]) -> list[bytes]:
    return [needle for one in people for needle in one.needles if needle in content]


def everywhere(house: Installation, postgres: Callable[[], Postgres]) -> dict[str, bytes]:
    """All that is kept, file by file; of PostgreSQL a dump."""
    files = {str(path): path.read_bytes() for path in house.data.rglob("*") if path.is_file()}
    if house.database == "sqlite":
        return files
    dump = [str(postgres().programs / "pg_dump"), "--inserts", house.database]
    shown = subprocess.run(dump, capture_output=True, check=True, timeout=60).stdout
    with_bytes = re.sub(rb"'\\x([0-9a-f]*)'", lambda found: bytes.fromhex(found[1].decode()), shown)
    return {**files, "dump": with_bytes, "dump as written": shown}


def test_s20_nothing_of_a_person_is_left(
    new_house: Houses, sink: Sink, tmp_path: Path, request: pytest.FixtureRequest, tell: Tell
) -> None:
    house = new_house(smtp=TRUSTS_BORDER)
    others = [new_key() for _ in range(at_length(200))]
    people = [Canary(new_key()) for _ in range(at_length(10))]
    for number, one in enumerate(people):
        for key in others[number :: len(people)]:
            send(house, lead(key, text="Bitte melden. " * 40))
        works(house, sink, one)
    house.settle(120)

    def server() -> Postgres:
        found: Postgres = request.getfixturevalue("postgres")
        return found

    before = everywhere(house, server)
    assert all(any(one.needles[0] in content for content in before.values()) for one in people), "they are in there"
    for one in people:
        assert_exported(house, one, tmp_path / f"{one.key}.zip")
        erased = run(house, "person", "erase", one.mail, "--site", "berlin", "--yes")
        assert erased.exit_code == 0, erased.output
    running = everywhere(house, server)
    found = {name: hits(content, people) for name, content in running.items()}
    assert {name: some for name, some in found.items() if some} == {}
    checked = run(house, "ledger")
    assert checked.exit_code == 0, checked.output
    assert all(house.value("SELECT count(*) FROM record WHERE data LIKE ?", f"%kunde-{key}@%") for key in others)
    assert run(house, "person", "erase", people[0].mail, "--site", "berlin", "--yes").exit_code == 1, "gone"
    house.stop()
    after = everywhere(house, server)
    assert {name: some for name, content in after.items() if (some := hits(content, people))} == {}
    assert not hits(house.log().encode(), people)
    size = sum(map(len, running.values())) / 2**20
    tell(f"S20 on {urlsplit(house.database).scheme or 'sqlite'}: {len(people)} people erased, 0 hits in {size:.1f} MiB")


def assert_exported(house: Installation, one: Canary, file: Path) -> None:
    """The file has each of the person's words, and every mail as it came."""
    made = run(house, "person", "export", one.mail, "--site", "berlin", "--to", str(file))
    assert made.exit_code == 0, made.output
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as kept:
        told: Any = json.loads(kept.read("person.json"))
        written = kept.read("person.json").decode()
        mails = [kept.read(name) for name in kept.namelist() if name.startswith("mails/")]
    for said in (*one.words.values(), one.mail, f"+49{one.phone}"):
        assert said in written
    assert {record["ref"] for record in told["records"]} == set(refs_of(house, one))
    assert {mail["fate"] for mail in (*told["mails"], *told["further_mails"])} >= {"opened", "repeat", "automatic"}
    assert len(mails) == len(told["mails"]) + len(told["further_mails"]) >= 6
