"""The example of a new type in docs/sources.md is read as the page says."""

import json
import re
from pathlib import Path

import msgspec

from parsers import read, types
from parsers.records import Hints

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "sources.md").read_text("utf-8")
PART = PAGE[PAGE.index("## For developers: adding a type") :]


def example(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```$", PART, re.M | re.S)
    assert found is not None
    return found[1]


def hints() -> Hints:
    return Hints(region="GB", language="en", kind="lead", layout=types.from_toml(example("toml")))


def test_the_example_is_read_as_the_page_says() -> None:
    (reading,) = read.parse(example("eml").encode(), hints()).readings
    told = json.loads(msgspec.json.encode(reading))
    assert {name: told[name] for name in json.loads(example("json"))} == json.loads(example("json"))


def test_its_noise_makes_no_request() -> None:
    for old, new in (("Enquiry for 2019 Nissan Qashqai - Emma Sample", "Your bazaar week"), ("noreply@", "x@news.")):
        parsed = read.parse(example("eml").replace(old, new, 1).encode(), hints())
        assert (parsed.mail_class, parsed.readings) == ("automatic", ())


def test_every_type_is_told_where_it_comes_from() -> None:
    assert set(types.names()) <= set(re.findall(r"`([\w.-]+)`", PART[PART.index("### What each type") :]))
