"""Where a value stands in a TOML text: tomllib reads values without positions, this finds them.

One pass over a text that tomllib has already accepted, so only what moves the position must be understood: strings (a
decoy `[[rule]]` inside one is text), arrays, inline tables, dotted keys, headers. Linear in the length of the text.
"""

import re
import tomllib
from bisect import bisect_right

from config.problems import Path

_BLANK = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_KEY = re.compile(r'"(?:[^"\\\n]++|\\.)*+"|\'[^\'\n]*+\'|[A-Za-z0-9_-]++')
_DOT = re.compile(r"[ \t]*\.[ \t]*")
_EQUALS = re.compile(r"[ \t]*=[ \t]*")
_SCALAR = re.compile(
    r'"""(?:[^"\\]++|\\.|"{1,2}(?!"))*+"{3,5}'
    r"|'''(?:[^']++|'{1,2}(?!'))*+'{3,5}"
    r'|"(?:[^"\\\n]++|\\.)*+"'
    r"|'[^'\n]*+'"
    r"|\d{4}-\d{2}-\d{2} \d{2}:[^\s,\]}#]++"  # a date and time written with a space
    r"|[^\s,\]}#]++",
    re.DOTALL,
)


def locate(text: str) -> dict[Path, int]:
    """Give the line, from 1, of every table, key and list element of a valid TOML text."""
    scan = _Scan(text)
    scan.document()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return {path: bisect_right(starts, offset) for path, offset in scan.found.items()}


class _Scan:
    """A position in a text, and what was found before it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self.elements: dict[Path, int] = {}

    def document(self) -> None:
        prefix: Path = ()
        self.blank()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                prefix = self.header()
            else:
                self.pair(prefix)
            self.blank()

    def header(self) -> Path:
        """Read `[a.b]` or `[[a.b]]`; a name that is an array of tables stands for its last element."""
        start, brackets = self.at, 2 if self.text.startswith("[[", self.at) else 1
        self.at += brackets
        self.blank()
        path: Path = ()
        keys = self.keys()
        for key in keys:
            path = self.note((*path, key), start)
            if path in self.elements and (key is not keys[-1] or brackets == 1):
                path = (*path, self.elements[path] - 1)
        if brackets == 2:
            count = self.elements.get(path, 0)
            self.elements[path] = count + 1
            path = self.note((*path, count), start)
        self.blank()
        self.at += brackets
        return path

    def pair(self, prefix: Path) -> None:
        start, path = self.at, prefix
        for key in self.keys():
            path = self.note((*path, key), start)
        self.at = self.expect(_EQUALS).end()
        self.value(path)

    def value(self, path: Path) -> None:
        opening = self.text[self.at]
        if opening not in "[{":
            self.at = self.expect(_SCALAR).end()
            return
        self.at += 1
        self.blank()
        count = 0
        while self.text[self.at] not in "]}":
            if opening == "{":
                self.pair(path)
            else:
                self.value(self.note((*path, count), self.at))
            count += 1
            self.blank()
            if self.text[self.at] == ",":
                self.at += 1
                self.blank()
        self.at += 1

    def keys(self) -> tuple[str, ...]:
        keys = [self.key()]
        while dot := _DOT.match(self.text, self.at):
            self.at = dot.end()
            keys.append(self.key())
        return tuple(keys)

    def key(self) -> str:
        token = self.expect(_KEY)
        self.at = token.end()
        if token[0][0] not in "\"'":
            return token[0]
        return str(tomllib.loads(f"k = {token[0]}")["k"]) if "\\" in token[0] else token[0][1:-1]

    def note(self, path: Path, offset: int) -> Path:
        self.found.setdefault(path, offset)
        return path

    def blank(self) -> None:
        self.at = self.expect(_BLANK).end()

    def expect(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise ValueError(f"not a TOML text at offset {self.at}")
        return match
