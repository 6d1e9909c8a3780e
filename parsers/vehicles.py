"""What identifies a car: VIN, plate, year."""

import re
import unicodedata
from collections.abc import Iterator

# ISO 3779: 17 characters without I, O and Q. The check digit holds only in North America, so it rejects nothing here.
_VIN = re.compile(r"(?<![A-Z0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Z0-9])")
_FREE_VIN = re.compile(
    r"(?<![A-Za-z0-9])(?:[A-HJ-NPR-Z0-9]{13}|[a-hj-npr-z0-9]{13})[0-9]{4}(?![A-Za-z0-9])",
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)[0-9]{2}(?!\d)")
_DASHES = re.compile(r"[‐‑‒–—−·•．.]")
_PLATES: dict[str, tuple[re.Pattern[str], str]] = {
    "DE": (re.compile(r"([A-ZÄÖÜ]{1,3})[-: ]{1,3}([A-Z]{1,2})[- ]{0,2}(\d{1,4})\s?([EH]?)"), r"\1-\2 \3\4"),
    "AT": (re.compile(r"([A-Z]{1,2})[- ]?(\d{1,5})\s?([A-Z]{1,3})()"), r"\1-\2\3"),
    "DK": (re.compile(r"([A-Z]{2})[- ]?(\d{2})[- ]?(\d{3})()"), r"\1 \2 \3"),
    "GB": (re.compile(r"([A-Z]{1,2}\d{1,3}|[A-Z]{3}(?=\s?\d))\s?([A-Z]{3}|\d{1,3}[A-Z])()()"), r"\1 \2"),
    "FR": (re.compile(r"([A-Z]{2})[- ]?(\d{3})[- ]?([A-Z]{2})()"), r"\1-\2-\3"),
    "IT": (re.compile(r"([A-Z]{2})[- ]?(\d{3})[- ]?([A-Z]{2})()"), r"\1\2\3"),
}
# province, office, then five characters, or six of an electric car; the fifth may be a word (police, trailer, ...)
_CHINESE = re.compile(
    r"([京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领][A-Z])[- ]?"
    r"([A-Z0-9]{5,6}|[A-Z0-9]{4}[学警港澳挂使领])"
)
_LETTERS = re.compile(r"[^\W\d_]+")
_VANITY = ("US", "CA", "AU", "NZ")
_DUTCH = re.compile(r"(?=[A-Z0-9-]*\d)(?=[A-Z0-9-]*[A-Z])[A-Z0-9]{1,3}-[A-Z0-9]{2,3}-[A-Z0-9]{1,2}")
_NL_GROUPS = re.compile(r"[A-Z]{1,3}|[0-9]{1,3}")


def vin(text: str) -> str | None:
    """Read a vehicle identification number in upper case; spaces and dashes inside a labelled value do not matter."""
    upper = unicodedata.normalize("NFKC", text[:300]).upper()
    found = _VIN.search(upper) or _VIN.fullmatch(re.sub(r"[\s.-]", "", upper))
    if found is None or sum(c.isdigit() for c in found[0]) < 3 or found[0].isdigit():
        return None
    return found[0]


def vins(text: str) -> Iterator[str]:
    """Every identification number of a text that stands there in one piece; its last four characters are digits.

    ISO 3779 demands that, and it keeps out most of the random names that programs give to things.
    """
    for found in _FREE_VIN.finditer(text):
        if not found[0].isdigit():
            yield found[0].upper()


def plate_at(text: str, region: str | None) -> str | None:
    """Read a plate in capital letters at the start of a text, in the form of its country or of China; else None."""
    bare = _DASHES.sub("-", text)
    chinese = _CHINESE.match(bare)
    if chinese:
        return chinese.expand(r"\1\2") if not bare[chinese.end() : chinese.end() + 1].isalnum() else None
    pattern, form = _PLATES.get(region or "", (None, ""))
    found = (pattern or _DUTCH).match(bare) if pattern or region == "NL" else None
    if found is None or bare[found.end() : found.end() + 1].isalnum():
        return None
    return found.expand(form) if pattern else plate(found[0], region)


def year(text: str) -> str | None:
    """Read the four digits of a year (1900 to 2099) out of `2021`, `03/2019` or `EZ 2019`."""
    found = _YEAR.search(unicodedata.normalize("NFKC", text[:100]))
    return found[0] if found else None


def plate(text: str, region: str | None) -> str | None:
    """Read the plate of a labelled value, in the spelling of its country where that is known.

    Args:
        text: The value of a label that says plate: anything short with letters and digits is taken.
        region: ISO country of the site.
    """
    written = re.split(r"[(\[,;|（]", unicodedata.normalize("NFKC", text[:60]))[0]
    upper = " ".join(_DASHES.sub("-", written).upper().split())
    chinese = _CHINESE.fullmatch(upper)
    if chinese:
        return chinese.expand(r"\1\2")
    pattern, form = _PLATES.get(region or "", (None, ""))
    found = pattern.fullmatch(upper.replace("- ", "-")) if pattern else None
    if found:
        return found.expand(form)
    if region == "NL" and re.fullmatch(r"[A-Z0-9]{6}", re.sub(r"[- ]", "", upper)):
        return "-".join(_NL_GROUPS.findall(upper))
    words = _LETTERS.findall(upper)
    likely = words and any(c.isdigit() for c in upper) and (max(map(len, words)) <= 4 or region in _VANITY)
    return upper if likely and len(upper) <= 12 and re.fullmatch(r"[\w -]+", upper) else None
