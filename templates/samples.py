"""Records to try templates on: one that says everything, one that says next to nothing. All of it is invented."""

from datetime import UTC, datetime

from parsers import records as r
from rules.model import Notice, Record
from templates.model import MailCard, RenderJob, SiteCard

RECEIVED_AT = datetime(2026, 11, 20, 13, 42, 7, tzinfo=UTC)
SITE = SiteCard(
    id="berlin",
    name="Autohaus Muster Berlin",
    desk="desk@muster.example",
    timezone="Europe/Berlin",
    language="de",
    phone="+49301234567",
    address="Musterallee 1, 10115 Berlin",
)
FULL = r.Reading(
    kind="lead",
    source="mobile.de",
    language="de",
    requested_at="2026-11-20T14:41:30+01:00",
    interest="buy",
    comments=(
        "Guten Tag,\nist der Golf noch da? Ich würde ihn am Samstag gern ansehen "
        "und Probe fahren.\n\nViele Grüße\nKarin Beispiel"
    ),
    external_ids=(r.ExternalId(source="mobile.de", value="4711-0815"),),
    customer=r.Customer(
        name="Karin Beispiel",
        first_name="Karin",
        last_name="Beispiel",
        company="Beispiel Haustechnik GmbH",
        emails=("karin@beispiel.example",),
        phones=("+4915112345678", "+49309876543"),
        address=r.PostalAddress(
            street="Lindenweg 3", postal_code="10999", city="Berlin", region="Berlin", country="DE"
        ),
    ),
    vehicles=(
        r.Vehicle(
            role="wanted",
            make="Volkswagen",
            model="Golf",
            trim="2.0 TDI Style",
            year="2021",
            condition="used",
            vin="WVWZZZCDZMW000001",
            stock_number="GW-20417",
            listing_id="398001122",
            listing_url="https://suchen.mobile.example/fahrzeuge/details.html?id=398001122&ref=lead",
            odometer=r.Distance(value=48500, unit="km"),
            price=r.Money(amount="24490.00", currency="EUR"),
        ),
        r.Vehicle(
            role="trade-in",
            make="Opel",
            model="Corsa",
            year="2014",
            plate="B-KB 1414",
            odometer=r.Distance(value=121000, unit="km"),
        ),
    ),
    dealer=r.Dealer(name="Autohaus Muster", id="8812"),
    provider=r.Provider(name="mobile.de"),
    consent={"Werbung per E-Mail": "nein"},
    extra={"Finanzierung gewünscht": "ja", "Anzahlung": "5.000 €"},
    booking=r.Booking(
        starts_at="2026-11-28T10:00:00+01:00",
        ends_at="2026-11-28T11:00",
        services=("Probefahrt",),
        remarks="Bitte bestätigen",
    ),
    review=r.Review(platform="Beispielportal", author="K. B.", rating="4", best_rating="5", area="Verkauf"),
    complaint=r.Complaint(category="Wartezeit"),
    alert=r.Alert(id="a-1", score="5", threshold="7"),
    call=r.Call(number="+4915112345678", started_at="2026-11-20T09:12:00+01:00", accepted=False),
    alternatives={"customer.phones": ("+49 30 5550100",)},
)
LEAD = r.Reading(
    kind="lead",
    source=FULL.source,
    interest=FULL.interest,
    comments=FULL.comments,
    external_ids=FULL.external_ids,
    customer=FULL.customer,
    vehicles=FULL.vehicles,
    provider=FULL.provider,
    consent=FULL.consent,
    extra=FULL.extra,
    requested_at=FULL.requested_at,
    alternatives=FULL.alternatives,
)
"""What an exchange sends: no appointment, review or call."""
EMPTY = r.Reading()


def sample_job(language: str, purpose: str = "new", reading: r.Reading = FULL) -> RenderJob:
    """A notification of a sample record, in a language, for a purpose."""
    bare = reading == EMPTY
    record = Record(
        ref="U-3F8ZK2-J" if bare else "L-7KQ2M4-2",
        kind=reading.kind,
        site=SITE.id,
        source=None if bare else "mobile-berlin",
        team="sales",
        assignee=None if bare else "verkauf1@muster.example",
        state="new",
        language=language,
        received_at=RECEIVED_AT,
        reading=reading,
    )
    notice = Notice(
        purpose=purpose,
        to="verkauf@muster.example",
        team="sales",
        template=purpose,
        language=language,
        at=RECEIVED_AT,
        because="" if bare else "rule 'Used cars of Berlin'",
    )
    mail = MailCard(
        subject="Anfrage zu Ihrem Fahrzeug VW Golf",
        sender="noreply@mobile.example",
        received_at=RECEIVED_AT,
        attached=True,
        attachments=(r.Attachment(name="golf.jpg", type="image/jpeg", size=482_113),),
    )
    reply_to = "desk+7kq2m49.abcdefgh@muster.example"
    return RenderJob(notice=notice, record=record, site=SITE, mail=None if bare else mail, reply_to=reply_to)
