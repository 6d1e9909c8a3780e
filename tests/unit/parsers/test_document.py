from collections.abc import Callable

import pytest

from parsers.document import Document

Make = Callable[..., Document]

TWO = """From: a@example.de
Content-Type: multipart/{kind}; boundary=b"""


def two(mail: Make, kind: str, first: str, second: str) -> Document:
    return mail(TWO.format(kind=kind), f"--b\n{first}\n--b\n{second}\n--b--\n")


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nGrüße"
HTML = "Content-Type: text/html; charset=utf-8\n\n<p>Gr&uuml;&szlig;e <b>fett</b></p>"


def test_of_alternatives_the_plain_text_is_read(mail: Make) -> None:
    assert two(mail, "alternative", PLAIN, HTML).text == "Grüße"


def test_a_blank_alternative_gives_way_to_html(mail: Make) -> None:
    assert two(mail, "alternative", "Content-Type: text/plain\n\n  \n", HTML).text == "Grüße fett"


def test_mixed_texts_are_all_read(mail: Make) -> None:
    document = two(mail, "mixed", PLAIN, HTML)
    assert document.text == "Grüße\nGrüße fett"
    assert (len(document.plain), len(document.html)) == (1, 1)


def test_text_of_a_nested_message_is_not_ours(mail: Make) -> None:
    inner = "Content-Type: message/rfc822\n\nFrom: eve@example.net\nSubject: inner\n\ninner words\n"
    document = two(mail, "mixed", PLAIN, inner)
    assert document.text == "Grüße"
    assert [nested.text for nested in document.nested] == ["inner words"]
    assert document.nested[0].headers.get("subject") == "inner"


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ('attachment; filename="../../etc/passwd"', "passwd"),
        ('attachment; filename="C:\\\\x\\\\a.pdf"', "a.pdf"),
        ("attachment; filename*=utf-8''Pr%C3%BCfung.pdf", "Prüfung.pdf"),
        ('attachment; filename="=?utf-8?q?Pr=C3=BCfung.pdf?="', "Prüfung.pdf"),
        ('attachment; filename="a\x00b\u202e.pdf"', "ab.pdf"),
        ("attachment", None),
    ],
)
def test_attachments_have_safe_names(mail: Make, head: str, name: str | None) -> None:
    part = f"Content-Type: application/pdf\nContent-Transfer-Encoding: base64\nContent-Disposition: {head}\n\nAAEC"
    attachment = two(mail, "mixed", PLAIN, part).attachments[0]
    assert (attachment.name, attachment.type, attachment.size) == (name, "application/pdf", 3)


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        ("quoted-printable", "Gr=C3=BC=\n=C3=9Fe", "Grüße"),
        ("base64", "R3LDvMOfZQ==", "Grüße"),
        ("base64", "R3LDvMOfZQ", "Grüße"),
        ("BASE64 ", "R3LD\nvMOf!ZQ==", "Grüße"),
        ("base64", "this was never base64", "this was never base64"),
        ("x-uuencode", "begin 644 a\n'1W+#O,.?90``\n \nend", "Grüße"),
        ("8bit", "Grüße", "Grüße"),
        ("nonsense", "Grüße", "Grüße"),
    ],
)
def test_transfer_encodings(mail: Make, encoding: str, body: str, text: str) -> None:
    head = f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {encoding}"
    assert (mail(head, body).text or "").rstrip("\x00") == text


def test_html_names_its_own_charset(mail: Make) -> None:
    body = '<meta charset="gb2312">试驾'.encode("gb18030")
    assert mail("Content-Type: text/html", body).text == "试驾"


def test_doubled_fields_are_noted_and_the_first_counts(mail: Make) -> None:
    document = mail("From: a@example.de\nFrom: b@example.de\nSubject: one\nSubject: two")
    assert document.sender == (None, "a@example.de")
    assert document.headers.get("subject") == "one"
    assert {"more than one From field", "more than one Subject field"} <= set(document.defects)


def test_an_empty_mail_is_a_document(mail: Make) -> None:
    assert mail("").text is None
