"""May a program answer a mail: whatever hints at another program says no (RFC 3834, 2).

For its class a doubtful mail counts as a person's. Here it is the other way round: a person who gets no receipt has
lost little, and two programs that thank each other never end.
"""

import re
import tomllib
from importlib import resources

from parsers import replies
from parsers.classify import automatic_signs, is_answer, takes_no_answers
from parsers.document import Document
from parsers.headers import split_addresses
from parsers.records import MailClass

TEXT_SAYS = "the text says that a program wrote it"
"""The weakest of the reasons: people write of their holidays, too."""
RECALLS = "it recalls a mail"
"""Outlook wrote it when its sender wanted a mail back."""
_SUBJECT, _TEXT = 300, 600
"""Characters that are looked at: programs say what they are at the beginning."""
_WORDS = tomllib.loads(resources.files("parsers").joinpath("dictionaries/automation.toml").read_text("utf-8"))


def _phrases(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(phrase for phrases in _WORDS[kind].values() for phrase in phrases), re.IGNORECASE)


_IN_SUBJECT = re.compile("|".join(_phrases(name).pattern for name in ("answers", "absent", "responds")), re.IGNORECASE)
_IN_TEXT = _phrases("says_so")
_RECALLS = re.compile(rf".{{1,120}}?(?:{_phrases('recalls').pattern})", re.IGNORECASE)
_FIELDS = (
    "x-loop", "x-otrs-loop", "x-znuny-loop", "x-rt-loop-prevention", "rt-ticket", "x-jira-fingerprint",
    "x-github-reason", "x-zammad-auto-response", "x-zendesk-from-account-id", "x-freshdesk-ticket-id",
    "x-hubspot-notification", "x-fc-machinegenerated", "x-cron-env", "x-auto-reply", "x-vacation", "x-out-of-office",
    "x-facebook-notify",
    "x-spamarrest-noauth", "x-boxbe", "x-challenge-response", "x-campaign", "x-campaignid", "x-mc-user",
    "x-csa-complaints", "feedback-id", "x-failed-recipients", "x-postroom-record", "x-postroom-category",
)  # fmt: skip
"""Set by ticket systems, senders to many, challengers and ourselves, and by no program that a person writes with."""
PASSED_ON = frozenset(
    {"List-Id", "List-Unsubscribe", "List-Post", "List-Help", "Mailing-List", "X-Mailing-List", "X-List", "X-Beenthere"}
    | {"Precedence", "X-Auto-Response-Suppress", "X-Ms-Exchange-Inbox-Rules-Loop"}
)
"""Signs of a program that mailing lists, redirections and careful mail servers set on people's mails as well."""


def no_answer(mail: Document, mail_class: MailClass) -> str | None:
    """Why no program should answer a mail; None where one may.

    Of one that is automatic and answers a mail of ours: what says so beside the signs that people's mails bear as well;
    None where nothing does.
    """
    if mail_class == "bounce" or (mail_class == "automatic" and not mail.hints.answering):
        return None
    also = PASSED_ON if mail_class == "automatic" else frozenset[str]()
    sign = next((sign for sign in automatic_signs(mail) if sign not in also), None)
    return sign or _field(mail) or _addresses(mail) or _recalls(mail) or _words(mail, mail_class)


def _recalls(mail: Document) -> str | None:
    """By its text alone: `Recall: Golf` and `Rückruf: Golf` are also what people write of cars and telephones."""
    return RECALLS if _RECALLS.match(" ".join((mail.text or "")[:_TEXT].split())) else None


def _field(mail: Document) -> str | None:
    return next((field.title() for field in _FIELDS if field in mail.headers), None)


def _addresses(mail: Document) -> str | None:
    """Nobody reads there, or nobody says where."""
    if "@" not in mail.sender[1]:
        return "no address in From"
    for field in ("sender", "return-path"):
        for _, address in split_addresses(mail.headers.raw(field)[:1000])[:1]:
            if takes_no_answers(address.partition("@")[0]):
                return f"{field.title()} takes no answers"
    return None


def _words(mail: Document, mail_class: MailClass) -> str | None:
    """What programs say that set no header field; subject and quotation of an answer are another's words."""
    answer = mail_class == "reply" or (mail_class == "automatic" and is_answer(mail.headers.get("subject")))
    if not answer and _IN_SUBJECT.search((mail.headers.get("subject") or "")[:_SUBJECT]):
        return "subject of an automatic answer"
    said = (replies.new_text(mail.text) if answer else None) or mail.text or ""
    return TEXT_SAYS if _IN_TEXT.search(said[:_TEXT]) else None
