"""What a person is looked for in: mails of strangers, and those of our own that others' mails go along with."""

import base64

import pytest

from daemon.person.search import texts

DEPTH = 3000
IN_EACH_OTHER = {
    "multipart": b"Content-Type: multipart/mixed; boundary=b0\r\n\r\n"
    + b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(DEPTH)),
    "message": b"Content-Type: message/rfc822\r\n\r\n" * DEPTH + b"Subject: x\r\n\r\n",
}


@pytest.mark.parametrize("shape", IN_EACH_OTHER)
def test_parts_in_each_other_end_nothing(shape: str) -> None:
    assert any("eva@kunde.example" in text for text in texts(IN_EACH_OTHER[shape] + b"eva@kunde.example"))


def test_words_are_found_in_a_mail_that_goes_along_as_a_file() -> None:
    original = b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode("Eva Käfer".encode())
    ours = b'Content-Type: application/octet-stream; name="original.eml"\r\nContent-Transfer-Encoding: base64\r\n'
    ours += b'Content-Disposition: attachment; filename="original.eml"\r\n\r\n' + base64.b64encode(original)
    assert any("Eva Käfer" in text for text in texts(ours))
