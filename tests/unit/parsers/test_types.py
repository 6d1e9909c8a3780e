"""Types of sources as data: how they are combined with what an admin says, and what they leave out as noise."""

import pytest

from config.defaults import shipped_versions
from config.fields import FORM_FIELDS
from parsers import document, read, types
from parsers.completions import COMPLETIONS
from parsers.layout import Layout
from parsers.pattern import compiled
from parsers.records import Hints

SHIPPED = {known.name: known for known in shipped_versions()[1].type}


def mail(sender: str, subject: str, body: str = "Guten Tag", more: str = "") -> bytes:
    return f"From: {sender}\nSubject: {subject}\n{more}Content-Type: text/plain; charset=utf-8\n\n{body}".encode()


@pytest.mark.parametrize("name", types.names())
def test_every_field_of_a_type_is_one_of_the_dictionaries(name: str) -> None:
    layout = types.layout_of(Hints(source_type=name))
    patterns = [compiled(pattern) for pattern in (*layout.subjects, *layout.lines)]
    used = {field for pattern in patterns for field in pattern.fields}
    used |= {field for block in layout.blocks for field in block.fields} | set(layout.labels.values())
    assert used <= FORM_FIELDS


def test_types_that_nobody_could_check_say_so() -> None:
    unverified = {name for name in types.names() if not types.layout_of(Hints(source_type=name)).verified}
    assert unverified == {"mobile.de", "bilbasen", "tjekvik", "cem"}


def test_functions_are_of_types_that_exist() -> None:
    assert set(COMPLETIONS) <= set(types.names())


@pytest.mark.parametrize("name", [None, "nobody", "", "../layout", "." * 300])
def test_an_unknown_type_brings_nothing(name: str | None) -> None:
    assert types.layout_of(Hints(source_type=name)) == types.NOTHING


def test_what_the_admin_says_goes_before_what_the_type_brings() -> None:
    own = Layout(labels={"Inserat-ID": "external_id"}, subjects=("Ihr Auto {vehicle.title}",), split="***")
    both = types.layout_of(Hints(source_type="mobile.de", layout=own))
    shipped = types.layout_of(Hints(source_type="mobile.de"))
    assert both.labels == {**shipped.labels, "Inserat-ID": "external_id"}
    assert both.subjects == ("Ihr Auto {vehicle.title}", *shipped.subjects)
    assert (both.split, both.noise, both.endings) == ("***", shipped.noise, shipped.endings)
    assert both.verified
    assert not shipped.verified


def test_the_same_source_has_the_same_layout() -> None:
    def hints() -> Hints:
        return Hints(source_type="mobile.de", layout=Layout(labels={"a": "comments"}))

    assert types.layout_of(hints()) is types.layout_of(hints())


@pytest.mark.parametrize(
    ("name", "sender", "subject"),
    [
        ("autoscout24", "savedsearches@notifications.autoscout24.com", "3 Treffer"),
        ("autoscout24", "no-reply@rtm.autoscout24.com", "Fahrzeugsuche"),
        ("autoscout24", "no-reply@rtm.autoscout24.com", "FAHRZEUGSUCHE: 5 neue Angebote"),
        ("autoscout24", "no-reply@rtm.autoscout24.nl", "Uw advertentie verloopt morgen"),
        ("mobile.de", "noreply@dein.mobile.de", "Schau mal"),
        ("mobile.de", "noreply@news.mobile.de", "Anfrage der Woche"),
        ("kleinanzeigen", "noreply@kleinanzeigen.de", "Deine Anzeige \"VW Golf\" läuft bald ab"),
        ("google-reviews", "businessprofile-noreply@google.com", "Your Business Profile performance in October"),
    ],
)  # fmt: skip
def test_noise_makes_no_request_and_says_why(name: str, sender: str, subject: str) -> None:
    body = "Name: Eva Muster\nTelefon: 0171 2345678\nFahrzeug: VW Golf\nNachricht: Neu für Sie\n"
    parsed = read.parse(mail(sender, subject, body), Hints(source_type=name, kind="lead"))
    assert (parsed.mail_class, parsed.readings) == ("automatic", ())
    assert parsed.class_because is not None
    assert name in parsed.class_because


@pytest.mark.parametrize(
    ("name", "sender", "subject"),
    [
        ("autoscout24", "no-reply@rtm.autoscout24.com", "Neue Anfrage für Ihren VW Golf"),
        ("mobile.de", "noreply@mobile.de", "Anfrage zu Ihrem Inserat: VW Golf"),
        ("website", "no-reply@rtm.autoscout24.com", "Fahrzeugsuche"),
        (None, "savedsearches@notifications.autoscout24.com", "Fahrzeugsuche"),
    ],
)
def test_requests_of_the_same_sender_are_no_noise(name: str | None, sender: str, subject: str) -> None:
    assert types.noise(document.parse(mail(sender, subject)), Hints(source_type=name)) is None


def test_an_admin_names_noise_of_his_own_source() -> None:
    hints = Hints(source_type="generic", layout=Layout(noise=("Wochenbericht {-}",)))
    parsed = read.parse(mail("bericht@portal.example", "Wochenbericht 47"), hints)
    assert (parsed.mail_class, parsed.readings) == ("automatic", ())


def test_a_survey_is_an_alert_only_if_it_says_so() -> None:
    body = "Score: 9\nSurvey ID: S-1\nCustomer: Emma Sample\nRegistration: AB12 CDE\nCustomer comment: Fine.\n"
    hints = Hints(source_type="cem", region="GB", language="en", kind="alert")
    (survey,) = read.parse(mail("cem@importer.example", "Survey answered", body), hints).readings
    (alert,) = read.parse(mail("cem@importer.example", "Hot Alert 12", body + "Alert ID: 12\n"), hints).readings
    assert (survey.kind, alert.kind) == ("review", "alert")


def test_a_check_in_with_wishes_is_also_a_lead_for_each() -> None:
    body = "Customer: Mette Holm\nRegistration: AB12 CDE\nAppointment: 2026-11-25 08:00\nServices: Oil change\n"
    body += "New car: Yes\nTyre offer: No\nValue my car: Yes please\n"
    hints = Hints(source_type="tjekvik", region="GB", language="en", kind="check-in")
    found = read.parse(mail("noreply@tjekvik.com", "Check-in summary", body), hints).readings
    assert [(reading.kind, reading.interest) for reading in found] == [
        ("check-in", None), ("lead", "buy"), ("lead", "trade-in"),
    ]  # fmt: skip
    assert {reading.customer.name for reading in found if reading.customer} == {"Mette Holm"}


def test_shipped_types_are_complete() -> None:
    assert set(SHIPPED) == set(types.names())
    weekly = {name for name, known in SHIPPED.items() if str(known.silence) == "7d"}
    assert weekly >= {"mobile.de", "autoscout24", "website", "contact-form-7", "wix"}
    assert weekly.isdisjoint({"importer", "calendly", "google-reviews", "tjekvik", "cem", "complaint-form", "generic"})
