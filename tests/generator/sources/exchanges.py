"""Mails of the exchanges of Germany, Denmark, the Netherlands, Belgium, France and Italy."""

import random
from collections.abc import Callable

from tests.generator import makers
from tests.generator.makers import Value
from tests.generator.sample import Sample
from tests.generator.sources.writing import REGIONS, Writing

LISTING = "vehicles.0.listing_url"


def mobile_de(rng: random.Random) -> Sample:
    w = Writing(rng, "mobile.de", "DE")
    subject = f"Anfrage zu Ihrem Inserat: {w.car()}"
    text = "Sie haben eine neue Anfrage erhalten.\n\n" + w.lines(
        f"Name: {w.named()}\n",
        f"E-Mail: {w.mailed()}\n",
        w.maybe(0.7, "Telefon: {}", w.phone(), "customer.phones.0"),
        f"Inserat-ID: {w.note(_digits(rng, 9), 'vehicles.0.listing_id')}\n",
        w.maybe(0.5, "Preis: {}", w.price(), "vehicles.0.price"),
        w.maybe(0.5, "Kilometerstand: {}", makers.odometer(rng, "de"), "vehicles.0.odometer"),
    )
    text += f"Nachricht: {w.said()}\n\nIhr Team von mobile.de\n"
    return w.mail(subject, text, sender="mobile.de <noreply@mobile.de>", reply=w.email)


_REQUESTS = {
    "nl": (
        "Nieuwe aanvraag voor uw {car}", "Interesse in {car} € {price}", "Nieuwe aanvraag van {name} voor", "Naam",
        "Telefoon", "Advertentienr.", "Kenteken", "Kilometerstand", "Bericht van de koper", "Uw AutoScout24-team",
    ),
    "de": (
        "Neue Anfrage für Ihren {car}", "Interesse an {car} € {price}", "Neue Anfrage von {name} für", "Name",
        "Telefon", "Angebotsnummer", "Kennzeichen", "Kilometerstand", "Nachricht des Käufers", "Ihr AutoScout24-Team",
    ),
    "fr": (
        "Nouvelle demande pour votre {car}", "Intérêt pour {car} € {price}", "Nouvelle demande de {name} pour",
        "Nom complet", "Téléphone", "N° d'annonce", "Immatriculation", "Kilométrage", "Message de l'acheteur",
        "Votre AutoScout24",
    ),
    "it": (
        "Nuova richiesta per la sua {car}", "Interesse per {car} € {price}", "Nuova richiesta di {name} per",
        "Nome e cognome", "Telefono", "Numero annuncio", "Targa", "Chilometraggio", "Messaggio dell'acquirente",
        "Il team di AutoScout24",
    ),
    "en": (
        "New enquiry for your {car}", "Interest in {car} € {price}", "New enquiry from {name} for", "Name", "Phone",
        "Offer number", "Registration", "Mileage", "Message from the buyer", "Your AutoScout24 team",
    ),
}  # fmt: skip


def autoscout24(rng: random.Random) -> Sample:
    language = rng.choice(tuple(_REQUESTS))
    w = Writing(rng, "autoscout24", REGIONS[language], language)
    plain, priced, intro, name, phone, number, plate, odometer, message, end = _REQUESTS[language]
    car = w.car()
    if rng.random() < 0.5:
        amount = rng.randrange(2, 60) * 1000 + 345
        written = f"{amount:,}".replace(",", ".") + ",-"
        w.expected["vehicles.0.price"] = {"amount": f"{amount}.00", "currency": "EUR"}
        subject = priced.format(car=car, price=written)
    else:
        subject = plain.format(car=car)
    text = f"{intro.format(name=w.name)}\n{car}\n\n"
    text += w.lines(
        f"{name}: {w.named()}\n",
        w.maybe(0.7, phone + ": {}", w.phone(), "customer.phones.0"),
        f"{number}: {w.note(_digits(rng, 9), 'vehicles.0.listing_id')}\n",
        w.maybe(0.5, plate + ": {}", makers.plate(rng, language), "vehicles.0.plate"),
        w.maybe(0.5, odometer + ": {}", makers.odometer(rng, language), "vehicles.0.odometer"),
    )
    text += f"{message}:\n{w.said()}\n\n{end}\n"
    w.mailed()
    return w.mail(subject, text, sender=f"AutoScout24 <no-reply@rtm.autoscout24.{language}>", reply=w.email)


_CALLS = {
    "de": ("Knd.-Nr: {id}. {was} Anruf um {at}, {car} ({a}/{b})", "Angenommener", "Verpasster", "Anrufer: {}"),
    "nl": ("Klantnr: {id}. {was} oproep voor {at}, {car} ({a}/{b})", "Aangenomen", "Gemiste", "Beller: {}"),
    "fr": ("N° client : {id}. Appel {was} à {at}, {car} ({a}/{b})", "reçu", "manqué", "Appelant : {}"),
    "it": (
        "SellID {id} - Richiesta telefonica {was} alle {at}, {car} ({a}/{b})", "accettata", "senza risposta",
        "Numero chiamante: {}",
    ),
}  # fmt: skip


def autoscout24_call(rng: random.Random) -> Sample:
    language = rng.choice(tuple(_CALLS))
    w = Writing(rng, "autoscout24", REGIONS[language], language)
    pattern, accepted, missed, caller = _CALLS[language]
    was_accepted = rng.random() < 0.5
    hour, minute = rng.randrange(7, 20), rng.randrange(60)
    w.expected |= {"call.accepted": was_accepted, "call.started_at": f"2026-11-25T{hour:02}:{minute:02}:00"}
    subject = pattern.format(
        id=w.note(_digits(rng, 7), "dealer.id"), was=accepted if was_accepted else missed, at=f"{hour:02}:{minute:02}",
        car=w.car(), a=rng.randrange(10**8), b=f"V-{rng.randrange(10**4)}",
    )  # fmt: skip
    html = f"<html><body><p>{caller.format(w.phoned('call.number', 'customer.phones.0'))}</p></body></html>"
    return w.mail(subject, html=html, sender="AutoScout24 <no-reply@rtm.autoscout24.com>")


def kleinanzeigen(rng: random.Random) -> Sample:
    w = Writing(rng, "kleinanzeigen", "DE")
    forms = (
        "Nutzer-Anfrage zu deiner Anzeige „{}“",
        'Nutzer-Anfrage zu deiner Anzeige "{}"',
        "Re: Anfrage zu Anzeige: {}",
    )
    subject = rng.choice(forms).format(w.car())
    url = w.note(_link(f"https://www.kleinanzeigen.de/s-anzeige/auto/{rng.randrange(10**9)}-216-3331"), LISTING)
    gap = rng.choice(("\n", "\n\n"))
    text = f"Nachricht von {w.named()}:{gap}{w.said()}{gap}Antworten{gap}Zur Anzeige: {url}\n\n"
    text += rng.choice(("Schütze dich vor Betrug: Bezahle nie im Voraus.\n", "Tipps für deine Sicherheit\n"))
    sender = f"=?utf-8?q?{_q(w.name)}_=C3=BCber_Kleinanzeigen?= <x{rng.randrange(10**6)}@mail.kleinanzeigen.de>"
    return w.mail(subject, text, sender=sender)


def marktplaats(rng: random.Random) -> Sample:
    w = Writing(rng, "marktplaats", "NL")
    return _reaction(w, "Marktplaats <noreply@email.marktplaats.nl>", "marktplaats.nl")


def tweedehands(rng: random.Random) -> Sample:
    w = Writing(rng, "2dehands", "BE", rng.choice(("nl", "fr")))
    return _reaction(w, "2dehands <info@e.2dehands.be>", "2dehands.be")


def _reaction(w: Writing, sender: str, domain: str) -> Sample:
    url = w.note(_link(f"https://www.{domain}/v/auto-s/m{w.rng.randrange(10**9, 10**10)}-auto"), LISTING)
    if w.language == "fr":
        subject = w.rng.choice(("Réaction à votre annonce : ", "Réaction à ")) + w.car()
        text = f"Vous avez reçu une réaction de {w.named()} :\n\n{w.said()}\n\nRépondre\n\n"
        text += f"Voir l'annonce : {url}\n\nAchetez en toute sécurité\n"
    else:
        subject = w.rng.choice(("Reactie op uw advertentie: ", "Reactie op ")) + w.car()
        text = f"Je hebt een reactie ontvangen van {w.named()}:\n\n{w.said()}\n\nBeantwoorden\n\n"
        text += f"Bekijk de advertentie: {url}\n\nHandel veilig.\n"
    return w.mail(subject, text, sender=sender, reply=f"r{w.rng.randrange(10**6)}@reply.{domain}")


def autotrack(rng: random.Random) -> Sample:
    w = Writing(rng, "autotrack", "NL")
    text = w.lines(
        f"Naam: {w.named()}\n",
        f"E-mailadres: {w.mailed()}\n",
        w.maybe(0.8, "Telefoonnummer: {}", w.phone(), "customer.phones.0"),
    )
    text += f"Bericht: {w.said()}\n\nHet gaat om de volgende advertentie: {w.car()}\n"
    text += w.maybe(0.7, "Kenteken: {}", makers.plate(rng, "nl"), "vehicles.0.plate")
    text += w.maybe(0.7, "Kilometerstand: {}", makers.odometer(rng, "nl"), "vehicles.0.odometer")
    return w.mail("Nieuwe aanvraag", text, sender="AutoTrack <info@autotrack.nl>")


def bilbasen(rng: random.Random) -> Sample:
    w = Writing(rng, "bilbasen", "DK")
    subject = f"Henvendelse vedr. {w.car()}"
    text = w.lines(
        f"Navn: {w.named()}\n",
        w.maybe(0.8, "Telefon: {}", w.phone(), "customer.phones.0"),
        f"E-mail: {w.mailed()}\n",
        f"Annonce-id: {w.note(_digits(rng, 7), 'vehicles.0.listing_id')}\n",
        w.maybe(0.6, "Pris: {}", w.price(), "vehicles.0.price"),
    )
    text += f"Besked: {w.said()}\n\nDenne henvendelse er sendt fra Bilbasen.\n"
    return w.mail(subject, text, sender="Bilbasen <noreply@bilbasen.dk>", reply=w.email)


def _digits(rng: random.Random, count: int) -> Value:
    made = str(rng.randrange(10 ** (count - 1), 10**count))
    return Value(made, made)


def _link(url: str) -> Value:
    return Value(url, url)


def _q(name: str) -> str:
    """A name inside an encoded word (RFC 2047 4.2)."""
    return "".join(c if c.isascii() and c.isalnum() else "".join(f"={b:02X}" for b in c.encode()) for c in name)


WRITERS: dict[str, tuple[Callable[[random.Random], Sample], ...]] = {
    "mobile.de": (mobile_de,),
    "autoscout24": (autoscout24, autoscout24_call),
    "kleinanzeigen": (kleinanzeigen,),
    "marktplaats": (marktplaats,),
    "2dehands": (tweedehands,),
    "autotrack": (autotrack,),
    "bilbasen": (bilbasen,),
}
