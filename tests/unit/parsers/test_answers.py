"""What the golden mails do not say: hostile texts, lost lines of ours, small rules one by one."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import answers, ours
from parsers.document import Document
from parsers.read import parse
from parsers.records import Answer, Hints
from parsers.replies import DELIMITER, new_text
from rules.reference import bounce_token, token
from templates.render import Renderer
from templates.samples import sample_job
from templates.words import languages

KEY = b"k" * 32
LINE = f"{DELIMITER} Ihre Antwort geht an den Kunden. -##"
DESK = f"desk+{token('L-7KQ2M4-2', 'team', KEY)}@muster.example"
QUOTE = f"Am 20.11.2026 um 14:42 schrieb Muster <{DESK}>:\n> {LINE}\n>\n> Neu: Anfrage\n> !done\n"
HEAD = "From: Max Muster <max@muster.example>\nSubject: AW: Neu\nContent-Type: text/plain; charset=utf-8"
Read = Callable[[str], Answer]


@pytest.fixture
def read(mail: Callable[..., Document]) -> Read:
    return lambda body: answers.answer(mail(HEAD, body, Hints(answering=True)))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("purpose", ["new", "assigned", "moved"])
def test_what_the_templates_write_is_cut_in_every_form(read: Read, language: str, purpose: str) -> None:
    text = Renderer({}).render(sample_job(language, purpose)).text
    lines = [LINE, *text.split("\n")]
    for quoted in (
        "\n".join(lines),
        "\n".join(f"> {line}" for line in lines),
        "\n".join(f"> > {line}" for line in lines),
    ):
        assert read(f"!take\n\nJa, gern!\n\n{quoted}") == read("!take\n\nJa, gern!")


def test_without_our_line_the_last_line_gives_it_away(read: Read) -> None:
    body = "\n".join(Renderer({}).render(sample_job("de")).text.split("\n")[1:])
    found = read(f"Ja, gern!\n\n{body}")
    assert found.doubt
    assert "Warum hier" not in (found.text or "")


@pytest.mark.parametrize(
    "line",
    [
        f"Antwort an {DESK}",
        f"Antwort an {DESK.upper()}",
        f"[Erledigt](mailto:{DESK}?subject=x&body=%21done)",
        "Erledigt <mailto:desk@muster.example?subject=L&body=!done>",
        "Erledigt <mailto:desk@muster.example?body=%EF%BC%81done&subject=x>",
        "Warum hier: Regel „Alle“ / Autohaus Muster / L-7KQ2M4-2",
        "Why here: rule 'All' · Muster Motors · L-7KQ2M4-2",
        "Neu: Anfrage: Karin Beispiel [L-7KQ2M4-2]",
        f"zurück an desk+{bounce_token(17, KEY)}@muster.example",
    ],
)
def test_a_line_of_ours_is_dropped_and_doubted(read: Read, line: str) -> None:
    found = read(f"Guten Tag,\n\n{line}\n\nbis Samstag also.")
    assert found.text == "Guten Tag,\n\nbis Samstag also."
    assert found.doubt
    assert found.doubt.startswith("it held ")


def test_words_in_the_line_of_the_delimiter_are_not_lost_silently(read: Read) -> None:
    found = read(f"Guten Tag,\nbis Samstag also. {LINE}\nNeu: Anfrage")
    assert (found.text, found.doubt) == ("Guten Tag,", answers.MIXED)
    assert read(f"Bis Samstag also. {LINE}\nNeu: Anfrage") == Answer(doubt=answers.MIXED)


def test_an_unknown_introduction_is_cut_with_its_address_and_doubted_with_a_date(read: Read) -> None:
    assert read(f"Ja.\n\nMuster <{DESK}> ütles 20.11.2026:\n> {LINE}") == Answer(text="Ja.")
    dated = read(f"Ja.\n\nMuster ütles 20.11.2026:\n> {LINE}")
    assert (dated.text, dated.doubt) == ("Ja.", answers.DATED)
    assert read(f"Ja, unter dieser Nummer:\n> {LINE}").text == "Ja, unter dieser Nummer:"


def test_a_note_takes_all_that_stands_below_it(read: Read) -> None:
    found = read(f"!note Kundin zögert\n!take\n\nGuten Tag\n!done\n\n{QUOTE}")
    assert [(one.name, one.args) for one in found.commands] == [
        ("note", {"text": "Kundin zögert\n\nGuten Tag\n!done"}),
        ("take", {}),
    ]
    assert found.text is None


def test_a_note_has_no_signature(read: Read) -> None:
    for below in ("Viele Grüße\nMax", "\nMax Muster\nVerkauf", "\n-- \nMuster GmbH", "\nVon meinem iPhone gesendet"):
        found = read(f"!note Kundin zögert.\nEr auch.\n{below}\n\n{QUOTE}")
        assert found.commands[0].args == {"text": "Kundin zögert.\nEr auch."}


def test_only_the_first_ten_commands_count_and_the_rest_is_doubted(read: Read) -> None:
    found = read("!take\n" * 12 + "Guten Tag")
    assert len(found.commands) == 10
    assert (found.text, found.doubt) == (None, answers.STRAY)


@pytest.mark.parametrize(
    ("below", "text", "doubt"),
    [
        ("Max Muster\nVerkauf", None, None),
        ("Viele Grüße\nM. Muster\nTel. 030 123456", None, None),
        ("M. Muster\nVerkauf", None, None),
        ("LG Max", None, None),
        ("Vgl. den Anhang", "Vgl. den Anhang", None),
        ("Danke Max", "Danke Max", answers.SIGNED),
        ("Ja gern\nTel. 030 123456", "Ja gern\nTel. 030 123456", answers.SIGNED),
        ("Von meinem Kollegen hören Sie morgen", "Von meinem Kollegen hören Sie morgen", None),
        ("Viele Grüße, der Wagen ist leider verkauft", "Viele Grüße, der Wagen ist leider verkauft", None),
        ("Gesendet mit der Outlook App", None, None),
        ("-- \nIrgendwer", None, None),
        ("Verkauf Nord", "Verkauf Nord", answers.SIGNED),
        ("Danke, bis Samstag!", "Danke, bis Samstag!", None),
        ("Viele Grüße\nMax\n\nPS: Bitte den Fahrzeugschein nicht vergessen.", ..., None),
    ],
)
def test_a_signature_is_no_answer(read: Read, below: str, text: object, doubt: str | None) -> None:
    found = read(f"!done\n\n{below}\n\n{QUOTE}")
    assert found.text == (below if text is ... else text)
    assert found.doubt == doubt


def test_without_a_command_short_words_are_an_answer(read: Read) -> None:
    for words in ("Bis Samstag", "Ja gern\nTel. 030 123456", "Danke Max", "Max kommt auch"):
        assert read(f"{words}\n\n{QUOTE}") == Answer(text=words)


def test_a_forward_is_told_by_its_own_lines_not_by_quoted_ones(read: Read) -> None:
    forwarded = (
        "---------- Forwarded message ---------\nFrom: Eva <eva@kunde.example>\nDate: heute\nSubject: Reifen\n\nx"
    )
    assert read(f"Bitte ansehen.\n\n{forwarded}").doubt == answers.FORWARDS
    quoted = "\n".join(f"> {line}" for line in forwarded.split("\n"))
    assert read(f"Ja, gern.\n\n{QUOTE}{quoted}") == Answer(text="Ja, gern.")


def test_words_between_what_looks_like_an_introduction_and_the_quotation_are_doubted(read: Read) -> None:
    found = read(f"Wie ich am 3.12.2026 um 10:00 schrieb:\nder Wagen ist da.\n\n{QUOTE}")
    assert found.doubt


def test_what_stands_below_reply_is_the_customers(read: Read) -> None:
    found = read(f"!assign eva@muster.example\n!reply\n\nBis Samstag\n\n{QUOTE}")
    assert [one.name for one in found.commands] == ["assign", "reply"]
    assert (found.text, found.doubt) == ("Bis Samstag", None)
    assert read(f"!assign eva@muster.example\n\nBis Samstag!\n\n{QUOTE}").doubt


def test_a_servers_warning_above_is_skipped(read: Read) -> None:
    for warning in ("Sie erhalten nicht häufig E-Mails von max@muster.example. Mehr dazu", "[EXTERNAL] Be careful"):
        assert [one.name for one in read(f"{warning}\n\n!take\n\n{QUOTE}").commands] == ["take"]


def test_a_text_without_end_is_doubted(read: Read) -> None:
    found = read("Guten Tag und mehr. " * 3_000)
    assert found.doubt == answers.ENDLESS


def test_answers_that_only_the_markup_shows_are_seen(mail: Callable[..., Document]) -> None:
    head = "From: max@muster.example\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b"
    plain = f"Siehe da.\n\nVon: Muster\nGesendet: Freitag\nAn: Max\nBetreff: Neu\n\n{LINE}\nNeu: Anfrage\nUm zehn.\n"
    markup = f"Siehe da.<blockquote type=cite>{LINE}<p>Neu: Anfrage</blockquote>Um zehn.<blockquote>x</blockquote>"
    body = f"--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{markup}\n--b--\n"
    found = answers.answer(mail(head, body))
    assert (found.text, found.doubt) == ("Siehe da.", answers.INSIDE)


def test_an_indented_paragraph_is_no_quotation(mail: Callable[..., Document]) -> None:
    markup = "<p>Unser Angebot:</p><blockquote style='margin:0 0 0 40px;border:none'>Golf, 24.490 Euro</blockquote>"
    found = answers.answer(
        mail("From: a@b.example\nContent-Type: text/html", f"{markup}<p>Gruß</p><p>{LINE}</p><p>x</p>")
    )
    assert found == Answer(text="Unser Angebot:\nGolf, 24.490 Euro\nGruß")


def test_the_mail_as_a_whole() -> None:
    head = f"{HEAD}\nIn-Reply-To: <3@x.example>\nReferences: <1@x.example> <2@x.example>\nX-Postroom-Record: L-7KQ2M4-2"
    found = parse(f"{head}\n\n!take\n\n{QUOTE}".encode(), Hints(answering=True))
    assert found.answer
    assert [one.name for one in found.answer.commands] == ["take"]
    assert found.references == ("<1@x.example>", "<2@x.example>", "<3@x.example>")
    assert found.own_record == "L-7KQ2M4-2"


def test_references_are_bounded_and_the_newest_are_kept() -> None:
    ids = " ".join(f"<{number}@x.example>" for number in range(500))
    found = parse(f"{HEAD}\nReferences: {ids} {'<' * 9_000} <bad id> <>\nIn-Reply-To: <7@x.example>\n\nx".encode())
    assert len(found.references) == 20
    assert found.references[-2:] == ("<499@x.example>", "<7@x.example>")


def test_the_customers_new_text_ends_at_our_line() -> None:
    assert new_text(f"Ja, gern.\n{LINE}\nNeu: Anfrage") == "Ja, gern."


PIECES = [
    "!take", "!note x", "！完成", "!", "> ", ">", "\n", "\n\n", "--", "-- \n", f"{LINE}\n", "##-", "-##", "## -", DESK,
    "Am 1.1.2026 10:00 schrieb A <a@b.example>:\n", "Von: a\nGesendet: b\nAn: c\nBetreff: d\n", "写道：", "Gruß\nMax\n",
    "Ja, gern.", "mailto:a@b.example?body=!done", "-----Original Message-----\n", "siehe unten", "L-7KQ2M4-2",
    " / ", ": ",
]  # fmt: skip
TEXTS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=30).map("".join)


@settings(max_examples=500, deadline=None)
@given(above=TEXTS, below=TEXTS)
def test_whatever_is_written_nothing_of_ours_is_in_the_text_and_nothing_below_our_line_counts(
    above: str, below: str
) -> None:
    def read(text: str) -> Answer:
        found = parse(f"{HEAD}\n\n".encode() + text.encode("utf-8", "replace"), Hints(answering=True)).answer
        assert found is not None
        return found

    found = read(f"{above}\n{LINE}\n{below}")
    assert len(found.commands) <= 10
    assert not any(ours.names(line) for line in (found.text or "").split("\n"))
    alone = read(f"{above}\n{LINE}\n")
    assert (found.commands, found.text) == (alone.commands, alone.text)


@pytest.mark.parametrize(
    "text",
    ["!" * 20_000, "!take " * 3_000, "> \n" * 7_000, ":" * 20_000, "a@b.example:\n" * 1_500, "##-" * 6_000,
     "!later " + "1" * 19_000, "L-7KQ2M4-2]" * 1_800, "mailto:?body=" * 1_500, "Gruß\n" * 4_000,
     "!note " + "x " * 9_000],
    ids=lambda text: text[:8],
)  # fmt: skip
def test_a_hostile_text_takes_no_time(read: Read, text: str) -> None:
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("erledigt", answers.BARE),
        ("/done", answers.BARE),
        ("\\!done", answers.BARE),
        ("Nicht meins.", answers.BARE),
        ("Notiz: der Kunde zahlt nie", answers.BARE),
        ("Note that the car is red.", None),
        ("Erledigt haben wir das am Montag.", None),
        ("Ja, gern.", None),
    ],
)
def test_words_for_the_house_without_their_mark_are_doubted(read: Read, text: str, doubt: str | None) -> None:
    found = read(text)
    assert (found.text, found.commands, found.doubt) == (text, (), doubt)


def test_commands_may_follow_the_one_that_answers(read: Read) -> None:
    found = read("!reply\n!done won\n\nGern, kommen Sie am Samstag.")
    assert [one.name for one in found.commands] == ["reply", "done"]
    assert (found.text, found.doubt) == ("Gern, kommen Sie am Samstag.", None)
