"""R20: templates that fail at work in many ways: each notification goes out all the same, in plain words."""

import random
from email.message import Message

from tests.support.client import lead, new_key, send
from tests.support.daemon import SALES
from tests.support.fixtures import Houses, Tell
from tests.support.rows import at_length
from tests.support.seeds import seed
from tests.support.sink import Sink
from tests.support.waiting import wait_until

FAULTS = {
    "WRONG": "{{ reading.comments.nothing }}",
    "NOUGHT": "{{ 1 // 0 }}",
    "TYPE": "{{ letter.kind + 1 }}",
    "NONE": "{% for a in none %}{% endfor %}",
    "LONG": "{{ letter.kind * 300000000 }}",
    "SLOW": "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
}
"""What a mail must hold for the template to fail, and how it fails then; `check` cannot know."""
SLOW_ONES = ("LONG", "SLOW")
"""They kill the reader or let it run into its limit: of these a few."""
OURS = "as our admin words it"
TEMPLATE = (
    '{% extends "base.txt.j2" %}\n{% block opening %}{{ letter.kind }}, '
    + OURS
    + "\n"
    + "\n".join(f'{{% if "{name}" in (reading.comments or "") %}}{text}{{% endif %}}' for name, text in FAULTS.items())
    + "\n{% endblock %}\n"
)
SUBJECT = '{% if "SUBJECT" in (reading.comments or "") %}{{ reading.comments.nothing }}{% endif %}{{ letter.kind }}'
MAILS = at_length(200)


def _words(mail: Message) -> str:
    first = next(part for part in mail.walk() if part.get_content_type() == "text/plain")
    content = first.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def test_every_notification_goes_out(new_house: Houses, sink: Sink, tell: Tell) -> None:
    house, chance = new_house(), random.Random(seed())  # noqa: S311 - cases, no secret
    house.write("templates/de/new.txt.j2", TEMPLATE)
    house.write("templates/de/new.subject.j2", SUBJECT)
    assert house.reload() == {"ok": True, "problems": []}
    quick = [name for name in (*FAULTS, "SUBJECT", "") if name not in SLOW_ONES]
    faults = [*SLOW_ONES, *FAULTS, "SUBJECT", *chance.choices(quick, k=MAILS - len(FAULTS) - len(SLOW_ONES) - 1)]
    chance.shuffle(faults)
    sent = {new_key("t"): fault for fault in faults}
    for key, fault in sent.items():
        send(house, lead(key, text=f"{fault} Bitte um Angebot"))
    told = {key: wait_until(lambda key=key: sink.about(f"kunde-{key}@"), 120, sent[key]) for key in sent}  # type: ignore[misc]
    house.settle(120)
    for key, mails in told.items():
        words = _words(mails[0].parsed())
        assert [mail.recipient for mail in mails] == [SALES], sent[key]
        assert "Jonas Probe" in words, sent[key]
        assert (OURS in words) == (sent[key] == ""), sent[key]
    failed = sum(bool(fault) for fault in sent.values())
    counted = wait_until(
        lambda: (found := house.status()["counters"].get("template_fallbacks", 0)) >= failed and found, 20, "counted"
    )
    tell(f"R20: {len(sent)} leads, templates of {failed} failed in {len(FAULTS) + 1} ways: notifications {len(told)}")
    assert counted == failed
    assert house.log().count("template-failed") == failed, "each shows in the log, with why"
    assert sink.doubled() == {}
