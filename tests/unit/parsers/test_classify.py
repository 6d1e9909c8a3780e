import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from parsers import document
from parsers.classify import classify
from parsers.document import Document
from parsers.records import Hints

Make = Callable[..., Document]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("From: max@example.de\nSubject: Golf", "person"),
        ("From: max@example.de\nSubject: Re: Golf\nIn-Reply-To: <1@muster.example>", "reply"),
        ("From: max@example.de\nSubject: AW: Golf\nReferences: <1@muster.example>", "reply"),
        ("From: max@example.de\nSubject: SV: Golf\nReferences: <1@muster.example>", "reply"),
        ("From: max@example.cn\nSubject: 回复：高尔夫\nReferences: <1@muster.example>", "reply"),
        ("From: max@example.de\nSubject: Re: Golf", "person"),
        ("From: max@example.de\nAuto-Submitted: auto-generated", "automatic"),
        ("From: max@example.de\nAuto-Submitted: no", "person"),
        ("From: max@example.de\nX-Auto-Response-Suppress: DR, RN, NRN", "person"),
        ("From: max@example.de\nX-Auto-Response-Suppress: All", "automatic"),
        ("From: news@example.de\nList-Unsubscribe: <https://example.de>", "automatic"),
        ("From: max@example.de\nPrecedence: bulk", "automatic"),
        ("From: max@example.de\nReturn-Path: <>", "automatic"),
        ("From: no-reply@mobile.de", "automatic"),
        ("From: noreplylead@example.de", "person"),
        ("From: norbert@example.de", "person"),
        ("From: max@example.de\nSubject: Automatische Antwort: Golf", "automatic"),
        ("From: max@example.de\nSubject: Abwesenheitsnotiz", "automatic"),
        ("From: max@example.dk\nSubject: Autosvar: Golf", "automatic"),
        ("From: max@example.dk\nSubject: Ikke på kontoret", "automatic"),
        ("From: max@example.cn\nSubject: 自动回复: 高尔夫", "automatic"),
        ("From: max@example.de\nSubject: Im Urlaub bis 12. Januar 2027", "automatic"),
        ("From: max@example.de\nSubject: Abwesend: AW: Golf", "automatic"),
        ("From: max@example.de\nSubject: Im Urlaub, wieder da!\nIn-Reply-To: <1@muster.example>", "automatic"),
        ("From: Max Muster <max@example.de>\nSubject: Out of Office - Max Muster", "automatic"),
        ("From: max@example.de\nSubject: Out of Office AutoReply: Golf", "automatic"),
        ("From: max@example.cn\nSubject: 外出至11月20日", "automatic"),
        ("From: max@example.de\nSubject: Im Urlaub bin ich ab Montag - bitte vorher Termin", "person"),
        ("From: max@example.de\nSubject: Außer Haus bis 12, bitte danach anrufen", "person"),
        ("From: max@example.de\nSubject: Abwesenheitsvertretung: Probefahrt am Montag", "person"),
        ("From: max@example.uk\nSubject: On holiday in Germany - can I test drive the ID.4?", "person"),
        ("From: max@example.nl\nSubject: Afwezig lampje brandt", "person"),
        ("From: max@example.it\nSubject: Fuori sede di Berlino - ritiro auto", "person"),
        ("From: max@example.dk\nSubject: På ferie med bilen: motorlampen lyser", "person"),
        ("From: max@example.cn\nSubject: 外出试驾", "person"),
        ("From: max@example.de\nSubject: Automatik oder Schaltung?", "person"),
        ("From: max@example.de\nSubject: Auto reserviert?", "person"),
        ("From: MAILER-DAEMON@example.de\nSubject: Undelivered Mail Returned to Sender", "bounce"),
        ("From: postmaster@example.de\nReturn-Path: <>\nSubject: Unzustellbar: Golf", "bounce"),
        ("From: x@example.de\nX-Failed-Recipients: a@example.de", "bounce"),
        ("From: x@example.de\nContent-Type: multipart/report; report-type=delivery-status; boundary=b", "bounce"),
        ("From: max@example.de\nSubject: Undelivered car, where is it?", "person"),
    ],
)
def test_class(mail: Make, head: str, expected: str) -> None:
    found, because = classify(mail(head, "Guten Tag"))
    assert found == expected, because
    assert because


ENCLOSED = (
    "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nI could not reach you!\n"
    "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\n"
    "Final-Recipient: rfc822; sales@muster.example\nAction: failed\nStatus: 5.1.1\n--b--\n"
)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("From: Eva <eva@kunde.example>\n", "person"),
        ("From: MAILER-DAEMON@kunde.example\n", "bounce"),
        ("From: Eva <eva@kunde.example>\nReturn-Path: <>\n", "bounce"),
    ],
)
def test_a_report_counts_from_a_server_only(head: str, expected: str) -> None:
    assert classify(document.parse((head + ENCLOSED).encode()))[0] == expected


def test_a_sources_form_about_a_delivery_is_no_bounce(mail: Make) -> None:
    head = "From: web@muster.example\nReturn-Path: <>\nSubject: Vehicle delivery problem"
    assert classify(mail(head, "Name: Eva", Hints(source_type="website")))[0] == "automatic"
    assert classify(mail(head.replace("web@", "mailer-daemon@"), "x", Hints(source_type="website")))[0] == "bounce"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_no_person_is_taken_for_a_program(corpus: Path) -> None:
    right: Counter[bool] = Counter()
    wrong = []
    for row in rows(corpus / "classes.tsv"):
        found, because = classify(document.parse((corpus / row["file"]).read_bytes()))
        allowed = {"person": ("person", "reply"), "automatic": ("automatic",), "bounce": ("bounce",)}.get(row["class"])
        if allowed is not None:
            right[found in allowed] += 1
        if row["class"] == "person" and found in ("automatic", "bounce"):
            wrong.append((row["file"], found, because))
        if row["class"] in ("spam", "list") and found == "bounce":
            wrong.append((row["file"], found, because))
    assert wrong == []
    assert right[True] / right.total() >= 0.98


def test_bounces_are_known(corpus: Path) -> None:
    wrong = []
    for row in rows(corpus / "bounces" / "expected.tsv"):
        found, because = classify(document.parse((corpus / row["file"]).read_bytes()))
        delayed = "delayed" in row["action"]
        allowed = ("automatic",) if row["class"] != "bounce" else ("bounce", "automatic") if delayed else ("bounce",)
        if found not in allowed:
            wrong.append((row["file"], found, because))
    assert len(wrong) <= 1, wrong  # 98 % of 87
