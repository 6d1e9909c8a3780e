"""DKIM signatures (RFC 6376): made when a letter is composed, so that its bytes are fixed with its outbox row."""

from config.keys import read_key
from config.models import Settings
from config.secrets import reveal
from daemon.log import get_logger

SIGNED = (b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"content-type", b"mime-version")
"""Each is named once more than it occurs, so that nobody can add another one; no l=, so that nothing can follow."""

log = get_logger(__name__)


def signed(settings: Settings, sender: str, content: bytes) -> bytes:
    """The mail with a signature for each key of its sender's domain; without any, as it is.

    A key that has gone since the configuration was loaded stops no mail: it goes out unsigned, and the log says so.
    """
    domain = sender.rpartition("@")[2].lower()
    for one in settings.postroom.dkim:
        if one.domain.lower() != domain:
            continue
        try:
            pem = reveal(one.key, settings.directory)
            content = _sign(content, one.selector, one.domain, pem) + content
        except ValueError as error:
            log.error("mail-not-signed", domain=domain, selector=one.selector, why=str(error))  # noqa: TRY400
    return content


def _sign(content: bytes, selector: str, domain: str, pem: str) -> bytes:
    """The header field, with its line end."""
    from dkim import DKIM, DKIMException  # 7 MB, which only who signs shall pay

    key = read_key(pem)
    try:
        mail = DKIM(content, signature_algorithm=key.algorithm)
        present = [name for name, _ in mail.headers if name.lower() in SIGNED]
        field: bytes = mail.sign(
            selector.encode("ascii"),
            domain.encode("ascii"),
            key.material,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[*present, *SIGNED],
        )
    except DKIMException as error:
        raise ValueError(str(error)) from error
    return field
