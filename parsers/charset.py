"""Bytes to text when the sender's label is wrong, unknown or missing.

The ladder: what is declared, strictly; UTF-8, strictly; what the region writes in, strictly; then replacement signs.
Detectors are left out on purpose: on the short texts of leads they name the wrong code page more often than the
region does.
"""

import codecs
from functools import lru_cache

_ALIASES = {
    "us-askey": "ascii",
    "iso-8859-1": "cp1252", "iso8859-1": "cp1252", "iso_8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "gb_2312-80": "gb18030", "cp936": "gb18030",
    "chinese": "gb18030", "x-euc-cn": "gb18030", "big5": "big5hkscs", "x-x-big5": "big5hkscs",
    "shift_jis": "cp932", "shift-jis": "cp932", "x-sjis": "cp932", "iso-2022-jp": "iso2022_jp_ext",
    "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "x-mac-cyrillic": "mac_cyrillic", "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman", "unicode-1-1-utf-7": "utf_7", "utf-8": "utf_8_sig", "utf8": "utf_8_sig",
    "utf8mb4": "utf_8_sig", "windows-874": "cp874", "iso-8859-9": "cp1254", "iso-8859-8-i": "iso8859_8",
}  # fmt: skip
"""Labels as mails spell them -> codec. A label often names a subset of what was really written: WHATWG's table does
the same (Latin-1 as Windows-1252, GB 2312 as GB 18030)."""

_REFUSED = {"unicode_escape", "raw_unicode_escape", "idna", "punycode", "undefined", "mbcs", "oem", "charmap"}
"""Codecs that are no character sets, or cost quadratic time."""
_STATEFUL = ("utf_7", "utf_16", "utf_32", "iso2022", "hz")
"""Codecs in which ASCII bytes do not stand for themselves."""

_WESTERN = ("cp1252",)
_CHINESE = ("gb18030", "big5hkscs")
_BY_REGION = {"CN": _CHINESE, "SG": _CHINESE, "TW": _CHINESE[::-1], "HK": _CHINESE[::-1], "MO": _CHINESE[::-1]}


def fallbacks(region: str, language: str | None) -> tuple[str, ...]:
    """Character sets that unlabelled 8-bit text of a region or language is most likely in."""
    if language and language.startswith("zh"):
        return _BY_REGION.get(region, _CHINESE)
    return _BY_REGION.get(region, _WESTERN)


@lru_cache(maxsize=512)
def codec(label: str | None) -> str | None:
    """Find Python's codec for a label from a mail; None where there is none that can be trusted."""
    bare = (label or "").strip(" \t\"'").lower().removeprefix("charset=").removeprefix("x-unix-")
    if not bare or len(bare) > 40 or not bare.isascii() or not bare.isprintable():
        return None
    if bare in _ALIASES:
        return _ALIASES[bare]
    try:
        found = codecs.lookup(bare)
    except (LookupError, ValueError, ImportError, UnicodeError):
        return None
    name = found.name.replace("-", "_")
    is_text = getattr(found, "_is_text_encoding", True)
    return name if is_text and name not in _REFUSED else None


def decode(data: bytes, label: str | None, others: tuple[str, ...] = _WESTERN) -> tuple[str, bool]:
    """Decode by the ladder.

    Args:
        data: What stands in the mail, after the transfer encoding.
        label: The declared character set, as written.
        others: Character sets to try after UTF-8 (`fallbacks`).

    Returns:
        The text, and whether the label (or ASCII) was true to it.
    """
    declared = codec(label)
    if data.isascii() and not (declared and declared.startswith(_STATEFUL)):
        return data.decode("ascii"), True
    for step, name in enumerate((declared, "utf_8_sig", *others)):
        if name is None:
            continue
        try:
            return data.decode(name), step == 0
        except (UnicodeError, ValueError, LookupError):
            continue
    return data.decode(others[0], "replace"), False
