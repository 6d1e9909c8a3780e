"""Mails to customers about a workshop visit: what each says, what can be answered, and what stays hidden."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest

from daemon.outbox.compose import OutgoingMail
from daemon.outbox.guard import leak
from parsers.records import Customer, Reading, Wish
from parsers.wishes import wish
from rules import transition
from rules.visit import Visit
from rules.visit_mails import VISIT_MAILS
from templates.fallback import fallback
from templates.letter import write_letter
from templates.model import RenderJob, SiteCard
from templates.render import Renderer
from templates.samples import EMPTY, REPLY_TO, SITE, sample_job
from templates.visit_facts import way_to
from templates.words import filled
from tests.support.visit_mails import LANGUAGES, WORDS, at_site, job_of, read_as, rows

MAILS = sorted(VISIT_MAILS)
SHIPPED = Renderer({})
WITH_ANSWERS = set(MAILS) - {"visit-ask", "visit-declined", "visit-cancelled", "visit-today", "visit-thanks"}
"""Those that link to an answer."""
YES = {"de": "Ja", "en": "Yes", "da": "Ja", "zh": "同意"}
NO = {"de": "Nein", "en": "No", "da": "Nej", "zh": "不同意"}
OTHER = {"de": "Anderer Termin: ", "en": "Another time: ", "da": "Andet tidspunkt: ", "zh": "其他时间："}

CANCEL = {"de": "Absagen", "en": "Cancel", "da": "Aflys", "zh": "取消"}


def bodies(job: RenderJob) -> list[str]:
    """What the mail's links write."""
    found = [urlsplit(row.href or "") for row in write_letter(job, WORDS[job.notice.language]).actions]
    assert {unquote(link.path) for link in found} <= {REPLY_TO}
    return [parse_qs(link.query)["body"][0] for link in found]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_has_a_link_for_each_answer(language: str) -> None:
    job = job_of("visit-offer", language)
    assert bodies(job) == [YES[language], NO[language], OTHER[language]]
    hrefs = [row.href or "" for row in write_letter(job, WORDS[language]).actions]
    assert all(job.record.ref in href for href in hrefs)
    html = SHIPPED.render(job).html or ""
    assert len(re.findall(r'<a [^>]*href="mailto:', html)) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_our_mails_ask_for_is_understood(language: str) -> None:
    """What links write and sentences name is what the reader of answers knows, as it stands and in his hand."""
    links = [*bodies(job_of("visit-offer", language)), bodies(job_of("visit-scheduled", language))[1]]
    assert [wish(body) for body in links] == [Wish(name=name) for name in ("accept", "reject", "postpone", "cancel")]
    assert wish(f"{OTHER[language]}4.12.2026 14:00") == Wish(name="counter", at="2026-12-04T14:00")
    answers = WORDS[language]["visit_answers"]
    assert wish(answers["status"]) == Wish(name="look")
    assert wish(answers["quiet"]) == Wish(name="prefer", days=0)
    assert wish(filled(answers["remind"], n=3)) == Wish(name="prefer", days=3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_offer_says_the_answers_in_words_too(language: str) -> None:
    text = SHIPPED.render(job_of("visit-offer", language)).text
    for answer in (YES[language], NO[language], OTHER[language].strip(), "STATUS"):
        assert answer in text
    assert "mailto:" not in text


@pytest.mark.parametrize("purpose", ["visit-scheduled", "visit-changed", "visit-prebooked", "visit-agreed"])
def test_a_confirmation_asks_for_no_answer(purpose: str) -> None:
    for language in LANGUAGES:
        assert bodies(job_of(purpose, language)) == [OTHER[language], CANCEL[language]]
    letter = write_letter(job_of(purpose), WORDS["de"])
    assert "?" not in letter.opening
    assert "„Ja“" not in " ".join(letter.notes)


@pytest.mark.parametrize("purpose", MAILS)
def test_only_what_the_mail_is_for_is_a_button_in_colour(purpose: str) -> None:
    """Nobody is invited to move or cancel what was just agreed."""
    html = SHIPPED.render(job_of(purpose)).html or ""
    coloured = re.findall(r'<a class="button"[^>]*>([^<]*)</a>', html)
    main = {"visit-offer": "Ja, der Termin passt", "visit-kept": "Ja, der Termin passt"}
    main["visit-today"] = "Route zur Werkstatt öffnen"
    assert coloured == ([main[purpose]] if purpose in main else [])


@pytest.mark.parametrize("purpose", MAILS)
def test_without_a_reply_address_there_is_no_link_that_answers(purpose: str) -> None:
    job = msgspec.structs.replace(job_of(purpose), reply_to=None)
    assert "mailto:" not in (SHIPPED.render(job).html or "")


@pytest.mark.parametrize(
    ("state", "first"),
    [
        (transition.OFFERED, ["Ja", "Nein", "Anderer Termin: "]),
        (transition.SCHEDULED, ["Anderer Termin: ", "Absagen"]),
        (transition.ACCEPTED, ["Anderer Termin: ", "Absagen"]),
        (transition.NEW, []),
        (transition.CANCELLED, []),
        (transition.DONE, []),
    ],
)
def test_how_things_stand_offers_what_the_state_allows(state: str, first: list[str]) -> None:
    assert bodies(job_of("visit-current", state=state)) == first


@pytest.mark.parametrize("state", transition.STATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_how_things_stand_has_a_sentence_for_every_state(language: str, state: str) -> None:
    opening = write_letter(job_of("visit-current", language, state=state), WORDS[language]).opening
    assert opening in WORDS[language]["visit_states"].values()
    nothing = state in (transition.SPAM, transition.LINKED)
    assert (opening == WORDS[language]["visit_states"]["spam"]) is nothing


def test_a_time_that_no_longer_counts_is_not_told() -> None:
    for state in (transition.DECLINED, transition.POSTPONED, transition.ASKED):
        mail = SHIPPED.render(job_of("visit-current", state=state))
        assert "09:00" not in mail.subject
        assert "11:30" not in mail.text
        wanted = "Wunschtermin: Donnerstag, 3. Dezember 2026\nWunschtermin: Freitag, 4. Dezember 2026, 09:00 Uhr\n"
        assert wanted in mail.text


def test_what_the_customer_proposed_is_shown_until_it_is_decided() -> None:
    later = datetime(2026, 12, 4, 13, 0, tzinfo=UTC)
    countered, moving = (
        job_of("visit-current", state=state, proposed_at=later) for state in (transition.COUNTERED, transition.MOVING)
    )
    assert rows(countered)["Ihr Vorschlag"] == rows(moving)["Ihr Vorschlag"] == "Freitag, 4. Dezember 2026, 14:00 Uhr"
    assert rows(countered)["Termin"] == rows(moving)["Termin"] == "Donnerstag, 3. Dezember 2026, 09:00 Uhr"
    assert "Termin" not in rows(job_of("visit-current", state=transition.COUNTERED, proposed_at=later, starts_at=None))
    assert rows(moving)["Termin"] == "Donnerstag, 3. Dezember 2026, 09:00 Uhr"


def test_what_was_kept_is_an_offer_or_what_was_agreed() -> None:
    assert bodies(job_of("visit-kept", state=transition.OFFERED))[0] == "Ja"
    assert bodies(job_of("visit-kept", state=transition.SCHEDULED)) == ["Anderer Termin: ", "Absagen"]


@pytest.mark.parametrize("purpose", ["visit-ask", "visit-kept", "visit-declined", "visit-cancelled"])
def test_what_the_team_wrote_stands_in_its_words(purpose: str) -> None:
    job = job_of(purpose)
    said = "Erste Zeile.\n\nZweite <b>Zeile</b>."
    mail = SHIPPED.render(msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, text=said)))
    assert f"Dazu schreibt Ihnen unser Team:\n\n{said}\n" in mail.text
    assert "Zweite &lt;b&gt;Zeile&lt;/b&gt;." in (mail.html or "")
    silent = msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, text=None))
    assert "unser Team" not in SHIPPED.render(silent).text


@pytest.mark.parametrize(
    ("starts", "offset"),
    [(datetime(2026, 12, 3, 8, tzinfo=UTC), "UTC+1"), (datetime(2026, 7, 3, 8, tzinfo=UTC), "UTC+2")],
)
def test_every_mail_names_the_zone_of_its_times(starts: datetime, offset: str) -> None:
    for purpose in MAILS:
        assert f"Zeitzone: Europe/Berlin, {offset}\n" in SHIPPED.render(job_of(purpose, starts_at=starts)).text


@pytest.mark.parametrize("purpose", MAILS)
def test_what_the_site_hides_is_in_no_part_of_the_mail(purpose: str) -> None:
    hidden = ("services", "price", "remarks", "adviser", "courtesy-car")
    job = at_site(job_of(purpose), hide={purpose: hidden})
    for mail in (SHIPPED.render(job), fallback(job)):
        told = f"{mail.subject}{mail.text}{mail.html}"
        for secret in ("Inspektion", "1.299", "Serviceheft", "Eva Muster", "reserviert", *hidden):
            assert secret not in told


def test_what_is_hidden_in_one_mail_stands_in_the_others() -> None:
    hide = {"visit-reminder": ("price",)}
    assert "Kosten (etwa)" not in rows(at_site(job_of("visit-reminder"), hide=hide))
    assert rows(at_site(job_of("visit-offer"), hide=hide))["Kosten (etwa)"] == "1.299,00 €"


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Dr. Karl-Heinz O'Neill", "Guten Tag Dr. Karl-Heinz O'Neill,"),
        ("王伟", "Guten Tag 王伟,"),
        ("gewinn.example", "Guten Tag,"),
        ("http://gewinn.example", "Guten Tag,"),
        ("karin@beispiel.example", "Guten Tag,"),
        ("x" * 100, "Guten Tag,"),
        (None, "Guten Tag,"),
    ],
)
def test_a_greeting_names_only_what_looks_like_a_name(name: str | None, greeting: str) -> None:
    job = read_as(job_of("visit-offer"), Reading(kind="booking", customer=Customer(name=name)))
    assert SHIPPED.render(job).text.startswith(greeting + "\n")


def test_the_greeting_knows_names_in_two_parts() -> None:
    job = read_as(
        job_of("visit-offer", "zh"), Reading(kind="booking", customer=Customer(first_name="Li", last_name="Na"))
    )
    assert SHIPPED.render(job).text.startswith("Li Na，您好！\n")


@pytest.mark.parametrize(
    ("said", "prefers", "default", "told", "example"),
    [
        (None, None, 2, "Eingestellt ist eine Erinnerung 2 Tage vorher.", 3),
        (None, None, 0, "Eingestellt ist: keine Erinnerung.", 3),
        (None, 4, 2, "Eingestellt ist eine Erinnerung 4 Tage vorher.", 3),
        (None, 0, 2, "Eingestellt ist: keine Erinnerung.", 3),
        (0, 4, 2, "Eingestellt ist: keine Erinnerung.", 3),
        (1, 4, 2, "Eingestellt ist eine Erinnerung 1 Tag vorher.", 3),
        (3, 0, 2, "Eingestellt ist eine Erinnerung 3 Tage vorher.", 2),
    ],
)
def test_a_confirmation_says_when_he_is_reminded_and_how_to_change_it(
    said: int | None, prefers: int | None, default: int, told: str, example: int
) -> None:
    """What he said of this visit, else of another one, else the site's."""
    job = at_site(job_of("visit-scheduled", reminder=said), reminder=default)
    text = SHIPPED.render(msgspec.structs.replace(job, prefers=prefers)).text
    assert told in text
    assert f"„Erinnerung {example} Tage vorher“" in text


@pytest.mark.parametrize(
    ("site", "link"),
    [
        ({"directions": "https://muster.example/anfahrt", "geo": (1.0, 2.0)}, "https://muster.example/anfahrt"),
        ({"geo": (52.5321, 13.3849)}, "https://www.google.com/maps/dir/?api=1&destination=52.5321%2C13.3849"),
        ({"geo": (-33.0, 151.2)}, "https://www.google.com/maps/dir/?api=1&destination=-33%2C151.2"),
        (
            {"geo": (31.23, 121.47), "country": "CN"},
            "https://uri.amap.com/navigation?to=121.47,31.23&mode=car&coordinate=wgs84&callnative=1",
        ),
        ({"geo": None}, None),
        ({"directions": "javascript:alert(1)", "geo": None}, None),
    ],
)
def test_the_morning_mail_leads_to_the_workshop(site: dict[str, Any], link: str | None) -> None:
    job = at_site(job_of("visit-today"), **site)
    assert way_to(job.site) == link
    assert [row.href for row in write_letter(job, WORDS["de"]).actions] == [
        *([link] if link else []),
        "tel:+49301234567",
    ]
    for mail in (SHIPPED.render(job), fallback(job)):
        assert (f"Route zur Werkstatt öffnen: {link}\n" in mail.text) is (link is not None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", MAILS)
def test_the_leak_guard_lets_it_go_to_its_customer_only(language: str, purpose: str) -> None:
    job = job_of(purpose, language)
    written = SHIPPED.render(job)
    own = REPLY_TO.partition("+")[2].partition("@")[0]
    mail = OutgoingMail(
        sender=job.site.desk,
        sender_name=job.site.name,
        to=job.notice.to,
        reply_to=REPLY_TO,
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id="<1@muster.example>",
        date=job.notice.at,
    )
    assert leak(mail, own, None, ()) is None
    another = msgspec.structs.replace(job, reply_to=REPLY_TO.replace("tabc", "kxyz"))
    html = SHIPPED.render(another).html
    links = purpose in WITH_ANSWERS
    assert (leak(replace(mail, html=html), own, None, ()) == "it held a reply address of ours") is links


@pytest.mark.parametrize("purpose", ["visit-scheduled", "visit-today"])
def test_who_has_a_telephone_can_be_called(purpose: str) -> None:
    job = job_of(purpose)
    mute = at_site(job, phone=None)
    assert "rufen Sie uns an: +49 30 1234567." in " ".join(write_letter(job, WORDS["de"]).notes)
    assert "rufen" not in SHIPPED.render(mute).text
    assert "tel:" not in (SHIPPED.render(mute).html or "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", MAILS)
def test_a_visit_of_which_nothing_is_known_leaves_no_trace(language: str, purpose: str) -> None:
    job = sample_job(language, purpose, EMPTY)
    gone = msgspec.structs.replace(job, record=msgspec.structs.replace(job.record, visit=None))
    bare = SiteCard(id="a", name="Autohaus", desk="desk@a.example", timezone="Europe/Berlin", language="de")
    for one in (job, gone, msgspec.structs.replace(job, site=bare)):
        for mail in (SHIPPED.render(one), fallback(one)):
            told = f"{mail.subject}\n{mail.text}\n{mail.html or ''}"
            assert "None" not in told
            assert "{" not in f"{mail.subject}{mail.text}"
            empty = [line for line in mail.text.splitlines() if re.search(r"(: |：)$", line)]
            assert empty == []
            assert not re.search(r'<td class="value"[^>]*>\s*(<b>\s*</b>)?\s*</td>', mail.html or "")


@pytest.mark.parametrize("purpose", MAILS)
def test_the_mail_without_its_template_says_the_same(purpose: str) -> None:
    mail, plain = SHIPPED.render(job_of(purpose)), fallback(job_of(purpose))
    assert plain.subject == mail.subject
    letter = write_letter(job_of(purpose), WORDS["de"])
    told = [letter.greeting, letter.opening, *letter.said, *letter.notes, letter.close, *letter.signature]
    told += [f"{row.label}: {row.href or row.value}" for section in letter.sections for row in section.rows]
    assert [line for line in told if line not in plain.text.splitlines()] == []


def test_whatever_is_wrong_with_a_visit_its_time_is_told() -> None:
    broken = job_of("visit-today", zone="Nowhere/Atall")
    assert "2026-12-03 08:00 UTC" in fallback(broken).text


def test_a_broken_visit_of_no_time_still_makes_a_mail() -> None:
    broken = Visit(uid="x", zone="Nowhere/Atall")
    job = job_of("visit-ask")
    job = msgspec.structs.replace(job, record=msgspec.structs.replace(job.record, visit=broken))
    assert fallback(job).text.endswith(f"{SITE.name}\n")
