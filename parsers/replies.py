"""What is new in an answer: the text above the mail it quotes, without the signature.

Nobody's rules are always right here (the best library cuts 12 of 37 samples as a person would), so the whole text is
kept beside the new one, and where the rules find nothing to cut or nothing would be left, they say nothing. What
somebody wrote above a mail of ours is cut with more care: `parsers.answers`.
"""

import re
from collections.abc import Sequence

from parsers import headblock, ours, quoteline
from parsers.clean import block
from parsers.ours import DELIMITER as DELIMITER

_RULE = re.compile(r"[-_*#~=+—–ᐧ\s]+")
_DASHES = re.compile(r"\s*--\s*")
_SENT = headblock.phrases("sent")
_SENT_ANYWHERE = re.compile(r"(?:iphone|ipad|android|mobil|outlook|blackberry|handy|smartphone|phone)\b", re.IGNORECASE)
_SIGNATURE_LINES = 15
"""Lines that may stand below `--`; more are a text."""


def new_text(text: str | None) -> str | None:
    """The new part of an answer's text; None where nothing was quoted or signed, or nothing new was found."""
    if not text:
        return None
    lines = text.split("\n")[: headblock.LINES]
    cut = _first_quote(lines)
    kept = lines if cut is None else _beside_quotes(lines, *cut)
    found = block("\n".join(_unsigned(kept)))
    return found if found != text else None


def above_quotation(lines: Sequence[str]) -> int | None:
    """The number of lines above the first quotation; None where nothing is quoted, or nothing stands above."""
    cut = _first_quote(lines[: headblock.LINES])
    return cut[0] if cut and _any_text(lines[: cut[0]]) else None


def unquoted(text: str) -> str:
    """The text without what it quotes, its signature with it; all of it where nothing else stands there."""
    lines = text.replace("\r\n", "\n").split("\n")[: headblock.LINES]
    cut = _first_quote(lines)
    if cut and _any_text(lines[: cut[0]]):
        return "\n".join(_beside_quotes(lines, *cut))
    own = [line for line in lines if not line.startswith(">")]
    return "\n".join(own) if len(own) < len(lines) and _any_text(own[cut[1] - cut[0] if cut else 0 :]) else text


def _first_quote(lines: Sequence[str]) -> tuple[int, int] | None:
    """Where the text above the first quotation ends, and where the quotation begins."""
    found: list[tuple[int, int]] = []
    if (mark := next((number for number, line in enumerate(lines) if ours.is_delimiter(line)), None)) is not None:
        found.append((mark, len(lines)))  # nothing below is ever the customer's
    if (intro := quoteline.find(lines)) is not None:
        found.append((intro.start, intro.end))
    if (head := headblock.find(lines)) is not None and not (head.quoted and not _any_text(lines[: head.start])):
        found.append((head.start, len(lines)))
    if (mark := headblock.find_original(lines)) is not None:
        found.append((mark, len(lines)))
    if found:
        return min(found)
    last = len(lines)
    while last and (not lines[last - 1].strip() or lines[last - 1].startswith(">")):
        last -= 1
    quoted_end = any(line.startswith(">") for line in lines[last:])
    return (last, last) if quoted_end and _any_text(lines[:last]) else None


def _beside_quotes(lines: Sequence[str], above: int, begin: int) -> list[str]:
    """The text above, and answers that stand between or below quoted lines."""
    own = list(lines[:above])
    below = lines[begin:]
    if not next((line for line in below if line.strip()), "").startswith(">"):
        return own
    fresh, after_blank, seen = list[str](), False, False
    for line in below:
        if line.startswith(">"):
            seen, after_blank = True, True
        elif not line.strip():
            after_blank = True
            fresh.append("")
        elif seen and after_blank:
            fresh.append(line)
    return [*own, "", *_unsigned(fresh)] if _any_text(fresh) else own


def _unsigned(lines: Sequence[str]) -> list[str]:
    """The lines without a signature at their end: behind `-- `, or what telephones and mail programs sign with."""
    kept = list(lines)
    for number in range(max(0, len(kept) - _SIGNATURE_LINES - 1), len(kept)):
        if _DASHES.fullmatch(kept[number]):
            kept = kept[:number]
            break
    while kept and (not kept[-1].strip() or _RULE.fullmatch(kept[-1]) or signs(kept[-1])):
        kept.pop()
    return kept


def signs(line: str) -> bool:
    """Whether a telephone or a mail program signs with this line."""
    bare = line.strip(" \t<>([*_\xa0").casefold()
    if len(bare) > 120:
        return False
    if bare.startswith(_SENT):
        return True
    ends = bare.endswith(("gesendet", "gesendet.", "傳送", "发送", "sendt", "送信"))
    return ends and _SENT_ANYWHERE.search(bare) is not None


def _any_text(lines: Sequence[str]) -> bool:
    return any(line.strip() for line in lines)
