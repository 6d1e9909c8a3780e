"""Mails of booking tools, review platforms, check-ins and surveys."""

import random
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.generator import makers, words
from tests.generator.makers import Value
from tests.generator.sample import Sample
from tests.generator.sources.writing import REGIONS, Writing


def calendly(rng: random.Random) -> Sample:
    w = Writing(rng, "calendly", "US")
    word, method = rng.choice((("New Event", "REQUEST"), ("Updated", "REQUEST"), ("Canceled", "CANCEL")))
    when, service = makers.day(rng), _service(w)
    at = f"{when:%I:%M%p}".lower()
    fields = [
        ("Event Type", service), ("Invitee", w.named()), ("Invitee Email", w.mailed()),
        ("Event Date/Time", f"{at} - {when:%A, %B} {when.day}, {when.year} (Pacific Time - US & Canada)"),
        ("Location", "12 Mill Lane"), ("Invitee Time Zone", "Pacific Time - US & Canada"),
    ]  # fmt: skip
    if rng.random() < 0.5:
        fields.append(("Questions", w.said("booking.remarks", 2)))
    w.expected |= {"booking.starts_at": f"{when:%Y-%m-%dT%H:%M:%S}", "booking.method": method}
    subject = f"{word}: {w.name} - {at} {when:%a, %b} {when.day}, {when.year} - {service}"
    sender = "Calendly <notifications@calendly.com>"
    if rng.random() < 0.5:
        html = "".join(f"<strong>{n}:</strong><p>{v.replace('&', '&amp;')}</p>\n" for n, v in fields)
        return w.mail(subject, html=f"<html><body>{html}<p>View event in Calendly</p></body></html>", sender=sender)
    text = "Hi,\n\n" + "\n\n".join(f"{n}:\n{v}" for n, v in fields) + "\n\nView event in Calendly\n"
    return w.mail(subject, text, html="", sender=sender)


def cal_com(rng: random.Random) -> Sample:
    w = Writing(rng, "cal.com", "GB")
    word, method = rng.choice((("New event", "REQUEST"), ("Rescheduled", "REQUEST"), ("Cancelled", "CANCEL")))
    when, service = makers.moment(rng, "en", makers.day(rng)), _service(w)
    fields = [
        ("Event Type", service), ("Invitee", w.named()), ("Invitee Email", w.mailed()),
        ("When", w.note(when, "booking.starts_at")),
    ]  # fmt: skip
    if rng.random() < 0.5:
        fields.append(("Additional notes", w.said("booking.remarks", 1)))
    w.expected["booking.method"] = method
    html = "".join(f"<strong>{n}:</strong><br />{v}<br /><br />\n" for n, v in fields)
    return w.mail(
        f"{word}: {service} - {w.name}", html=f"<html><body>{html}</body></html>", sender="Cal <bookings@cal.example>"
    )


def simplybook(rng: random.Random) -> Sample:
    w = Writing(rng, "simplybook", "GB")
    subject, method = rng.choice((("New booking", "REQUEST"), ("Confirmation of cancellation", "CANCEL")))
    when = makers.day(rng)
    date, time = makers.date(rng, "en", when), makers.time(rng, "en", when)
    text = "You have a new booking.\n\n" + w.lines(
        f"Client: {w.named()}\n",
        f"Client email: {w.mailed()}\n",
        w.maybe(0.8, "Client phone: {}", w.phone(), "customer.phones.0"),
        f"Service: {_service(w)}\n",
        f"Booking code: {w.note(makers.code(rng), 'external_ids.0.value')}\n",
        f"Date: {date.written}\nTime: {time.written}\n",
    )
    w.expected |= {"booking.method": method, "booking.starts_at": f"{date.read}T{time.read}"}
    return w.mail(subject, text + "\nManage your bookings\n", sender="Sample Service <NO-REPLY@simplybook.me>")


def _service(w: Writing) -> str:
    name = w.rng.choice(words.SERVICES[w.language])
    return w.note(Value(name, [name]), "booking.services")


def google_review(rng: random.Random) -> Sample:
    w = Writing(rng, "google-reviews", "DE", rng.choice(("de", "en", "da")))
    house = "Autohaus Muster"
    stars = str(rng.randrange(1, 6))
    w.expected |= _review(w, stars) | {"dealer.name": house}
    text = f"{house}, you got a new {stars}-star review\n\nRead review\n\n"
    text += f"{w.name}\n{w.expected['review.text']}\n\nReply to review\n\nGoogle LLC\n"
    return w.mail(
        f"{w.first} left a review for {house}", text, html="", sender="Google <businessprofile-noreply@google.com>"
    )


def google_digest(rng: random.Random) -> Sample:
    house, language = "Autohaus Muster", rng.choice(("de", "en", "da"))
    writers = [Writing(rng, "google-reviews", "DE", language) for _ in range(rng.randrange(2, 5))]
    text = f"{house}, you got {len(writers)} new reviews\n\n"
    for one in writers:
        stars = str(rng.randrange(1, 6))
        one.expected |= _review(one, stars) | {"dealer.name": house}
        text += f"{stars}-star review\nRead review\n{one.name}\n{one.expected['review.text']}\nReply to review\n\n"
    return writers[0].mail(
        f"{house}, you got {len(writers)} new reviews", text + "Google LLC\n", html="",
        sender="Google <businessprofile-noreply@google.com>", more=tuple(one.expected for one in writers[1:]),
    )  # fmt: skip


def _review(w: Writing, stars: str) -> dict[str, Any]:
    opinion = w.rng.choice(words.SENTENCES[w.language]) + w.rng.choice(("", " ..."))
    return {"review.author": w.name, "review.rating": stars, "review.text": opinion, "review.best_rating": "5"}


def check_in(rng: random.Random) -> Sample:
    w = Writing(rng, "tjekvik", REGIONS["en"], "en")
    when: datetime = makers.day(rng)
    text = w.lines(
        f"Customer: {w.named()}\n",
        f"Phone: {w.phoned()}\n",
        w.maybe(0.8, "E-mail: {}", Value(w.email, w.email), "customer.emails.0"),
        f"Registration: {w.note(makers.plate(rng, 'en'), 'vehicles.0.plate')}\n",
        w.maybe(0.7, "Mileage: {}", makers.odometer(rng, "en"), "vehicles.0.odometer"),
        f"Appointment: {w.note(makers.moment(rng, 'en', when), 'booking.starts_at')}\n",
        f"Services: {_service(w)}\n",
    )
    person = {p: v for p, v in w.expected.items() if p.startswith(("customer.", "vehicles."))}
    wishes: list[dict[str, Any]] = []
    for label in ("Tyre offer", "New car"):
        answer = rng.choice(("Yes", "No", "Yes please"))
        text += f"{label}: {answer}\n"
        wishes += [person] if answer != "No" else []
    return w.mail(f"Check-in summary: {w.name}", text, sender="Check-in <noreply@tjekvik.com>", more=tuple(wishes))


def hot_alert(rng: random.Random) -> Sample:
    w = Writing(rng, "cem", "GB")
    number, score = rng.randrange(10**4, 10**6), rng.randrange(1, 6)
    w.expected |= {"alert.id": str(number), "alert.score": str(score), "alert.threshold": "7"}
    text = f"Alert ID: {number}\n" + w.lines(
        f"Score: {score}\nThreshold: 7\n",
        f"Survey ID: {w.note(makers.code(rng), 'external_ids.0.value')}\n",
        f"Customer: {w.named()}\n",
        w.maybe(0.8, "Phone: {}", w.phone(), "customer.phones.0"),
        f"Vehicle: {w.car()}\n",
        w.maybe(0.6, "Registration: {}", makers.plate(rng, "en"), "vehicles.0.plate"),
    )
    text += f"Customer comment: {w.said(most=1)}\n"
    return w.mail(f"Hot Alert {number}: Sample Motors", text, sender="CEM <cem@importer.example>")


WRITERS: dict[str, tuple[Callable[[random.Random], Sample], ...]] = {
    "calendly": (calendly,),
    "cal.com": (cal_com,),
    "simplybook": (simplybook,),
    "google-reviews": (google_review, google_digest),
    "tjekvik": (check_in,),
    "cem": (hot_alert,),
}
