"""What a registered source sends that is no request is counted with its reason; its requests become records."""

from collections.abc import Callable
from datetime import datetime

import pytest

from config.models import Settings
from daemon.desk.plan import hints_for
from parsers import read
from rules.decide import decide_mail
from rules.model import Context, Envelope

LEAD = "Name: Eva Muster\nTelefon: 0171 2345678\nInserat-ID: 345678901\nNachricht: Ist der Golf noch da?\n"


@pytest.mark.parametrize(
    ("sender", "subject", "to", "fate", "reason"),
    [
        ("noreply@news.mobile.de", "Neues für Sie", "m@leads.example", "automatic", "'{-}@news.mobile.de'"),
        ("noreply@mobile.de", "Ihr Inserat läuft morgen ab", "m@leads.example", "automatic", "'Ihr Inserat läuft{-}'"),
        ("noreply@mobile.de", "Anfrage zu Ihrem Inserat: VW Golf", "m@leads.example", "opened", "lead for berlin"),
        ("noreply@mobile.de", "Ihr Inserat läuft morgen ab", "desk@berlin.example", "automatic", "takes no answers"),
    ],
)
def test_noise_of_a_source_opens_nothing(
    house: Callable[..., Settings], at: Callable[[str], datetime],
    sender: str, subject: str, to: str, fate: str, reason: str,
) -> None:  # fmt: skip
    settings, now = house(), at("2026-05-20T10:00+02:00")
    raw = f"From: {sender}\nTo: {to}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n{LEAD}".encode()
    parsed = read.parse(raw, hints_for(settings, to))
    decision = decide_mail(parsed, Envelope(recipient=to, accepted_at=now), settings, Context(), now)
    assert decision.fate == fate
    assert reason in decision.reason
