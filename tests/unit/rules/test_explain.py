import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from config.models import Settings
from parsers.records import Customer, Parsed, Reading
from rules.decide import decide_mail
from rules.explain import differences, mail_json, trace
from rules.model import Context, Envelope

House = Callable[..., Settings]
At = Callable[[str], datetime]

WHEN = "2026-05-20T10:00+02:00"
MAIL = Parsed(
    digest="d",
    readings=(
        Reading(kind="lead", customer=Customer(name="Eva"), origins={"customer.name": "adf"}),
        Reading(comments="Hallo"),
    ),
    defects=("no date",),
)


@pytest.fixture
def found(house: House, at: At) -> dict[str, Any]:
    settings = house()
    envelope = Envelope(recipient="m@leads.example", accepted_at=at(WHEN))
    context = Context()
    decision = decide_mail(MAIL, envelope, settings, context, at(WHEN))
    return trace(MAIL, decision, context, at(WHEN), settings)


def test_the_trace_has_all_that_explain_promises(found: dict[str, Any]) -> None:
    assert set(found) == {
        "class", "readings", "defects", "source", "site", "fate", "reason", "rules", "notifications", "deadlines",
        "decisions", "context", "at", "settings", "verified",
    }  # fmt: skip
    assert found["verified"] == "address"
    assert found["class"] == "person"
    assert [reading["kind"] for reading in found["readings"]] == ["lead", "unsorted"]
    assert found["rules"][0] == {"name": "All", "matched": True, "because": "matches everything"}
    assert found["notifications"][0] == {
        "to": "verkauf@muster.example", "team": "sales", "category": "action", "template": "new",
        "at": "2026-05-20T08:00:00Z", "because": "rule 'All'",
    }  # fmt: skip
    assert found["deadlines"][0]["due_at"] == "2026-05-20T10:00:00Z"
    assert (found["at"], found["settings"], found["context"]) == ("2026-05-20T08:00:00Z", "d1", {})


def test_the_trace_says_why_nobody_is_told_of_what_was_put_in_later(house: House, at: At) -> None:
    settings, context = house(), Context(imported=True)
    envelope = Envelope(recipient="m@leads.example", channel="import", accepted_at=at(WHEN))
    found = trace(MAIL, decide_mail(MAIL, envelope, settings, context, at(WHEN)), context, at(WHEN), settings)
    assert (found["quiet"], found["context"]) == ("imported: no clock, no mail", {"imported": True})
    assert (found["notifications"], found["deadlines"]) == ([], [])


def test_a_rule_after_the_match_stays_undecided(house: House, at: At) -> None:
    settings = house(rules=[{"name": "A", "notify": {"team": "sales"}}, {"name": "B"}])
    envelope = Envelope(recipient="m@leads.example", accepted_at=at(WHEN))
    decision = decide_mail(MAIL, envelope, settings, Context(), at(WHEN))
    verdict = trace(MAIL, decision, Context(), at(WHEN), settings)["rules"][1]
    assert verdict == {"name": "B", "matched": None, "because": "not reached: 'A' matched"}


def test_it_is_plain_json(found: dict[str, Any]) -> None:
    assert json.loads(json.dumps(found)) == found
    assert msgspec.json.decode(msgspec.json.encode(found)) == found


def test_a_mail_without_readings_shows_as_one_unsorted() -> None:
    shown = mail_json(Parsed(digest="", text="Hallo", mail_class="automatic", class_because="List-Id"))
    assert shown == {
        "class": "automatic",
        "class_because": "List-Id",
        "readings": [{"kind": "unsorted", "comments": "Hallo"}],
        "defects": [],
    }


EXPECTED = [
    ("source", "mobile-berlin", None),
    ("source", "other", "source: expected 'other', is 'mobile-berlin'"),
    ("readings.0.customer.name", "Eva", None),
    ("readings.*.kind", "unsorted", None),
    ("readings.*.kind", "review", "readings.*.kind: expected 'review', is 'lead' and 'unsorted'"),
    ("readings.0.origins.customer.name", "adf", None),
    ("rules.0.matched", True, None),
    ("rules.0.matched", "true", None),
    ("rules.0.matched", False, "rules.0.matched: expected 'false', is 'true'"),
    ("defects", ["no date"], None),
    ("defects.0", "no date", None),
    ("readings.1.reading", 1, "readings.1.reading: expected '1', there is no 'readings.1.reading'"),
    ("notifications.1.reading", 1, None),
    ("deadlines.*.due_at", datetime(2026, 5, 20, 10, tzinfo=UTC), None),
    ("readings.0.customer.nam", "Eva",
     "readings.0.customer.nam: expected 'Eva', there is no 'readings.0.customer.nam', did you mean 'name'?"),
    ("sorce", "x", "sorce: expected 'x', there is no 'sorce', did you mean 'source'?"),
    ("readings.7.kind", "lead",
     "readings.7.kind: expected 'lead', is not there: the list before '7' has 2 elements, "
     "name one by its index from 0, or * for any"),
    ("notifications.team", "sales",
     "notifications.team: expected 'sales', is not there: the list before 'team' has 2 elements, "
     "name one by its index from 0, or * for any"),
    ("source.deeper", "x", "source.deeper: expected 'x', there is no 'source.deeper'"),
    ("", "x", "expected 'x', there is no ''"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "said"), EXPECTED)
def test_expectations(found: dict[str, Any], path: str, value: object, said: str | None) -> None:
    sentences = differences(found, {path: value})
    assert len(sentences) == (said is not None)
    assert all(sentence.endswith(said or "") for sentence in sentences)


def test_each_difference_is_named(found: dict[str, Any]) -> None:
    assert differences(found, {"fate": "ignored", "site": "berlin", "source": "x"}) == [
        "fate: expected 'ignored', is 'opened'",
        "source: expected 'x', is 'mobile-berlin'",
    ]
