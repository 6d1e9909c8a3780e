"""What mail servers write when a mail does not arrive, each in its own way; `{to}` is who did not get it."""

_REPORT = """\
From: {sender}
To: {back}
Subject: {subject}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

{said}
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.kunde.example

{fields}

--b
Content-Type: {third}

{copy}
--b--
"""
_PLAIN = "From: {sender}\nTo: {back}\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n{more}\n{said}\n"
_COPY = "From: Autohaus <desk.berlin@leads.muster.example>\nTo: {to}\nSubject: Ihre Anfrage\n\nGuten Tag"
_FIELDS = "Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {code}"


def _report(
    sender: str,
    subject: str,
    said: str,
    *,
    status: str = "5.1.1",
    code: str = "550 5.1.1 no such user",
    action: str = "failed",
    third: str = "message/rfc822",
) -> str:
    fields = _FIELDS.replace("{action}", action).replace("{status}", status).replace("{code}", code)
    whole = {"sender": sender, "subject": subject, "said": said, "third": third, "fields": fields, "copy": _COPY}
    return _filled(_REPORT, whole)


def _plain(sender: str, subject: str, said: str, more: str = "") -> str:
    return _filled(_PLAIN, {"sender": sender, "subject": subject, "said": said, "more": f"{more}\n" if more else ""})


def _filled(form: str, whole: dict[str, str]) -> str:
    for name, value in whole.items():
        form = form.replace("{" + name + "}", value)
    return form


def bounce(form: str, back: str, to: str, number: int = 0) -> bytes:
    """One of these mails.

    Args:
        form: Of the tables below.
        back: The envelope sender of the mail that did not arrive: where this one goes.
        to: Who did not get it.
        number: Makes it another mail than the others of its form.
    """
    mail = _filled(form, {"back": back, "to": to})
    date = f"Mon, 23 Nov 2026 10:{number % 60:02}:00 +0100"
    return f"Message-ID: <bounce-{number}@mx.kunde.example>\nDate: {date}\n{mail}".replace("\n", "\r\n").encode()


FINAL: dict[str, str] = {
    "Postfix": _report(
        "MAILER-DAEMON@mx.kunde.example (Mail Delivery System)",
        "Undelivered Mail Returned to Sender",
        "This is the mail system at host mx.kunde.example.\n\n<{to}>: host said: 550 5.1.1 no such user",
    ),
    "Postfix, gave up": _report(
        "MAILER-DAEMON@mx.kunde.example",
        "Undelivered Mail Returned to Sender",
        "<{to}>: connect to mx.kunde.example: Connection timed out",
        status="4.4.1",
        code="connect: timed out",
        third="text/rfc822-headers",
    ),
    "Exchange": _report(
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@kunde.example>",
        "Unzustellbar: Ihre Anfrage",
        "Ihre Nachricht an {to} konnte nicht zugestellt werden.",
        status="5.1.10",
        code="550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found",
    ),
    "Microsoft 365": _report(
        "postmaster@kunde.example",
        "Undeliverable: Ihre Anfrage",
        "Your message to {to} couldn't be delivered.",
        status="5.7.1",
        code="550 5.7.1 denied",
    ),
    "Gmail": _report(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "Delivery Status Notification (Failure)",
        "** Address not found **\n\nYour message wasn't delivered to {to}.",
    ),
    "Gmail, full": _report(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "Delivery Status Notification (Failure)",
        "The recipient's inbox is full.",
        status="5.2.2",
        code="552-5.2.2 over quota",
    ),
    "Sendmail": _report(
        "Mail Delivery Subsystem <MAILER-DAEMON@mx.kunde.example>",
        "Returned mail: see transcript for details",
        "----- The following addresses had permanent fatal errors -----\n<{to}>\n    (reason: 550 5.1.1)",
    ),
    "iCloud": _report(
        "Mail Delivery System <postmaster@icloud.example>",
        "Undeliverable mail",
        "Failed to deliver to '{to}'",
    ),
    "Exim": _plain(
        "Mail Delivery System <Mailer-Daemon@mx.kunde.example>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\nA message that you sent could not be "
        "delivered to one or more of its recipients.\n\n  {to}\n    Unrouteable address",
        "X-Failed-Recipients: {to}\nAuto-Submitted: auto-replied",
    ),
    "qmail": _plain(
        "MAILER-DAEMON@mx.kunde.example",
        "failure notice",
        "Hi. This is the qmail-send program.\n\n<{to}>:\nSorry, no mailbox here by that name. (#5.1.1)"
        "\n\n--- Below this line is a copy of the message.\n\nSubject: Ihre Anfrage",
        "Return-Path: <>",
    ),
    "GMX": _plain(
        "GMX Mailer Daemon <mailer-daemon@gmx.example>",
        "Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software.\n\n{to}:\nSMTP error from remote server for "
        "RCPT TO command, host: mx.kunde.example\n550 5.1.1 user unknown",
        "Auto-Submitted: auto-replied",
    ),
    "T-Online": _plain(
        "Mail Delivery System <mailer-daemon@t-online.example>",
        "Benachrichtigung zum Übermittlungsstatus (Fehlgeschlagen): nicht zugestellt",
        "|------------------------- Message log follows: -------------------------|\n <{to}>: user unknown",
        "Return-Path: <>",
    ),
    "QQ": _plain(
        "PostMaster@qq.example", "来自qq.example的退信", "抱歉，您的邮件被退回来了\n收件人 {to}\n用户不存在 550",
        "Return-Path: <>",
    ),
    "163": _plain(
        "Postmaster@163.example", "系统退信", "您的邮件无法投递到 {to}\n550 User not found: {to}", "Return-Path: <>"
    ),
    "Yahoo": _plain(
        "MAILER-DAEMON@yahoo.example",
        "Failure Notice",
        "Sorry, we were unable to deliver your message to the following address.\n\n<{to}>:\n554: delivery error",
    ),
    "Domino": _plain(
        "Postmaster <postmaster@kunde.example>",
        "DELIVERY FAILURE: User eva not listed in Domino Directory",
        "Your message\n\n  Subject: Ihre Anfrage\n\nwas not delivered to:\n\n  {to}\n\nbecause: not listed",
    ),
    "one that says nothing of the address": _plain(
        "MAILER-DAEMON@mx.kunde.example", "Undelivered Mail Returned to Sender", "Your mail could not be delivered.",
        "Return-Path: <>",
    ),
}  # fmt: skip
LATE: dict[str, str] = {
    "Postfix": _report(
        "MAILER-DAEMON@mx.kunde.example",
        "Delayed Mail (still being retried)",
        "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
        status="4.4.1",
        code="timed out",
        action="delayed",
    ),
    "Exim": _plain(
        "Mail Delivery System <Mailer-Daemon@mx.kunde.example>",
        "Warning: message 1abc delayed 24 hours",
        "A message that you sent has not yet been delivered to\n  {to}\nNo action is required on your part. Delivery "
        "attempts will continue, it is delayed.",
        "Auto-Submitted: auto-replied",
    ),
}
"""It may still arrive."""
