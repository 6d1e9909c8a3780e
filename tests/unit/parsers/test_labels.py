"""Forms in every layout and language."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.fields import FORM_FIELDS
from config.names import READING_FIELDS
from parsers import labels
from parsers.dictionary import LANGUAGES, dictionary, lookup, trade_in_label
from parsers.layout import Layout as SourceLayout
from parsers.records import Distance, Hints, Money, Reading
from parsers.vocabulary import vocabulary
from tests.support.counting import calls

FORMS = {
    "de": ("Name", "E-Mail-Adresse", "Telefonnummer", "Fahrzeug", "Nachricht"),
    "en": ("Full name", "Email address", "Phone number", "Vehicle of interest", "Message"),
    "da": ("Navn", "E-mailadresse", "Telefonnummer", "Ønsket bil", "Besked"),
    "zh": ("姓名", "电子邮箱", "联系电话", "意向车辆", "留言"),
    "nl": ("Naam", "E-mailadres", "Telefoonnummer", "Voertuig", "Bericht"),
    "fr": ("Nom et prénom", "Adresse e-mail", "Téléphone", "Véhicule", "Message"),
    "it": ("Nome e cognome", "Indirizzo e-mail", "Telefono", "Veicolo", "Messaggio"),
}
VALUES = ("Kim Muster", "kim@muster.example", "+49 171 1234567", "VW Golf 2.0 TDI", "Is it still there?")

Layout = Callable[[tuple[str, ...]], str]

TEXT_LAYOUTS: dict[str, Layout] = {
    "colon": lambda names: "\n".join(f"{n}: {v}" for n, v in zip(names, VALUES, strict=True)),
    "full-width colon": lambda names: "\n".join(f"{n}：{v}" for n, v in zip(names, VALUES, strict=True)),
    "tab": lambda names: "\n".join(f"{n}\t{v}" for n, v in zip(names, VALUES, strict=True)),
    "stars": lambda names: "\n".join(f"*{n}:* {v}" for n, v in zip(names, VALUES, strict=True)),
    "next line": lambda names: "\n\n".join(f"{n}:\n{v}" for n, v in zip(names, VALUES, strict=True)),
    "next line, no colon": lambda names: "\n\n".join(f"{n}\n{v}" for n, v in zip(names, VALUES, strict=True)),
    "one line": lambda names: " ".join(f"{n}: {v}" for n, v in zip(names, VALUES, strict=True)),
    "row of labels": lambda names: "\t".join(names) + "\n" + "\t".join(VALUES),
    "quoted": lambda names: "\n".join(f"> {n}: {v}" for n, v in zip(names, VALUES, strict=True)),
    "rulers": lambda names: "\n---\n".join(f"{n}: {v}" for n, v in zip(names, VALUES, strict=True)),
}
HTML_LAYOUTS: dict[str, Layout] = {
    "bold": lambda names: "".join(f"<b>{n}</b>: {v}<br>" for n, v in zip(names, VALUES, strict=True)),
    "bold, no colon": lambda names: "".join(f"<b>{n}</b> {v}<br>" for n, v in zip(names, VALUES, strict=True)),
    "strong above": lambda names: "".join(
        f"<strong>{n}:</strong><p>{v}</p>" for n, v in zip(names, VALUES, strict=True)
    ),
    "strong break": lambda names: "".join(
        f"<strong>{n}:</strong><br />{v}<br /><br />" for n, v in zip(names, VALUES, strict=True)
    ),
    "paragraph": lambda names: "".join(f"<p>{n}: <b>{v}</b></p>" for n, v in zip(names, VALUES, strict=True)),
    "rows": lambda names: _table(
        "".join(f"<tr><th>{n}</th><td>{v}</td></tr>" for n, v in zip(names, VALUES, strict=True))
    ),
    "cells": lambda names: _table(
        "".join(f"<tr><td>{n}:</td><td>{v}</td></tr>" for n, v in zip(names, VALUES, strict=True))
    ),
    "row of heads": lambda names: _table(f"<tr><th>{'<th>'.join(names)}</tr><tr><td>{'<td>'.join(VALUES)}</tr>"),
    "row of cells": lambda names: _table(f"<tr><td>{'<td>'.join(names)}</tr><tr><td>{'<td>'.join(VALUES)}</tr>"),
    "stacked": lambda names: _table(
        "".join(f"<tr><td>{n}</td></tr><tr><td>{v}</td></tr>" for n, v in zip(names, VALUES, strict=True))
    ),
    "divs": lambda names: "".join(
        f"<div><label>{n}</label><div>{v}</div></div>" for n, v in zip(names, VALUES, strict=True)
    ),
    "definitions": lambda names: f"<dl>{''.join(f'<dt>{n}<dd>{v}' for n, v in zip(names, VALUES, strict=True))}</dl>",
    "layout table": lambda names: (
        _table(f"<tr><td>{_table(f'<tr><td>{names[0]}</td><td>{VALUES[0]}</td></tr>')}</td></tr>")
        + "".join(f"<p>{n}: {v}</p>" for n, v in list(zip(names, VALUES, strict=True))[1:])
    ),
}


def _table(rows: str) -> str:
    return f"<table>{rows}</table>"


def read(text: str, hints: Hints | None = None) -> Reading:
    found = labels.reading(labels.pairs_of_text(text), hints or Hints(), "label")
    assert found is not None
    return found


def assert_kim(found: Reading | None) -> None:
    assert found is not None
    assert found.kind == "lead"
    assert found.customer is not None
    assert (found.customer.name, found.customer.first_name, found.customer.last_name) == ("Kim Muster", "Kim", "Muster")
    assert found.customer.emails == ("kim@muster.example",)
    assert found.customer.phones == ("+491711234567",)
    assert [(v.role, v.make, v.model) for v in found.vehicles] == [("wanted", "Volkswagen", "Golf 2.0 TDI")]
    assert found.comments == "Is it still there?"
    assert found.extra == {}


@pytest.mark.parametrize("language", FORMS)
@pytest.mark.parametrize("layout", TEXT_LAYOUTS)
def test_text_layouts(layout: str, language: str) -> None:
    assert_kim(labels.reading(labels.pairs_of_text(TEXT_LAYOUTS[layout](FORMS[language])), Hints(), "label"))


@pytest.mark.parametrize("language", FORMS)
@pytest.mark.parametrize("layout", HTML_LAYOUTS)
def test_html_layouts(layout: str, language: str) -> None:
    assert_kim(labels.reading(labels.pairs_of_html(HTML_LAYOUTS[layout](FORMS[language])), Hints(), "table"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_language_of_the_labels_is_the_reading_s(language: str) -> None:
    found = read(TEXT_LAYOUTS["colon"](FORMS[language]), Hints(language=language))
    assert found.language == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Score: 3\nSchwelle: 7\nKunde: Eva Beispiel\nTelefon: 0171 2345678\nKommentar: schlecht", "de"),
        ("Navn: Eva Muster\nTelefon: 20 12 34 56\nBesked: Hej\nBil: VW Golf\nKilometerstand: 12.000", "da"),
        ("First name: Eva\nLast name: Muster\nPhone: 07700 900123\nMessage: Hi", "en"),
    ],
)
def test_the_sources_language_wins_unless_another_clearly_leads(text: str, language: str) -> None:
    found = labels.reading(labels.pairs_of_text(text), Hints(language="de"), "label")
    assert found
    assert found.language == language


def test_a_message_spans_paragraphs_and_ends_before_the_footer() -> None:
    found = read(
        "From: Kim <kim@x.example>\nSubject: Golf\n\nMessage Body:\nHello,\n\nmy question: how far?\n\nKim\n"
        "--\nThis e-mail was sent from a contact form on X\nTel: 999"
    )
    assert found.comments == "Hello,\n\nmy question: how far?\n\nKim"
    assert found.customer is not None
    assert (found.customer.name, found.customer.emails, found.customer.phones) == ("Kim", ("kim@x.example",), ())


def test_a_one_line_value_takes_nothing_from_below() -> None:
    assert labels.pairs_of_text("Name: Kim\nTelefon: 030 1\nViele Grüße\n\nOrt: Berlin") == [
        ("Name", "Kim"), ("Telefon", "030 1"), ("Ort", "Berlin")
    ]  # fmt: skip


def test_an_empty_field_does_not_take_the_next_label() -> None:
    assert labels.pairs_of_text("Telefon:\nE-Mail:\nkim@x.example") == [("Telefon", ""), ("E-Mail", "kim@x.example")]


ASKED = (("Name", "Kim"), ("Straße", ""), ("Farbwunsch", "Weiß"), ("Budget", "20 000"), ("Telefon", "0171 1234567"))
BELOW: dict[str, tuple[str, str, str]] = {
    "lines": ("text", "{}\n{}", "\n\n"),
    "divs": ("html", "<div><div>{}</div><div>{}</div></div>", ""),
    "paragraphs": ("html", "<p>{}</p><p>{}</p>", ""),
    "stacked": ("html", "<table><tr><td>{}</td></tr><tr><td>{}</td></tr></table>", ""),
    "list": ("html", "<ul><li>{}</li><li>{}</li></ul>", ""),
}


@pytest.mark.parametrize("layout", BELOW)
def test_what_stands_below_an_empty_value_is_a_label_that_nobody_knows(layout: str) -> None:
    kind, field, between = BELOW[layout]
    body = between.join(field.format(*pair) for pair in ASKED)
    assert (labels.pairs_of_text if kind == "text" else labels.pairs_of_html)(body) == list(ASKED)


@pytest.mark.parametrize(
    ("above", "first"),
    [
        ("", []),
        ("You have a new response\n\nWhich car?\nNissan Qashqai\n\n", [("Which car?", "Nissan Qashqai")]),
        ("Which car?\nNissan Qashqai\n", [("Which car?", "Nissan Qashqai")]),
        ("\nGuten Tag\nIhr Team\n\n", []),
        ("Guten Tag\n\nEs gibt etwas Neues.\nZwei Zeilen.\n\n", []),
    ],
)
def test_a_label_that_nobody_knows_may_be_the_first(above: str, first: list[tuple[str, str]]) -> None:
    assert labels.pairs_of_text(f"{above}Name\nKim\n\nTelefon\n1") == [*first, ("Name", "Kim"), ("Telefon", "1")]


@pytest.mark.parametrize(
    "field",
    [
        "<div>{}</div><div></div><div>{}</div><div></div>",
        "<div>{}</div><div><br></div><div>{}</div><div><br></div>",
        "<p>{}</p><p></p><p>{}</p><p></p>",
        "<div>{}</div><div></div><div>{}</div>",
        "<tr><td>{}</td></tr><tr><td></td></tr><tr><td>{}</td></tr>",
    ],
)
def test_an_empty_element_between_all_labels_and_values_only_spaces_them(field: str) -> None:
    filled = [pair for pair in ASKED if pair[1]]
    assert labels.pairs_of_html("".join(field.format(*pair) for pair in filled)) == filled


def test_a_value_below_a_gap_stays_where_it_is_alone() -> None:
    text = "Name\nKim\n\nFahrzeug\n\nVW Golf\n\nTelefon\n0171 1234567\n"
    assert labels.pairs_of_text(text) == [("Name", "Kim"), ("Fahrzeug", "VW Golf"), ("Telefon", "0171 1234567")]


@pytest.mark.parametrize(
    "text",
    [
        "Name\nKim\nEin Satz ohne Wert.\nNoch einer.\n\nTelefon\n1",
        "Name: Kim\nFarbwunsch\nWeiß\n\nTelefon: 1",
        "Guten Tag\nIhr Team\n\nName\nKim\nHinterhaus\nTelefon\n1",
        "Name\nKim\n\nFarbwunsch\nTelefon\n1",
    ],
)
def test_other_lines_are_no_labels(text: str) -> None:
    assert [pair[0] for pair in labels.pairs_of_text(text)] == ["Name", "Telefon"]


def test_a_broken_line_of_a_message_begins_no_label() -> None:
    text = "Name: Kim\nNachricht: Vielen Dank im Voraus! Meine\nFrage: Hat er eine Kupplung?\nTelefon: 1"
    words = "Vielen Dank im Voraus! Meine\nFrage: Hat er eine Kupplung?"
    assert labels.pairs_of_text(text) == [("Name", "Kim"), ("Nachricht", words), ("Telefon", "1")]


def test_an_empty_message_field_still_waits_for_the_words() -> None:
    markup = "<div>Name</div><div>Kim</div><div>Nachricht</div><div></div><div>Ist er noch da?</div>"
    assert labels.pairs_of_html(markup)[-1] == ("Nachricht", "Ist er noch da?")


def test_a_lead_with_everything() -> None:
    found = read(
        "Vorname: Kim\nNachname: Muster\nE-Mail: kim@x.example\nTelefon: 0171 1234567\nMobil: 0172 7654321\n"
        "Straße: Hauptstr.\nHausnummer: 5\nPLZ / Ort: 10115 Berlin\nLand: Deutschland\n"
        "Marke: Opel\nModell: Astra\nFIN: W0L000051T2123456\nKilometerstand: 45.000\nPreis: 12.500,-\n"
        "Erstzulassung: 03/2019\nZustand: Gebrauchtwagen\nInserat-ID: 4711\nFarbwunsch: rot\nNewsletter: ja\n"
        "Anfrage-Nr.: A-77\nDatum: 25.11.2026 14:30\nInzahlungnahme:\nMarke: VW\nModell: Polo\nKm-Stand: 99.000"
    )
    assert found.customer is not None
    assert found.customer.address is not None
    assert found.customer.name == "Kim Muster"
    assert found.customer.phones == ("+491711234567", "+491727654321")
    assert msgspec.to_builtins(found.customer.address) == {
        "street": "Hauptstr. 5", "postal_code": "10115", "city": "Berlin", "country": "DE"
    }  # fmt: skip
    wanted, trade = found.vehicles
    assert (wanted.role, wanted.vin, wanted.year, wanted.condition, wanted.listing_id) == (
        "wanted",
        "W0L000051T2123456",
        "2019",
        "used",
        "4711",
    )
    assert wanted.price == Money(amount="12500.00", currency="EUR")
    assert wanted.odometer == Distance(value=45000, unit="km")
    assert (trade.role, trade.make, trade.model, trade.odometer) == (
        "trade-in",
        "VW",
        "Polo",
        Distance(value=99000, unit="km"),
    )
    assert found.requested_at == "2026-11-25T14:30:00"
    assert [e.value for e in found.external_ids] == ["A-77"]
    assert (found.extra, found.consent) == ({"Farbwunsch": "rot"}, {"newsletter": "ja"})
    assert {"customer.name", "customer.phones", "vehicles.0.vin", "vehicles.1.model"} <= found.origins.keys()


@pytest.mark.parametrize(
    ("text", "region", "starts_at", "services", "plate"),
    [
        ("Name: Kim\nKennzeichen: b-ab 1234\nWunschdatum: 25.11.2026\nUhrzeit: 9:30\nLeistung: Inspektion, Ölwechsel",
         "DE", "2026-11-25T09:30:00", ("Inspektion", "Ölwechsel"), "B-AB 1234"),
        ("Name: Kim\nReg: AB12 CDE\nAppointment: November 25, 2026 9:30 AM\nServices: MOT; Tyres",
         "GB", "2026-11-25T09:30:00", ("MOT", "Tyres"), "AB12 CDE"),
        ("Navn: Kim\nReg.nr.: ab12345\nØnsket dato: 25. november 2026\nKlokkeslæt: 9.30\nYdelse: Serviceeftersyn",
         "DK", "2026-11-25T09:30:00", ("Serviceeftersyn",), "AB 12 345"),
        ("姓名：王小明\n车牌号：京A12345\n预约时间：2026年11月25日 上午9点30分\n服务项目：保养、换机油",
         "CN", "2026-11-25T09:30:00", ("保养", "换机油"), "京A12345"),
    ],
)  # fmt: skip
def test_bookings(text: str, region: str, starts_at: str, services: tuple[str, ...], plate: str) -> None:
    found = read(text, Hints(region=region))
    assert (found.kind, found.booking is not None) == ("booking", True)
    assert found.booking is not None
    assert (found.booking.starts_at, found.booking.services) == (starts_at, services)
    assert [(v.role, v.plate) for v in found.vehicles] == [("own", plate)]


def test_a_list_goes_on_where_a_mail_program_broke_its_line() -> None:
    text = "Immatriculation: WY 478 DW\nTravaux à effectuer: Contrôle des freins, Révision, Changement de\npneus\n"
    found = labels.reading(labels.pairs_of_text(text), Hints(region="FR"), "label")
    assert found
    assert found.booking
    assert found.booking.services == ("Contrôle des freins", "Révision", "Changement de pneus")


def test_two_of_a_family_are_two_requests() -> None:
    eva, jonas = (f"Nachname: Weber\nVorname: {first}\nMarke: VW\nModell: Golf\n" for first in ("Eva", "Jonas"))
    text = f"{eva}---\n{jonas}"
    found = labels.readings(labels.pairs_of_text(text), Hints(region="DE"), "label")
    assert [one.customer.first_name for one in found if one.customer] == ["Eva", "Jonas"]


def test_capitals_before_a_label_are_no_possessive() -> None:
    assert (lookup("Je naam") is None, lookup("JE NAAM") is None, lookup("JE Naam")) == (False, False, None)


def test_a_wish_that_names_no_time_is_a_remark() -> None:
    found = read("Name: Kim\nTelefon: 030 123456\nWunschtermin: nächste Woche vormittags")
    assert (found.kind, found.booking and found.booking.remarks) == ("booking", "nächste Woche vormittags")


def test_a_test_drive_is_a_lead_and_keeps_its_time() -> None:
    found = read("Name: Kim\nAnfrageart: Probefahrt\nWunschtermin: 25.11.2026 10:00\nModell: VW Golf")
    assert (found.kind, found.interest, found.booking) == ("lead", "test-drive", None)
    assert found.extra == {"Wunschtermin": "2026-11-25T10:00:00"}
    assert (found.vehicles[0].role, found.vehicles[0].make, found.vehicles[0].model) == ("wanted", "Volkswagen", "Golf")


@pytest.mark.parametrize(
    ("text", "hint", "kind"),
    [
        ("Name: Kim\nBeschwerde: Motor defekt", None, "complaint"),
        ("Navn: Kim\nKlage: Motoren virker ikke", "lead", "complaint"),
        ("姓名：王小明\n投诉内容：发动机故障", None, "complaint"),
        ("Reviewer: Kim\nRating: 2 of 5\nReview: Slow.\nName: Kim", None, "review"),
        ("Name: Kim\nScore: 3\nThreshold: 6\nPhone: 030 123456", None, "alert"),
        ("Name: Kim\nPhone: 030 123456", "check-in", "check-in"),
        ("Name: Kim\nPhone: 030 123456", None, "lead"),
    ],
)
def test_kinds(text: str, hint: str | None, kind: str) -> None:
    assert read(text, Hints(kind=hint)).kind == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hallo, wie geht es?",
        "Name: Kim",
        "Nachricht: a\nDatum: 25.11.2026",
        "foo: bar\nbaz: qux",
        "From: Kim <k@x.example>\nDate: 25.11.2026\nSubject: a",
    ],
)
def test_no_request(text: str) -> None:
    assert labels.reading(labels.pairs_of_text(text), Hints(), "label") is None


def test_a_no_reply_address_is_nobody_s() -> None:
    found = read("Name: Kim\nE-Mail: no-reply@portal.example\nTelefon: 030 123456")
    assert found.customer is not None
    assert found.customer.emails == ()


def test_the_dealer_s_part_of_a_form_is_not_the_customer_s() -> None:
    found = read(
        "Name: Kim\nPhone: 313-555-0182\nDealer information\nName: Muster Motors\nPhone: 313-555-0199",
        Hints(region="US"),
    )
    assert found.customer is not None
    assert (found.customer.name, found.customer.phones) == ("Kim", ("+13135550182",))
    assert found.dealer is not None
    assert found.dealer.name == "Muster Motors"


@pytest.mark.parametrize(
    ("label", "asked"),
    [
        ("Inzahlungnahme Marke", "marke"),
        ("Byttebil mærke", "mærke"),
        ("置换车型", "车型"),
        ("Trade-in model", "model"),
        ("Marke", None),
    ],
)
def test_trade_in_labels(label: str, asked: str | None) -> None:
    assert trade_in_label(label) == asked


def test_labels_are_known_however_they_are_written() -> None:
    for label in ("E-Mail", "e_mail", "*Email", "Ihre E-Mail-Adresse (Pflichtfeld)", "E-MAIL:", "Email 2", "您的邮箱"):
        assert "customer.email" in (lookup(label) or {}).values(), label


def test_unknown_labels_keep_their_spelling() -> None:
    found = read("Name: Kim\nPhone: 604-123-4567\nmonthly_income: $4,000\nrent_or_own: own", Hints(region="CA"))
    assert found.extra == {"monthly_income": "$4,000", "rent_or_own": "own"}


def test_dictionaries_name_only_fields_that_exist() -> None:
    assert {field for options in dictionary().fields.values() for field in options.values()} <= FORM_FIELDS


def test_every_field_but_the_trade_in_s_has_its_place_in_a_reading() -> None:
    gathered = {"title", "date", "time", "address", "house_number", "postal_city", "first_name", "last_name"}
    parts = {"email": "emails", "phone": "phones"}
    for field in FORM_FIELDS:
        group, _, name = field.partition(".")
        if name and group not in ("trade", "consent") and name.rpartition(".")[2] not in gathered:
            place = "vehicles" if group == "vehicle" else group
            assert f"{place}.{parts.get(name, name)}" in READING_FIELDS, field


def test_the_source_s_own_labels_go_before_the_dictionaries() -> None:
    words = vocabulary(SourceLayout(labels={"Ort": "dealer.name", "Wer": "customer.name", "Kampagne": "-"}))
    text = "Wer\nKim Muster\n\nOrt: Filiale Nord\nKampagne: Herbst\nTelefon: 030 123456"
    found = labels.reading(labels.pairs_of_text(text, words), Hints(), "label", words)
    assert found is not None
    assert found.customer is not None
    assert found.dealer is not None
    assert (found.customer.name, found.customer.address, found.dealer.name) == ("Kim Muster", None, "Filiale Nord")
    assert found.extra == {}


@pytest.mark.parametrize(
    ("text", "endings", "comments"),
    [
        ("Name: Kim\nNachricht: Hallo\nSie erhielten dies von X\nName: Lee", ("Sie erhielten dies",), "Hallo"),
        ("Name: Kim\nNachricht: Hallo. Sie erhielten dies von X", ("Sie erhielten dies",), "Hallo."),
        ("Name: Kim\nNachricht: Hallo, viele Grüße Kim", ("Viele Grüße",), "Hallo, viele Grüße Kim"),
    ],
)
def test_endings_cut_what_the_source_adds(text: str, endings: tuple[str, ...], comments: str) -> None:
    words = vocabulary(SourceLayout(endings=endings))
    found = labels.reading(labels.pairs_of_text(text, words), Hints(), "label", words)
    assert found is not None
    assert (found.comments, found.customer and found.customer.name, found.alternatives) == (comments, "Kim", {})


@pytest.mark.parametrize(
    "unit",
    [
        *("a:", "Name: x ", "Name\n", "Nachricht: foo: bar\n", "a\t", "Name\tOrt\n", "x:\n", "(", "= ", "*\n"),
        *("Name\nx\ny\nz\n", "Ort\n\nx\ny\n\n", "x\n\nName\n", "Name\nx\n\nOrt\n\ny\nz\n\n"),
    ],
)
def test_work_grows_with_the_length_of_hostile_text(unit: str) -> None:
    def work(times: int) -> int:
        return calls(lambda: labels.reading(labels.pairs_of_text(unit * times), Hints(), "label"))

    work(10)
    assert work(4_000) <= 2.2 * work(2_000) + 2_000


WORDS = st.sampled_from(
    [label for form in FORMS.values() for label in form] + ["Wunschtermin", "Preis", "Klage", "评分", "Rating", "From"]
)


@given(
    st.lists(
        st.tuples(WORDS | st.text(max_size=20), st.sampled_from([": ", "\t", ":\n", "\n", " "]), st.text(max_size=80)),
        max_size=12,
    )
)
def test_any_form_gives_clean_fields(parts: list[tuple[str, str, str]]) -> None:
    text = "\n".join(label + sign + value for label, sign, value in parts)
    found = labels.reading(labels.pairs_of_text(text), Hints(), "label")
    if found is None:
        return
    msgspec.json.encode(found)
    customer = msgspec.to_builtins(found.customer) if found.customer else {}
    lines = [v for v in customer.values() if isinstance(v, str)] + [v for car in found.vehicles for v in _texts(car)]
    assert all(
        line and "\n" not in line and "\r" not in line and "\x00" not in line and len(line) <= 1010 for line in lines
    )
    assert all(value and len(value) <= 2_000 for value in found.extra.values())


MARKUP = st.sampled_from(
    [
        "<div>",
        "</div>",
        "</p>",
        "<table>",
        "<tr>",
        "<td>",
        "<th>",
        "</table>",
        "<b>",
        "</b>",
        "<br>",
        "<p>",
        "<dl><dt>",
        "<dd>",
        ":",
        "--",
    ]
)


@given(st.lists(MARKUP | WORDS | st.text(max_size=10), max_size=40))
def test_any_markup_gives_a_request_or_none(parts: list[str]) -> None:
    pairs = labels.pairs_of_html("".join(parts))
    assert all(isinstance(label, str) and isinstance(value, str) for label, value in pairs)
    msgspec.json.encode(labels.reading(pairs, Hints(), "table"))


def _texts(shape: object) -> list[str]:
    return [value for value in msgspec.to_builtins(shape).values() if isinstance(value, str)]
