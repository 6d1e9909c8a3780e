"""Several people in one mail, and a person's own mail: nobody gets what is another's."""

import pytest

from parsers.read import parse
from parsers.records import Hints, Parsed, Reading

PLAIN = Hints(own=("verkauf@muster.example",), own_phone="+49 30 5550100")
FORM = Hints(source_type="website", senders=("portal.example",), own=PLAIN.own, own_phone=PLAIN.own_phone)
EVA = "Eva Beispiel <eva@kunde.example>"


def read(text: str, hints: Hints = PLAIN, *, sender: str = EVA, subject: str = "Frage", head: str = "") -> Parsed:
    header = (
        f"From: {sender}\nTo: verkauf@muster.example\n{head}Subject: {subject}\nDate: Mon, 16 Nov 2026 09:12:00 +0100"
    )
    return parse(f"{header}\nContent-Type: text/plain; charset=utf-8\n\n{text}".encode(), hints)


def people(readings: tuple[Reading, ...]) -> list[tuple[str | None, tuple[str, ...], tuple[str, ...]]]:
    persons = [reading.customer for reading in readings]
    return [(person.name, person.emails, person.phones) if person else (None, (), ()) for person in persons]


@pytest.mark.parametrize("ruler", ["", "------------\n\n"])
def test_of_two_people_none_gets_the_others_address(ruler: str) -> None:
    text = (
        f"Name: Eva Beispiel\nTelefon: 0171 2345678\nFahrzeug: VW Golf\n\n{ruler}"
        "Name: Karl Kunde\nE-Mail: karl@k.example\nFahrzeug: Skoda Fabia\n"
    )
    found = read(text, FORM, sender="noreply@portal.example").readings
    assert people(found) == [
        ("Eva Beispiel", (), ("+491712345678",)),
        ("Karl Kunde", ("karl@k.example",), ()),
    ]


def test_what_stands_in_a_strangers_part_is_not_the_customers() -> None:
    text = (
        "Name: Eva Beispiel\nTelefon: 0171 2345678\nFahrzeug: VW Golf\n\n------------\n\n"
        "Name: Karl Kunde\nE-Mail: karl@k.example\nKennzeichen: B-KK 12\n"
    )
    (found,) = read(text, FORM, sender="noreply@portal.example").readings
    assert people((found,)) == [("Eva Beispiel", (), ("+491712345678",))]
    assert [car.plate for car in found.vehicles] == [None]
    assert found.extra["E-Mail"] == "karl@k.example"


def test_a_name_and_an_address_in_two_parts_may_be_of_one_person() -> None:
    text = "Name: Eva Beispiel\nFahrzeug: VW Golf\n\n------------\n\nE-Mail: eva@kunde.example\nTelefon: 0171 2345678\n"
    found = read(text, FORM, sender="noreply@portal.example").readings
    assert people(found) == [("Eva Beispiel", ("eva@kunde.example",), ("+491712345678",))]


OFFER = "Name: Tom Verkauf\nTelefon: 030 777888\nFahrzeug: VW Golf\nPreis: 24.500 EUR\n"
BLOCK = "Von: Tom Verkauf <verkauf@muster.example>\nGesendet: Montag\nAn: Eva <eva@kunde.example>\nBetreff: Angebot\n\n"
QUOTED = [
    "Am 16.11.2026 um 09:12 schrieb Verkauf <verkauf@muster.example>:\n\n> " + OFFER.replace("\n", "\n> "),
    "________________________________\n" + BLOCK + OFFER,
    "-----Ursprüngliche Nachricht-----\n" + OFFER,
    BLOCK + OFFER,
]


@pytest.mark.parametrize("subject", ["Re: Angebot", "Angebot", "WG: Angebot"])
@pytest.mark.parametrize("quoted", QUOTED)
def test_what_a_person_quotes_is_not_his(quoted: str, subject: str) -> None:
    (found,) = read(f"Nehme ich! 0171 2345678\n\n{quoted}", subject=subject).readings
    assert people((found,)) == [("Eva Beispiel", ("eva@kunde.example",), ("+491712345678",))]
    assert found.vehicles == ()


def test_what_a_person_quotes_in_html_is_not_his() -> None:
    table = "".join(f"<tr><td>{line.replace(': ', '</td><td>')}</td></tr>" for line in OFFER.split("\n") if line)
    block = BLOCK.replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")
    markup = f"<p>Nehme ich!</p><p>Telefon: 0171 2345678</p><div>{block}</div><table>{table}</table>"
    head = f"From: {EVA}\nTo: verkauf@muster.example\nSubject: Angebot\nContent-Type: text/html; charset=utf-8\n\n"
    (found,) = parse((head + markup).encode(), PLAIN).readings
    assert people((found,)) == [("Eva Beispiel", ("eva@kunde.example",), ("+491712345678",))]
    assert found.vehicles == ()


@pytest.mark.parametrize("intro", ["", "Am 16.11.2026 um 09:12 schrieb Verkauf <verkauf@muster.example>:\n\n"])
def test_answers_below_a_quotation_are_his(intro: str) -> None:
    quoted = "> " + OFFER.strip().replace("\n", "\n> ")
    (found,) = read(f"{intro}{quoted}\n\nLieber den:\nFahrzeug: Skoda Fabia\nTelefon: 0171 2345678\n").readings
    assert people((found,)) == [("Eva Beispiel", ("eva@kunde.example",), ("+491712345678",))]
    assert [car.model for car in found.vehicles] == ["Fabia"]


def test_a_form_of_an_unknown_program_may_have_the_head_of_a_mail() -> None:
    head = "Von: Eva Beispiel <eva@kunde.example>\nDatum: 12.11.2026\nBetreff: Golf\n\n"
    text = f"Neue Anfrage\n\n{head}Telefon: 0171 2345678\nFahrzeug: VW Golf\n"
    (found,) = read(text, sender="Webseite <web@agentur.example>").readings
    assert found.customer
    assert found.customer.phones == ("+491712345678",)
    assert [car.make for car in found.vehicles] == ["Volkswagen"]


def test_a_mail_that_is_a_quotation_as_a_whole_is_read() -> None:
    (found,) = read(BLOCK + OFFER, subject="Angebot").readings
    assert [car.make for car in found.vehicles] == ["Volkswagen"]


def test_our_own_number_is_never_the_customers() -> None:
    (found,) = read("Name: Eva Beispiel\nTelefon: 030/555 01 00\nMobil: 0171 2345678\n", FORM).readings
    assert found.customer
    assert found.customer.phones == ("+491712345678",)
    assert found.extra["other number"] == "+49305550100"


@pytest.mark.parametrize(
    "text",
    [
        "Hi, Golf?\n\nIMPORTANT: secret\nNote: do not print\nContact: privacy@kunde.example\nName: see above",
        "Hallo,\n\nMeine Frage: lohnt der Tausch?\nKontakt: am besten per Mail\nName: unten\nTelefon: keins\n\nEva",
        "Bonjour,\nNom : je préfère ne pas le dire\nTéléphone : 06 12 34 56 78\nMessage : avez-vous la 308 ?",
    ],
)
def test_labels_in_a_letter_do_not_say_who_writes(text: str) -> None:
    (found,) = read(text).readings
    assert found.customer
    assert (found.customer.name, found.customer.emails) == ("Eva Beispiel", ("eva@kunde.example",))
    assert found.customer.last_name is None
    assert found.comments == text
    assert found.origins["customer.name"] == "header"


def test_a_letter_may_give_the_fuller_name() -> None:
    (found,) = read("Hallo,\nName: Eva Beispiel\nTelefon: 0171 2345678\n", sender="Eva <eva@kunde.example>").readings
    assert found.customer
    assert (found.customer.name, found.customer.last_name) == ("Eva Beispiel", "Beispiel")


def test_a_form_in_a_visitors_name_is_read_by_its_labels() -> None:
    text = "Name: Karl Beispiel\nE-Mail: karl@kunde.example\nNachricht: Ist der Golf noch da?\n"
    (found,) = read(text).readings
    assert people((found,)) == [("Karl Beispiel", ("karl@kunde.example",), ())]
    assert found.comments == "Ist der Golf noch da?"


def test_a_colleague_in_copy_takes_nothing_from_the_customer() -> None:
    text = "Guten Tag,\nein Angebot bitte.\nEva Beispiel\nTelefon: 030 123456\nE-Mail: eva@firma.example\n"
    (found,) = read(text, sender="Eva Beispiel <eva@firma.example>", head="Cc: karl@firma.example\n").readings
    assert people((found,)) == [("Eva Beispiel", ("eva@firma.example",), ("+4930123456",))]


def test_several_dates_in_a_persons_mail_are_all_his() -> None:
    event = "BEGIN:VEVENT\nUID:{0}\nDTSTART:2026111{0}T100000Z\nEND:VEVENT\n"
    found = parse(
        (
            f"From: {EVA}\nTo: verkauf@muster.example\nSubject: Termine\nContent-Type: multipart/mixed; boundary=b\n\n"
            "--b\nContent-Type: text/plain\n\nEiner davon? 0171 2345678\n--b\nContent-Type: text/calendar\n\n"
            f"BEGIN:VCALENDAR\n{event.format(0)}{event.format(1)}END:VCALENDAR\n--b--\n"
        ).encode(),
        PLAIN,
    ).readings
    assert [reading.booking.uid for reading in found if reading.booking] == ["0", "1"]
    assert people(found) == [("Eva Beispiel", ("eva@kunde.example",), ("+491712345678",))] * 2
    assert {reading.comments for reading in found} == {"Einer davon? 0171 2345678"}


NOTE = "Die Rechnung ist falsch, ich wurde betrogen. Rufen Sie mich an: 0171 2345678. Eva Beispiel"
INVOICE = (
    "\n\n---------- Forwarded message ---------\nVon: Buchhaltung <rechnung@dienst.example>\nDate: Mo., 16. Nov. 2026\n"
    "Subject: Ihre Rechnung\nTo: <eva@web.de>\n\nSehr geehrte Frau Beispiel,\nAnsprechpartner: Max Buchhalter\n"
    "Telefon: 030 999999\nFahrzeug: VW Golf\n"
)


@pytest.mark.parametrize(
    ("sender", "note", "customer"),
    [
        ("Eva Beispiel <eva@web.de>", NOTE, ("Eva Beispiel", ("eva@web.de",), ("+491712345678",))),
        ("Eva Beispiel <eva@web.de>", "Bitte bearbeiten.", ("Buchhaltung", ("rechnung@dienst.example",))),
        (
            "Tom <tom@web.de>",
            "Solche Rechnungen sollten wir nicht mehr an Kunden verschicken.",
            ("Buchhaltung", ("rechnung@dienst.example",)),
        ),
        ("Kundenbetreuung <ida@importer.example>", NOTE, ("Buchhaltung", ("rechnung@dienst.example",))),
        ("Tom <tom@muster.example>", NOTE, ("Buchhaltung", ("rechnung@dienst.example",))),
    ],
)
def test_who_forwards_a_letter_of_a_third_party_is_the_customer(
    sender: str, note: str, customer: tuple[object, ...]
) -> None:
    found = read(note + INVOICE, sender=sender, subject="Fwd: Ihre Rechnung")
    assert people(found.readings)[0][: len(customer)] == customer
    assert found.forwarded
    assert found.forwarded.sender == "rechnung@dienst.example"


def test_who_forwards_the_bounce_of_his_own_mail_is_the_customer() -> None:
    returned = "From: MAILER-DAEMON@gmx.de\nTo: eva@kunde.example\nSubject: Undelivered Mail\n\nfailed\n"
    found = parse(
        (
            f"From: {EVA}\nTo: verkauf@muster.example\nSubject: Fwd: Undelivered Mail\n"
            "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n"
            f"Ich will den Golf: 0171 2345678\n--b\nContent-Type: message/rfc822\n\n{returned}--b--\n"
        ).encode(),
        PLAIN,
    ).readings
    assert people(found) == [("Eva Beispiel", ("eva@kunde.example",), ("+491712345678",))]
    assert found[0].comments == "Ich will den Golf: 0171 2345678"


@pytest.mark.parametrize(
    ("below", "kind", "comments"),
    [
        (
            "Ich möchte am Samstag Probe fahren.\n\nBitte anrufen!",
            "lead",
            "Ich möchte am Samstag Probe fahren.\n\nBitte anrufen!",
        ),
        ("Ich komme um zehn.\n\n-- \nDiese E-Mail wurde von der Homepage gesendet", "lead", "Ich komme um zehn."),
        ("Der er en mislyd foran, kan I kigge på det?", "check-in", "Der er en mislyd foran, kan I kigge på det?"),
        ("我想试驾途观。", "lead", "我想试驾途观。"),
        ("Haben Sie Fragen? Unser Team hilft Ihnen gern.", "lead", None),
        ("Wir wünschen Ihnen viel Erfolg!\nIhr Portal", "lead", None),
        ("Diese E-Mail wurde über mein Formular gesendet", "lead", None),
    ],
)
def test_words_below_a_form_are_the_persons_where_they_speak_of_him(
    below: str, kind: str, comments: str | None
) -> None:
    hints = Hints(source_type="website", kind=kind, senders=("portal.example",))
    text = f"Guten Tag, ich bin eine neue Anfrage.\n\nName: Eva Beispiel\nTelefon: 0171 2345678\n\n{below}\n"
    (found,) = read(text, hints, sender="noreply@portal.example").readings
    assert found.comments == comments


def test_a_question_with_its_answer_is_a_pair() -> None:
    text = "Navn: Mette Larsen\nMobil: 20 12 34 56\n\nØnsker du tilbud på dæk? Ja\nSkal bilen vaskes? Nej\n"
    hints = Hints(source_type="tjekvik", kind="check-in", region="DK", language="da", senders=("portal.example",))
    (found,) = read(text, hints, sender="noreply@portal.example").readings
    assert (found.extra["Ønsker du tilbud på dæk?"], found.extra["Skal bilen vaskes?"]) == ("Ja", "Nej")
    assert found.comments is None
