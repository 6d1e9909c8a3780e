"""Lead mails as exchanges and homepages send them: made by a seeded generator, each one different."""

import random
from collections.abc import Iterator
from email.charset import QP, Charset
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import formataddr
from xml.sax.saxutils import escape

KINDS = ("adf", "adfatt", "form", "formbig", "att50k", "photo")
"""ADF body 4 KB; ADF as attachment 5 KB; form as text and HTML 10 KB, 20 KB, with a 50 KB file; with a 700 KB photo."""
STREAM = ("form", "adf")
"""What the way through the whole house is measured with, in turn."""

_FIRST = (
    "Jürgen",
    "Anna",
    "Søren",
    "Mehmet",
    "Käthe",
    "Björn",
    "Zoë",
    "Peter",
    "Małgorzata",
    "François",
    "Uwe",
    "Ilse",
)
_LAST = (
    "Müller",
    "Schäfer",
    "Weiß",
    "Öztürk",
    "Nørgaard",
    "Groß",
    "Lehmann",
    "Böhm",
    "Krüger",
    "Voß",
    "Schmidt",
    "Jäger",
)
_CITIES = (("10115", "Berlin"), ("14467", "Potsdam"), ("80331", "München"), ("50667", "Köln"), ("01067", "Dresden"))
_STREETS = ("Hauptstraße", "Gartenweg", "Am Bürgerpark", "Schloßallee", "Bahnhofstraße", "Kastanienallee")
CARS = (
    ("Volkswagen", "Golf", "2.0 TDI Style"),
    ("Volkswagen", "ID.4", "Pro Performance"),
    ("Volkswagen", "T-Roc", "1.5 TSI R-Line"),
    ("Skoda", "Octavia", "Combi RS"),
    ("Audi", "A4", "Avant 40 TFSI"),
    ("SEAT", "Leon", "Sportstourer FR"),
)
_WISHES = (
    "ich interessiere mich für dieses Fahrzeug. Ist es noch verfügbar, und wann könnte ich eine Probefahrt machen?",
    "bitte machen Sie mir ein Angebot inkl. Winterräder und Anhängerkupplung. Mein Auto möchte ich in Zahlung geben.",
    "ist der Preis verhandelbar? Ich könnte am Samstagvormittag vorbeikommen, gern auch nach 17 Uhr unter der Woche.",
    "wie hoch wäre die monatliche Rate bei 48 Monaten und 20 % Anzahlung? Über einen Rückruf würde ich mich freuen.",
)
EQUIPMENT = (
    "Klimaautomatik", "Sitzheizung vorn", "Rückfahrkamera", "LED-Scheinwerfer", "Navigationssystem", "Einparkhilfe",
    "Tempomat", "Anhängerkupplung", "Panoramadach", "Schlüssellose Zentralverriegelung",
    "Lederlenkrad", "Alufelgen 18 Zoll",
)  # fmt: skip
_VIN = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


class Lead:
    """One person, one car, one wish; everything follows from the seed."""

    def __init__(self, n: int) -> None:
        chance = random.Random(n)  # noqa: S311 - repeatable, not secret
        self.n = n
        self.first, self.last = chance.choice(_FIRST), chance.choice(_LAST)
        self.email = f"kunde{n}@kunde.example"
        self.phone = f"0{chance.choice(('30', '89', '221', '171', '160'))} {chance.randrange(1_000_000, 99_999_999)}"
        self.postcode, self.city = chance.choice(_CITIES)
        self.street = f"{chance.choice(_STREETS)} {chance.randrange(1, 180)}"
        self.make, self.model, self.trim = chance.choice(CARS)
        self.year = chance.randrange(2017, 2026)
        self.price = chance.randrange(9_000, 62_000)
        self.km = chance.randrange(10, 160_000)
        self.vin = "WVWZZZ" + "".join(chance.choice(_VIN) for _ in range(11))
        self.stock = f"G{chance.randrange(10_000, 99_999)}"
        self.wish = chance.choice(_WISHES)
        self.equipment = chance.sample(EQUIPMENT, 6)
        self.minute = chance.randrange(1440)
        self.chance = chance

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The lines of a form."""
        return [
            ("Name", f"{self.first} {self.last}"), ("E-Mail", self.email), ("Telefon", self.phone),
            ("Straße", self.street), ("PLZ", self.postcode), ("Ort", self.city), ("Marke", self.make),
            ("Modell", self.model), ("Ausstattung", self.trim), ("Baujahr", str(self.year)),
            ("Preis", f"{self.price:,} €".replace(",", ".")), ("Kilometerstand", f"{self.km:,} km".replace(",", ".")),
            ("FIN", self.vin), ("Fahrzeugnummer", self.stock),
        ]  # fmt: skip


def _adf(lead: Lead, size: int) -> str:
    xml = f"""<?xml version="1.0" encoding="UTF-8"?>
<?adf version="1.0"?>
<adf>
 <prospect status="new">
  <id sequence="1" source="boerse">B-{lead.n}</id>
  <requestdate>2026-11-{1 + lead.n % 28:02}T{lead.minute // 60:02}:{lead.minute % 60:02}:00+01:00</requestdate>
  <vehicle interest="buy" status="used">
   <year>{lead.year}</year><make>{lead.make}</make><model>{lead.model}</model><trim>{escape(lead.trim)}</trim>
   <vin>{lead.vin}</vin><stock>{lead.stock}</stock><odometer units="km">{lead.km}</odometer>
   <price type="asking" currency="EUR">{lead.price}</price>
OPTIONS    </vehicle>
  <customer>
   <contact>
    <name part="first">{lead.first}</name><name part="last">{lead.last}</name>
    <email>{lead.email}</email><phone type="voice" time="day">{lead.phone}</phone>
    <address><street line="1">{lead.street}</street><city>{lead.city}</city>
     <postalcode>{lead.postcode}</postalcode><country>DE</country></address>
   </contact>
   <comments>Guten Tag, {escape(lead.wish)}</comments>
  </customer>
  <vendor><vendorname>Autohaus Muster Berlin</vendorname><contact><name part="full">Verkauf</name></contact></vendor>
  <provider><name part="full">Fahrzeugbörse</name><service>Anfragen</service></provider>
 </prospect>
</adf>
"""
    options = ""
    while len(xml) + len(options) < size:
        name = escape(lead.chance.choice(EQUIPMENT))
        options += (
            f"   <option><optionname>{name}</optionname><weighting>{lead.chance.randrange(100)}</weighting></option>\n"
        )
    return xml.replace("OPTIONS", options)


def form_html(lead: Lead, size: int) -> str:
    """The form as a table in markup of about this size."""
    rows = "".join(
        f'<tr><td style="padding:4px 12px;color:#555;font-family:Arial"><b>{label}:</b></td>'
        f'<td style="padding:4px 12px;font-family:Arial">{escape(value)}</td></tr>\n'
        for label, value in lead.rows
    )
    frame = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><style>body{{background:#f4f4f4}}</style></head><body>
<table width="600" align="center" style="background:#fff"><tr><td><h2>Neue Anfrage zu Ihrem Fahrzeug</h2>
<p>Guten Tag, zu Ihrem Inserat ist eine Anfrage eingegangen:</p><table>
{rows}</table><p><b>Nachricht:</b></p><p>Guten Tag,<br>{escape(lead.wish)}</p>FILL
<p style="font-size:11px">Diese E-Mail wurde automatisch erzeugt. Fahrzeugb&ouml;rse GmbH &middot; Impressum</p>
</td></tr></table></body></html>
"""
    fill = ""
    while len(frame) + len(fill) < size:
        offer = lead.chance.choice(CARS)
        fill += (
            f'<div style="margin:8px 0;border:1px solid #ddd;padding:6px;font:12px Arial,sans-serif">Auch bei uns: '
            f"{offer[0]} {offer[1]} {offer[2]}, {', '.join(lead.chance.sample(EQUIPMENT, 3))}</div>\n"
        )
    return frame.replace("FILL", fill)


def form_text(lead: Lead) -> str:
    """The form as `Label: value` lines."""
    lines = "\n".join(f"{label}: {value}" for label, value in lead.rows)
    return f"Neue Anfrage zu Ihrem Fahrzeug\n\n{lines}\n\nNachricht:\nGuten Tag,\n{lead.wish}\n"


def part(text: str, subtype: str, encoding: str) -> MIMENonMultipart:
    """A text in UTF-8 with the transfer encoding."""
    if encoding == "base64":
        return MIMEText(text, subtype, "utf-8")
    made = MIMENonMultipart("text", subtype)
    if encoding == "quoted-printable":
        charset = Charset("utf-8")
        charset.body_encoding = QP
        made.set_payload(text, charset)
        return made
    made.set_payload(text.encode().decode("ascii", "surrogateescape"))
    made["Content-Transfer-Encoding"] = "8bit"
    made.set_param("charset", "utf-8")
    return made


def alternatives(lead: Lead, *parts: MIMEBase) -> MIMEMultipart:
    """The same in several forms."""
    both = MIMEMultipart("alternative", boundary=f"=_both_{lead.n}_")
    for one in parts:
        both.attach(one)
    return both


def form(lead: Lead, size: int) -> MIMEMultipart:
    """A form as text and HTML."""
    text, markup = form_text(lead), form_html(lead, size)
    return alternatives(lead, part(text, "plain", "quoted-printable"), part(markup, "html", "quoted-printable"))


def with_files(body: MIMEBase, *attachments: tuple[MIMEBase, str]) -> MIMEMultipart:
    """A body with what hangs on it."""
    whole = MIMEMultipart("mixed", boundary="=_whole_")
    whole.attach(body)
    for file, name in attachments:
        file.add_header("Content-Disposition", "attachment", filename=name)
        whole.attach(file)
    return whole


def _body(kind: str, lead: Lead) -> MIMEBase:
    if kind == "adf":
        return part(_adf(lead, 3_400), "plain", ("8bit", "quoted-printable", "base64")[lead.n % 3])
    if kind == "adfatt":
        xml = MIMEApplication(_adf(lead, 2_400).encode(), "xml")
        return with_files(part("Guten Tag, anbei eine neue Anfrage.\n", "plain", "8bit"), (xml, "anfrage.xml"))
    if kind == "att50k":
        return with_files(form(lead, 7_000), (MIMEApplication(lead.chance.randbytes(50_000), "pdf"), "Prüfbericht.pdf"))
    if kind == "photo":
        return with_files(form(lead, 7_000), (MIMEImage(lead.chance.randbytes(700_000), "jpeg"), "auto.jpg"))
    return form(lead, 17_000 if kind == "formbig" else 7_500)


def encoded(subject: str) -> str:
    """A subject as encoded words (RFC 2047)."""
    return Header(subject, "utf-8", header_name="Subject").encode()


def make(kind: str, n: int, to: str) -> bytes:
    """Mail number `n` of a kind, with CRLF line ends, as it would come over the wire.

    Its Message-ID is `<bench-N@boerse.example>`, so that a notification that carries the original can be matched.
    """
    lead = Lead(n)
    mail = _body(kind, lead)
    subject = f"Anfrage zu {lead.make} {lead.model} {lead.trim}, Prüfung Nr. {lead.stock} von {lead.first} {lead.last}"
    mail["From"] = formataddr((str(Header("Fahrzeugbörse", "utf-8")), "anfragen@boerse.example"))
    mail["Reply-To"] = lead.email
    mail["To"] = to
    mail["Subject"] = encoded(subject)
    mail["Date"] = f"Mon, 02 Nov 2026 {lead.minute // 60:02}:{lead.minute % 60:02}:00 +0100"
    mail["Message-ID"] = f"<bench-{n}@boerse.example>"
    mail["Received"] = (
        f"from mx{n % 7}.boerse.example (203.0.113.{n % 250}) by mail.muster.example with ESMTPS id {n:08x}"
    )
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def stream(start: int, count: int, to: str) -> Iterator[tuple[int, bytes]]:
    """Numbered mails for the way through the whole house."""
    for n in range(start, start + count):
        yield n, make(STREAM[n % len(STREAM)], n, to)


def sample(kind: str, count: int, to: str) -> list[bytes]:
    """Mails of one kind."""
    return [make(kind, 1_000_000 + i, to) for i in range(count)]
