"""More small mails that are large to read: what forwards, winmail.dat, markup, calendars and layouts may unfold to."""

import json
import struct

from parsers.layout import Block, Layout
from parsers.records import Hints
from tests.security.bombs import FORM, attached, bomb, mail_of

LEARNED = Hints(
    source_type="website",
    border=("mx.muster.example",),
    layout=Layout(
        labels={"Wagen": "vehicle.title"},
        subjects=("{-}a{customer.name}a{-}a{vehicle.title}a{-}",),
        lines=("{-} {customer.name} {-} {vehicle.title} {-} {comments}", "{customer.phone} {-} {vehicle.price} {-}x"),
        blocks=(Block(after="Kunde", fields=("customer.name", "customer.phone", "comments")),),
        endings=("Mit freundlichen Grüßen vom Portal",),
        split="-----",
    ),
)
"""A source whose layout has one of everything."""


@bomb
def forwards_of_every_program() -> bytes:
    heads = (
        "-----Ursprüngliche Nachricht-----\r\nVon: A <a@b.example>\r\nGesendet: Montag\r\nAn: c@d.example\r\n"
        "Betreff: y\r\n\r\n",
        "Begin forwarded message:\r\n\r\n"
        "From: A <a@b.example>\r\nSubject: y\r\nDate: Monday\r\nTo: c@d.example\r\n\r\n",
        "----- 原始邮件 -----\r\n发件人: A <a@b.example>\r\n主题: y\r\n收件人: c\r\n\r\n",
    )
    return mail_of("every-forward", "".join(heads) * 5_000, more="Subject: WG: y\r\n")


@bomb
def heads_without_an_end() -> bytes:
    return mail_of("heads", "Von: a\r\n" * 200_000)


@bomb
def quote_lines() -> bytes:
    return mail_of("quote-lines", "Am 22.11.2026 um 10:00 schrieb A <a@b.example>:\r\n" * 40_000)


@bomb
def quote_lines_that_wrap() -> bytes:
    return mail_of("quote-wraps", "Am On Op Le Il Den wrote\r\n" * 60_000)


def _property(name: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def _attribute(name: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", 2, name, 6, len(value)) + value + b"\0\0"


def _winmail(*attributes: bytes) -> bytes:
    return b"\x78\x9f\x3e\x22\x01\x00" + b"".join(attributes)


@bomb
def winmail_in_winmail() -> bytes:
    inside = _winmail(_attribute(0x800C, b"Name: Max\r\n" * 500))
    for _ in range(5):
        message = _property(0x3701, 0x0D, bytes.fromhex("0703020000000000c000000000000046") + inside)
        file = _attribute(0x9002, b"\0" * 14) + _attribute(0x9005, struct.pack("<I", 1) + message)
        inside = _winmail(file * 3)
    return attached("winmail", inside, "application/ms-tnef", "winmail.dat")


@bomb
def winmail_of_false_counts() -> bytes:
    props = struct.pack("<I", 0xFFFFFFFF) + struct.pack("<HHI", 0x101F, 0x1000, 0xFFFFFFFF) * 40_000
    return attached("counts", _winmail(_attribute(0x9003, props)), "application/ms-tnef", "winmail.dat")


@bomb
def winmail_of_many_files() -> bytes:
    files = (_attribute(0x9002, b"\0" * 14) + _attribute(0x8010, b"a.exe\0")) * 60_000
    return attached("files", _winmail(files), "application/ms-tnef", "winmail.dat")


def _with_rtf(name: str, text: bytes, size: int, kind: bytes) -> bytes:
    packed = struct.pack("<II4sI", len(text) + 12, size, kind, 0) + text
    props = struct.pack("<I", 1) + _property(0x1009, 0x102, packed)
    return attached(name, _winmail(_attribute(0x9003, props)), "application/ms-tnef", "winmail.dat")


@bomb
def nested_rtf() -> bytes:
    return _with_rtf("rtf", b"{\\rtf1" + b"{\\a " * 400_000, 2_000_000, b"MELA")


@bomb
def words_of_rtf() -> bytes:
    return _with_rtf("rtf-words", b"{\\rtf1" + b"\\par\\u8364?\\'e4x" * 120_000, 2_000_000, b"MELA")


@bomb
def packed_rtf() -> bytes:
    """Two bytes unfold to seventeen."""
    return _with_rtf("rtf-packed", (b"\xff" + b"\x00\x0f" * 8) * 40_000, 0x7FFFFFFF, b"LZFu")


def _script(name: str, data: str) -> bytes:
    return mail_of(name, f'<script type="application/ld+json">{data}</script>', "text/html")


@bomb
def graph_of_cycles() -> bytes:
    nodes = [
        {
            "@id": f"#{n}",
            "@type": "Order",
            "customer": {"@id": f"#{(n + 1) % 5_000}"},
            "orderedItem": [{"@id": "#0"}] * 5,
        }
        for n in range(5_000)
    ]
    return _script("graph", json.dumps({"@graph": nodes}))


@bomb
def graphs_in_graphs() -> bytes:
    data = '{"@type": "Person", "name": "A"}'
    for _ in range(300):
        data = f'{{"@graph": [{f"{data}, {data}" if len(data) < 200_000 else data}]}}'
    return _script("graphs", data)


@bomb
def references_of_microdata() -> bytes:
    items = "".join(
        f'<div itemscope itemtype="http://schema.org/Order" id="i{n}" itemref="i{(n + 1) % 2_000} i0 i1 i2">'
        f'<span itemprop="name">A</span></div>'
        for n in range(4_000)
    )
    return mail_of("references", items, "text/html")


@bomb
def zones_without_an_end() -> bytes:
    rule = (
        "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nRRULE:FREQ=SECONDLY\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"
    )
    zones = f"BEGIN:VTIMEZONE\r\nTZID:X\r\n{(rule + 'END:STANDARD' + chr(13) + chr(10)) * 10_000}END:VTIMEZONE\r\n"
    event = "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;TZID=X:20260101T000000\r\nEND:VEVENT\r\n"
    return mail_of("zones", f"BEGIN:VCALENDAR\r\n{zones}{event}END:VCALENDAR\r\n", "text/calendar; method=REQUEST")


@bomb
def folded_cards() -> bytes:
    card = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:" + b"x\r\n " * 400_000 + b"\r\nTEL:1\r\nEND:VCARD\r\n"
    return attached("folded-card", card, "text/vcard", "a.vcf")


@bomb
def parameters_of_a_card() -> bytes:
    card = b"BEGIN:VCARD\r\nFN:A\r\n" + b"TEL" + b';TYPE="a:b"' * 100_000 + b":1\r\nEND:VCARD\r\n"
    return attached("card-parameters", card, "text/vcard", "a.vcf")


@bomb
def lines_for_patterns() -> bytes:
    return mail_of("patterns", "\r\n".join(["a " * 490] * 4_000), more="Subject: " + "a " * 400 + "\r\n")


@bomb
def lines_between_requests() -> bytes:
    return mail_of("split", f"{FORM}-----\r\n" * 100_000)


@bomb
def heads_of_blocks() -> bytes:
    return mail_of("blocks", "Kunde\r\n" * 100_000)


@bomb
def numbers_like_phones() -> bytes:
    return mail_of(
        "phones", "\r\n".join(f"ruf an +49 30 {n:07} oder 0171/{n:08}, (0)30-{n:06} " for n in range(40_000))
    )


@bomb
def numbers_in_one_line() -> bytes:
    return mail_of("phones-in-line", "+49 (0) 30 / 12-34 " * 50_000)


@bomb
def redirects_in_redirects() -> bytes:
    link = "https://a.example/?u="
    for _ in range(12):
        link = "https://r.example/?url=" + link.replace("%", "%25").replace(":", "%3A").replace("/", "%2F")
    return mail_of("redirects", f"{link[:40_000]}\r\n" * 100)


@bomb
def many_links() -> bytes:
    return mail_of(
        "links", "".join(f'<a href="https://suchen.mobile.de/?id={n}">x</a>' for n in range(60_000)), "text/html"
    )


@bomb
def comments_of_results() -> bytes:
    comments = "\r\n ".join(["(" * 500] * 400)
    return mail_of("results", FORM, more=f"Authentication-Results: mx.muster.example; dmarc=pass {comments}\r\n")


@bomb
def many_results() -> bytes:
    methods = ";\r\n ".join(f"dkim=pass header.d=d{n}.example" for n in range(10_000))
    return mail_of("methods", FORM, more=f"Authentication-Results: mx.muster.example; {methods}\r\n")


@bomb
def results_of_quotes() -> bytes:
    pairs = "\r\n ".join(['dkim="' + "\\" * 700 + '"'] * 400)
    return mail_of("quotes", FORM, more=f"Authentication-Results: mx.muster.example; {pairs}\r\n")


@bomb
def long_names_of_attachments() -> bytes:
    name = "\r\n ".join(["a" * 500 + "/../\u202e"] * 2_000)
    part = f'--x\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\nx\r\n'
    return mail_of("names", f"--x\r\n\r\n{FORM}\r\n{part * 2}--x--\r\n", 'multipart/mixed; boundary="x"')


@bomb
def newsletter() -> bytes:
    link = '<a href="https://t.example/c?u=https%3A%2F%2Fa.example"><b>Auto:</b></a>'
    tile = f'<tr><td style="x">{link}</td><td>1 €</td></tr>'
    return mail_of("newsletter", f"<table>{tile * 30_000}</table>", "text/html", more="List-Unsubscribe: <x>\r\n")
