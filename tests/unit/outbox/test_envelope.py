"""The envelope sender: an address of ours that names the letter, and cannot be made up."""

from pathlib import Path

import msgspec
import pytest

from config.load import load
from config.lookup import desk_token
from daemon.intake.directory import Directory
from daemon.outbox.envelope import envelope_sender
from daemon.store.outgoing import InHand
from rules.reference import bounce_token, make, read_bounce_token, read_token, token
from tests.support.daemon import Installation
from tests.support.outgoing import BEGIN, DESK

KEY, OLD = b"k" * 32, b"o" * 32
LETTER = InHand(17, "new", "a@b.example", DESK, "<a@b>", 1, BEGIN, b"", "lease")


@pytest.mark.parametrize("separator", ["+", "-", "="])
def test_it_comes_back_to_the_desk_and_names_its_letter(separator: str, tmp_path: Path) -> None:
    house = Installation(tmp_path / "house", "maildir:out")
    house.append("postroom.toml", f'\n[desk]\nseparator = "{separator}"\n')
    settings, problems = load(house.directory)
    assert settings is not None, problems
    sender = envelope_sender(settings, LETTER, KEY)
    assert sender.startswith(f"desk.berlin{separator}b17.")
    assert Directory(settings).knows(sender)
    found = desk_token(settings, sender.upper())
    assert found is not None
    assert read_bounce_token(found, [KEY]) == 17
    alarm = msgspec.structs.replace(LETTER, sender="postmaster@postroom.muster.example")
    assert envelope_sender(settings, alarm, KEY) == alarm.sender


def test_old_keys_are_believed_and_others_are_not() -> None:
    assert read_bounce_token(bounce_token(9, OLD), [KEY, OLD]) == 9
    assert read_bounce_token(bounce_token(9, OLD), [KEY]) is None


def test_forgeries_name_nothing() -> None:
    good = bounce_token(17, KEY)
    signature = good.partition(".")[2]
    forged = [
        "", ".", "b.", "b17", "b17.", f"b18.{signature}", f"b017.{signature}", f"c17.{signature}", f"b17.{signature}x",
        f"b17.{signature[:-1]}", f"b17..{signature}", f"b-17.{signature}", f"b17.ä{signature}", "b" + "1" * 500 + ".a",
        f"b\u0661\u0667.{signature}",
    ]  # fmt: skip
    assert [text for text in forged if read_bounce_token(text, [KEY]) is not None] == []


def test_no_token_is_taken_for_one_of_the_other_kind() -> None:
    for number in range(300):
        reference = make("booking", number)
        assert read_bounce_token(token(reference, "team", KEY), [KEY]) is None
        assert read_token(bounce_token(number * 7919, KEY), [KEY]) is None
