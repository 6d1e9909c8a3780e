"""A source is learned from three mails: labels, patterns, blocks, requests; what is in doubt stays unmapped."""

import re
from collections.abc import Callable, Iterator, Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import read
from parsers.layout import Block
from parsers.learn import propose
from parsers.proposal import Proposal
from parsers.records import Hints
from tests.support.bazaar import DE, PEOPLE, each, mail


def test_words_around_values_become_patterns() -> None:
    samples = each(
        lambda p: mail(
            f"Hallo Team,\n\n{p[0]} interessiert sich für Ihr Fahrzeug {p[3]} zum Preis von {p[4]}.\n\n"
            f"Sie erreichen die Person unter {p[1]} oder telefonisch unter {p[2]}.\n\nViele Grüße\nIhr Bazaar-Team\n",
            f"Anfrage von {p[0]}: {p[3]} (Angebot {p[5]})",
            reply_to=f"{p[0]} <{p[1]}>",
        )
    )
    found = propose(samples, DE)
    assert found.layout.subjects == ("Anfrage von {customer.name}: {vehicle.title} (Angebot {vehicle.listing_id})",)
    assert found.layout.lines == (
        "{customer.name} interessiert sich für Ihr Fahrzeug {vehicle.title} zum Preis von {vehicle.price}.",
        "Sie erreichen die Person unter {customer.email} oder telefonisch unter {customer.phone}.",
    )
    assert found.layout.endings == ("Viele Grüße",)
    (reading,) = read.parse(
        samples[0], msgspec.structs.replace(DE, layout=found.layout, source_type="generic")
    ).readings
    assert reading.customer is not None
    assert (reading.customer.name, reading.customer.phones) == ("Eva Beispiel", ("+491712345678",))
    assert reading.vehicles[0].model == "Golf Variant"


def test_lines_without_labels_become_a_block() -> None:
    samples = each(lambda p: mail(f"You have a new lead\n\n---\nFrom\n{p[0]}\n{p[1]}\n{p[2]}\n---\nModel: {p[3]}\n"))
    found = propose(samples, DE)
    block = Block(after="From", fields=("customer.name", "customer.email", "customer.phone"))
    assert found.layout.blocks == (block,)
    assert "From" not in found.layout.labels


@pytest.mark.parametrize(
    "forms",
    [
        (
            "电子邮箱\n{1}\n电话\n{2}\n车系\nGolf",  # a label that one sample has is no name
            "车系\nLeon\n电子邮箱\n{1}\n客户姓名\n刘芳",
            "电子邮箱\n{1}\n意向车辆\n{3}\n客户姓名\n欧阳晓",
        ),
        (
            "Contact\n\n{1}\nPhone Number\n{2}\nName\n{0}",  # below a gap, too
            "Contact\n\n{1}\nVehicle Of Interest\n{3}\nName\n{0}",
            "Contact\n\n{1}\nName\n{0}",
        ),
    ],
    ids=["zh", "en"],
)
def test_a_block_ends_at_a_label_that_few_samples_have(forms: tuple[str, ...]) -> None:
    samples = [mail(form.format(*person)) for form, person in zip(forms, PEOPLE, strict=True)]
    assert propose(samples, DE).layout.blocks == ()


def test_the_line_between_requests_splits_a_mail() -> None:
    def part(p: tuple[str, ...]) -> str:
        return f"Rufname: {p[0]}\nPost: {p[1]}\nRuf: {p[2]}\n"

    pairs = ((0, 1), (2, 0), (1, 2))
    samples = [mail(f"Lead 1 of 2\n{part(PEOPLE[a])}\nLead 2 of 2\n{part(PEOPLE[b])}") for a, b in pairs]
    found = propose(samples, DE)
    assert found.layout.split == "Lead {-} of {-}"
    assert found.layout.labels["Post"] == "customer.email"
    readings = read.parse(samples[0], msgspec.structs.replace(DE, layout=found.layout)).readings
    assert [reading.customer.emails for reading in readings if reading.customer] == [(PEOPLE[0][1],), (PEOPLE[1][1],)]


def test_the_line_above_the_only_request_of_each_mail_splits_those_that_hold_more() -> None:
    samples = each(lambda p: mail(f"Lead 1 of 1\nRufname: {p[0]}\nPost: {p[1]}\nRuf: {p[2]}\n"))
    assert propose(samples, DE).layout.split == "Lead {-} of {-}"


def test_words_above_the_first_request_are_no_label_of_the_next() -> None:
    def part(p: tuple[str, ...]) -> str:
        return f"姓名: {p[0]}\n邮箱: {p[1]}\n留言: 您好\n\n"

    pairs = ((0, 1), (2, 0), (1, 2))
    samples = [mail(f"您好，有新咨询\n\n第1条\n{part(PEOPLE[a])}第2条\n{part(PEOPLE[b])}") for a, b in pairs]
    assert propose(samples, Hints(region="CN")).layout.split == "第{-}条"


def test_a_label_may_stand_in_another_form_in_each_mail() -> None:
    def written(p: tuple[str, ...], sign: str) -> bytes:
        return mail(f"Benamsung{sign}{p[0]}\n\nKundenpost{sign}{p[1]}\n\nFernruf{sign}{p[2]}\n")

    found = propose([written(p, sign) for p, sign in zip(PEOPLE, (": ", ":\n", "\n"), strict=True)], DE)
    assert found.layout.labels == {
        "Benamsung": "customer.name",
        "Kundenpost": "customer.email",
        "Fernruf": "customer.phone",
    }


def test_a_label_is_the_same_in_text_and_html() -> None:
    fields = [(("Kundenpost", p[1]), ("Fernruf", p[2]), ("Farbton", p[5])) for p in PEOPLE]
    found = propose([FORMS["beside it"](fields[0]), FORMS["in rows"](fields[1]), FORMS["beside it"](fields[2])], DE)
    assert found.layout.labels == {"Kundenpost": "customer.email", "Fernruf": "customer.phone", "Farbton": ""}


@pytest.mark.parametrize("before", ["Skoda", "Berlin"])
def test_a_value_that_is_often_the_same_is_no_part_of_the_label_behind_it(before: str) -> None:
    """The dealer sells one make, in one town: `Wagen: Skoda E-Mail: ...` in most samples."""
    values = (before, before, "Aalen")
    samples = [
        mail(f"Kunde: {p[0]} Xyz: {v} E-Mail: {p[1]} Telefon: {p[2]}") for p, v in zip(PEOPLE, values, strict=True)
    ]
    assert propose(samples, DE).layout.labels["E-Mail"] == "customer.email"


def test_the_sources_own_number_is_left_out_where_another_label_has_the_customers() -> None:
    found = propose(each(lambda p: mail(f"Telefon: 030 999999\nName: {p[0]}\nFernruf: {p[2]}\n")), DE)
    assert (found.layout.labels["Telefon"], found.layout.labels["Fernruf"]) == ("-", "customer.phone")


def test_names_are_known_by_the_addresses_made_of_them() -> None:
    found = propose(each(lambda p: mail(f"Wer: {p[0]}\nPost: {p[1]}\nBerater: Kim Muster\n")), DE)
    assert (found.layout.labels["Wer"], found.layout.labels["Berater"]) == ("customer.name", "")


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        (("+45 2652 7559", "43294673", "+45 6435 5762"), "customer.phone"),  # two can be nothing else
        (("26527559", "43294673", "+45 6435 5762"), ""),
        (("+45 2652 7559", "4711", "+45 6435 5762"), ""),
    ],
)
def test_numbers_are_phones_if_most_can_be_nothing_else(numbers: tuple[str, ...], field: str) -> None:
    samples = [mail(f"Navn: {p[0]}\nBil: {p[3]}\nXyz: {n}\n") for p, n in zip(PEOPLE, numbers, strict=True)]
    assert propose(samples, Hints(region="DK")).layout.labels["Xyz"] == field


def test_requests_of_different_kinds_are_one_source() -> None:
    kinds = (
        "Wunschtermin: 4.12.2026 10:00\nArbeiten: Reifen\n",
        "Fahrzeug: VW Golf\nPreis: 900 EUR\n",
        "Beschwerde: Es regnet hinein.\n",
    )
    samples = [mail(f"Name: {p[0]}\nE-Mail: {p[1]}\n{k}") for p, k in zip(PEOPLE, kinds, strict=True)]
    assert propose(samples, DE).learned == (0, 1, 2)


Written = Callable[[Sequence[tuple[str, str]]], bytes]
FORMS: dict[str, Written] = {
    "below its label": lambda pairs: mail("".join(f"{label}\n{value}\n\n" for label, value in pairs)),
    "beside it": lambda pairs: mail("".join(f"{label}: {value}\n" for label, value in pairs)),
    "by a tab": lambda pairs: mail("".join(f"{label}\t{value}\n" for label, value in pairs)),
    "in one line": lambda pairs: mail(" ".join(f"{label}: {value}" for label, value in pairs)),
    "in divisions": lambda pairs: mail("".join(f"<div>{a}</div><div>{b}</div>" for a, b in pairs), kind="html"),
    "in rows": lambda pairs: mail(
        f"<table>{''.join(f'<tr><td>{a}</td><td>{b}</td></tr>' for a, b in pairs)}</table>", kind="html"
    ),
    "in columns": lambda pairs: mail(
        "<table>" + "".join(f"<tr><td>{'<td>'.join(row)}</tr>" for row in zip(*pairs, strict=True)) + "</table>",
        kind="html",
    ),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_label_that_nobody_knows_gets_the_field_of_its_values(
    form: Callable[[Sequence[tuple[str, str]]], bytes],
) -> None:
    samples = [
        form((("Benamsung", p[0]), ("Kundenpost", p[1]), ("Fernruf", p[2]), ("Wunschwagen", p[3]), ("Farbton", c)))
        for p, c in zip(PEOPLE, ("rot", "blau", "grau"), strict=True)
    ]
    found = propose(samples, DE)
    assert found.layout.labels == {
        "Benamsung": "customer.name",
        "Kundenpost": "customer.email",
        "Fernruf": "customer.phone",
        "Wunschwagen": "vehicle.title",
        "Farbton": "",
    }
    assert [label.label for label in found.unmapped] == ["Farbton"]
    assert set(found.by_value) == {"Benamsung", "Kundenpost", "Fernruf", "Wunschwagen"}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (("WVWZZZ1KZAW000123", "WBAVA31070NL12345"), "vehicle.vin"),
        (("https://a.example/1", "https://a.example/2"), "vehicle.listing_url"),
        (("10115 Berlin", "14467 Potsdam"), "customer.address.postal_city"),
        (("45.000 km", "120.300 km"), "vehicle.odometer"),
        (("B-MW 1234", "P-XY 77"), "vehicle.plate"),
        (("23.11.2026 10:15", "23.11.2026 10:14"), "requested_at"),
        (("4711", "4712"), ""),
        (("2017 Golf", "2019 Polo"), ""),
        (("01.12.2026", "02.12.2026"), ""),
        (("30175423", "30175499"), ""),
        (("Max Muster", "Ina Muster"), ""),
        (("rot", "blau"), ""),
    ],
)
def test_only_certain_values_tell_a_field(values: tuple[str, str], field: str) -> None:
    found = propose([mail(f"Name: Kim {v[:1]}\nE-Mail: a{n}@b.example\nXyz: {v}\n") for n, v in enumerate(values)], DE)
    assert found.layout.labels["Xyz"] == field


def test_a_second_label_of_a_kind_stays_unmapped() -> None:
    found = propose(each(lambda p: mail(f"E-Mail: {p[1]}\nZweitpost: x{p[1]}\nName: {p[0]}\n")), DE)
    assert found.layout.labels["Zweitpost"] == ""
    assert [label.like for label in found.unmapped] == ["customer.email"]


def notes(proposal: Proposal) -> Iterator[tuple[int | None, str]]:
    return ((note.sample, note.text.partition(":")[0]) for note in proposal.notes)


def test_it_warns_of_what_spoils_the_lesson() -> None:
    good = each(lambda p: mail(f"Rufname: {p[0]}\nPost: {p[1]}\nRuf: {p[2]}\nWagen: {p[3]}\n"))
    other = mail("Bringtag: morgen\nArbeiten: Reifen\nHalter: Eva\n", "Fwd: Termin")
    found = propose([*good, other, b"", b"no mail at all", good[0]], DE)
    assert list(notes(found)) == [
        (3, "was forwarded"),
        (4, "is empty"),
        (5, "is no mail"),
        (6, "is the same mail as sample 1"),
        (3, "is built differently from the others and was left out"),
    ]
    assert found.learned == (0, 1, 2, 6)
    assert found.domains == ("bazaar.example",)


@pytest.mark.parametrize(
    ("senders", "domains", "strange"),
    [
        (("bazaar.example", "mail.bazaar.example", "evil.example"), ("bazaar.example",), [2]),
        (("gmx.de", "bazaar.example", "bazaar.example"), ("bazaar.example",), []),
        (("bazaar.example", "evil.example", "third.example"), (), [0, 1, 2]),
    ],
)
def test_one_sample_adds_no_domain(senders: tuple[str, ...], domains: tuple[str, ...], strange: list[int]) -> None:
    good = each(lambda p: mail(f"Rufname: {p[0]}\nPost: {p[1]}\nRuf: {p[2]}\nWagen: {p[3]}\n"))
    heads = [f"From: Bazaar <x@{domain}>".encode() for domain in senders]
    sent = [re.sub(rb"(?m)^From: [^\r\n]*", head, raw) for head, raw in zip(heads, good, strict=False)]
    found = propose(sent, DE)
    assert found.domains == domains
    assert [note.sample for note in found.notes if note.text.startswith("came from")] == strange


def test_one_sample_teaches_nothing() -> None:
    found = propose(each(lambda p: mail(f"Name: {p[0]}\n"))[:1], DE)
    assert list(notes(found)) == [(None, "two samples are needed at least, three are better")]


HEAD = b"From: a@b.example\nSubject: x\nContent-Type: text/plain\n\n"
WORDS = (
    "Name:",
    "\t",
    "\n",
    "\n\n",
    "---",
    " ",
    "a@b.example",
    "<td>",
    ":",
    "{customer.name}",
    "0171 2",
    "\0",
    "姓名",
    "> ",
)
TEXTS = st.lists(st.sampled_from(WORDS), max_size=40).map(lambda words: HEAD + "".join(words).encode())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=200), TEXTS), max_size=4))
def test_any_bytes_give_a_proposal(raws: list[bytes]) -> None:
    found = propose(raws, DE)
    assert all("\n" not in text for text in (*found.layout.labels, *found.layout.lines, *found.layout.endings))
    for raw in raws:
        read.parse(raw, Hints(layout=found.layout))
