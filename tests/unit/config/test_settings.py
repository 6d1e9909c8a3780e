import hashlib
import pickle
import shutil
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from config import names
from config.init import initialise
from config.load import canonical, check, load
from config.lookup import (
    admin_site,
    controllers_of,
    default_policy,
    desk_token,
    site_of,
    source_type,
    steps_of,
    team_address,
)
from config.models import Settings
from config.problems import Problem
from config.schema import FILES, schema
from config.secrets import reveal
from config.show import effective
from config.types import Secret
from parsers.records import MailClass, Reading

EXAMPLE = Path(__file__).parents[3] / "config" / "example"


@pytest.fixture(scope="module")
def example() -> Settings:
    settings, problems = load(EXAMPLE)
    assert [str(problem) for problem in problems] == []
    assert settings is not None
    return settings


def test_the_example_is_a_whole_group(example: Settings) -> None:
    assert [site.country for site in example.sites.values()] == ["DE", "DE", "DK"]
    assert {unit.type for unit in example.units.values()} == {"group", "region", "importer"}
    assert all(test.mail.is_file() for test in example.tests)


def test_settings_travel_between_processes(example: Settings) -> None:
    assert pickle.loads(pickle.dumps(example)) == example  # noqa: S301 - our own bytes


def test_the_digest_is_that_of_the_effective_settings(example: Settings, tmp_path: Path) -> None:
    initialise(tmp_path / "copy")
    moved, _ = load(tmp_path / "copy")
    assert moved is not None
    assert moved.digest == hashlib.sha256(canonical(moved).encode()).hexdigest() != example.digest
    assert moved.postroom.data == tmp_path / "copy" / "data"
    assert moved.postroom.relay[0].url == f"maildir:{tmp_path / 'copy' / 'mail-out'}"
    rules = tmp_path / "copy" / "rules.toml"
    rules.write_text(rules.read_text("utf-8").replace('category = "audit"', 'category = "action"', 1), "utf-8")
    changed, _ = load(tmp_path / "copy")
    assert changed is not None
    assert changed.digest != example.digest


def test_init_leaves_what_is_there_alone(tmp_path: Path) -> None:
    (tmp_path / "sites.toml").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        initialise(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["sites.toml"]


def test_templates_come_by_their_name_below_templates(tmp_path: Path) -> None:
    initialise(tmp_path)
    (tmp_path / "templates/de").mkdir(parents=True)
    (tmp_path / "templates/de/new.txt.j2").write_text("Grüße", "utf-8")
    settings, _ = load(tmp_path)
    assert settings is not None
    assert settings.templates == {"de/new.txt.j2": "Grüße"}
    (tmp_path / "templates/de/bad.txt.j2").write_bytes(b"\nGr\xfc\xdfe")
    assert [str(p) for p in load(tmp_path)[1]] == ["templates/de/bad.txt.j2:2: is not UTF-8 text"]


def test_checks_of_other_parts_are_added() -> None:
    found = Problem("templates/de/new.txt.j2", 3, "", "unknown name 'custmer'", "did you mean 'customer'?")
    settings, problems = check(EXAMPLE, [lambda _settings: [found]])
    assert settings is not None
    assert [str(p) for p in problems] == ["templates/de/new.txt.j2:3: unknown name 'custmer', did you mean 'customer'?"]


@pytest.mark.parametrize(
    ("recipient", "source", "site"),
    [
        ("Mobile.Berlin.X7K2@leads.muster.example", "mobile-berlin", "berlin"),
        ("importer.c6v3@leads.muster.example", "importer", None),
        ("desk.berlin@leads.muster.example", None, "berlin"),
        ("desk.berlin+l7kq2m49.abc@leads.muster.example", None, "berlin"),
        ("postmaster@anything.example", None, "admin"),
        ("desk.berlin@elsewhere.example", None, None),
        ("nobody@leads.muster.example", None, None),
        ("", None, None),
        ("+@", None, None),
    ],
)
def test_a_recipient_belongs_to(example: Settings, recipient: str, source: str | None, site: str | None) -> None:
    found_source, found_site = site_of(example, recipient)
    assert (found_source and found_source.id, found_site and found_site.id) == (source, site)


def test_a_desk_address_may_carry_a_token(example: Settings) -> None:
    assert desk_token(example, "desk.berlin+L7KQ.sig@leads.muster.example") == "l7kq.sig"
    assert desk_token(example, "desk.berlin@leads.muster.example") is None
    assert desk_token(example, "other+token@leads.muster.example") is None


def test_who_is_told(example: Settings) -> None:
    berlin, odense = example.sites["berlin"], example.sites["odense"]
    assert team_address(example, berlin, "service") == ("service.berlin@muster.example", False)
    assert team_address(example, odense, "customer-care") == ("salg@muster-biler.example", True)
    assert controllers_of(example, berlin) == ("controlling@muster.example",)
    assert controllers_of(example, odense) == ("kunde@importer.example",)
    assert admin_site(example).teams == {"admin": "it@muster.example"}


def steps(settings: Settings, site: str, policy: str) -> list[tuple[str, str]]:
    return [(step.name, str(step.after)) for step in steps_of(settings, settings.sites[site], policy)]


def test_steps_are_the_shipped_ones_with_the_changes_of_the_site(example: Settings) -> None:
    assert steps(example, "potsdam", "standard") == [("E1", "2h"), ("E2.1", "4h")]
    assert steps(example, "berlin", "standard") == [("E1", "3h"), ("E2.1", "4h"), ("EM2.1", "2h")]
    assert steps(example, "odense", "workshop") == [("E1", "4h"), ("E2.1", "1wd")]
    assert default_policy(example, example.sites["odense"], "booking") == "workshop"
    assert default_policy(example, example.sites["berlin"], "booking") == "booking-request"


def test_a_warning_that_is_off_does_not_hasten_what_follows(example: Settings) -> None:
    site = example.sites["potsdam"].model_copy(update={"steps": {"hot-alert": {"W1": "off"}}})
    assert [str(step.after) for step in steps_of(example, site, "hot-alert")] == ["2880m"]


def test_shipped_values_are_those_of_the_references(example: Settings) -> None:
    berlin = example.sites["berlin"]
    limits = {name: str(source_type(example, example.sources[name], berlin).silence) for name in example.sources}
    assert limits["mobile-berlin"] == limits["website-berlin"] == "7d"
    assert limits["complaints"] == "14d"
    alert = steps_of(example, berlin, "hot-alert")
    assert sum(step.after.minutes for step in alert) == 48 * 60
    assert default_policy(example, berlin, "review") == "none"
    assert steps_of(example, berlin, "none") == ()


def test_show_names_the_origin_of_every_value_and_masks_secrets(tmp_path: Path) -> None:
    initialise(tmp_path)
    (tmp_path / "key").write_text("s3cret\n")
    main = tmp_path / "postroom.toml"
    main.write_text(main.read_text("utf-8") + '\n[desk]\nkeys = [{ file = "key" }]\n', "utf-8")
    settings, _ = load(tmp_path)
    assert settings is not None
    values = {value.key: (value.value, value.origin) for value in effective(settings)}
    assert values["postroom.hostname"] == ("postroom.muster.example", "postroom.toml:3")
    assert values["postroom.limits.recipients"] == (100, "default")
    assert values["postroom.desk.keys[1]"][0] == "***"
    assert values["site.berlin.hours.sat"][0] == "09:00-13:00"
    assert values["site.berlin.escalate.lead"] == ("standard", "shipped 1")
    assert values["source.mobile-berlin.silence"] == ("7d", "shipped 1")
    assert values["source.autoscout-potsdam.silence"][0] == "10d"
    assert values["rule[3].notify[1].team"][1].startswith("rules.toml:")
    assert "s3cret" not in str(values)


def test_secrets_are_read_from_where_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("from file\n")
    monkeypatch.setenv("KEY", "from environment")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert reveal(Secret(file=Path("key")), tmp_path) == "from file"
    assert reveal(Secret(env="KEY"), tmp_path) == "from environment"
    assert reveal(Secret(credential="key"), tmp_path) == "from file"
    for missing in (Secret(file=Path("none")), Secret(env="NONE"), Secret(credential="none")):
        with pytest.raises(ValueError, match="is missing"):
            reveal(missing, tmp_path)


@pytest.mark.parametrize("file", FILES)
def test_a_schema_names_the_keys_of_its_file(file: str) -> None:
    found = schema(file)
    assert found["$schema"].startswith("https://json-schema.org/")
    assert found["additionalProperties"] is False
    assert found["properties"]


def test_a_thousand_sites_load(tmp_path: Path) -> None:
    base = Path(__file__).parents[2] / "configs" / "base"
    shutil.copytree(base, tmp_path, dirs_exist_ok=True)
    site, source = (base / "sites.toml").read_text("utf-8"), (base / "sources.toml").read_text("utf-8")
    rule = '[[rule]]\nname = "R{0}"\nwhen = {{ kind = "booking", site = "s{0}" }}\nnotify = {{ team = "service" }}\n'
    (tmp_path / "sites.toml").write_text("".join(site.replace("berlin", f"s{n}") for n in range(1000)))
    many = (source.replace("berlin", f"s{n}").replace("x7k2", f"x{n}") for n in range(1000))
    (tmp_path / "sources.toml").write_text("".join(many))
    last = '[[rule]]\nname = "All"\nnotify = { team = "sales" }\n'
    (tmp_path / "rules.toml").write_text("".join(rule.format(n) for n in range(1000)) + last)
    settings, problems = load(tmp_path)
    assert problems == []
    assert settings is not None
    assert len(settings.sites) == 1000


def fields_of(shape: Any, prefix: str = "") -> set[str]:
    """Every dotted field of a record type."""
    found = set()
    for field in msgspec.structs.fields(shape):
        found.add(prefix + field.name)
        inner = [shape_in for shape_in in parts_of(field.type) if issubclass(shape_in, msgspec.Struct)]
        found |= {name for shape_in in inner for name in fields_of(shape_in, f"{prefix}{field.name}.")}
    return found


def parts_of(annotation: Any) -> list[type]:
    args = get_args(annotation)
    return [t for arg in args for t in parts_of(arg)] if args else [annotation] if isinstance(annotation, type) else []


def test_the_names_that_rules_may_use_are_those_of_readings() -> None:
    assert fields_of(Reading) == names.READING_FIELDS
    assert set(get_args(MailClass)) == set(names.MAIL_CLASSES)


def test_split_files_follow_the_main_file_by_name(tmp_path: Path) -> None:
    base = Path(__file__).parents[2] / "configs" / "base"
    shutil.copytree(base, tmp_path, dirs_exist_ok=True)
    (tmp_path / "rules.toml").unlink()
    (tmp_path / "rules.d").mkdir()
    rule = '[[rule]]\nname = "{}"\nwhen = {{ kind = "{}" }}\nnotify = {{ team = "sales" }}\n'
    (tmp_path / "rules.d/20-b.toml").write_text(rule.format("second", "review"))
    (tmp_path / "rules.d/10-a.toml").write_text(rule.format("first", "booking"))
    (tmp_path / "rules.d/90-last.toml").write_text('[[rule]]\nname = "last"\nnotify = { team = "sales" }\n')
    settings, problems = load(tmp_path)
    assert problems == []
    assert settings is not None
    assert [rule.name for rule in settings.rules] == ["first", "second", "last"]
