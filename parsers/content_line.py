"""Content lines, of which calendars (RFC 5545 3.1) and cards (RFC 6350 3.3) are made: name, parameters, value."""

import re

LINE_END = re.compile(r"\r\n|\n|\r")
"""CR LF by the standards, any of the three in the wild."""
_SIGN = re.compile('[";:]')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_FIELD_END = re.compile(r"(?:[^;\\]++|\\.|\\\Z)*+", re.DOTALL)


def parameters_and_value(rest: str) -> tuple[list[str], str]:
    """Split what follows a name; empty parameters are left out.

    Parameters end at the first colon outside of quotes, or at the first of all if the quotes never end.
    """
    pieces: list[str] = []
    start, quoted = 0, False
    for sign in _SIGN.finditer(rest):
        if sign[0] == '"':
            quoted = not quoted
        elif not quoted:
            pieces.append(rest[start : sign.start()].strip())
            start = sign.end()
            if sign[0] == ":":
                return [piece for piece in pieces if piece], rest[start:]
    return [], rest.partition(":")[2]


def unescaped(text: str) -> str:
    r"""Text without the backslashes before `,`, `;` and `\\`; `\\n` is a line end."""
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


def components(value: str, limit: int = 20) -> list[str]:
    """Parts of a structured value (`Muster;Max;;;`), unescaped."""
    found: list[str] = []
    position = 0
    while position <= len(value) and len(found) < limit:
        part = _FIELD_END.match(value, position)
        end = part.end() if part else len(value)
        found.append(unescaped(value[position:end]).strip())
        position = end + 1
    return found
