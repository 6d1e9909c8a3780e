"""Mails that are small to send and large to read: row S4's kinds, each in about a function."""

import base64
import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator

KEY = "Bombe"
_HEAD = (
    "From: Max Bombe <max@kunde.example>\r\nTo: website.berlin.h3t8@leads.muster.example\r\n"
    "Subject: {subject}\r\nDate: Mon, 23 Nov 2026 09:00:00 +0100\r\nMessage-ID: <{id}@kunde.example>\r\n"
    "MIME-Version: 1.0\r\n"
)
FORM = "Name: Max Bombe\r\nE-Mail: max@kunde.example\r\nNachricht: Hallo\r\n"
_LINE = re.compile(rb"[^\r\n]+")
_LONGEST = 45_000
"""No line may be longer than a server takes."""
Bomb = Callable[[], bytes]
BOMBS: dict[str, Bomb] = {}


def bomb(make: Bomb) -> Bomb:
    BOMBS[make.__name__.replace("_", "-")] = make
    return make


def mail_of(name: str, body: str | bytes, kind: str = "text/plain; charset=utf-8", more: str = "") -> bytes:
    head = _HEAD.format(subject=f"{KEY} {name}", id=name) + more + f"Content-Type: {kind}\r\n\r\n"
    return head.encode() + _LINE.sub(_cut, body if isinstance(body, bytes) else body.encode()) + b"\r\n"


def _cut(line: re.Match[bytes]) -> bytes:
    return b"\r\n".join(line[0][start : start + _LONGEST] for start in range(0, len(line[0]), _LONGEST))


def _lines(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def attached(name: str, data: bytes, kind: str, file: str) -> bytes:
    first = f"--x\r\nContent-Type: text/plain\r\n\r\n{FORM}\r\n--x\r\nContent-Type: {kind}\r\n"
    disposition = f'Content-Disposition: attachment; filename="{file}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return mail_of(
        name, (first + disposition).encode() + _lines(data) + b"\r\n--x--\r\n", 'multipart/mixed; boundary="x"'
    )


@bomb
def nested_multiparts() -> bytes:
    depth = 4_000
    opened = "".join(f'--b{n}\r\nContent-Type: multipart/mixed; boundary="b{n + 1}"\r\n\r\n' for n in range(depth))
    return mail_of("nested", opened + f"--b{depth}\r\n\r\n{FORM}", 'multipart/mixed; boundary="b0"')


@bomb
def nested_messages() -> bytes:
    return mail_of("messages", "Content-Type: message/rfc822\r\n\r\n" * 20_000 + FORM, "message/rfc822")


@bomb
def many_parts() -> bytes:
    return mail_of("parts", "--x\r\n\r\na\r\n" * 60_000 + "--x--\r\n", 'multipart/mixed; boundary="x"')


@bomb
def many_headers() -> bytes:
    return mail_of("headers", FORM, more="".join(f"X-{n}: y\r\n" for n in range(60_000)))


@bomb
def long_header() -> bytes:
    return mail_of("folded", FORM, more="X-Long: " + "abc\r\n " * 100_000 + "end\r\n")


@bomb
def many_addresses() -> bytes:
    return mail_of("addresses", FORM, more="Cc: " + ",\r\n ".join(f"a{n}@b.example" for n in range(40_000)) + "\r\n")


@bomb
def deep_comments() -> bytes:
    comment = "\r\n ".join(["(" * 500] * 200)
    return mail_of("comments", FORM, more=f"Reply-To: {comment}a@b.example\r\n")


@bomb
def groups_in_groups() -> bytes:
    return mail_of("groups", FORM, more="Reply-To: " + "\r\n ".join(["a:" * 400] * 200) + "\r\n")


@bomb
def encoded_words() -> bytes:
    return mail_of("words", FORM, more="Subject: " + "\r\n ".join(["=?utf-8?q?=0D=0ABcc=3A?="] * 40_000) + "\r\n")


@bomb
def many_parameters() -> bytes:
    parameters = ";\r\n ".join(f"name*{n}*=utf-8''%00%0D%0A" for n in range(40_000))
    return mail_of("parameters", FORM, f"text/plain; {parameters}")


@bomb
def one_line() -> bytes:
    return mail_of("line", "\r\n".join(["x" * 60_000] * 100))


@bomb
def many_lines() -> bytes:
    return mail_of("lines", "\r\n" * 2_000_000 + FORM)


@bomb
def colons() -> bytes:
    return mail_of("colons", "\r\n".join(["a: " * 300] * 5_000))


@bomb
def labels() -> bytes:
    return mail_of("labels", "Name: Max Phone: 1 " * 100_000)


@bomb
def digits() -> bytes:
    return mail_of("digits", "\r\n".join(["030 123 456 789 " * 60] * 2_000))


@bomb
def spaces() -> bytes:
    return mail_of("spaces", "\r\n".join(["Name:" + " \t" * 30_000 + "x"] * 40))


@bomb
def quoted() -> bytes:
    return mail_of("quoted", "\r\n".join([">" * 1_000 + " Von: a"] * 2_000))


@bomb
def forwards_in_forwards() -> bytes:
    block = "---------- Forwarded message ---------\r\nFrom: A <a@b.example>\r\nSubject: y\r\nTo: c@d.example\r\n\r\n"
    return mail_of("forwards", block * 20_000)


@bomb
def quoted_printable() -> bytes:
    return mail_of("qp", "=0D=0A=3D" * 400_000, more="Content-Transfer-Encoding: quoted-printable\r\n")


@bomb
def nested_html() -> bytes:
    return mail_of("tags", "<div><table><tr><td>" * 100_000 + "x", "text/html")


@bomb
def attributes() -> bytes:
    return mail_of("attributes", "<p " + " ".join(f"a{n}=1" for n in range(200_000)) + ">x", "text/html")


@bomb
def unclosed_tags() -> bytes:
    return mail_of("unclosed", "<b" * 500_000 + "<!--" * 200_000, "text/html")


@bomb
def entities_of_html() -> bytes:
    return mail_of("html-entities", "&amp;lt;" * 400_000 + "&#x41;" * 200_000, "text/html")


@bomb
def wide_table() -> bytes:
    return mail_of("wide", "<table>" + ("<tr>" + "<td>Name</td>" * 500 + "</tr>") * 300 + "</table>", "text/html")


@bomb
def billion_laughs() -> bytes:
    names = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return mail_of(
        "laughs", f'<?xml version="1.0"?><!DOCTYPE adf [<!ENTITY l0 "lol">{names}]><adf>&l9;</adf>', "text/xml"
    )


@bomb
def quadratic_entity() -> bytes:
    text = f'<!DOCTYPE adf [<!ENTITY a "{"a" * 60_000}">]><adf><prospect><comments>{"&a;" * 20_000}'
    return mail_of("quadratic", text + "</comments></prospect></adf>", "application/xml")


@bomb
def external_entity() -> bytes:
    text = (
        '<!DOCTYPE adf [<!ENTITY a SYSTEM "file:///dev/zero">]><adf><prospect><comments>&a;</comments></prospect></adf>'
    )
    return mail_of("external", text, "application/xml")


@bomb
def deep_xml() -> bytes:
    return mail_of("deep-xml", "<adf>" + "<prospect>" * 300_000, "application/xml")


@bomb
def many_prospects() -> bytes:
    one = "<prospect><customer><contact><name>A</name><email>a@b.example</email></contact></customer></prospect>"
    return mail_of("prospects", f"<adf>{one * 20_000}</adf>", "application/xml")


@bomb
def xml_in_comments() -> bytes:
    return mail_of("comments-xml", "<!-- <call><name>A</name></call> -->" * 50_000, "text/html")


@bomb
def nested_json() -> bytes:
    script = '<script type="application/ld+json">'
    return mail_of("json", f"{script}{'[' * 200_000}{']' * 200_000}</script>", "text/html")


@bomb
def many_json_items() -> bytes:
    item = '{"@type":"Person","name":"A","email":"a@b.example"},'
    text = f'<script type="application/ld+json">[{item * 40_000}{{}}]</script>'
    return mail_of("items", text, "text/html")


@bomb
def nested_microdata() -> bytes:
    return mail_of(
        "microdata", '<div itemscope itemprop="a" itemtype="http://schema.org/Person">' * 30_000, "text/html"
    )


@bomb
def nested_events() -> bytes:
    return mail_of("events", "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 60_000, "text/calendar; method=REQUEST")


@bomb
def folded_calendar() -> bytes:
    text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:" + "x\r\n " * 400_000 + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    return mail_of("folded-calendar", text, "text/calendar")


@bomb
def endless_rule() -> bytes:
    rule = "RRULE:FREQ=SECONDLY;COUNT=999999999\r\n" + "EXDATE:20260101T000000Z\r\n" * 50_000
    text = (
        f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T000000Z\r\n{rule}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return mail_of("rule", text, "text/calendar")


@bomb
def many_cards() -> bytes:
    return attached("cards", b"BEGIN:VCARD\r\nFN:A\r\nTEL:1\r\nEND:VCARD\r\n" * 60_000, "text/vcard", "a.vcf")


@bomb
def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"\0" * (200 << 20))
    return attached("zip", packed.getvalue(), "application/zip", "a.zip")


@bomb
def gzip_bomb() -> bytes:
    return attached("gzip", gzip.compress(b"\0" * (200 << 20)), "application/gzip", "a.xml.gz")


@bomb
def compressed_rtf() -> bytes:
    """A winmail.dat that says it holds gigabytes."""
    return attached("tnef", b"\x78\x9f\x3e\x22\x00\x00" + b"\x02\x05\x90\x06\x00\xff\xff\xff\x7f" * 50_000,
                     "application/ms-tnef", "winmail.dat")  # fmt: skip


@bomb
def charset_of_many_bytes() -> bytes:
    return mail_of("utf7", b"+" * 2_000_000, "text/plain; charset=utf-7")


@bomb
def codec_that_unpacks() -> bytes:
    """Python has codecs that are no charsets: `zlib_codec` unpacks, `idna` and `punycode` take quadratic time."""
    return mail_of("codec", base64.b64encode(zlib.compress(b"a" * (100 << 20))), "text/plain; charset=zlib_codec",
                 more="Content-Transfer-Encoding: base64\r\n")  # fmt: skip


@bomb
def punycode() -> bytes:
    return mail_of("punycode", b"xn--" + b"a9" * 200_000, "text/plain; charset=punycode")


@bomb
def bidi_and_combining() -> bytes:
    return mail_of("combining", ("a" + "\u0301" * 2_000 + "\u202e") * 800)


@bomb
def bounce_of_many() -> bytes:
    report = "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\n" * 40_000
    body = f"--x\r\nContent-Type: message/delivery-status\r\n\r\n{report}\r\n--x--\r\n"
    return mail_of("bounce", body, 'multipart/report; report-type=delivery-status; boundary="x"')


def bombs() -> Iterator[tuple[str, bytes]]:
    """Name and mail of each, made one at a time."""
    for name, make in BOMBS.items():
        yield name, make()
