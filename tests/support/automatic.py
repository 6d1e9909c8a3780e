"""Mails that programs write by themselves, as the programs of the trade write them; names and texts are ours.

Each is its header fields (`From`, `To` and `Subject` among them) and its text. Where a field is missing that a program
usually sets, the shape is of one that does not, or of a server on the way that took it out.
"""

from typing import NamedTuple

DESK = "desk@berlin.example"
AUTO = "Auto-Submitted: auto-replied"
LATER = "Ich melde mich nach meiner Rückkehr."


class Shape(NamedTuple):
    """A mail without its envelope."""

    header: str
    text: str = LATER

    def mail(self, text: str | None = None) -> bytes:
        """As it comes, or with another text."""
        kept = [line.strip() for line in self.header.strip().splitlines()]
        names = {line.partition(":")[0].lower() for line in kept}
        usual = {
            "from": "From: Eva Beispiel <eva@kunde.example>",
            "to": f"To: {DESK}",
            "date": "Date: Mon, 23 Nov 2026 09:59:00 +0100",
            "content-type": "Content-Type: text/plain; charset=utf-8",
        }
        kept += [line for name, line in usual.items() if name not in names]
        return "\r\n".join([*kept, "", *(text if text is not None else self.text).split("\n"), ""]).encode()


def _report(*, subject: str, sender: str, report: str, said: str = "I could not deliver it.") -> Shape:
    header = f"From: {sender}\nSubject: {subject}\nContent-Type: multipart/report; report-type={report}; boundary=b"
    return Shape(
        header,
        f"--b\n\n{said}\n--b\nContent-Type: message/{report}\n\nReporting-MTA: dns; mx.kunde.example\n\n"
        f"Final-Recipient: rfc822; eva@kunde.example\nAction: failed\nStatus: 5.1.1\n\n--b--",
    )


OUT_OF_OFFICE: dict[str, Shape] = {
    "Outlook de": Shape(f"Subject: Automatische Antwort: Ihre Anfrage\n{AUTO}\nX-Auto-Response-Suppress: All"),
    "Outlook de, stripped": Shape("Subject: Automatische Antwort: Ihre Anfrage"),
    "Outlook en": Shape(f"Subject: Automatic reply: Your request\n{AUTO}\nX-Auto-Response-Suppress: All", "I am out."),
    "Outlook en, stripped": Shape("Subject: Automatic reply: Your request", "I am out."),
    "Outlook en, old": Shape("Subject: Out of Office: Your request", "I am out."),
    "Outlook da": Shape(f"Subject: Automatisk svar: Din henvendelse\n{AUTO}", "Jeg er ikke på kontoret."),
    "Outlook da, stripped": Shape("Subject: Autosvar: Din henvendelse", "Jeg er ikke på kontoret."),
    "Outlook zh": Shape(f"Subject: 自动答复: 您的询价\n{AUTO}", "我目前不在办公室。"),
    "Outlook zh, stripped": Shape("Subject: 自动答复: 您的询价", "我目前不在办公室。"),
    "Exchange rule": Shape(
        "Subject: Re: Your request\nX-MS-Exchange-Inbox-Rules-Loop: eva@kunde.example", "Thank you."
    ),
    "Gmail en": Shape(
        "Subject: Re: Your request\nPrecedence: bulk\nX-Autoreply: yes", "I am on vacation until Monday."
    ),
    "Gmail en, stripped": Shape("Subject: Re: Your request", "I am on vacation until Monday."),
    "Gmail de": Shape("Subject: Re: Ihre Anfrage\nPrecedence: bulk\nX-Autoreply: yes"),
    "Gmail da": Shape("Subject: Re: Din henvendelse\nAuto-Submitted: auto-replied\nPrecedence: bulk", "Hej"),
    "Apple en": Shape("Subject: Auto Reply: Your request\nAuto-Submitted: auto-replied (vacation)", "Away."),
    "Apple de, stripped": Shape("Subject: Re: Ihre Anfrage", "Ich bin bis zum 4. Dezember im Urlaub."),
    "Apple da, stripped": Shape("Subject: Re: Din henvendelse", "Jeg er på ferie til den 4. december."),
    "Apple zh, stripped": Shape("Subject: Re: 您的询价", "我正在休假，12月4日回来。"),
    "GMX": Shape("Subject: Abwesenheitsnotiz: Ihre Anfrage\nX-Autoreply: yes\nPrecedence: auto_reply"),
    "GMX, stripped": Shape("Subject: Abwesenheitsnotiz: Ihre Anfrage"),
    "web.de": Shape("Subject: Re: Ihre Anfrage\nX-Mail-Autoreply: vacation"),
    "web.de, stripped": Shape("Subject: Re: Ihre Anfrage", "Dies ist eine automatische Antwort.\nIch bin verreist."),
    "QQ": Shape("Subject: 自动回复:您的询价\nX-QQ-AUTOREPLY: 1", "您好，我最近正在休假中，无法亲自回复您的邮件。"),
    "QQ, another prefix": Shape("Subject: 回复：自动回复：您的询价", "您好，我不在。"),
    "163": Shape("Subject: 自动回复: 您的询价\nX-AUTO-RESPONSE-SUPPRESS: OOF", "这是一封自动回复邮件。"),
    "163, stripped": Shape("Subject: Re: 您的询价", "这是一封自动回复邮件。已经收到您的来信。"),
    "vacation(1)": Shape("Subject: Re: Your request\nPrecedence: bulk\nX-Loop: eva@kunde.example", "away"),
    "Sieve": Shape("Subject: Auto: Ihre Anfrage\nAuto-Submitted: auto-replied (vacation)"),
    "Lotus Notes": Shape("Subject: Eva Beispiel ist außer Haus.", "Ich kehre zurück am 4. Dezember."),
    "Lotus Notes da": Shape("Subject: Eva Eksempel er fraværende", "Jeg er bortrejst til den 4. december."),
    "one with an own field": Shape("Subject: Ihre Anfrage\nX-Vacation: yes"),
    "one with Return-Path": Shape("Subject: Ihre Anfrage\nReturn-Path: <>"),
}
REPORTS: dict[str, Shape] = {
    "Postfix": _report(
        subject="Undelivered Mail Returned to Sender", sender="MAILER-DAEMON@mx.kunde.example", report="delivery-status"
    ),
    "Exchange": _report(
        subject="Unzustellbar: Ihre Anfrage", sender="postmaster@kunde.example", report="delivery-status"
    ),
    "Gmail's": _report(
        subject="Delivery Status Notification (Failure)",
        sender="Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        report="delivery-status",
    ),
    "read receipt": _report(
        subject="Gelesen: Ihre Anfrage", sender="eva@kunde.example", report="disposition-notification"
    ),
    "read receipt da": _report(
        subject="Læst: Din henvendelse", sender="eva@kunde.example", report="disposition-notification"
    ),
    "complaint": _report(subject="complaint", sender="fbl@provider.example", report="feedback-report"),
    "qmail": Shape(
        "From: MAILER-DAEMON@mx.kunde.example\nSubject: failure notice",
        "<eva@kunde.example>:\nSorry, no mailbox here by that name. (#5.1.1)",
    ),
    "Exim": Shape(
        "From: Mail Delivery System <Mailer-Daemon@mx.kunde.example>\nX-Failed-Recipients: eva@kunde.example\n"
        "Auto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender",
        "eva@kunde.example\n  Unrouteable address",
    ),
    "QQ's": Shape("From: PostMaster@qq.example\nSubject: 系统退信", "邮件无法投递到 eva@kunde.example：用户不存在"),
    "read receipt, stripped": Shape("Subject: Gelesen: Ihre Anfrage", "Ihre Nachricht wurde gelesen."),
    "read receipt en, stripped": Shape("Subject: Read: Your request", "Your message was read."),
    "read receipt zh, stripped": Shape("Subject: 已读: 您的询价", "已读"),
}
TO_MANY: dict[str, Shape] = {
    "Mailman": Shape("Subject: [Autofreunde] Treffen\nList-Id: <autofreunde.liste.example>\nPrecedence: list", "Hallo"),
    "Google group": Shape("Subject: Treffen\nList-Post: <mailto:x@gruppe.example>", "Hallo"),
    "newsletter": Shape("Subject: Angebote\nList-Unsubscribe: <mailto:weg@werbung.example>", "Nur heute"),
    "newsletter, only a complaint contact": Shape("Subject: Angebote\nX-CSA-Complaints: csa@werbung.example", "Heute"),
    "campaign": Shape("Subject: Angebote\nFeedback-ID: 17:camp:werbung", "Nur heute"),
    "old list": Shape("Subject: Treffen\nX-BeenThere: autofreunde@liste.example", "Hallo"),
    "junk": Shape("Subject: Angebote\nPrecedence: junk", "Nur heute"),
}
MACHINES: dict[str, Shape] = {
    "portal": Shape("From: Börse <noreply@boerse.example>\nSubject: Ihr Inserat", "Ihr Inserat läuft ab."),
    "portal, Reply-To nobody": Shape("Subject: Ihr Inserat\nReply-To: no-reply@boerse.example", "Läuft ab."),
    "portal, Sender nobody": Shape("Subject: Ihr Inserat\nSender: do-not-reply@boerse.example", "Läuft ab."),
    "German nobody": Shape("From: nicht-antworten@boerse.example\nSubject: Ihr Inserat", "Läuft ab."),
    "Danish nobody": Shape("From: ikke-svar@boerse.example\nSubject: Din annonce", "Udløber."),
    "notifications": Shape("From: notifications@netz.example\nSubject: Neue Nachricht", "Sie haben Post."),
    "cron": Shape("From: root@server.example\nSubject: Cron\nX-Cron-Env: <SHELL=/bin/sh>", "done"),
    "OTRS": Shape("Subject: [Ticket#2026112310000017] RE: Anfrage\nX-OTRS-Loop: otrs@hilfe.example", "Eingegangen."),
    "OTRS, stripped": Shape("Subject: [Ticket#2026112310000017] Anfrage", "Ihre Anfrage wurde erfasst."),
    "Zendesk": Shape("Subject: [Request received]\nX-Zendesk-From-Account-Id: 1\nAuto-Submitted: auto-generated", "Hi"),
    "Zammad": Shape(f"Subject: [Ticket#81017] Vielen Dank\n{AUTO}\nX-Auto-Response-Suppress: All", "Eingegangen."),
    "RT": Shape("Subject: [hilfe #1734] AutoReply: Anfrage\nRT-Ticket: hilfe #1734\nPrecedence: bulk", "Eingegangen."),
    "Jira": Shape("Subject: (HILFE-12) Anfrage\nX-JIRA-FingerPrint: 1a2b", "Angelegt."),
    "ticket system de, stripped": Shape("Subject: Ihre Anfrage ist bei uns eingegangen", "Wir kümmern uns."),
    "ticket system en, stripped": Shape("Subject: We have received your request", "We will be in touch."),
    "ticket system da, stripped": Shape("Subject: Tak for din henvendelse", "Vi vender tilbage."),
    "ticket system zh, stripped": Shape("Subject: 我们已收到您的询价", "我们会尽快与您联系。"),
    "receipt of a shop": Shape("Subject: Eingangsbestätigung", "Wir kümmern uns."),
    "challenge": Shape("Subject: Please confirm your email\nX-Challenge-Response: 1", "Click here."),
    "challenge, stripped": Shape("Subject: Sender verification required", "Click here to have your mail delivered."),
    "challenge de, stripped": Shape("Subject: Bitte bestätigen Sie Ihre E-Mail", "Erst dann wird sie zugestellt."),
    "Boxbe": Shape("Subject: Re: Ihre Anfrage (Action Required)\nX-Boxbe: waiting\nPrecedence: bulk", "Join my list."),
    "phrase in the text only": Shape("Subject: Anfrage", "This is an automated message, please do not answer."),
    "phrase in the text only, da": Shape("Subject: Anfrage", "Dette er en automatisk besked."),
}
OURS: dict[str, Shape] = {
    "our notification": Shape(
        f"From: Autohaus <{DESK}>\nSubject: Neue Anfrage\nAuto-Submitted: auto-generated\n"
        "X-Postroom-Record: L-000005-Y\nX-Auto-Response-Suppress: All",
        "Neu",
    ),
    "our notification, stripped": Shape(f"From: Autohaus <{DESK}>\nSubject: Neue Anfrage", "Neu"),
    "our desk with a token": Shape("From: desk+l-000005-y.tabc@berlin.example\nSubject: Neue Anfrage", "Neu"),
    "another Postroom": Shape(
        "From: desk@anderes-haus.example\nSubject: Neue Anfrage\nX-Postroom-Category: action", "Neu"
    ),
    "our alarm": Shape("From: postmaster@post.example\nSubject: [Postroom] mail waits", "Mail has been waiting."),
    "answers go to ourselves": Shape(f"Subject: Anfrage\nReply-To: {DESK}", "Hallo"),
    "a source's address": Shape("From: m@leads.example\nSubject: Anfrage", "Hallo"),
}
SHAPES: dict[str, Shape] = {**OUT_OF_OFFICE, **REPORTS, **TO_MANY, **MACHINES, **OURS}
