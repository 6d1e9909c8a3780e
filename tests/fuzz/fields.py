"""A source that labels every field a form can have, with a value of each: written as its layout says."""

from config.fields import FORM_FIELDS, LEFT_OUT
from parsers.layout import Block, Layout
from parsers.records import Hints

VALUES = {
    "comments": "Ist der Wagen noch da?\nGrüße",
    "requested_at": "22.11.2026 10:15",
    "interest": "Probefahrt",
    "external_id": "A-4711",
    "from": "Max Muster <max@kunde.example>",
    "customer.name": "Max Muster",
    "customer.first_name": "Max",
    "customer.last_name": "Muster",
    "customer.company": "Muster GmbH",
    "customer.email": "max@kunde.example",
    "customer.phone": "0171 2345678",
    "customer.address": "Hauptstr. 1, 10115 Berlin",
    "customer.address.street": "Hauptstr.",
    "customer.address.house_number": "1 a",
    "customer.address.postal_code": "10115",
    "customer.address.city": "Berlin",
    "customer.address.postal_city": "10115 Berlin",
    "customer.address.region": "Berlin",
    "customer.address.country": "Deutschland",
    **{
        f"{role}.{name}": value
        for role in ("vehicle", "trade")
        for name, value in {
            "title": "VW Golf Variant",
            "make": "VW",
            "model": "Golf",
            "trim": "Highline",
            "year": "2019",
            "condition": "gebraucht",
            "vin": "WVWZZZ1KZAW000001",
            "stock_number": "S-12",
            "plate": "B-AB 1234",
            "listing_id": "48151623",
            "listing_url": "https://suchen.mobile.de/auto/48151623",
            "odometer": "12.345 km",
            "price": "24.500,- EUR",
        }.items()
    },
    "dealer.name": "Autohaus Muster",
    "dealer.id": "D7",
    "booking.starts_at": "24.11.2026 08:30",
    "booking.ends_at": "24.11.2026 09:30",
    "booking.date": "24.11.2026",
    "booking.time": "08:30",
    "booking.services": "Inspektion, Reifenwechsel",
    "booking.remarks": "Bitte mit Leihwagen",
    "complaint.category": "Werkstatt",
    "complaint.text": "Es klappert wieder.",
    "review.platform": "Google",
    "review.author": "Max M.",
    "review.rating": "4",
    "review.best_rating": "5",
    "review.text": "Gerne wieder",
    "review.area": "Service",
    "alert.id": "H-1",
    "alert.score": "2",
    "alert.threshold": "6",
    "call.number": "0171 2345678",
    "call.started_at": "22.11.2026 10:15",
    "call.accepted": "nein",
    **{f"consent.{way}": "ja" for way in ("email", "phone", "sms", "post", "newsletter", "privacy")},
}
NAMES = tuple(sorted(FORM_FIELDS - {LEFT_OUT}))
LABELS = {f"Zz{number:02}": name for number, name in enumerate(NAMES)}
LABEL_OF = {name: label for label, name in LABELS.items()}
SOURCE = Hints(
    source_type="website",
    region="DE",
    language="de",
    address="lead@muster.example",
    senders=("portal.example",),
    border=("mx.muster.example",),
    own=("verkauf@muster.example",),
    own_phone="030 123456",
    layout=Layout(
        labels=LABELS,
        subjects=("Anfrage von {customer.name} zu {vehicle.title}",),
        lines=("{customer.name} wünscht {vehicle.title} für {vehicle.price} Euro", "Nummer {-} am {requested_at}!"),
        blocks=(Block(after="Kunde", fields=("customer.name", "customer.phone", "comments")),),
        endings=("Ihr Portal",),
        split="=====",
        noise=("Ihr Inserat {-} läuft ab",),
    ),
)
"""With everything that may be known of a source, so that no reading of it is left out."""
