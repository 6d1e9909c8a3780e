"""What strangers may write: texts that break headers, markup, templates, encodings and layouts.

In the style of the Big List of Naughty Strings, but our own: each is here for a way in which mail has been broken.
"""

from collections.abc import Iterator
from typing import Any

BREAKS = (
    "\r\n", "\n", "\r", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x00", "\x1c", "\x1d", "\x1e", "\r\n\r\n", "\n\t",
    "\r\n ", "\r\r\n", "\n\r", "\x00\r\n", "%0d%0a", "\\r\\n", "=0D=0A", "&#13;&#10;", "嘊嘍", "\ufeff\r\n",
)  # fmt: skip
"""Line ends, what some program takes for one, and what some program turns into one."""

HEADERS = (
    *(f"Max{mark}Bcc: evil@x.example" for mark in BREAKS),
    *(f"Max{mark}{mark}<html><b>body</b>" for mark in BREAKS),
    "Max, evil@x.example",
    "Max; evil@x.example",
    'Max" <evil@x.example>, "',
    "Max <evil@x.example>",
    "<evil@x.example>",
    "evil@x.example,desk@muster.example",
    "a:b:c@x.example;",
    "Gruppe: evil@x.example;",
    '"\\"',
    "\\",
    "(Max (Muster)",
    "Max (evil@x.example)",
    "=?utf-8?q?a=0D=0ABcc:_evil@x.example?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAeC5leGFtcGxl?=",
    "=?utf-8?b?" * 200,
    "=?utf-8?q?" + "=41" * 400 + "?=",
    "=?utf-8?q?=?utf-8?q?=0ABcc:_x?=?=",
    "=?utf-7?q?+AA0ACg-?=",
    "=?x-unknown?b?####?=",
    "=?utf-8*de?q?x?=",
    "?=?=?=",
    "utf-8''%0d%0aBcc:%20evil@x.example",
    'x"; filename="y.exe',
    "x\"\r\nContent-Type: text/html",
    "--=_mixed_", "\n.\n", ".", "..", "From me", "\nFrom me", "-- \n", "Content-Type: text/html", ": ", "X-Evil: 1",
)  # fmt: skip

MARKUP = (
    "</td></tr></table></body></html><img src=x onerror=alert(1)>",
    *(f"{mark}<script>alert(1)</script>{mark}" for mark in BREAKS[:12]),
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    '" style="position:fixed" x="',
    '<a href="javascript:alert(1)">x</a>',
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    " javascript:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "file:///etc/passwd",
    "//x.example/a",
    'http://a.example/"><script>alert(1)</script>',
    "http://a.example/' onclick='x",
    "http://a.example/\u2028<b>",
    "https://a.example@x.example/",
    "https://a.example/?a=b&lt;script&gt;",
    "https://a.example/\x00\"",
    "<style>*{display:none}</style><link rel=stylesheet href=//x.example>",
    "}</style><script>alert(1)</script>",
    "<base href=//x.example>",
    "<meta http-equiv=refresh content=0;url=//x.example>",
    "<iframe src=//x.example>",
    "<form action=//x.example><input name=q>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<svg><desc><![CDATA[</desc><script>alert(1)</script>]]></svg>",
    "<!--", "-->", "<!", "<?xml ?>", "]]>", "--><b>", "<!--><b>", "&lt;b&gt;", "&#60;script&#62;", "&#x3c;b&#x3e;",
    "&NewLine;", "<plaintext>", "<textarea>", "</title><b>", "<xmp>", "<noscript>", "<a", "<", ">", "&", "'", '"',
    "\uff1cscript\uff1e", "<\x00script>", "<scr\u00adipt>", "<b\u200b>",
)  # fmt: skip

TEMPLATES = (
    "{{ 7*7 }}", "{{7*7}}", "{% include '/etc/passwd' %}", "{% extends 'x' %}", "{# x #}", "{{", "}}", "{%", "%}",
    "{{ self.__init__.__globals__ }}", "{{ ''.__class__.__mro__ }}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "%s%s%n%x",
    "%(a)s", "{0}", "{0.__class__}", "{}", "{rating}", "{", "}", "$(id)", "`id`", "; rm -rf /", "' OR 1=1 --",
    "../../../etc/passwd", "C:\\", "\\u0041", "\\",
)  # fmt: skip

ODD = (
    "", " ", "\t", " " * 400, "\xa0" * 50, "None", "null", "undefined", "NaN", "-1", "0", "1e309", "9" * 400, "-",
    "null\x00byte", "\x1b[31mred\x1b[0m", "\x7f", "\x08" * 20, "\ufeff", "\ufffe\uffff", "\ud800", "\udc80\udcff",
    "\U0010ffff", "\u202etxt.exe\u202c", "\u2066evil\u2069", "\u200f\u200e", "\u200b", "\u2060" * 40, "\u034f" * 40,
    "Z\u0351\u036b\u0343a\u0317\u0353l\u0347", "a" + "\u0301" * 500, "ﷺ" * 60, "👩‍👩‍👧‍👦" * 40, "🇩🇪🇩🇰", "👍🏽", "❤️",
    "王小明" * 120, "田中さん", "사회과학원", "مرحبا بالعالم", "שלום", "ไทย", "हिन्दी", "Ǆǅǆ", "ß" * 300, "ñ" * 990,
    "ﬁ", "Å", "é", "ＡＢＣ", "①", "x" * 5_000, "a " * 2_000, "a\n" * 1_000, "\n" * 500, "a@" * 200, "." * 300,
    "ä" * 60 + "\r\n" + "ö" * 60, "😀" * 300, "\u3000全角\u3000",
)  # fmt: skip

NAUGHTY = (*HEADERS, *MARKUP, *TEMPLATES, *ODD)


def filled(value: Any, text: str, only: int | None = None) -> Any:
    """A copy of a shape's JSON with `text` in every text field, or in the one of that number."""
    count = -1

    def walk(node: Any, key: str = "") -> Any:
        nonlocal count
        if isinstance(node, dict):
            return {
                name if key != "extra" or only is not None else text + name: walk(v, name) for name, v in node.items()
            }
        if isinstance(node, list):
            return [walk(each, key) for each in node]
        if not isinstance(node, str) or key in ("role", "unit"):
            return node
        count += 1
        return text if only is None or count == only else node

    return walk(value)


def count_of_texts(value: Any) -> int:
    """How many text fields a shape's JSON has."""

    def found(node: Any, key: str = "") -> Iterator[None]:
        if isinstance(node, dict):
            for name, each in node.items():
                yield from found(each, name)
        elif isinstance(node, list):
            for each in node:
                yield from found(each, key)
        elif isinstance(node, str) and key not in ("role", "unit"):
            yield None

    return sum(1 for _ in found(value))
