"""Mails of registered sources that are no request, with addresses, cars and telephone numbers in them."""

import random

from tests.generator import mails
from tests.generator.sources.writing import Writing

_NOISE = (
    ("mobile.de", "DE", "noreply@news.mobile.de", "Neue {car} für Sie"),
    ("mobile.de", "DE", "noreply@mobile.de", "Ihr Inserat läuft am {day}.11. ab"),
    ("autoscout24", "DE", "no-reply@rtm.autoscout24.de", "Fahrzeugsuche"),
    ("autoscout24", "DE", "savedsearches@notifications.autoscout24.com", "{day} neue {car}"),
    ("autoscout24", "NL", "no-reply@rtm.autoscout24.nl", "Uw advertentie verloopt over {day} dagen"),
    ("kleinanzeigen", "DE", "noreply@kleinanzeigen.de", "Deine Anzeige „{car}“ läuft in {day} Tagen ab"),
    ("marktplaats", "NL", "noreply@email.marktplaats.nl", "Je advertentie verloopt: {car}"),
    ("bilbasen", "DK", "noreply@bilbasen.dk", "Din annonce udløber om {day} dage"),
    ("gumtree", "GB", "noreply@partners.gumtree.com", "Your ad {car} is about to expire"),
    ("google-reviews", "GB", "businessprofile-noreply@google.com", "Your Business Profile performance in week {day}"),
)


def generate_noise(rng: random.Random) -> tuple[bytes, Writing]:
    """Write one such mail; the writing knows its type and country."""
    name, region, sender, subject = rng.choice(_NOISE)
    w = Writing(rng, name, region)
    car = w.car()
    text = f"{car}\n{w.price().written}\n\nName: {w.name}\nTel: {w.phone().written}\nE-Mail: {w.email}\n"
    raw = mails.mail(
        rng, w.language, subject=subject.format(car=car, day=rng.randrange(2, 29)), text=text, sender=sender
    )
    return raw, w
