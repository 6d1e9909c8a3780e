import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.read import parse
from parsers.replies import new_text


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Ja, gern.\n\nAm 8.11.2026 um 18:04 schrieb Muster <a@muster.example>:\n> Donnerstag?", "Ja, gern."),
        ("Ja, gern.\n\nAm So., 8. Nov. 2026 um 18:04 Uhr schrieb Muster\n<a@muster.example>:\n\n> Do?", "Ja, gern."),
        ("Ja tak.\n\nDen søn. 8. nov. 2026 kl. 18.04 skrev Muster <a@muster.example>:\n\n> Torsdag?", "Ja tak."),
        ("好的。\n\n在 2026年11月8日 18:04，Muster <a@muster.example> 写道：\n> 周四？", "好的。"),
        (
            "Yes.\n\n-----Original Message-----\nFrom: Muster\nSent: Sunday\nTo: Eve\nSubject: Re: x\n\nThursday?",
            "Yes.",
        ),
        (
            "Ja.\n\n____________________\nVon: M <a@muster.example>\nGesendet: So\nAn: E\nBetreff: x\n\nDo?",
            "Ja.",
        ),
        ("Ja.\n\n> Donnerstag?\n> Freitag?", "Ja."),
        ("Ja.\n\nVon meinem iPhone gesendet\n\n> Donnerstag?", "Ja."),
        ("Ja.\n\n-- \nEva Kunde\nMusterweg 1", "Ja."),
        ("> Donnerstag?\n\nJa.\n\n> Um zehn?\n\nLieber elf.", None),
        (
            "Anbei:\n\nAm 8.11.2026 um 18:04 schrieb M <a@m.example>:\n\n> Do?\n\nJa.\n\n> Um zehn?\n\nElf.",
            "Anbei:\n\nJa.\n\nElf.",
        ),
        ("Nichts wird zitiert.", None),
        ("Um 10:30 komme ich:\nmit dem Golf.", None),
        ("", None),
    ],
)
def test_new_text(text: str, new: str | None) -> None:
    assert new_text(text) == new


def test_all_of_it_is_kept_and_the_new_text_is_the_message() -> None:
    head = "From: eva@kunde.example\nSubject: Re: Termin\nIn-Reply-To: <1@muster.example>\n\n"
    found = parse((head + "Ja, gern.\n\n> Donnerstag?\n").encode())
    assert (found.mail_class, found.new_text) == ("reply", "Ja, gern.")
    assert found.text == "Ja, gern.\n\n> Donnerstag?"
    assert found.readings[0].comments == "Ja, gern."


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(["> ", "\n", "wrote:", "On 1.1.2026 10:00 ", "a@b.c", "--", "x", "Von: y\n"]), max_size=50)
)
def test_anything_is_cut_to_a_part_of_itself(pieces: list[str]) -> None:
    text = "".join(pieces)
    new = new_text(text)
    assert new is None or (new and set(new.split()) <= set(text.split()))


@pytest.mark.parametrize("text", [":\n" * 10_000, "a wrote:\n" * 2_000, "1.1.2026 10:00\n" * 1_300, "x@y" * 6_000])
def test_a_hostile_text_takes_no_time(text: str) -> None:
    began = time.process_time()
    new_text(text)
    assert time.process_time() - began < 1
