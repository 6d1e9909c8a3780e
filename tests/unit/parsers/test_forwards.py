import time
import tomllib
from collections.abc import Callable
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import forwards, headblock, mailboxes, read
from parsers.records import Hints, Parsed

Parse = Callable[..., Parsed]

HEAD = "From: Paula Post <paula@muster.example>\nTo: leads@muster.example\nSubject: {subject}\n{more}\n"
BLOCK = """{sender}: Eva Kunde <eva@kunde.example>
{date}: 8. 11. 2026 18:04
{to}: Paula Post <paula@muster.example>
{subject}: Anfrage Golf

Ist der Golf noch da?
"""
WORDS = tomllib.loads(resources.files("parsers").joinpath("dictionaries/forwards.toml").read_text("utf-8"))


def parsed(subject: str, body: str, more: str = "", hints: Hints | None = None) -> Parsed:
    content = HEAD.format(subject=subject, more=more) + "\n" + body
    return read.parse(content.replace("\n", "\r\n").encode(), hints)


def block(language: str) -> str:
    words = WORDS[language]
    return BLOCK.format(sender=words["from"][0], date=words["date"][0], to=words["to"][0], subject=words["subject"][0])


@pytest.mark.parametrize("language", sorted(WORDS))
def test_a_forward_says_so_in_a_line_of_any_language(language: str) -> None:
    for phrase in WORDS[language]["forwarded"]:
        found = parsed("Anfrage Golf", f"Bitte anrufen.\n\n---------- {phrase} ----------\n{block(language)}").forwarded
        assert found is not None, phrase
        assert (found.sender, found.sender_name) == ("eva@kunde.example", "Eva Kunde")
        assert (found.subject, found.date) == ("Anfrage Golf", "8. 11. 2026 18:04")
        assert (found.by, found.note) == ("paula@muster.example", "Bitte anrufen.")


@pytest.mark.parametrize("language", sorted(WORDS))
def test_or_in_its_subject(language: str) -> None:
    for prefix in WORDS[language]["prefixes"]:
        found = parsed(f"{prefix.upper()}: Anfrage Golf", f"Bitte anrufen.\n\n{block(language)}").forwarded
        assert found is not None, prefix
        assert (found.sender, found.note) == ("eva@kunde.example", "Bitte anrufen.")


def test_labels_mean_one_thing_in_all_languages() -> None:
    meanings: dict[str, set[str]] = {}
    for words in WORDS.values():
        for name in headblock.FIELDS:
            for label in words[name]:
                meanings.setdefault(headblock.folded(label), set()).add(name)
    assert {label: names for label, names in meanings.items() if len(names) > 1} == {}


def test_the_inner_mail_is_read() -> None:
    found = parsed("WG: Anfrage", f"Von der Homepage.\n\n{block('de')}\nTelefon: 030 1234567\nName: Eva Kunde\n")
    assert found.text is not None
    assert found.text.startswith("Ist der Golf noch da?")
    (reading,) = found.readings
    assert reading.customer is not None
    assert reading.customer.emails == ("eva@kunde.example",)
    assert reading.customer.phones == ("+49301234567",)
    assert reading.extra["forward_note"] == "Von der Homepage."
    assert reading.extra["forwarded_by"] == "Paula Post <paula@muster.example>"


def test_the_outer_mail_keeps_its_own_sender_and_subject() -> None:
    found = parsed("WG: Anfrage", block("de"))
    assert (found.sender, found.subject) == ("paula@muster.example", "WG: Anfrage")


@pytest.mark.parametrize(
    ("subject", "body", "more"),
    [
        ("Re: Anfrage", f"Ja, gern.\n\n{block('de')}", "In-Reply-To: <1@kunde.example>"),
        ("Re: Anfrage", f"Ja, gern.\n\n{block('de')}", ""),
        ("Anfrage", f"Ja, gern.\n\n{block('de')}", ""),
        ("Re: Anfrage", block("de"), ""),
        ("Anfrage", "Ja, gern.\n\nAm 8.11.2026 um 18:04 schrieb Eva <eva@kunde.example>:\n> Golf?\n", ""),
        (
            "Re: x",
            "Ja.\n\nAm 8.11.2026 um 18:04 schrieb Eva <eva@kunde.example>:\n\n-- Forwarded message --\n" + block("en"),
            "",
        ),
    ],
)
def test_an_answer_is_no_forward(subject: str, body: str, more: str) -> None:
    assert parsed(subject, body, more).forwarded is None


def test_a_form_that_begins_with_from_is_no_forward() -> None:
    body = "From: Eva Kunde <eva@kunde.example>\nSubject: Anfrage\n\nMessage Body:\nIst der Golf noch da?\n"
    assert parsed("Website form", body).forwarded is None


def test_a_mail_that_begins_with_the_lines_of_another_is_one() -> None:
    found = parsed("Anfrage", block("de")).forwarded
    assert found is not None
    assert found.note is None


def test_what_the_house_wrote_itself_and_a_customer_sends_back_is_the_customers() -> None:
    mark = "---------- Forwarded message ----------"
    body = f"Was heißt das?\n\n{mark}\nFrom: Max <max@muster.example>\nDate: today\n\nHallo"
    content = "From: eva@kunde.example\nTo: leads@muster.example\nSubject: Fwd: Angebot\n\n" + body
    found = read.parse(content.encode())
    assert found.forwarded is None
    assert found.readings[0].customer is not None
    assert found.readings[0].customer.emails == ("eva@kunde.example",)


def test_vs_is_an_answer_in_finland_and_a_forward_in_denmark() -> None:
    mail = ("VS: Tilbud", f"Se her.\n\n{block('da')}", "In-Reply-To: <1@kunde.example>")
    assert parsed(*mail, hints=Hints(region="DK")).forwarded is not None
    assert parsed(*mail, hints=Hints(region="FI")).forwarded is None


def test_three_forwards_are_opened_and_no_more() -> None:
    body = "Die Frage."
    for number in range(5):
        body = (
            f"Notiz {number}\n\n---------- Forwarded message ----------\nFrom: N{number} <n{number}@kunde.example>\n"
            f"Date: today\nSubject: Fwd: Frage\n\n{body}"
        )
    found = parsed("Fwd: Frage", body)
    assert found.forwarded is not None
    assert found.forwarded.sender == "n2@kunde.example"
    assert found.forwarded.note == "Notiz 4\n\nNotiz 3\n\nNotiz 2"
    assert found.text is not None
    assert found.text.startswith("Notiz 1")


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("Eva Kunde <eva@x.example>", "Eva Kunde", "eva@x.example"),
        ("eva@x.example", None, "eva@x.example"),
        ('"eva@x.example" <eva@x.example>', None, "eva@x.example"),
        ('"Kunde, Eva" <EVA@x.example>', "Kunde, Eva", "eva@x.example"),
        ("Eva Kunde [mailto:eva@x.example]", "Eva Kunde", "eva@x.example"),
        ("Eva Kunde<mailto:eva@x.example> <eva@x.example<mailto:eva@x.example>>", "Eva Kunde", "eva@x.example"),
        ("Eva Kunde", "Eva Kunde", ""),
        ("王小明(wang@x.example)", "王小明", "wang@x.example"),
    ],
)
def test_senders_as_programs_write_them(written: str, name: str | None, address: str) -> None:
    assert mailboxes.one(written) == (name, address)


def test_an_enclosed_mail_keeps_what_hangs_beside_it() -> None:
    raw = (
        "From: paula@muster.example\nTo: leads@muster.example\nSubject: WG: Foto\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n"
        "From: eva@kunde.example\nSubject: Foto\n\nSiehe Foto.\n--b\n"
        "Content-Type: image/jpeg; name=golf.jpg\n\nx\n--b--\n"
    )
    found = read.parse(raw.encode())
    assert found.forwarded is not None
    assert found.text == "Siehe Foto."
    assert [one.name for one in found.attachments] == ["golf.jpg"]


@pytest.mark.parametrize(("subject", "names"), [("WG: zwei", ["Eva", "Max"]), ("Zur Kenntnis", [None])])
def test_several_enclosed_mails_are_several_requests(subject: str, names: list[str | None]) -> None:
    inner = "Content-Type: message/rfc822\n\nFrom: {name} <{name}@kunde.example>\nSubject: x\n\nIch bin {name}.\n"
    raw = (
        f"From: paula@muster.example\nTo: leads@muster.example\nSubject: {subject}\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nBitte beide anrufen.\n--b\n"
        f"{inner.format(name='Eva')}--b\n{inner.format(name='Max')}"
        "--b\nContent-Type: image/jpeg; name=golf.jpg\n\nx\n--b--\n"
    )
    found = read.parse(raw.encode())
    assert [reading.customer.name if reading.customer else None for reading in found.readings] == names
    assert "golf.jpg" in [one.name for one in found.attachments]
    if names[0]:
        assert [reading.comments for reading in found.readings] == ["Ich bin Eva.", "Ich bin Max."]
        assert found.text == "Ich bin Eva.\n\nIch bin Max."


# Written after what these programs put into HTML mails; the invented ones are ours.
CLIENTS = {
    "Apple Mail": (
        "Fwd: x",
        'Note<br><br><blockquote type="cite">Begin forwarded message:<br><br></blockquote>'
        '<blockquote type="cite"><div style="margin"><span style="font-family"><b>From: </b>'
        "</span>"
        '<span>Eva Kunde &lt;<a href="mailto:eva@kunde.example">eva@kunde.example</a>&gt;<br>'
        "</span></div><div><span><b>Subject: </b></span><span><b>Golf</b><br></span></div><div>"
        "<b>Date: </b>8 November 2026 at 18:04:11 CET<br></div><div>"
        "<b>To: </b>paula@muster.example<br></div><br><div>Hello there<br>two</div></blockquote>",
    ),
    "Thunderbird": (
        "Fwd: x",
        '<p>Note</p><div class="moz-forward-container"><br>'
        '<br>-------- Weitergeleitete Nachricht --------<table class="moz-email-headers-table">'
        '<tbody><tr><th align="RIGHT">Betreff: </th><td>Golf</td></tr><tr><th>Datum: </th>'
        "<td>Wed, 3 Nov 2021 15:51:30 +0100</td></tr><tr><th>Von: </th>"
        '<td>Eva <a class="moz" href="mailto:eva@kunde.example">&lt;eva@kunde.example&gt;</a></td>'
        "</tr><tr><th>An: </th><td>paula@muster.example</td></tr></tbody></table><br><br>Hallo<br>"
        "</div>",
    ),
    "Foxmail": (
        "转发：x",
        "<div>请跟进</div><div><includetail><!--<![endif]--></includetail></div>"
        '<div id="original-content"><div style="background:#efefef;"><div>'
        '<b>发件人:</b>&nbsp;"王小明"&lt;wang@kunde.example&gt;;</div><div>'
        "<b>发送时间:</b>&nbsp;2026年11月8日(星期天) 晚上6:04</div><div>"
        '<b>收件人:</b>&nbsp;"desk"&lt;desk@muster.example&gt;;</div><div><b>主题:</b>&nbsp;试驾</div>'
        "</div><div>您好</div></div>",
    ),
    "Outlook.com": (
        "FW: x",
        '<div dir="ltr">Note</div><hr style="display:inline-block;width:98%" tabindex="-1">'
        '<div id="divRplyFwdMsg" dir="ltr"><font face="Calibri">'
        "<b>From:</b> Eva Kunde &lt;eva@kunde.example&gt;<br>"
        "<b>Sent:</b> Sunday, November 8, 2026 6:04 PM<br>"
        "<b>To:</b> paula@muster.example &lt;paula@muster.example&gt;<br>"
        "<b>Subject:</b> Golf</font><div>&nbsp;</div></div><div>Hello</div>",
    ),
    "Yahoo": (
        "Fwd: x",
        '<div>Note</div><div id="yahoo_quoted"><div>----- Weitergeleitete Nachricht -----</div>'
        "<div><b>Von:</b> Eva Kunde &lt;eva@kunde.example&gt;</div><div>"
        "<b>An:</b> paula@muster.example</div><div>"
        "<b>Gesendet:</b> Sonntag, 8. November 2026 um 18:04:11 MEZ</div><div>"
        "<b>Betreff:</b> Golf</div><div><br></div><div>Hallo</div></div>",
    ),
    "GMX": (
        "WG: x",
        '<div name="quote" style="margin:10px"><div style="margin:0 0 10px 0;">'
        "<b>Gesendet:</b>&nbsp;Sonntag, 8. November 2026 um 18:04 Uhr<br/>"
        "<b>Von:</b>&nbsp;&quot;Eva Kunde&quot; &lt;eva@kunde.example&gt;<br/>"
        "<b>An:</b>&nbsp;paula@muster.example<br/><b>Betreff:</b>&nbsp;Golf</div><div>Hallo</div>"
        "</div>",
    ),
    "old Outlook": (
        "WG: x",
        'Note<br>On 28/10/2021, 12:46, "Eva Kunde" &lt;eva@kunde.example&gt; wrote:<br><br>Hallo',
    ),
}


@pytest.mark.parametrize("client", CLIENTS)
def test_html_of_mail_programs(client: str) -> None:
    subject, html = CLIENTS[client]
    found = parsed(subject, html, "Content-Type: text/html; charset=utf-8")
    assert found.forwarded is not None
    assert found.forwarded.sender in ("eva@kunde.example", "wang@kunde.example")
    assert found.forwarded.sender_name in ("Eva Kunde", "Eva", "王小明")
    assert found.forwarded.subject in ("Golf", "试驾", "x")
    assert found.forwarded.note in ("Note", "请跟进", None)
    assert found.text in ("Hello", "Hallo", "Hello there\ntwo", "您好")


def test_a_table_of_the_inner_mail_stays_a_table() -> None:
    html = (
        "Siehe unten.<br>---------- Forwarded message ---------<br>Von: Homepage &lt;noreply@forms.example&gt;<br>"
        "Datum: heute<br>Betreff: Anfrage<br><br><table><tr><td>Name</td><td>Eva Kunde</td></tr>"
        "<tr><td>Telefon</td><td>030 1234567</td></tr></table>"
    )
    (reading,) = parsed("Anfrage", html, "Content-Type: text/html; charset=utf-8").readings
    assert reading.origins["customer.name"] == "table"
    assert reading.customer is not None
    assert (reading.customer.name, reading.customer.phones) == ("Eva Kunde", ("+49301234567",))
    assert reading.extra["forward_sender"] == "Homepage <noreply@forms.example>"


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Fwd: Golf", "Golf"),
        ("[Fwd: Golf]", "Golf"),
        ("[EXTERN] WG: Golf [2019]", "Golf [2019]"),
        ("转发：试驾", "试驾"),
        ("WG: AW: Golf", "AW: Golf"),
    ],
)
def test_subjects_of_forwards(subject: str, bare: str) -> None:
    assert forwards.says_forward(subject)
    assert forwards.bare_subject(subject) == bare


@pytest.mark.parametrize("subject", ["Re: Fwd: Golf", "Golf", "Forward: no", "In: Golf", "", None])
def test_subjects_of_others(subject: str | None) -> None:
    assert not forwards.says_forward(subject)


PIECES = st.sampled_from(
    ["From: a@b.example\n", "Von: x\n", "\n", "> ", "-----", "Forwarded message", ": ", "Betreff: y\n", "Date: z\n",
     "On 1.1.2020 10:00, A <a@b.example> wrote:\n", "---------- Forwarded Message ----------", "转发", "\r", "@", "\0",
     "\u202e"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join), st.booleans())
def test_anything_is_read_and_bounded(body: str, told: bool) -> None:
    content = ("Fwd: " if told else "Bitte ") + "x"
    found = read.parse(f"From: a@muster.example\nSubject: {content}\n\n{body}".encode())
    assert not [defect for defect in found.defects if defect.startswith("forward")]
    if found.forwarded is not None:
        assert len(found.forwarded.note or "") <= forwards.NOTE_LIMIT
        for value in (found.forwarded.sender, found.forwarded.subject, found.forwarded.date):
            assert value is None or ("\n" not in value and len(value) <= 500)


@pytest.mark.parametrize(
    "body",
    [
        "From: a\n" * 100_000,
        "> " * 200_000,
        "-" * 500_000,
        "From: " + "a" * 500_000,
        "---------- Forwarded message ----------\n" * 20_000,
        "On 1.1.2020 10:00, " + "A <" * 100_000 + "\n" * 10 + ":\n" * 50_000,
        "From: x\nTo: " + "a,\n" * 100_000,
        "@:" * 100_000,
        "<div>From: a@b.c" * 30_000,
        "<" * 300_000,
        "<b>From:</b> x<br><!--" * 20_000,
    ],
    ids=["labels", "quotes", "dashes", "long", "marks", "wrote", "list", "signs", "divs", "angles", "comments"],
)
def test_a_hostile_text_takes_no_time(body: str) -> None:
    began = time.process_time()
    for kind in ("plain", "html"):
        parsed("Fwd: x", body, f"Content-Type: text/{kind}")
    assert time.process_time() - began < 2
