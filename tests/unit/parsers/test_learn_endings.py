"""Where a customer's words end and the source's begin: nothing of a customer's is cut off for a guess."""

import pytest

from parsers import read
from parsers.learn import propose
from parsers.proposal import Proposal
from parsers.records import Hints
from tests.support.bazaar import DE, PEOPLE, each, mail

ASKED = ("Ist der Wagen noch da?", "Was kostet die Abholung?", "Hat er Winterreifen?")


def lesson(*ends: str) -> list[bytes]:
    """Three mails; `ends` stand behind the messages: one for all, or one for each."""
    behind = ends if len(ends) == 3 else ends * 3
    return [
        mail(f"Name: {p[0]}\nE-Mail: {p[1]}\nFahrzeug: {p[3]}\nNachricht: {asked}{end}\n")
        for p, asked, end in zip(PEOPLE, ASKED, behind, strict=True)
    ]


def doubts(found: Proposal) -> list[str]:
    return [note.text.partition("“")[2].partition("”")[0] for note in found.notes if note.text.startswith("all end")]


def message(raw: bytes, found: Proposal) -> str | None:
    (reading,) = read.parse(raw, Hints("generic", "DE", layout=found.layout)).readings
    return reading.comments


@pytest.mark.parametrize(
    ("end", "ending"),
    [
        ("\n\n---\nDiese Anfrage kam von der Webseite.", "Diese Anfrage kam von der Webseite."),  # below a ruler
        ("\n\nViel Erfolg wünscht Bazaar", "Viel Erfolg wünscht Bazaar"),  # it says its name
        ("\n\nHilfe für Händler: www.hilfe.example", "Hilfe für Händler: www.hilfe.example"),  # and its address
    ],
)
def test_what_only_the_source_can_have_written_is_cut_off(end: str, ending: str) -> None:
    samples = lesson(end)
    found = propose(samples, DE)
    assert found.layout.endings == (ending,)
    assert doubts(found) == []
    assert [message(raw, found) for raw in samples] == list(ASKED)


@pytest.mark.parametrize("end", ["\n\nVielen Dank für Ihre Mühe!", "\nBitte um schnelle Antwort"])
def test_thanks_of_three_customers_are_asked_about_and_kept(end: str) -> None:
    samples = lesson(end)
    found = propose(samples, DE)
    assert found.layout.endings == ()
    assert doubts(found) == [end.strip()]
    assert [message(raw, found) for raw in samples] == [f"{asked}{end}" for asked in ASKED]


def test_thanks_in_the_middle_of_two_messages_end_neither() -> None:
    found = propose(lesson("\nVielen Dank\nEva", "\nVielen Dank\nJonas, abends", " Gern auch morgen."), DE)
    assert found.layout.endings == ()
    assert doubts(found) == []


def test_below_a_table_no_message_goes_on() -> None:
    def form(p: tuple[str, ...], asked: str) -> bytes:
        fields = (("Name", p[0]), ("E-Mail", p[1]), ("Fahrzeug", p[3]), ("Nachricht", asked))
        rows = "".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in fields)
        return mail(f"<table>{rows}</table><p>Vielen Dank für Ihr Vertrauen</p>", kind="html")

    samples = [form(p, asked) for p, asked in zip(PEOPLE, ASKED, strict=True)]
    assert propose(samples, DE).layout.endings == ("Vielen Dank für Ihr Vertrauen",)


def test_the_sources_words_in_the_customers_line_are_known_by_their_number() -> None:
    ends = [f" Diese Anfrage wurde vermittelt durch Autoplatz (Ref {number})." for number in (35563, 137000, 522975)]
    samples = lesson(*ends)
    found = propose(samples, DE)
    assert found.layout.endings == ("Diese Anfrage wurde vermittelt durch Autoplatz",)
    assert [message(raw, found) for raw in samples] == list(ASKED)


@pytest.mark.parametrize(
    "said",
    [" Wie hoch wäre die Rate bei 48 Monaten und 10.000 km?", " Mit freundlichen Grüßen", "\nMeine Frage: geht das?"],
)
def test_what_all_customers_said_before_is_left_to_them(said: str) -> None:
    samples = lesson(*(f"{said} Diese Anfrage wurde vermittelt durch Autoplatz (Ref {n})." for n in (35563, 1370, 52)))
    found = propose(samples, DE)
    assert found.layout.endings == ("Diese Anfrage wurde vermittelt durch Autoplatz",)
    assert [message(raw, found) for raw in samples] == [f"{asked}{said}" for asked in ASKED]


def test_a_sentence_that_all_messages_end_with_is_asked_about() -> None:
    end = " Bitte melden Sie sich bei mir, sobald Sie etwas Neues wissen."
    samples = lesson(end)
    found = propose(samples, DE)
    assert found.layout.endings == ()
    assert doubts(found) == [end.strip(" .")]
    assert message(samples[0], found) == ASKED[0] + end


def test_an_imprint_that_is_always_the_same_is_cut_off() -> None:
    imprint = "Ihr Bazaar\nTelefon: 030 999999\nE-Mail: info@bazaar.example\nStand 2026\n"
    samples = each(lambda p: mail(f"Name: {p[0]}\nPost: {p[1]}\nWagen: {p[3]}\nNachricht:\nGeht {p[5]}?\n\n{imprint}"))
    found = propose(samples, DE)
    assert found.layout.endings == ("Ihr Bazaar",)
    (reading,) = read.parse(samples[0], Hints("generic", "DE", layout=found.layout)).readings
    assert reading.customer is not None
    assert (reading.customer.emails, reading.customer.phones) == (("eva.beispiel@kunde.example",), ())


@pytest.mark.parametrize("sign", [": ", ":\n"])
def test_the_customers_own_sentences_are_no_labels(sign: str) -> None:
    asked = ("Meine Frage: geht das?", "Meine Frage: wann denn?", "Meine Frage: warum?")
    greeted = [mail(f"Name: {p[0]}\nNachricht: Guten Tag.\n{a}\n") for p, a in zip(PEOPLE, asked, strict=True)]
    at_once = [mail(f"Name: {p[0]}\nNachricht{sign}{a}\n") for p, a in zip(PEOPLE, asked, strict=True)]
    for samples in (greeted, at_once):
        assert set(propose(samples, DE).layout.labels) == {"Name", "Nachricht"}


def test_labels_below_a_long_value_are_labels() -> None:
    """A car's title may have as many words as a sentence."""
    title = "VW Golf Variant 2.0 TDI DSG Highline AHK Navi LED"
    samples = each(lambda p: mail(f"Wagen: {title} {p[5]}\nName: {p[0]}\nLackwunsch: {p[3]}\n"))
    assert set(propose(samples, DE).layout.labels) == {"Wagen", "Name", "Lackwunsch"}
