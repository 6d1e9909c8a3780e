"""People who answer mails of ours: with a border server that vouches for them or not, in the way mail programs do."""

import re
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

from tests.support.sink import Arrived

BORDER = "mx.muster.example"
"""authserv-id of the border server, as `smtp = 'authserv_id = …'` of an Installation names it."""
TRUSTS_BORDER = f'authserv_id = "{BORDER}"'


def opened(mail: Arrived) -> EmailMessage:
    """A mail that arrived, as a mail program sees it."""
    return BytesParser(policy=policy.default).parsebytes(mail.content)


def words_of(mail: Arrived) -> str:
    """Its plain text."""
    body = opened(mail).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def answer_to(
    mail: Arrived,
    sender: str,
    text: str,
    *,
    vouched: bool = True,
    to: str | None = None,
    quote: bool = True,
    subject: str | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[bytes, str]:
    """An answer with the whole mail quoted below, and the address that it goes to.

    Args:
        mail: What is answered.
        sender: Address of From.
        text: Above the quotation.
        vouched: Whether the border server found the sender's domain genuine.
        to: Instead of Reply-To.
        quote: Whether the mail is quoted.
        subject: Instead of `Re: …`.
        headers: Further fields.
    """
    given = opened(mail)
    answered = str(given["Message-ID"])
    domain = sender.rpartition("@")[2]
    address = to or re.sub(r".*<|>.*", "", str(given["Reply-To"]))
    reply = EmailMessage(policy=policy.SMTP)
    if vouched:
        reply["Authentication-Results"] = f"{BORDER}; dmarc=pass header.from={domain}; spf=pass smtp.mailfrom={sender}"
    reply["From"] = sender
    reply["To"] = address
    reply["Subject"] = subject or f"Re: {given['Subject']}"
    reply["Message-ID"] = f"<{abs(hash((answered, text, sender)))}@{domain}>"
    reply["In-Reply-To"] = answered
    reply["References"] = " ".join(filter(None, (str(given["References"] or ""), answered)))
    reply["Date"] = "Sun, 22 Nov 2026 10:00:00 +0100"
    for name, value in (headers or {}).items():
        reply[name] = value
    quoted = "\n".join(f"> {line}".rstrip() for line in words_of(mail).splitlines())
    below = f"\n\nAm 22.11.2026 um 10:00 schrieb {given['From']}:\n{quoted}\n" if quote else "\n"
    reply.set_content(text + below)
    return reply.as_bytes(), address
