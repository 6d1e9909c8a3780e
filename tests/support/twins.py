"""Two sites of one group that have the same customers, cars, days and words, and one word each that is its own alone.

Whatever strangers, teams and the configuration say at a site has that site's word in it, so that a byte that crosses
from one to the other is seen.
"""

from collections.abc import Iterator
from email.message import Message
from typing import NamedTuple

from tests.support.daemon import Installation
from tests.support.sink import Arrived

PERSON = "karl.test@kunde.example"
PHONE = "0170 5550188"
PLATE = "B-MU 1234"
GROUP = "importer.c6v3@leads.muster.example"
"""The common address of a source for both."""

UNITS = """\
[[unit]]
id = "muster"
type = "group"
name = "Muster Gruppe"
controllers = ["gruppe@muster.example"]
"""
SITE = """
[[site]]
id = "{id}"
unit = "muster"
name = "Autohaus {word}"
brands = ["vw"]
country = "DE"
currency = "EUR"
address = "{word}allee 1, 10115 Berlin"
phone = "+49 30 55501{number:02}"
timezone = "Europe/Berlin"
language = "de"
holidays = "DE-BE"
hours = {{ mon-fri = "08:00-18:00" }}
teams = {{ sales = "verkauf@{id}.example", service = "service@{id}.example" }}
members = {{ sales = ["*@{id}.example"], service = ["*@{id}.example"] }}
roles = {{ service-manager = "{word}.leiter@{id}.example" }}
controllers = ["controlling@{id}.example"]
fallback = "sales"
desk = "desk.{id}@leads.muster.example"
vendor_ids = ["VW-{id}"]
receipt = ["lead", "booking"]
mail = {{ bundle = {{ lead = "5m" }}, audit = "digest", list = "08:00" }}
"""
SOURCES = """
[[source]]
id = "website-{id}"
site = "{id}"
type = "website"
address = "website.{id}@leads.muster.example"
from = ["muster.example"]

[[source]]
id = "workshop-{id}"
site = "{id}"
type = "booking-tool"
address = "werkstatt.{id}@leads.muster.example"
"""
FORWARDS = """
[[rule]]
name = "Other programs of {id}"
when = {{ site = "{id}", kind = ["lead", "booking"] }}
also = true
forward = [{{ as = "adf", to = "crm@{id}.example" }}, {{ as = "original", to = "dms@{id}.example" }}]
"""
GROUP_SOURCE = """
[[source]]
id = "importer"
site_by = "vendor-id"
type = "importer"
address = "importer.c6v3@leads.muster.example"
from = ["importer.example"]
"""
RULES = """
[[rule]]
name = "Advertising"
when = { recipient = "desk.*@leads.muster.example", text = "*Werbeartikel für Autohäuser*" }
ignore = "advertising of suppliers"

[[rule]]
name = "Service reads along"
when = { kind = "lead" }
notify = { team = "service", category = "audit" }
also = true

[[rule]]
name = "Workshop bookings"
when = { kind = "booking" }
notify = { team = "service", category = "action" }

[[rule]]
name = "Everything else"
notify = { team = "sales" }
"""


class Twin(NamedTuple):
    """One of the two: its id, and its word."""

    id: str
    word: str

    @property
    def anna(self) -> str:
        """A member of its teams."""
        return f"anna@{self.id}.example"

    @property
    def desk(self) -> str:
        """Where plain replies to its mails come back."""
        return f"desk.{self.id}@leads.muster.example"

    def lead(self, number: int) -> tuple[bytes, str]:
        """A request of the person on the site's own website."""
        text = (
            f"Name: Karl Test\r\nE-Mail: {PERSON}\r\nTelefon: {PHONE}\r\nMarke: VW\r\nModell: Tiguan\r\n"
            f"Inserat-ID: {self.word}-{number}\r\nNachricht: Ist der {self.word} noch da, der {number}.?\r\n"
        )
        return self._form(f"Anfrage {self.word} {number}", text, number), f"website.{self.id}@leads.muster.example"

    def booking(self, number: int) -> tuple[bytes, str]:
        """The same person wants a time for the same car."""
        text = (
            f"Terminanfrage\r\n\r\nName: Karl Test\r\nE-Mail: {PERSON}\r\nTelefon: {PHONE}\r\n"
            f"Kennzeichen: {PLATE}\r\nMarke: VW\r\nModell: Passat\r\nWunschtermin: 03.12.2026 08:30\r\n"
            f"Arbeiten: Inspektion {self.word}\r\nBemerkung: {self.word} {number}.\r\n"
        )
        return self._form(f"Terminanfrage {self.word}", text, number), f"werkstatt.{self.id}@leads.muster.example"

    def by_the_group(self, number: int) -> tuple[bytes, str]:
        """A request that comes to the group's common address and names its dealer."""
        adf = (
            f'<?xml version="1.0"?><adf><prospect><id source="importer.example">{self.id}{number}</id>'
            "<requestdate>2026-11-26T12:00:00+01:00</requestdate><vehicle><make>VW</make><model>ID.4</model></vehicle>"
            f'<customer><contact><name part="full">Karl Test</name><email>{PERSON}</email></contact>'
            f"<comments>{self.word} {number}</comments></customer>"
            f"<vendor><id>VW-{self.id}</id><vendorname>{self.word}</vendorname></vendor></prospect></adf>"
        )
        return self._form(f"Lead {self.word}", adf, number, "leads@importer.example"), GROUP

    def letter(self, number: int, *more: str, sender: str = PERSON) -> tuple[bytes, str]:
        """A letter to the desk; without further words one in the site's own."""
        said = " ".join(more) or f"Guten Tag, es geht um den {self.word} Nummer {number}."
        subject = said if more else f"{self.word} {number}"
        return self._form(subject, said + "\r\n", number, sender), self.desk

    def _form(self, subject: str, text: str, number: int, sender: str = "web@muster.example") -> bytes:
        return (
            f"From: {sender}\r\nReply-To: {PERSON if sender.endswith('muster.example') else sender}\r\n"
            f"Subject: {subject}\r\nDate: Thu, 26 Nov 2026 12:00:00 +0100\r\n"
            f"Message-ID: <{self.id}-{number}@muster.example>\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}"
        ).encode()


TWINS = (Twin("berlin", "Quarzfalke"), Twin("potsdam", "Nebelotter"))


def other_of(twin: Twin) -> Twin:
    """The one that must not see anything of this one."""
    return TWINS[1 - TWINS.index(twin)]


def furnish(house: Installation) -> None:
    """Write the configuration of the two."""
    sites = "".join(SITE.format(id=one.id, word=one.word, number=n) for n, one in enumerate(TWINS))
    house.write("units.toml", UNITS)
    house.write("sites.toml", sites)
    house.write("sources.toml", "".join(SOURCES.format(id=one.id) for one in TWINS) + GROUP_SOURCE)
    house.write("rules.toml", "".join(FORWARDS.format(id=one.id) for one in TWINS) + RULES)


def all_of(mail: Arrived) -> str:
    """Everything that a mail holds, decoded, however deep it is packed; its header fields, too."""
    return "\n".join(_pieces(mail.parsed()))


def _pieces(message: Message) -> Iterator[str]:
    for part in message.walk():
        yield from (f"{name}: {value}" for name, value in part.items())
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content.decode("utf-8", "replace")
