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
_FORM = "Name: Max Bombe\r\nE-Mail: max@kunde.example\r\nNachricht: Hallo\r\n"
_LONG = re.compile(rb"([^\r\n]{45000})")
"""No line may be longer than a server takes."""
Bomb = Callable[[], bytes]
BOMBS: dict[str, Bomb] = {}


def _bomb(make: Bomb) -> Bomb:
    BOMBS[make.__name__.replace("_", "-")] = make
    return make


def _mail(name: str, body: str | bytes, kind: str = "text/plain; charset=utf-8", more: str = "") -> bytes:
    head = _HEAD.format(subject=f"{KEY} {name}", id=name) + more + f"Content-Type: {kind}\r\n\r\n"
    return head.encode() + _LONG.sub(rb"\1\r\n", body if isinstance(body, bytes) else body.encode()) + b"\r\n"


def _lines(data: bytes) -> bytes:
    return base64.encodebytes(data).replace(b"\n", b"\r\n")


def _attached(name: str, data: bytes, kind: str, file: str) -> bytes:
    first = f"--x\r\nContent-Type: text/plain\r\n\r\n{_FORM}\r\n--x\r\nContent-Type: {kind}\r\n"
    disposition = f'Content-Disposition: attachment; filename="{file}"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return _mail(
        name, (first + disposition).encode() + _lines(data) + b"\r\n--x--\r\n", 'multipart/mixed; boundary="x"'
    )


@_bomb
def nested_multiparts() -> bytes:
    depth = 4_000
    opened = "".join(f'--b{n}\r\nContent-Type: multipart/mixed; boundary="b{n + 1}"\r\n\r\n' for n in range(depth))
    return _mail("nested", opened + f"--b{depth}\r\n\r\n{_FORM}", 'multipart/mixed; boundary="b0"')


@_bomb
def nested_messages() -> bytes:
    return _mail("messages", "Content-Type: message/rfc822\r\n\r\n" * 20_000 + _FORM, "message/rfc822")


@_bomb
def many_parts() -> bytes:
    return _mail("parts", "--x\r\n\r\na\r\n" * 60_000 + "--x--\r\n", 'multipart/mixed; boundary="x"')


@_bomb
def many_headers() -> bytes:
    return _mail("headers", _FORM, more="".join(f"X-{n}: y\r\n" for n in range(60_000)))


@_bomb
def long_header() -> bytes:
    return _mail("folded", _FORM, more="X-Long: " + "abc\r\n " * 100_000 + "end\r\n")


@_bomb
def many_addresses() -> bytes:
    return _mail("addresses", _FORM, more="Cc: " + ",\r\n ".join(f"a{n}@b.example" for n in range(40_000)) + "\r\n")


@_bomb
def deep_comments() -> bytes:
    comment = "\r\n ".join(["(" * 500] * 200)
    return _mail("comments", _FORM, more=f"Reply-To: {comment}a@b.example\r\n")


@_bomb
def groups_in_groups() -> bytes:
    return _mail("groups", _FORM, more="Reply-To: " + "\r\n ".join(["a:" * 400] * 200) + "\r\n")


@_bomb
def encoded_words() -> bytes:
    return _mail("words", _FORM, more="Subject: " + "\r\n ".join(["=?utf-8?q?=0D=0ABcc=3A?="] * 40_000) + "\r\n")


@_bomb
def many_parameters() -> bytes:
    parameters = ";\r\n ".join(f"name*{n}*=utf-8''%00%0D%0A" for n in range(40_000))
    return _mail("parameters", _FORM, f"text/plain; {parameters}")


@_bomb
def one_line() -> bytes:
    return _mail("line", "\r\n".join(["x" * 60_000] * 100))


@_bomb
def many_lines() -> bytes:
    return _mail("lines", "\r\n" * 2_000_000 + _FORM)


@_bomb
def colons() -> bytes:
    return _mail("colons", "\r\n".join(["a: " * 300] * 5_000))


@_bomb
def labels() -> bytes:
    return _mail("labels", "Name: Max Phone: 1 " * 100_000)


@_bomb
def digits() -> bytes:
    return _mail("digits", "\r\n".join(["030 123 456 789 " * 60] * 2_000))


@_bomb
def spaces() -> bytes:
    return _mail("spaces", "\r\n".join(["Name:" + " \t" * 30_000 + "x"] * 40))


@_bomb
def quoted() -> bytes:
    return _mail("quoted", "\r\n".join([">" * 1_000 + " Von: a"] * 2_000))


@_bomb
def forwards_in_forwards() -> bytes:
    block = "---------- Forwarded message ---------\r\nFrom: A <a@b.example>\r\nSubject: y\r\nTo: c@d.example\r\n\r\n"
    return _mail("forwards", block * 20_000)


@_bomb
def quoted_printable() -> bytes:
    return _mail("qp", "=0D=0A=3D" * 400_000, more="Content-Transfer-Encoding: quoted-printable\r\n")


@_bomb
def nested_html() -> bytes:
    return _mail("tags", "<div><table><tr><td>" * 100_000 + "x", "text/html")


@_bomb
def attributes() -> bytes:
    return _mail("attributes", "<p " + " ".join(f"a{n}=1" for n in range(200_000)) + ">x", "text/html")


@_bomb
def unclosed_tags() -> bytes:
    return _mail("unclosed", "<b" * 500_000 + "<!--" * 200_000, "text/html")


@_bomb
def entities_of_html() -> bytes:
    return _mail("html-entities", "&amp;lt;" * 400_000 + "&#x41;" * 200_000, "text/html")


@_bomb
def wide_table() -> bytes:
    return _mail("wide", "<table>" + ("<tr>" + "<td>Name</td>" * 500 + "</tr>") * 300 + "</table>", "text/html")


@_bomb
def billion_laughs() -> bytes:
    names = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return _mail(
        "laughs", f'<?xml version="1.0"?><!DOCTYPE adf [<!ENTITY l0 "lol">{names}]><adf>&l9;</adf>', "text/xml"
    )


@_bomb
def quadratic_entity() -> bytes:
    text = f'<!DOCTYPE adf [<!ENTITY a "{"a" * 60_000}">]><adf><prospect><comments>{"&a;" * 20_000}'
    return _mail("quadratic", text + "</comments></prospect></adf>", "application/xml")


@_bomb
def external_entity() -> bytes:
    text = (
        '<!DOCTYPE adf [<!ENTITY a SYSTEM "file:///dev/zero">]><adf><prospect><comments>&a;</comments></prospect></adf>'
    )
    return _mail("external", text, "application/xml")


@_bomb
def deep_xml() -> bytes:
    return _mail("deep-xml", "<adf>" + "<prospect>" * 300_000, "application/xml")


@_bomb
def many_prospects() -> bytes:
    one = "<prospect><customer><contact><name>A</name><email>a@b.example</email></contact></customer></prospect>"
    return _mail("prospects", f"<adf>{one * 20_000}</adf>", "application/xml")


@_bomb
def xml_in_comments() -> bytes:
    return _mail("comments-xml", "<!-- <call><name>A</name></call> -->" * 50_000, "text/html")


@_bomb
def nested_json() -> bytes:
    script = '<script type="application/ld+json">'
    return _mail("json", f"{script}{'[' * 200_000}{']' * 200_000}</script>", "text/html")


@_bomb
def many_json_items() -> bytes:
    item = '{"@type":"Person","name":"A","email":"a@b.example"},'
    text = f'<script type="application/ld+json">[{item * 40_000}{{}}]</script>'
    return _mail("items", text, "text/html")


@_bomb
def nested_microdata() -> bytes:
    return _mail("microdata", '<div itemscope itemprop="a" itemtype="http://schema.org/Person">' * 30_000, "text/html")


@_bomb
def nested_events() -> bytes:
    return _mail("events", "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 60_000, "text/calendar; method=REQUEST")


@_bomb
def folded_calendar() -> bytes:
    text = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:" + "x\r\n " * 400_000 + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    return _mail("folded-calendar", text, "text/calendar")


@_bomb
def endless_rule() -> bytes:
    rule = "RRULE:FREQ=SECONDLY;COUNT=999999999\r\n" + "EXDATE:20260101T000000Z\r\n" * 50_000
    text = (
        f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20260101T000000Z\r\n{rule}END:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return _mail("rule", text, "text/calendar")


@_bomb
def many_cards() -> bytes:
    return _attached("cards", b"BEGIN:VCARD\r\nFN:A\r\nTEL:1\r\nEND:VCARD\r\n" * 60_000, "text/vcard", "a.vcf")


@_bomb
def zip_bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b"\0" * (200 << 20))
    return _attached("zip", packed.getvalue(), "application/zip", "a.zip")


@_bomb
def gzip_bomb() -> bytes:
    return _attached("gzip", gzip.compress(b"\0" * (200 << 20)), "application/gzip", "a.xml.gz")


@_bomb
def compressed_rtf() -> bytes:
    """A winmail.dat that says it holds gigabytes."""
    return _attached("tnef", b"\x78\x9f\x3e\x22\x00\x00" + b"\x02\x05\x90\x06\x00\xff\xff\xff\x7f" * 50_000,
                     "application/ms-tnef", "winmail.dat")  # fmt: skip


@_bomb
def charset_of_many_bytes() -> bytes:
    return _mail("utf7", b"+" * 2_000_000, "text/plain; charset=utf-7")


@_bomb
def codec_that_unpacks() -> bytes:
    """Python has codecs that are no charsets: `zlib_codec` unpacks, `idna` and `punycode` take quadratic time."""
    return _mail("codec", base64.b64encode(zlib.compress(b"a" * (100 << 20))), "text/plain; charset=zlib_codec",
                 more="Content-Transfer-Encoding: base64\r\n")  # fmt: skip


@_bomb
def punycode() -> bytes:
    return _mail("punycode", b"xn--" + b"a9" * 200_000, "text/plain; charset=punycode")


@_bomb
def bidi_and_combining() -> bytes:
    return _mail("combining", ("a" + "\u0301" * 2_000 + "\u202e") * 800)


@_bomb
def bounce_of_many() -> bytes:
    report = "Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\n" * 40_000
    body = f"--x\r\nContent-Type: message/delivery-status\r\n\r\n{report}\r\n--x--\r\n"
    return _mail("bounce", body, 'multipart/report; report-type=delivery-status; boundary="x"')


def bombs() -> Iterator[tuple[str, bytes]]:
    """Name and mail of each, made one at a time."""
    for name, make in BOMBS.items():
        yield name, make()
