"""A small group of dealers for the tests of the rules, built in code: no files, no loader."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.defaults import shipped_versions
from config.machine import Postroom
from config.models import Policy, Rule, Settings, Site, Source, Unit

HOURS = {"mon-fri": "08:00-18:00", "sat": "09:00-13:00"}

BERLIN = {
    "id": "berlin",
    "unit": "ost",
    "name": "Autohaus Muster Berlin",
    "brands": ["vw"],
    "timezone": "Europe/Berlin",
    "language": "de",
    "holidays": "DE-BE",
    "hours": HOURS,
    "team_hours": {"service": {"mon-fri": "07:00-17:00"}},
    "teams": {"sales": "verkauf@muster.example", "service": "service@muster.example"},
    "members": {"sales": ["*@muster.example"]},
    "roles": {"service-manager": "meister@muster.example"},
    "controllers": ["controlling@muster.example"],
    "fallback": "sales",
    "desk": "desk@berlin.example",
    "postcodes": ["10000-14999"],
    "vendor_ids": ["B-1"],
}
COPENHAGEN = {
    "id": "copenhagen",
    "unit": "nord",
    "name": "Eksempel Biler",
    "brands": ["skoda"],
    "country": "DK",
    "timezone": "Europe/Copenhagen",
    "language": "da",
    "holidays": "DK",
    "hours": {"mon-fri": "07:00-12:00, 13:00-17:00"},
    "teams": {"front": "salg@eksempel.example"},
    "fallback": "front",
    "desk": "desk@eksempel.example",
    "postcodes": ["1000-2999"],
    "vendor_ids": ["K-1"],
}
SOURCES = [
    {"id": "mobile-berlin", "site": "berlin", "type": "mobile.de", "address": "m@leads.example"},
    {"id": "by-vendor", "site_by": "vendor-id", "type": "website", "address": "group@leads.example"},
    {"id": "by-code", "site": "berlin", "site_by": "postcode", "type": "website", "address": "code@leads.example"},
    {"id": "by-name", "site_by": "recipient", "type": "website", "address": "name@leads.example"},
]
RULES: list[dict[str, Any]] = [
    {"name": "All", "notify": {"team": "sales"}},
]


@pytest.fixture(scope="session")
def house() -> Callable[..., Settings]:
    """Make settings: the group above, with rules and single values of the site `berlin` as the test needs them."""

    def make(
        rules: list[dict[str, Any]] | None = None,
        policies: dict[str, Any] | None = None,
        monitor: dict[str, Any] | None = None,
        **berlin: Any,
    ) -> Settings:
        sites = [Site.model_validate(BERLIN | berlin), Site.model_validate(COPENHAGEN)]
        units = [
            Unit(id="gruppe", type="group"),
            Unit(id="ost", type="region", parent="gruppe"),
            Unit(id="nord", type="region", parent="gruppe", controllers=("chef@eksempel.example",)),
        ]
        return Settings(
            directory=Path("/nowhere"),
            postroom=Postroom.model_validate(
                {
                    "hostname": "post.example",
                    "admin": "admin@post.example",
                    "data": "/nowhere",
                    "relay": [{"url": "maildir:out"}],
                    "monitor": monitor or {},
                }
            ),
            units={unit.id: unit for unit in units},
            sites={site.id: site for site in sites},
            sources={source["id"]: Source.model_validate(source) for source in SOURCES},
            rules=tuple(Rule.model_validate(rule) for rule in (RULES if rules is None else rules)),
            policies={name: Policy.model_validate(policy) for name, policy in (policies or {}).items()},
            shipped=shipped_versions(),
            templates={},
            digest="d1",
        )

    return make


@pytest.fixture
def at() -> Callable[[str], datetime]:
    """Read a time with its offset as UTC."""

    def read(text: str) -> datetime:
        return datetime.fromisoformat(text).astimezone(UTC)

    return read
