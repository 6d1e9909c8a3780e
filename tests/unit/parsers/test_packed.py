"""What is ours is found in packed files, within bounds that no file can pass."""

import gzip
import io
import os
import time
import zipfile
import zlib
from collections.abc import Callable

import pytest

from parsers import ours, packed
from rules.reference import token

TOKEN = token("L-7KQ2M4-2", "team", b"k" * 32)
ADDRESS = f"desk+{TOKEN}@muster.example"
PAGE = f'<w:p><w:hyperlink r:id="1"/><w:t>Antwort an {ADDRESS}</w:t></w:p>'
SPLIT = f"<?xml?><w:t>Antwort an desk+{TOKEN[:5]}</w:t></w:r><w:r><w:t>{TOKEN[5:20]}</w:t><w:t>{TOKEN[20:]}@x</w:t>"
FAR = b"x" * 90_000 + PAGE.encode()
LINK = "Type Mailto mailto:desk@muster.example?subject=x&body=%21take"


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def pdf(content: bytes) -> bytes:
    return b"%PDF-1.7\n1 0 obj\n<</Filter/FlateDecode>>\nstream\r\n" + zlib.compress(content) + b"\nendstream\nendobj\n"


def document(content: bytes) -> bytes:
    return zipped(("[Content_Types].xml", b"<Types/>" * 50), ("word/document.xml", content))


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "docx": document,
    "gzip": gzip.compress,
    "pdf": pdf,
    "zip in a zip": lambda content: zipped(("a.zip", document(content))),
    "zip in a stored zip": lambda content: zipped(("a.zip", document(content)), method=zipfile.ZIP_STORED),
    "gzip in a zip": lambda content: zipped(("a.gz", gzip.compress(content))),
    "zip behind something else": lambda content: b"MZ\x90" * 1_000 + document(content),
    "zip that is cut off": lambda content: document(content)[:-60],
    "second of a gzip": lambda content: gzip.compress(b"x") + gzip.compress(content),
}


def found(content: bytes) -> set[str]:
    return {one for piece in packed.Look().into(content) if (one := ours.names(piece))}


@pytest.mark.parametrize("packer", PACKERS)
@pytest.mark.parametrize(
    "content",
    [PAGE.encode(), PAGE.upper().encode(), PAGE.encode("utf-16"), SPLIT.encode(), LINK.encode(), FAR],
    ids=["page", "capitals", "utf-16", "split", "link", "far down"],
)
def test_what_is_ours_is_found(packer: str, content: bytes) -> None:
    made = PACKERS[packer](content)
    assert TOKEN.encode() not in made
    assert found(made) <= {"a reply address of ours", "a command link"}
    assert found(made)


@pytest.mark.parametrize("packer", PACKERS)
def test_ordinary_files_hold_nothing(packer: str) -> None:
    text = "Angebot L-7KQ2M4-2 für Karin Beispiel: mailto:karin@beispiel.example, 24.490 €, ##-\n" * 500
    assert not found(PACKERS[packer](text.encode()))
    assert not found(os.urandom(100_000))


def test_nothing_is_unpacked_without_bounds() -> None:
    bombs = [
        gzip.compress(bytes(50 << 20)),
        zipped(*((f"{n}.xml", b"<a>" * 2_000_000) for n in range(9))),
        b"PK\x03\x04" * 1_000_000,
        (b"PK\x03\x04\x14\0\0\0\x08\0" + bytes(20) + zlib.compress(bytes(1 << 20))[2:]) * 5_000,
        b"stream\n" * 1_000_000,
        zipped(("a", zipped(("b", b"mailto:" * 500_000)))),
        gzip.compress(b"-1.t" * 4_000_000),
    ]
    for bomb in bombs:
        began, look = time.process_time(), packed.Look()
        assert len(look.into(bomb)) <= packed.MOST
        assert look.into(bomb) == () or bomb
        assert time.process_time() - began < 3, len(bomb)


def test_the_bounds_are_those_of_all_files_together() -> None:
    look = packed.Look()
    for _ in range(packed.BYTES // packed.MEMBER_BYTES):
        look.into(gzip.compress(bytes(packed.MEMBER_BYTES)))
    assert look.into(gzip.compress(PAGE.encode())) == ()
