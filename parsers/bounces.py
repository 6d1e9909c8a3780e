"""Whom a mail did not reach: delivery reports (RFC 3464), and what servers without them write instead.

The report's own fields go first, then `X-Failed-Recipients`, then addresses near words of refusal in the text, above
the copy of the returned mail.
"""

import re
from collections.abc import Iterator

from parsers.clean import single_line
from parsers.document import Document
from parsers.headers import split_addresses
from parsers.records import FailedRecipient, MailClass

RECIPIENTS = 50
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_REPORTS = ("message/delivery-status", "message/global-delivery-status")
_REPORT_BYTES = 256 * 1024
_TEXT = 20_000

_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,40})[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)$", re.MULTILINE)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_ADDRESS = re.compile(r"[^\s<>\[\]()\"',;:@=|{}]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_COPY = re.compile(
    r"^[ \t>]*(?:-{2,}[^\n]{0,60}(?:below this line|copy of|original message|returned message|unsent)"
    r"|[^\n]{0,40}(?:copy of the original message|original message headers?)"
    r"|(?:received|return-path|message-id|mime-version)[ \t]*:)",
    re.IGNORECASE | re.MULTILINE,
)
"""Where the copy of the mail that came back begins: addresses below it are of its own sender and readers."""
_LISTED = re.compile(
    r"^[ \t>*]*(?:-- )?(?:(?:rcpt to|recipient(?: address)?|failed recipient|final[- ]recipient|original[- ]recipient"
    r"|empf[äa]nger|modtager|收件人)[ \t]*[:：]|\[status: error, address:)?[ \t]*<?(" + _ADDRESS.pattern + r")",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that begins with the address, or names it as the recipient."""
_DELAYED = re.compile(
    r"delayed|warning message only|temporary failure|will be retried|will (?:keep|continue) (?:trying|to try)"
    r"|still (?:be )?trying|verzögert|forsinket|延迟",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"(?<!\d)[45]\d\d[ -]|reject|unknown|not exist|fail|unable|could not|denied|full|invalid", re.IGNORECASE
)


def failed(mail: Document, mail_class: MailClass) -> tuple[FailedRecipient, ...]:
    """The recipients that a bounce names, at most 50; nothing for mails of any other class."""
    if mail_class not in ("bounce", "automatic"):
        return ()
    reports = [part for part in mail.leaves if part.type in _REPORTS]
    if not reports and mail_class != "bounce":
        return ()
    found = _unique(
        one for part in reports[:10] for one in _of_report(part.data[:_REPORT_BYTES].decode("utf-8", "replace"))
    )
    if not found:
        found = _unique(_named(mail))
    return found or _unique(_of_text(mail))


def _unique(found: Iterator[FailedRecipient]) -> tuple[FailedRecipient, ...]:
    by_address: dict[str, FailedRecipient] = {}
    for one in found:
        by_address.setdefault(one.recipient, one)
        if len(by_address) >= RECIPIENTS:
            break
    return tuple(by_address.values())


def _of_report(text: str) -> Iterator[FailedRecipient]:
    """One block of fields per recipient, behind a block about the mail (RFC 3464 2.1)."""
    text = text[:_REPORT_BYTES].replace("\r\n", "\n")
    for block in re.split(r"\n[ \t]*\n", text):
        fields = {match[1].lower(): " ".join(match[2].split()) for match in _FIELD.finditer(block)}
        address = next(
            (found for name in ("final-recipient", "original-recipient") if (found := _address(fields.get(name)))), None
        )
        if address is None:
            continue
        action = fields.get("action", "").partition(" ")[0].strip("();").lower()
        status = _STATUS.search(fields.get("status", "")) or _STATUS.search(fields.get("diagnostic-code", ""))
        yield FailedRecipient(
            recipient=address,
            action=action if action in _ACTIONS else None,
            status=status[1] if status else None,
            diagnostic=single_line(
                fields.get("diagnostic-code", "").partition(";")[2] or fields.get("diagnostic-code")
            ),
        )


def _address(value: str | None) -> str | None:
    """The address behind `rfc822;`, without source routes, in lower case."""
    bare = (value or "").partition(";")[2] or value or ""
    found = _ADDRESS.search(bare.rpartition(":")[2] if bare.lstrip().startswith(("@", "<@")) else bare)
    return found[0].lower().strip(".") if found else None


def _named(mail: Document) -> Iterator[FailedRecipient]:
    for value in mail.headers.all("x-failed-recipients"):
        for _, address in split_addresses(value)[:RECIPIENTS]:
            yield _judged(address.lower(), (mail.text or "")[:_TEXT], (mail.text or "")[:_TEXT])


def _of_text(mail: Document) -> Iterator[FailedRecipient]:
    """What the text says above the copy of the mail: a report in a broken multipart, listed addresses, any address."""
    text = (mail.text or "")[:_TEXT]
    if "-recipient:" in text.lower():
        yield from _of_report(text)
    copy = _COPY.search(text)
    above = text[: copy.start()] if copy else text
    listed = list(_LISTED.finditer(above))
    for number, match in enumerate(listed):
        end = listed[number + 1].start() if number + 1 < len(listed) else len(above)
        yield _judged(match[1].lower(), above[match.start() : end], above)
    if not listed:
        yield from _mentioned(mail, above)


def _mentioned(mail: Document, text: str) -> Iterator[FailedRecipient]:
    """Addresses in lines that tell of a refusal, but for those of the mail server and of the mail's own sender."""
    parties = {mail.sender[1], *(address.lower() for _, address in mail.headers.addresses("to"))}
    for line in text.split("\n"):
        if "@" in line and _REFUSED.search(line):
            for match in _ADDRESS.finditer(line):
                if match[0].lower() not in parties:
                    yield _judged(match[0].lower(), line, text)


def _judged(address: str, near: str, text: str) -> FailedRecipient:
    status = _STATUS.search(near) or _STATUS.search(text)
    said = next((line for line in near.split("\n") if _REFUSED.search(line)), None)
    action = "delayed" if _DELAYED.search(text) else "failed"
    return FailedRecipient(
        recipient=address.strip("."), action=action, status=status[1] if status else None, diagnostic=single_line(said)
    )
