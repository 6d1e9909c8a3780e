"""What is known of a workshop visit, as rows for its customer: when, what for, which car, where."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from parsers.records import Reading, Vehicle
from rules.model import Record
from rules.reach import is_mailbox
from rules.visit import Visit
from templates.forms import one_line, web_link
from templates.model import SiteCard
from templates.rows import Row, Speech
from templates.sections import car_name
from templates.words import counted, filled

SERVICES = 20
"""Services that are named."""
WANTED = 5
_REMARKS = 2_000
"""Characters."""


class Facts:
    """The rows about one visit."""

    def __init__(self, record: Record, visit: Visit, site: SiteCard, speech: Speech) -> None:
        self._visit = visit
        self._reading = record.reading
        self._site = site
        self._speech = speech
        self._forms = speech.forms
        self._values: Mapping[str, str] = speech.words["visit_values"]

    def rows(self, names: Sequence[str], hidden: Collection[str] = ()) -> tuple[Row, ...]:
        """Rows in the order of their names; what is empty or hidden is left out."""
        return tuple(row for name in names if name not in hidden for row in _ROWS[name](self))

    def _row(self, label: str, value: str | None, href: str | None = None, limit: int = 500) -> list[Row]:
        text = one_line(value or "", limit)
        return [Row(self._speech.words["visit_labels"][label], text, href)] if text else []

    def _time(self) -> list[Row]:
        """When it begins and how long it takes; of more than a day, when it ends."""
        starts, ends = self._visit.starts_at, self._visit.ends_at
        if starts is None:
            return []
        rows = self._row("time", self._forms.moment(starts))
        if ends is None or ends <= starts:
            return rows
        zone = ZoneInfo(self._visit.zone)
        if starts.astimezone(zone).date() != ends.astimezone(zone).date():
            return rows + self._row("until", self._forms.moment(ends))
        length = _length(ends - starts, self._speech)
        return rows + self._row("length", filled(self._values["length"], length=length, until=self._forms.time(ends)))

    def _when(self) -> list[Row]:
        """The visit's time, else what was asked for: of what is cancelled before a time was offered."""
        return self._time() or self._wanted()

    def _wanted(self) -> list[Row]:
        return [row for at in self._visit.wanted[:WANTED] for row in self._row("wanted", self._forms.moment(at))]

    def _proposed(self) -> list[Row]:
        return self._row("proposed", self._forms.moment(self._visit.proposed_at))

    def _services(self) -> list[Row]:
        return self._row("services", ", ".join(self._visit.services[:SERVICES]))

    def _price(self) -> list[Row]:
        return self._row("price", self._forms.money(self._visit.price, cents=True))

    def _vehicle(self) -> list[Row]:
        return self._row("vehicle", vehicle_name(self._reading))

    def _adviser(self) -> list[Row]:
        adviser = self._visit.adviser or ""
        return [] if is_mailbox(adviser.strip()) else self._row("adviser", adviser)  # addresses stay in the house

    def _courtesy_car(self) -> list[Row]:
        said = (self._visit.courtesy_car or "").strip()
        known = {"yes": "courtesy-yes", "no": "courtesy-no"}.get(said.lower())
        return self._row("courtesy-car", self._values[known] if known else said)

    def _remarks(self) -> list[Row]:
        return self._row("remarks", self._visit.remarks, limit=_REMARKS)

    def _place(self) -> list[Row]:
        return self._row("place", place_of(self._site))

    def _directions(self) -> list[Row]:
        link = way_to(self._site)
        return self._row("directions", self._values["directions"], link) if link else []


_ROWS: Mapping[str, Callable[[Facts], list[Row]]] = {
    "time": Facts._time,
    "when": Facts._when,
    "wanted": Facts._wanted,
    "proposed": Facts._proposed,
    "services": Facts._services,
    "price": Facts._price,
    "vehicle": Facts._vehicle,
    "adviser": Facts._adviser,
    "courtesy-car": Facts._courtesy_car,
    "remarks": Facts._remarks,
    "place": Facts._place,
    "directions": Facts._directions,
}


def vehicle_name(reading: Reading) -> str:
    """The car that comes, with its plate; of one that is not described, its VIN."""
    car = _vehicle_of(reading)
    if car is None:
        return ""
    named = ", ".join(filter(None, (car_name(car), one_line(car.plate or "", 40))))
    return named or one_line(car.vin or "", 40)


def _vehicle_of(reading: Reading) -> Vehicle | None:
    """The customer's own; a car that is wanted, too, does not come to the workshop."""
    own = next((car for car in reading.vehicles if car.role == "own"), None)
    return own or next((car for car in reading.vehicles if car.role is None), next(iter(reading.vehicles), None))


def place_of(site: SiteCard) -> str:
    """What the workshop is called, and its address."""
    return ", ".join(filter(None, (site.name, site.address)))


def way_to(site: SiteCard) -> str | None:
    """A web link that opens the telephone's navigation, or a map where there is none; the site's own goes first.

    Both services open their app where it is installed and a page where it is not. Google's is not reached from China.
    """
    if site.directions:
        return web_link(site.directions)
    if site.geo is None:
        return None
    latitude, longitude = (f"{degrees:.6f}".rstrip("0").rstrip(".") for degrees in site.geo)
    if site.country == "CN":  # Amap's "URI API": longitude first, of GPS
        return f"https://uri.amap.com/navigation?to={longitude},{latitude}&mode=car&coordinate=wgs84&callnative=1"
    return f"https://www.google.com/maps/dir/?api=1&destination={latitude}%2C{longitude}"  # "Maps URLs"


def _length(value: timedelta, speech: Speech) -> str:
    """Hours and minutes, both exact: `2 hours 30 minutes`."""
    numbers = divmod(max(1, round(value.total_seconds() / 60)), 60)
    units = speech.words["units"]
    told = {
        unit: counted(units[unit], n, n=n) if n else "" for unit, n in zip(("hour", "minute"), numbers, strict=True)
    }
    return filled(speech.words["visit_values"]["hours"], **told).strip()
