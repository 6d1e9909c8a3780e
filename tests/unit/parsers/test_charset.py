import pytest

from parsers.charset import codec, decode, fallbacks


@pytest.mark.parametrize(
    ("text", "written", "label"),
    [
        ("Prøvetur på Ærø", "cp1252", "iso-8859-1"),
        ("Preis 24.500 €", "cp1252", "iso-8859-1"),
        ("Preis 24.500 €", "utf-8", "us-ascii"),
        ("Prøvetur", "utf-8", "x-no-such-charset"),
        ("Prøvetur", "cp1252", "x-no-such-charset"),
        ("Prøvetur", "cp1252", None),
        ("我想预约试驾", "gb18030", "gb2312"),
        ("我想预约试驾", "gb18030", "x-gbk"),
        ("預約試駕", "big5", "big5"),
        ("Привет", "mac_cyrillic", "x-mac-cyrillic"),
        ("テスト", "iso-2022-jp", "iso-2022-jp"),
        ("Grüße", "utf-7", "unicode-1-1-utf-7"),
        ("Grüße", "utf-8-sig", "utf-8"),
        ("Grüße", "utf-8", ' "UTF-8" '),
    ],
)
def test_text_comes_back(text: str, written: str, label: str | None) -> None:
    assert decode(text.encode(written), label)[0] == text


def test_wrong_label_is_seen() -> None:
    assert decode("Grüße".encode("cp1252"), "utf-8") == ("Grüße", False)
    assert decode("Grüße".encode(), "utf-8") == ("Grüße", True)


@pytest.mark.parametrize(
    ("region", "language", "text", "written"),
    [("CN", None, "试驾", "gb18030"), ("DE", "zh", "试驾", "gb18030"), ("TW", "zh", "試駕", "big5")],
)
def test_unlabelled_text_is_read_by_region_and_language(region: str, language: str, text: str, written: str) -> None:
    assert decode(text.encode(written), None, fallbacks(region, language))[0] == text


@pytest.mark.parametrize(
    "label", ["ut\x00f-8", "", None, "hex", "zip", "unicode_escape", "idna", "x" * 5000, "ü", "../x"]
)
def test_labels_that_are_none(label: str | None) -> None:
    assert codec(label) is None
    assert decode(b"\xc3\xbc", label)[0] == "ü"


def test_undecodable_bytes_become_replacement_signs() -> None:
    assert decode(b"a\x81b", "utf-8") == ("a\ufffdb", False)
