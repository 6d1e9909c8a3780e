"""Mails of exchanges and dealer sites of the United States and the United Kingdom."""

import random
from collections.abc import Callable

from tests.generator import makers
from tests.generator.makers import Value
from tests.generator.sample import Sample
from tests.generator.sources.writing import Writing


def cars_com(rng: random.Random) -> Sample:
    w = Writing(rng, "cars.com", "US")
    state = rng.choice(("New", "Used"))
    w.expected["vehicles.0.condition"] = state.lower()
    subject = f"Cars.com {state} Car Lead for {_dealer(w)}"
    person = [w.named(), *([w.mailed()] if rng.random() < 0.8 else []), w.phoned()]
    text = "From\n" + "\n".join(person) + "\n---\nVehicle Details\n" + _car_lines(w)
    text += f"---\nDealer\nName: {w.expected['dealer.name']}\n---\nComments\n{w.said()}\n"
    return w.mail(subject, text, sender="Cars.com <salesleads@cars.com>")


def cars_com_call(rng: random.Random) -> Sample:
    w = Writing(rng, "cars.com", "US")
    dealer = _dealer(w)
    car = _car_lines(w)
    when = makers.moment(rng, "en", makers.day(rng))
    answered = rng.random() < 0.5
    w.expected["call.accepted"] = answered
    text = f"Phone Call Details\nCaller: {w.phoned('call.number', 'customer.phones.0')}\n"
    text += f"Call Time: {w.note(when, 'call.started_at')}\nCall Status: {'Answered' if answered else 'Missed'}\n"
    text += f"---\nVehicle Details\n{car}---\nDealer\nName: {dealer}\n"
    title = " ".join(w.expected[f"vehicles.0.{part}"] for part in ("year", "make", "model"))
    return w.mail(f"Cars.com Phone Lead Notice for {dealer} - {title}", text, sender="Cars.com <phoneleads@cars.com>")


def _car_lines(w: Writing) -> str:
    w.car()
    made = str(w.rng.randrange(2008, 2027))
    text = f"Make: {w.expected['vehicles.0.make']}\nModel: {w.expected['vehicles.0.model']}\n"
    text += f"Year: {w.note(Value(made, made), 'vehicles.0.year')}\n"
    text += w.maybe(0.7, "VIN: {}", makers.vin(w.rng), "vehicles.0.vin")
    text += w.maybe(0.7, "Stock Number: {}", makers.code(w.rng), "vehicles.0.stock_number")
    return text + w.maybe(0.6, "Mileage: {}", makers.odometer(w.rng, "en"), "vehicles.0.odometer")


def _dealer(w: Writing) -> str:
    name = w.rng.choice(("Sample Motors", "Lakeside Auto Group", "Probe & Sons Cars"))
    return w.note(Value(name, name), "dealer.name")


def cargurus(rng: random.Random) -> Sample:
    w = Writing(rng, "cargurus", "GB")
    text = "### Customer Information ###\n" + w.lines(
        f"*Name:* {w.named()}\n",
        f"*Email:* {w.mailed()}\n",
        w.maybe(0.8, "*Phone:* {}", w.phone(), "customer.phones.0"),
    )
    made = str(rng.randrange(2008, 2027))
    text += f"\n### Vehicle Information ###\n*Vehicle:* {w.note(Value(made, made), 'vehicles.0.year')} {w.car()}\n"
    text += w.lines(
        w.maybe(0.6, "*Stock Number:* {}", makers.code(rng), "vehicles.0.stock_number"),
        w.maybe(0.6, "*Price:* {}", w.price(), "vehicles.0.price"),
        w.maybe(0.6, "*Mileage:* {}", makers.odometer(rng, "en"), "vehicles.0.odometer"),
    )
    text += f"\n### Comments ###\n*Comments:* {w.said()}\n\nThis lead was sent to you by CarGurus.\n"
    return w.mail("Lead submission from CarGurus", text, sender="CarGurus <dealer-leads@messages.cargurus.com>")


def edmunds(rng: random.Random) -> Sample:
    w = Writing(rng, "edmunds", "US")
    state = rng.choice(("New", "Used"))
    w.car()
    code, number = makers.code(rng), w.phone()
    text = f"""<?adf version="1.0"?>
<?xml version="1.0"?>
<adf><prospect><vehicle interest="buy" status="{state.lower()}"><make>{w.expected["vehicles.0.make"]}</make>
<model>{w.expected["vehicles.0.model"]}</model><stock>{w.note(code, "vehicles.0.stock_number")}</stock></vehicle>
<customer><contact><name part="full">{w.named()}</name><email>{w.mailed()}</email>
<phone>{w.note(number, "customer.phones.0")}</phone></contact><comments>{w.said(most=2)}</comments></customer>
<vendor><vendorname>{_dealer(w).replace("&", "&amp;")}</vendorname></vendor><provider><name>Edmunds</name></provider>
</prospect></adf>
"""
    w.expected |= {"vehicles.0.condition": state.lower(), "provider.name": "Edmunds"}
    return w.mail(f"{state} lead from Edmunds DealerDirect", text, html="", sender="Edmunds <dealerdirect@edmunds.com>")


def cazoo(rng: random.Random) -> Sample:
    w = Writing(rng, "cazoo", "GB")
    subject = f"Enquiry - {w.car()} {w.note(makers.plate(rng, 'en'), 'vehicles.0.plate')} - {w.first}"
    blocks = [f"Name\n{w.named()}", f"Email\n{w.mailed()}"]
    blocks.append(f"tel\n{w.phoned()}" if rng.random() < 0.7 else "tel:")
    blocks += [f"Message\n{w.said(most=2)}", f"CorrelationID\n{w.note(makers.code(rng), 'external_ids.0.value')}"]
    return w.mail(
        subject, "Enquiry details\n\n" + "\n\n".join(blocks) + "\n", sender="Cazoo <dealerleads@info.cazoo.co.uk>"
    )


def gumtree(rng: random.Random) -> Sample:
    w = Writing(rng, "gumtree", "GB")
    w.expected["call.accepted"] = False
    number = w.phoned("call.number", "customer.phones.0")
    text = f"You missed a call from {number}\n\nCall them back.\n\nThe Gumtree team\n"
    return w.mail("You just missed a lead", text, sender="Gumtree <noreply@partners.gumtree.com>")


def cardealer5(rng: random.Random) -> Sample:
    w = Writing(rng, "cardealer5", "GB")
    subject = f"Enquiry - {w.car()} ({w.note(makers.plate(rng, 'en'), 'vehicles.0.plate')}) - {w.first}"
    mail, phone = w.mailed(), w.phoned()
    rows = [
        ("Name", w.named()), ("Phone", f'<a href="tel:{phone.replace(" ", "")}">{phone}</a>'),
        ("Email", f'<a href="mailto:{mail}">{mail}</a>'), ("Message", w.said(most=2).replace("\n", "<br>")),
        ("GDPR Contact", rng.choice(("Email", "Phone"))),
    ]  # fmt: skip
    cells = "\n".join(f"<tr><td>{label}</td><td>{value}</td></tr>" for label, value in rows)
    html = f'<html><body><table class="personal-info">\n{cells}\n</table></body></html>'
    return w.mail(subject, html=html, sender="Sample Cars <noreply@cardealer5.co.uk>")


def carsforsale(rng: random.Random) -> Sample:
    w = Writing(rng, "carsforsale", "US")
    made = str(rng.randrange(2008, 2027))
    subject = f"New Lead – {w.note(Value(made, made), 'vehicles.0.year')} {w.car()} – Carsforsale.com"
    person = "<br>".join([w.named(), w.phoned(), *([w.mailed()] if rng.random() < 0.7 else [])])
    car = w.lines(
        w.maybe(0.7, "<b>Stock #:</b> {}<br>", makers.code(rng), "vehicles.0.stock_number"),
        w.maybe(0.7, "<b>VIN:</b> {}<br>", makers.vin(rng), "vehicles.0.vin"),
        w.maybe(0.7, "<b>Price:</b> {}<br>", w.price(), "vehicles.0.price"),
    )
    html = f"""<html><body><table><tr><td><b>Customer Information</b></td></tr><tr><td>{person}</td></tr>
<tr><td>{car}</td></tr><tr><td><b>Comments:</b> {w.said(most=1)}<br></td></tr></table></body></html>"""
    return w.mail(subject, html=html, sender="Carsforsale.com <comm+1@carsforsalemail.com>")


def offerup(rng: random.Random) -> Sample:
    w = Writing(rng, "offerup", "US")
    made = str(rng.randrange(2008, 2027))
    subject = f"Re: {w.note(Value(made, made), 'vehicles.0.year')} {w.car()}"
    w.expected["customer.name"] = w.first
    text = f"{w.first}:\n“{w.said(most=2)}”\n\nView message in OfferUp\n"
    return w.mail(subject, text, sender=f"{w.first} (OfferUp) <reply-x{rng.randrange(10**6)}@messages.offerup.com>")


WRITERS: dict[str, tuple[Callable[[random.Random], Sample], ...]] = {
    "cars.com": (cars_com, cars_com_call),
    "cargurus": (cargurus,),
    "edmunds": (edmunds,),
    "cazoo": (cazoo,),
    "gumtree": (gumtree,),
    "cardealer5": (cardealer5,),
    "carsforsale": (carsforsale,),
    "offerup": (offerup,),
}
