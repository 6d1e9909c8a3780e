"""The words of an RTF text, as Outlook puts them into winmail.dat: unpacked (MS-OXRTFCP), then without the markup."""

import re
import struct

_PRIMED = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    + b"\r\n"
    + rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What the dictionary of the packing begins with."""
_TOKEN = re.compile(r"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|([^\\{}\r\n]+)", re.DOTALL)
_SKIPPED = frozenset(
    ("fonttbl", "colortbl", "stylesheet", "info", "pict", "object", "header", "footer", "generator", "themedata")
)
_BREAKS = {"par": "\n", "line": "\n", "tab": "\t", "cell": "\t", "row": "\n", "sect": "\n", "page": "\n"}
_SIGNS = {"emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”"}
_DEPTH = 200


def unpacked(data: bytes, limit: int) -> bytes:
    """Undo the packing; at most `limit` bytes; what is broken ends the text."""
    if len(data) < 16:
        return b""
    _, raw_size, kind = struct.unpack_from("<III", data)
    if kind == 0x414C454D:  # not packed
        return data[16 : 16 + min(raw_size, limit)]
    if kind != 0x75465A4C:
        return b""
    window = bytearray(_PRIMED.ljust(4096, b"\0"))
    write, at, out = len(_PRIMED), 16, bytearray()
    limit = min(limit, raw_size)
    while at < len(data) and len(out) < limit:
        control = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data) or len(out) >= limit:
                break
            if not control >> bit & 1:
                piece = data[at : at + 1]
                at += 1
            else:
                if at + 1 >= len(data):
                    return bytes(out)
                offset, length = (data[at] << 4) | (data[at + 1] >> 4), (data[at + 1] & 15) + 2
                at += 2
                if offset == write:
                    return bytes(out)
                piece = b""
                for step in range(length):
                    piece += window[(offset + step) & 4095 : ((offset + step) & 4095) + 1]
                    window[(write + step) & 4095] = piece[-1]
            for step, byte in enumerate(piece):
                window[(write + step) & 4095] = byte
            write = (write + len(piece)) & 4095
            out += piece
    return bytes(out[:limit])


def to_text(data: bytes) -> str | None:
    """The words, one line per paragraph; HTML that is wrapped in the RTF shows its words as well."""
    pieces: list[str] = []
    stack: list[bool] = []
    hidden = in_rtf_only = False
    skip = 0
    for match in _TOKEN.finditer(data.decode("latin-1")):
        word, number, code, sign, brace, plain = match.groups()
        if brace == "{":
            if len(stack) >= _DEPTH:
                break
            stack.append(hidden)
        elif brace == "}":
            hidden = stack.pop() if stack else False
        elif word == "htmlrtf":
            in_rtf_only = number != "0"
        elif sign == "*" or (word in _SKIPPED):
            hidden = True
        elif hidden:
            continue
        elif word == "u" and number:
            pieces.append(chr(int(number) & 0xFFFF))
            skip = 1
        elif word in _BREAKS:
            pieces.append(_BREAKS[word])
        elif in_rtf_only:
            continue
        elif code:
            pieces.append("" if skip else bytes((int(code, 16),)).decode("cp1252", "replace"))
            skip = 0
        elif plain:
            pieces.append(plain[skip:] if skip else plain)
            skip = 0
        else:
            pieces.append(_SIGNS.get(word or "", "") or {"~": "\xa0", "_": "-"}.get(sign or "", sign or ""))
    text = "".join(pieces).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
    return text or None
