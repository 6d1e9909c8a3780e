"""A source is learned from three mails: labels, patterns, blocks, endings; what is in doubt stays unmapped."""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers import read
from parsers.layout import Block
from parsers.learn import propose
from parsers.proposal import Proposal
from parsers.records import Hints, Parsed
from tests.generator import LANGUAGES, LAYOUTS, Form, Sample, Score, compare, fill, generate, layouts, mails, words
from tests.generator.special import SPECIAL, subject
from tests.generator.words import REGIONS

SOURCES = int(os.environ.get("POSTROOM_FUZZ_CASES", "0")) // (20 * len(LAYOUTS) * len(LANGUAGES)) + 1
"""Sources for each layout and language, of which each writes 20 mails to read."""
PEOPLE = (
    ("Eva Beispiel", "eva.beispiel@kunde.example", "0171 2345678", "VW Golf Variant", "24.500 EUR", "48151623"),
    ("Jonas Probe", "jonas.probe@web.example", "+49 30 5550123", "Audi A4 Avant", "31.900 EUR", "48151777"),
    ("Lena Weber", "lena.weber@post.example", "0160 5550199", "Skoda Octavia", "18.750 EUR", "48152001"),
)
_MESSAGES = frozenset(("comments", "complaint.text", "booking.remarks", "review.text"))
DE = Hints(region="DE")


class Source:
    """Somebody who always uses the same labels in the same layout, with fields that come and go."""

    def __init__(self, seed: int, layout: str, language: str, kind: str, *, invented: bool = False) -> None:
        self.rng = random.Random(f"{seed} {layout} {language} {kind}")  # noqa: S311 - the same mails each time
        self.layout, self.language, self.kind = layout, language, kind
        known = {name: self.rng.choice(labels) for name, labels in words.LABELS[language].items()}
        self.labels = dict(zip(known, self._invented(len(known)), strict=True)) if invented else known
        self.own = dict(zip(("customer.email", "customer.phone"), self._invented(2), strict=True))
        self.hints = Hints(source_type="website", region=REGIONS[language], language=language)

    def _invented(self, count: int) -> list[str]:
        syllables = [a + b for a in "bdfglmnprtvz" for b in ("ak", "el", "im", "or", "un")]
        return ["".join(self.rng.sample(syllables, 3)).title() for _ in range(count)]

    def mail(self) -> Sample:
        one = {self.language: {name: (label,) for name, label in self.labels.items()}}
        own = {"subject": partial(subject, names=self.own)}  # labels that only their values explain
        with patch.dict(words.LABELS, one), patch.dict(SPECIAL, own):
            return generate(self.rng, self.layout, self.language, kind=self.kind)

    def lesson(self) -> list[Sample]:
        """Three mails to learn; chosen as an admin would, so that they show what only this source has."""
        mails = (self.mail() for _ in range(200))
        return list(islice((one for one in mails if self._shows_all(one.expected)), 3))

    def _shows_all(self, expected: dict[str, object]) -> bool:
        if self.layout == "suffix":
            return not _MESSAGES.isdisjoint(expected)
        return self.layout != "subject" or {"customer.emails.0", "customer.phones.0"} <= expected.keys()

    def form(self) -> Form:
        with patch.dict(words.LABELS, {self.language: {name: (label,) for name, label in self.labels.items()}}):
            return fill(self.rng, self.language, self.kind)

    def mail_of(self, form: Form) -> Sample:
        text = layouts.TEXT[self.layout](self.rng, form) if self.layout in layouts.TEXT else None
        html = layouts.HTML[self.layout](self.rng, form) if self.layout in layouts.HTML else None
        raw = mails.mail(self.rng, self.language, subject=words.SUBJECTS[self.language], text=text, html=html)
        return Sample(raw, form.expected, self.layout, self.language, self.hints)


def _cost(layout: str) -> tuple[tuple[str, ...], int]:
    """Languages and mails to read for each source: all in a full run; mails of several requests take long to write."""
    if SOURCES > 1:
        return LANGUAGES, 20
    return (LANGUAGES[:2], 3) if layout in ("digest", "split") else (LANGUAGES, 6)


def learned(samples: Sequence[Sample], hints: Hints) -> Proposal:
    return propose([sample.raw for sample in samples], hints)


def read_with(sample: Sample, proposal: Proposal, hints: Hints) -> Parsed:
    return read.parse(sample.raw, msgspec.structs.replace(hints, layout=proposal.layout))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_twenty_mails_are_read_after_three_were_learned(layout: str) -> None:
    score = Score()
    languages, count = _cost(layout)
    for seed in range(SOURCES):
        for language in languages:
            source = Source(seed, layout, language, ("lead", "booking", "complaint")[seed % 3])
            proposal = learned(source.lesson(), source.hints)
            for _ in range(count):
                sample = source.mail()
                compare(sample, read_with(sample, proposal, source.hints), score)
    assert score.share >= 0.95, score.faults[:20]
    assert score.wrong == 0, [fault for fault in score.faults if "wrong" in fault][:20]


def rich(source: Source) -> list[Form]:
    """Three forms that together show most fields twice, as an admin would choose samples."""
    forms = [source.form() for _ in range(100)]
    chosen: list[Form] = []
    for _ in range(3):
        seen = [one.name for form in chosen for one in form.filled]
        chosen.append(max(forms, key=lambda form: sum(seen.count(one.name) < 2 for one in form.filled)))
        forms.remove(chosen[-1])
    return chosen


@pytest.mark.parametrize("layout", [*layouts.TEXT, *layouts.HTML])
def test_labels_that_nobody_knows_are_mapped_only_by_certain_values(layout: str) -> None:
    """Every value that is read is right; what cannot be told by itself is kept under its label."""
    right, mails = 0, 0
    faults: list[str] = []
    for language in LANGUAGES if SOURCES > 1 else LANGUAGES[:3]:
        source = Source(1, layout, language, "lead", invented=True)
        proposal = learned([source.mail_of(form) for form in rich(source)], source.hints)
        forms = (source.form() for _ in range(150))
        shown = (f for f in forms if all(source.labels[one.name] in proposal.layout.labels for one in f.filled))
        for form in islice(shown, 20):  # a label that no sample shows cannot be learned
            sample = source.mail_of(form)
            score = Score()
            compare(sample, read_with(sample, proposal, source.hints), score)
            right += score.right
            faults += [fault for fault in score.faults if "wrong" in fault and "wrong comments" not in fault]
            mails += 1
    assert mails
    assert faults == []
    assert right >= 3 * mails


def mail(body: str, subject: str = "Neue Anfrage", *, reply_to: str = "", kind: str = "plain") -> bytes:
    head = f"From: Bazaar <noreply@bazaar.example>\n{f'Reply-To: {reply_to}' if reply_to else 'X-Form: 1'}\n"
    return (
        f"{head}To: leads@muster.example\nSubject: {subject}\nDate: Mon, 23 Nov 2026 10:15:00 +0100\n"
        f"MIME-Version: 1.0\nContent-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}"
    ).encode()


def each(body: Callable[[tuple[str, ...]], bytes]) -> list[bytes]:
    return [body(person) for person in PEOPLE]


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


def test_an_imprint_that_is_always_the_same_is_cut_off() -> None:
    imprint = "Ihr Bazaar\nTelefon: 030 999999\nE-Mail: info@bazaar.example\nStand 2026\n"
    samples = each(lambda p: mail(f"Name: {p[0]}\nPost: {p[1]}\nWagen: {p[3]}\nNachricht:\nGeht {p[5]}?\n\n{imprint}"))
    found = propose(samples, DE)
    assert found.layout.endings == ("Ihr Bazaar",)
    (reading,) = read.parse(samples[0], Hints("generic", "DE", layout=found.layout)).readings
    assert reading.customer is not None
    assert (reading.customer.emails, reading.customer.phones) == (("eva.beispiel@kunde.example",), ())


def test_lines_without_labels_become_a_block() -> None:
    samples = each(lambda p: mail(f"You have a new lead\n\n---\nFrom\n{p[0]}\n{p[1]}\n{p[2]}\n---\nModel: {p[3]}\n"))
    found = propose(samples, DE)
    block = Block(after="From", fields=("customer.name", "customer.email", "customer.phone"))
    assert found.layout.blocks == (block,)
    assert "From" not in found.layout.labels


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


def test_the_customers_own_sentences_are_no_labels() -> None:
    asked = ("Meine Frage: geht das?", "Meine Frage: wann denn?", "Meine Frage: warum?")
    found = propose(
        [mail(f"Name: {p[0]}\nNachricht: Guten Tag.\n{a}\n") for p, a in zip(PEOPLE, asked, strict=True)], DE
    )
    assert set(found.layout.labels) == {"Name", "Nachricht"}


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
