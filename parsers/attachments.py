"""Names and types of what hangs on a mail, made safe: the sender chose both."""

import re

from parsers.clean import single_line

NAME_LIMIT = 120
HEAD = 4_096
"""Bytes that are looked at to tell what a file is."""

_FORBIDDEN = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)(?=\.|$)", re.IGNORECASE)
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"PK\x03\x04", "application/zip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"{\\rtf", "application/rtf"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x1f\x8b", "application/gzip"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xcf\xfa\xed\xfe", "application/x-executable"),
    (b"\xca\xfe\xba\xbe", "application/x-executable"),
    (b"L\0\0\0\x01\x14\x02\0", "application/x-ms-shortcut"),
    (b"#!", "text/x-script"),
)
_OFFICE = (
    (b"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (b"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (b"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
)
_PROGRAMS = frozenset(
    ("application/x-msdownload", "application/x-executable", "application/x-ms-shortcut", "text/x-script")
)
_PROGRAM_ENDINGS = frozenset((
    "ade", "adp", "app", "application", "appref-ms", "bas", "bat", "chm", "cmd", "com", "cpl", "diagcab", "dll",
    "dmg", "docm", "dotm", "exe", "gadget", "hta", "img", "inf", "ins", "iso", "jar", "js", "jse", "ksh", "lnk",
    "mde", "msc", "msi", "msp", "mst", "pif", "pl", "pptm", "ps1", "psm1", "py", "reg", "scf", "scr", "sct",
    "settingcontent-ms", "sh", "shb", "sys", "url", "vb", "vbe", "vbs", "vhd", "vhdx", "wsc", "wsf", "wsh", "xlam",
    "xll", "xlsm", "xltm",
))  # fmt: skip
"""Endings that a Windows computer runs, mounts or asks about."""
_SAME = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "application/x-pdf": "application/pdf",
    "text/rtf": "application/rtf",
    "application/x-zip-compressed": "application/zip",
    "application/x-gzip": "application/gzip",
}


_BESIDE = {("text/x-script", "text/plain"), ("application/gzip", "application/x-compressed-tar")}
"""Pairs of shown and declared type that agree well enough."""


def safe_name(given: str | None) -> str | None:
    """A name that can be shown and kept as a file: no path, no control or direction characters, 120 characters.

    Names that Windows keeps for devices get `_` in front; a name that is cut keeps its ending.
    """
    cleaned = single_line((given or "").replace("\0", ""), 1_000)
    bare = re.split(r"[/\\]", cleaned or "")[-1]
    bare = _FORBIDDEN.sub("_", bare).strip(". ")
    if not bare:
        return None
    if _RESERVED.match(bare):
        bare = f"_{bare}"
    if len(bare) <= NAME_LIMIT:
        return bare
    stem, dot, ending = bare.rpartition(".")
    if not dot or len(ending) > 20:
        return bare[:NAME_LIMIT].rstrip(". ")
    return f"{stem[: NAME_LIMIT - len(ending) - 1].rstrip('. ')}.{ending}"


def shown_type(head: bytes) -> str | None:
    """What the first bytes of a file show; None where they show nothing that is known."""
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if found == "application/zip":
        return next((kind for mark, kind in _OFFICE if mark in head), found)
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1"):
        return "image/heic"
    return "image/webp" if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else found


def contradiction(declared: str, head: bytes) -> str | None:
    """What the first bytes show, where the declared type says something else."""
    shown = shown_type(head)
    declared = _SAME.get(declared, declared)
    if shown is None or shown == declared or (shown, declared) in _BESIDE:
        return None
    inside = shown in ("application/zip", "application/x-ole-storage")
    if inside and declared.startswith(("application/vnd.", "application/ms", "application/epub")):
        return None  # office files are archives
    return shown


def is_program(name: str | None, head: bytes) -> bool:
    """Whether a file is a program or script, by its first bytes or by its ending."""
    ending = (name or "").rpartition(".")[2].lower() if "." in (name or "") else ""
    return ending in _PROGRAM_ENDINGS or shown_type(head) in _PROGRAMS
