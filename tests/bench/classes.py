"""The classes of mail that `make bench` reads, each with what the daemon knows of its source; written by us."""

import random
from collections.abc import Callable
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.utils import formataddr
from html import escape

import msgspec

from parsers.records import Hints
from tests.bench import mails, servers
from tests.bench.mails import Lead
from tests.generator import sample as generator
from tests.generator.sources import exchanges, forms
from tests.generator.sources.writing import hints_of_type

Sample = tuple[bytes, Hints]
"""A mail, and what the daemon knows of its source before it reads it."""

BORDER = "mail.muster.example"


def _known(hints: Hints) -> Hints:
    """With all that a site and a source can tell."""
    return msgspec.structs.replace(
        hints,
        address=servers.RECIPIENT,
        senders=("boerse.example",),
        border=(BORDER,),
        own=("verkauf@muster.example", "service@muster.example"),
        own_phone="030 9876543",
    )


WEBSITE, ANY, EXCHANGE = (_known(hints_of_type(name, "DE")) for name in ("website", "generic", "mobile.de"))


def _trace(n: int, address: str) -> bytes:
    """What servers put above a mail: three hops, a signature, the border server's verdict."""
    domain = address.rpartition("@")[2]
    hops = (BORDER, f"mx{n % 7}.{domain}", f"app.{domain}")
    lines = [
        f"Received: from out.{domain} (out.{domain} [203.0.113.{n % 250}])\r\n\tby {hop} (Postfix) with ESMTPS"
        f" id {n:08X}\r\n\tfor <{servers.RECIPIENT}>; Mon, 2 Nov 2026 {n % 24:02}:{n % 60:02}:00 +0100\r\n"
        for hop in hops
    ]
    lines.append(
        f"Authentication-Results: {BORDER};\r\n\tdkim=pass header.d={domain} header.s=s1;\r\n\tspf=pass"
        f" smtp.mailfrom={address};\r\n\tdmarc=pass (p=QUARANTINE) header.from={domain}\r\n"
    )
    lines.append(
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=s1;\r\n\th=from:to:subject:date;"
        f"\r\n\tbh={'A' * 43}=;\r\n\tb={'Bc3/' * 18}\r\n\t {'Bc3/' * 18}\r\n\t {'Bc3/' * 6}\r\n"
    )
    return "".join(lines).encode()


def _headed(body: MIMEBase, lead: Lead, subject: str, sender: tuple[str, str], *more: tuple[str, str]) -> bytes:
    """A mail with the whole header that mails have behind the border server."""
    body["From"] = formataddr(sender, "utf-8")
    body["To"] = servers.RECIPIENT
    body["Subject"] = mails.encoded(subject)
    body["Date"] = f"Mon, 02 Nov 2026 {lead.minute // 60:02}:{lead.minute % 60:02}:00 +0100"
    body["Message-ID"] = f"<bench-{lead.n}@boerse.example>"
    for name, value in more:
        body[name] = value
    return _trace(lead.n, sender[1]) + body.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _customer(lead: Lead) -> tuple[str, str]:
    return f"{lead.first} {lead.last}", lead.email


def _markup(text: str, class_: str = "MsoNormal") -> str:
    """Text as a mail program writes it."""
    lines = (f'<p class="{class_}">{escape(line) or "&nbsp;"}</p>' for line in text.split("\n"))
    return f'<html><head><meta charset="utf-8"></head><body lang="DE">{"".join(lines)}</body></html>'


def _both(lead: Lead, text: str, markup: str) -> MIMEBase:
    return mails.alternatives(
        lead, mails.part(text, "plain", "quoted-printable"), mails.part(markup, "html", "quoted-printable")
    )


def forward(n: int) -> bytes:
    """A form that came to the wrong desk, passed on with Outlook."""
    lead = Lead(n)
    note = "Kam bei uns an, gehört euch.\n\nMit freundlichen Grüßen\nPetra Empfang\n"
    fields = (
        ("Von", "Homepage <formular@homepage.example>"),
        ("Gesendet", "Montag, 2. November 2026 08:04"),
        ("An", "empfang@muster.example"),
        ("Betreff", f"Neue Anfrage: {lead.make} {lead.model}"),
    )
    head = "\n".join(f"{name}: {value}" for name, value in fields)
    ruled = "<br>".join(f"<b>{name}:</b> {escape(value)}" for name, value in fields)
    markup = mails.form_html(lead, 7_500).replace(
        "<body>",
        f"<body>{_markup(note)}<div style='border:none;border-top:solid #E1E1E1 1.0pt'>"
        f"<p class=MsoNormal>{ruled}</p></div>",
        1,
    )
    text = f"{note}\n{head}\n\n{mails.form_text(lead)}"
    subject = f"WG: Neue Anfrage: {lead.make} {lead.model}"
    return _headed(_both(lead, text, markup), lead, subject, ("Petra Empfang", "empfang@muster.example"))


def invitation(n: int) -> bytes:
    """A workshop visit by a booking tool: text, HTML and iTIP, and the calendar again as a file."""
    lead = Lead(n)
    service = ("Inspektion", "Räderwechsel", "Hauptuntersuchung")[n % 3]
    lines = [
        "BEGIN:VCALENDAR", "PRODID:-//Werkstatt-Termin//1.0//DE", "VERSION:2.0", "METHOD:REQUEST",
        "BEGIN:VTIMEZONE", "TZID:W. Europe Standard Time",
        "BEGIN:STANDARD", "DTSTART:16010101T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100",
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10", "END:STANDARD",
        "BEGIN:DAYLIGHT", "DTSTART:16010101T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200",
        "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT", "END:VTIMEZONE",
        "BEGIN:VEVENT", "ORGANIZER;CN=Service Muster:mailto:service@muster.example",
        f"ATTENDEE;ROLE=REQ-PARTICIPANT;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;CN={lead.first}",
        f"  {lead.last}:mailto:{lead.email}", f"SUMMARY:{service}\\, {lead.km} km",
        f"DESCRIPTION:Kennzeichen: B-PP {n % 1000}\\nTelefon: {lead.phone}\\n{lead.wish}",
        "LOCATION:Halle 2\\; Annahme", f"UID:{n}@termin.example", f"SEQUENCE:{n % 4}", "STATUS:TENTATIVE",
        f"DTSTART;TZID=W. Europe Standard Time:202611{10 + n % 18}T083000",
        f"DTEND;TZID=W. Europe Standard Time:202611{10 + n % 18}T110000", "DTSTAMP:20261106T110000Z",
        f"URL:https://termin.example/b/{n}", "BEGIN:VALARM", "TRIGGER:-PT15M", "ACTION:DISPLAY", "END:VALARM",
        "END:VEVENT", "END:VCALENDAR", "",
    ]  # fmt: skip
    calendar = "\n".join(lines)
    text = f"Guten Tag,\n\neine neue Terminanfrage liegt bei: {service} am {10 + n % 18}.11.2026 um 08:30.\n"
    request = mails.part(calendar, "calendar", "8bit")
    request.set_param("method", "REQUEST")
    file = mails.part(calendar, "calendar", "base64")
    body = mails.alternatives(
        lead, mails.part(text, "plain", "8bit"), mails.part(_markup(text), "html", "quoted-printable"), request
    )
    whole = mails.with_files(body, (file, "invite.ics"))
    return _headed(whole, lead, f"Terminanfrage: {service}", ("Termine", "termine@boerse.example"))


def letter(n: int) -> bytes:
    """What a person writes with a mail program: free text with a signature, the picture in it."""
    lead = Lead(n)
    text = (
        f"Guten Tag,\n\n{lead.wish}\n\nMein jetziger Wagen, ein {lead.make} {lead.model} von {lead.year} mit "
        f"{lead.km} km, hat die Fahrgestellnummer {lead.vin}. Ich war vor zwei Jahren schon einmal bei Ihnen und sehr "
        "zufrieden. Meine Frau fährt morgens mit dem Auto zur Arbeit, daher passt es mir am besten nach 16 Uhr.\n\n"
        f"Sie erreichen mich unter {lead.phone} oder per E-Mail.\n\nMit freundlichen Grüßen\n{lead.first} {lead.last}\n"
        f"\n--\n{lead.first} {lead.last}\n{lead.street}\n{lead.postcode} {lead.city}\nTel. {lead.phone}\n"
    )
    body = _both(lead, text, _markup(text))
    if n % 4 == 0:
        body = mails.with_files(body, (MIMEImage(lead.chance.randbytes(30_000), "png"), "logo.png"))
    return _headed(body, lead, f"Frage zum {lead.model}", _customer(lead), ("X-Mailer", "Thunderbird"))


def newsletter(n: int) -> bytes:
    """Offers of an exchange to all its dealers: 40 KB of markup, a link on everything."""
    lead = Lead(n)
    offers, lines = [], []
    for number in range(40):
        make, model, trim = lead.chance.choice(mails.CARS)
        link = f"https://click.boerse.example/l/{lead.chance.randrange(10**12)}?u={number}&amp;c=news"
        text = f"{make} {model} {trim}, {lead.chance.randrange(9, 60)}.900 EUR"
        lines.append(f"{text}\n{link}\n")
        offers.append(
            f'<td width="280" valign="top" style="padding:8px;font-family:Arial,sans-serif"><a href="{link}">'
            f'<img src="https://img.boerse.example/{number}.jpg" width="264" alt="{model}"></a>'
            f'<p style="font-size:14px;line-height:20px;margin:4px 0"><a href="{link}" style="color:#003d7c">'
            f"<b>{make} {model}</b></a><br>{text}</p>"
            f'<p style="font-size:12px;color:#777">{", ".join(lead.chance.sample(mails.EQUIPMENT, 4))}</p></td>'
        )
    rows = "".join(f"<tr>{one}{other}</tr>\n" for one, other in zip(offers[0::2], offers[1::2], strict=True))
    imprint = "Fahrzeugbörse GmbH, Hauptstraße 1, 10115 Berlin\nTelefon: 0800 1112223\nE-Mail: hilfe@boerse.example\n"
    style = "".join(f"@media (max-width:{600 - i}px) {{ .c{i} {{ width:100%!important }} }}\n" for i in range(60))
    markup = (
        f"<!DOCTYPE html><html><head><style>{style}</style></head><body><table width='600' align='center'>"
        f"<tr><td colspan=2><h1>Die besten Angebote im November</h1></td></tr>{rows}</table>"
        f"<p>{imprint.replace(chr(10), '<br>')}</p><p><a href='https://boerse.example/abmelden'>Abmelden</a></p></body></html>"
    )
    body = _both(lead, "\n".join(lines) + f"\n{imprint}", markup)
    more = (("List-Unsubscribe", "<https://boerse.example/abmelden>"), ("Precedence", "bulk"))
    return _headed(body, lead, "Die besten Angebote im November", ("Fahrzeugbörse", "news@boerse.example"), *more)


def _generated(write: Callable[[random.Random], generator.Sample]) -> Callable[[int], Sample]:
    """Mails of a source type by the generator, in turn of all its languages and layouts."""

    def make(n: int) -> Sample:
        made = write(random.Random(n))  # noqa: S311 - repeatable, not secret
        return _trace(n, "post@portal.example") + made.raw, _known(made.hints)

    return make


def _of_kind(kind: str) -> Callable[[int], Sample]:
    return lambda n: (mails.make(kind, n, servers.RECIPIENT), WEBSITE)


CLASSES: dict[str, Callable[[int], Sample]] = {
    **{kind: _of_kind(kind) for kind in mails.KINDS},
    "autoscout24": _generated(exchanges.autoscout24),
    "website": _generated(forms.website),
    "forward": lambda n: (forward(n), ANY),
    "invitation": lambda n: (invitation(n), ANY),
    "letter": lambda n: (letter(n), ANY),
    "newsletter": lambda n: (newsletter(n), EXCHANGE),
}
"""The first six go through the whole house in other sections, too; the next two are by the generator of the tests."""
