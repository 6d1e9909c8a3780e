"""What hostile and real mails are made of: the words that random inputs are put together from."""

PIECES = [
    b"<adf><prospect>", b"</prospect>", b"<name part='full'>", b"<![CDATA[", b"]]>", b"&amp;", b"&#0;", b"&#x202e;",
    b"<table><tr><td>", b"</td>", b"</tr>", b"<dl><dt>", b"<dd>", b"<br>", b"<b>", b"<a href='https://a.example/'>",
    b"Name: ", b"Telefon:\t", b"E-Mail: a@b.example", b"Nachricht:\n", b"Fahrzeug: ", b"Preis: ", b"Kennzeichen ",
    b"\r\n", b"\n\n", b"\n ", b"\xe2\x80\xa8", b"\xc2\x85", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\x00", b"\xff\xfe",
    b"12.345,-", b"24.500 EUR", b"12.8\xe4\xb8\x87\xe5\x85\xac\xe9\x87\x8c", b"13,200 miles", b"B-AB 1234",
    b"BEGIN:VCALENDAR\r\n", b"BEGIN:VEVENT\r\n", b"DTSTART;TZID=X:20261122T100000\r\n", b"END:VEVENT\r\n",
    b"BEGIN:VTIMEZONE\r\nTZID:X\r\n", b"RRULE:FREQ=DAILY", b"ATTENDEE;CN=Max:mailto:a@b.example\r\n", b"DURATION:PT1H",
    b"BEGIN:VCARD\r\nFN:", b"TEL;TYPE=cell:", b"END:VCARD\r\n", b"--x\r\n", b"--x--\r\n",
    b"Content-Type: text/html; charset=x\r\n", b"Content-Type: multipart/mixed; boundary=x\r\n\r\n",
    b"Content-Type: message/rfc822\r\n\r\n", b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Disposition: attachment; filename*=utf-8''a%2f..%00.exe\r\n", b"=?utf-8?b?", b"=?utf-8?q?=0A?=", b"?=",
    b"<!-- <call>", b"-->", b'<script type="application/ld+json">{"@type":', b'"Person"', b'"@id"', b"</script>",
    b"itemscope itemtype='http://schema.org/Order'", b"itemprop='customer'", b"Von: ", b"From: a@b.example\r\n",
    b"Gesendet: Montag\r\n", b"Betreff: x\r\n", b"-----Original Message-----", b"Am 1.1.2026 schrieb A <a@b.example>:",
    b"> ", b"-- \r\n", b"WVWZZZ1KZAW000001", b"+49 30 123456", b"https://a.example/?u=", b"\xf0\x9f\x9a\x97",
    b"Final-Recipient: rfc822; a@b.example\r\n", b"Action: failed\r\n", b"Status: 5.1.1\r\n", b"22.11.2026 10:00 Uhr",
    b"Herr Dr. ", b"GmbH & Co. KG", "姓名：".encode(), "王小明".encode(), "先生".encode(), b"Frage 1: ", b"- - - - -\n",
    b"!take ",
    b"!note ",
    b"##- x -##\n",
    b"a@b.example wrote:\n",
    b"<blockquote>",
    b"</blockquote>",
    b"desk+l-7kq2m4-2.tabcdefghabcdefgh@x.example",
]  # fmt: skip


def dictionary() -> str:
    """The pieces as a file for libFuzzer's `-dict`."""
    return "".join('"' + "".join(rf"\x{byte:02x}" for byte in piece) + '"\n' for piece in PIECES)
