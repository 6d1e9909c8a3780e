"""What `[site.booking]` can hide are the mails about visits that there are."""

from typing import get_args

from config.types import VisitMail
from rules.visit_mails import VISIT_MAILS


def test_hide_names_every_mail_to_a_customer_and_the_calendar() -> None:
    assert get_args(VisitMail) == (*VISIT_MAILS, "calendar")
