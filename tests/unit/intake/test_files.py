"""Files, directories, Maildirs and mbox files as one stream of mails; and what goes into the ledger for each."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from daemon.intake.files import Files, Found, NotTaken, accepted

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
MAIL = b"From: eva@x.example\nTo: ours@leads.example\nSubject: a\n\nHallo\n"
BOX = b"From eva@x.example Mon Nov  2 10:00:05 2026\n" + MAIL + b"\n"

Put = Callable[..., Path]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Write files below a directory."""

    def write(**files: bytes) -> Path:
        for name, content in files.items():
            path = tmp_path / name.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path

    return write


def names(*paths: Path, limit: int = 1 << 20) -> list[str]:
    """What is found, relative to the first path; what is wrong in brackets."""
    found = list(Files(paths, limit))
    return [one.name.removeprefix(f"{paths[0]}/") + (f" ({one.wrong})" if one.wrong else "") for one in found]


def test_a_directory_is_read_to_its_ground_in_order(put: Put) -> None:
    root = put(**{"b.eml": MAIL, "a__2.eml": MAIL, "a__1.eml": MAIL, "c.mbox": BOX + BOX, ".hidden": MAIL})
    assert names(root) == ["a/1.eml", "a/2.eml", "b.eml", "c.mbox:0", f"c.mbox:{len(BOX)}"]


def test_a_maildir_is_read_in_the_order_of_delivery(put: Put) -> None:
    mails = {
        "cur__1785000001.a:2,S": MAIL, "new__1785000000.b": MAIL, "tmp__1785000002.c": MAIL, "dovecot-uidlist": b"3 V1",
        ".Sent__cur__1785000003.d:2,": MAIL, ".Sent__new__.x": MAIL, ".Sent__tmp__x": MAIL,
    }  # fmt: skip
    root = put(**mails)
    assert names(root) == ["new/1785000000.b", "cur/1785000001.a:2,S", ".Sent/cur/1785000003.d:2,"]
    assert next(iter(Files([root], 1 << 20))).at == datetime.fromtimestamp(1785000000, UTC)


def test_what_is_no_mail_is_named(put: Put) -> None:
    root = put(**{"empty.eml": b"", "good.eml": MAIL, "large.eml": MAIL * 2})
    os.mkfifo(root / "pipe")
    (root / "secret.eml").symlink_to(root / "not-there")
    assert names(root, limit=len(MAIL)) == [
        "empty.eml (it is empty)",
        "good.eml",
        f"large.eml (it is larger than {len(MAIL)} bytes, the limit of a mail)",
        "pipe (it is no regular file)",
        "secret.eml (it cannot be read: No such file or directory)",
    ]


def test_a_circle_of_links_ends(put: Put) -> None:
    root = put(**{"a__1.eml": MAIL})
    (root / "a" / "back").symlink_to(root)
    assert names(root) == ["a/1.eml"]


def test_a_name_of_any_bytes_is_text(tmp_path: Path) -> None:
    path = Path(os.fsdecode(bytes(tmp_path) + b"/\xff.eml"))
    path.write_bytes(MAIL)
    (found,) = Files([path], 1 << 20)
    assert found.name.encode().endswith("/\N{REPLACEMENT CHARACTER}.eml".encode())


def test_bytes_are_counted_as_they_are_read(put: Put) -> None:
    root = put(**{"a.eml": MAIL, "b.mbox": BOX * 3, "c.eml": b""})
    files = Files([root], 1 << 20)
    assert files.size() == len(MAIL) + 3 * len(BOX)
    counted = [files.done for _ in files]
    assert counted == sorted(counted)
    assert files.done == files.size()


def test_a_large_mbox_is_cut_at_its_mails(put: Put) -> None:
    root = put(**{"b.mbox": BOX * 1000})
    found = list(Files([root / "b.mbox"], 1 << 20))
    assert [one.content for one in found] == [MAIL] * 1000


def take(content: bytes, to: str | None = None, at: datetime | None = None, wrong: str | None = None) -> object:
    try:
        mail = accepted(Found("a.eml", content, at, wrong), to, lambda a: a.endswith("@leads.example"), "import", NOW)
    except NotTaken as error:
        return str(error)
    assert (mail.content, mail.at, mail.channel, mail.client) == (content, NOW, "import", "a.eml")
    return mail.recipient, mail.sender, mail.received_at and mail.received_at.isoformat()


DATED = b"Date: Mon, 2 Nov 2026 10:00:00 +0000\n" + MAIL
SEPARATED = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({"content": MAIL}, ("ours@leads.example", "eva@x.example", None)),
        ({"content": MAIL, "to": "desk@leads.example"}, ("desk@leads.example", "eva@x.example", None)),
        ({"content": DATED}, ("ours@leads.example", "eva@x.example", "2026-11-02T10:00:00+00:00")),
        ({"content": DATED, "at": SEPARATED}, ("ours@leads.example", "eva@x.example", "2026-11-02T10:00:00+00:00")),
        ({"content": MAIL, "at": SEPARATED}, ("ours@leads.example", "eva@x.example", "2026-11-01T00:00:00+00:00")),
        ({"content": MAIL, "at": NOW.replace(year=2030)}, ("ours@leads.example", "eva@x.example", None)),
        (
            {"content": b"Delivered-To: two@leads.example\n" + MAIL},
            ("two@leads.example", "eva@x.example", None),
        ),
        (
            {"content": MAIL.replace(b"ours@leads", b"x@else")},
            "it names none of our addresses: say for whom it is with --to",
        ),
        ({"content": b"shopping list\n\nmilk\n"}, "it is no mail"),
        ({"content": b"shopping list\n\nmilk\n", "to": "desk@leads.example"}, "it is no mail"),
        ({"content": b"", "wrong": "it is empty"}, "it is empty"),
    ],
)
def test_what_goes_into_the_ledger(given: dict[str, object], taken: object) -> None:
    assert take(**given) == taken  # type: ignore[arg-type]
