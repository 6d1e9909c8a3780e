"""Where links lead, and which advertisement they show."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers import links

MOBILE = "https://suchen.mobile.de/fahrzeuge/details.html?id=412345678"
SCOUT = "https://www.autoscout24.nl/aanbod/vw-golf-1-5-tsi-benzine-1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f"


def b64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


TRACKED = [
    f"https://click.tracker.example/?url={quote(MOBILE, safe='')}",
    f"https://click.tracker.example/?utm_source=x&U={quote(MOBILE, safe='')}",
    f"https://eur01.safelinks.protection.outlook.com/?url={quote(MOBILE, safe='')}&data=05%7C02&sdata=x&reserved=0",
    f"https://x.r.eu-west-1.awstrack.me/L0/{quote(MOBILE, safe=':')}/1/0102-000000/abc=42",
    f"https://x.r.eu-west-1.awstrack.me/L0/{quote(MOBILE, safe='')}/1/0102-000000/abc=42",
    f"https://t.tracker.example/c/{b64(MOBILE)}/open",
    f"https://t.tracker.example/r?u={b64(MOBILE)}",
    f"https://t.tracker.example/r?u={base64.b64encode(MOBILE.encode()).decode()}",
    "https://urldefense.proofpoint.com/v2/url?u=https-3A__suchen.mobile.de_fahrzeuge_details.html-3Fid-3D412345678&d=x",
    f"https://urldefense.com/v3/__{MOBILE}__;!!abc$",
    f"https://www.google.com/url?q={quote(MOBILE)}&sa=D",
    f"https://a.example/?url={quote('https://b.example/?u=' + quote(MOBILE, safe=''), safe='')}",
    f"{MOBILE}&utm_source=mail&utm_medium=lead",
]


@pytest.mark.parametrize("url", TRACKED)
def test_a_tracked_link_shows_its_advertisement(url: str) -> None:
    assert links.listing(url) == links.Listing("mobile.de", "412345678", MOBILE)


@pytest.mark.parametrize(
    ("url", "platform", "number"),
    [
        (MOBILE, "mobile.de", "412345678"),
        ("https://suchen.mobile.de/auto-inserat/vw-golf-berlin/412345678.html", "mobile.de", "412345678"),
        (SCOUT, "autoscout24.nl", "1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f"),
        ("https://www.kleinanzeigen.de/s-anzeige/vw-golf/2712345678-216-1234", "kleinanzeigen.de", "2712345678"),
        ("https://www.marktplaats.nl/v/auto-s/volkswagen/m2012345678-vw-golf", "marktplaats.nl", "m2012345678"),
        ("https://www.2dehands.be/v/auto-s/vw/m2012345678-golf", "2dehands.be", "m2012345678"),
        ("https://www.cars.com/vehicledetail/1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f/", "cars.com",
         "1a2b3c4d-1a2b-1a2b-1a2b-1a2b3c4d5e6f"),
        ("https://www.autotrader.co.uk/car-details/202611221234567?x=1", "autotrader.co.uk", "202611221234567"),
        ("https://www.gumtree.com/p/ford/ford-fiesta/1412345678", "gumtree.com", "1412345678"),
        ("https://www.bilbasen.dk/brugt/bil/vw/golf/15-tsi-5d/5812345", "bilbasen.dk", "5812345"),
        ("https://www.cargurus.com/Cars/link?listingId=391234567", "cargurus.com", "391234567"),
    ],
)  # fmt: skip
def test_the_number_of_an_advertisement(url: str, platform: str, number: str) -> None:
    found = links.listing(url)
    assert found
    assert (found.platform, found.id) == (platform, number)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.mobile.de/", "https://mobile.de.evil.example/fahrzeuge/details.html?id=412345678",
        "https://notmobile.de/fahrzeuge/details.html?id=412345678", "javascript:alert(1)", "ftp://suchen.mobile.de/x",
        "https://x.example/?url=javascript:alert(1)", "https://x.example/?url=data:text/html,x",
        "https://mobile.de@evil.example/fahrzeuge/details.html?id=412345678", "https://suchen.mobile.de/agb.html",
        "https://[::1", "https://suchen.mobile.de/fahrzeuge/details.html?id=../../x", "http://", "",
    ],
)  # fmt: skip
def test_no_advertisement(url: str) -> None:
    assert links.listing(url) is None


def test_two_advertisements_are_none() -> None:
    assert links.only_listing([MOBILE, SCOUT]) is None
    assert links.only_listing([]) is None


def test_the_same_advertisement_twice_is_one() -> None:
    found = links.only_listing([MOBILE, TRACKED[0], "https://www.mobile.de/", TRACKED[5]])
    assert found
    assert found.id == "412345678"


def test_a_redirect_without_end_leads_nowhere() -> None:
    url = MOBILE
    for _ in range(8):
        url = f"https://a.example/?url={quote(url, safe='')}"
    assert links.listing(url) is None


@given(st.text(max_size=300))
def test_hostile_links_raise_nothing(text: str) -> None:
    for url in (text, f"https://{text}", f"https://x.example/?url={text}", f"https://x.example/c/aHR0c{text}"):
        assert links.listing(url) is None or links.target(url)
        assert links.domain_of(url) == links.domain_of(url).lower()
    assert len(links.urls(text)) <= links.LINKS
    assert len(links.hrefs(text)) <= links.LINKS
