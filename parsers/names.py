"""Names of persons and companies."""

import re
from functools import lru_cache

from parsers.clean import single_line

_COMPANY = re.compile(
    r"^(?i:firma|fa\.|bedrijf|société|ditta|company)\s|(?<!\w)(?:(?i:gmbh(?:\s*&\s*co\.?\s*kg)?|kgaa|ohg|gbr|e\.\s?k\.?|e\.\s?v\.?|aps|a/s|i/s|k/s|p/s|ltd\.?|limited|llc|"
    r"l\.l\.c\.|inc\.?|plc|corp\.?|corporation|llp|b\.v\.?|n\.v\.?|v\.o\.f\.|s\.a\.?|sarl|s\.à\.?r\.?l\.?|sasu|eurl|s\.r\.l\.?|srl|"
    r"s\.p\.a\.?|s\.n\.c\.?|mbb|autohaus)|AG|KG|UG|SE|IVS|BV|NV|VOF|SA|SAS|SpA|SPA|SNC)(?!\w)"
    r"|公司|集团|有限|商行|工作室|车行|汽贸|4S店|株式会社"
)
_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff\uac00-\ud7af]")
_SALUTATION = re.compile(
    r"(?i:herrn?|familien?|family|frau|fr\.|hr\.?|fru|mr\.?|mrs\.?|ms\.?|miss|mme\.?|mlle\.?|m\.|monsieur|madame|sig\.?|sig\.ra|signora?|dhr\.?|mevr\.?)\s+"
)
_TWO_WORDS = re.compile(r"([^\W\d_][\w'’-]+) ([^\W\d_][\w'’-]+)")
_TITLES = frozenset({"dr", "prof", "sir", "lady", "lord", "van", "von", "de", "di", "le", "la", "du"})


@lru_cache(maxsize=2048)
def name_parts(text: str) -> tuple[str | None, str | None, str | None]:
    """Split a full name into (first names, last name, company).

    A company's name is only a company; a Chinese, Japanese or Korean name and a single word stay whole, as which
    part is which cannot be known.
    """
    name = single_line(text, 200) or ""
    if _COMPANY.search(name):
        return None, None, name
    if not name or _CJK.search(name):
        return None, None, None
    bare = _SALUTATION.sub("", name, count=1) if _SALUTATION.match(name) else name
    if " " not in bare:
        return None, (bare if bare != name else None), None
    two = _TWO_WORDS.fullmatch(bare)
    if two and two[1].casefold() not in _TITLES:
        return two[1], two[2], None
    return _parsed(bare)


def _parsed(name: str) -> tuple[str | None, str | None, None]:
    from nameparser import HumanName  # 60 ms to import

    try:
        human = HumanName(name)
    except Exception:  # a stranger's text must not stop the mail
        return None, None, None
    return " ".join(filter(None, (human.first, human.middle))) or None, human.last or None, None
