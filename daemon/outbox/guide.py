"""What a member is told of a mail that led to nothing: an answer to one about several records, a booking refused."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from config.models import Settings
from daemon.log import get_logger
from daemon.outbox.alarms import over_cap
from daemon.outbox.compose import ComposeError, OutgoingMail, compose
from daemon.outbox.signing import signed
from daemon.shift import Shift
from daemon.store import brakes, outgoing
from daemon.store.mailed import ASTRAY
from daemon.store.outgoing import Letter
from parsers.ours import DELIMITER, DELIMITER_END
from rules.astray import Astray
from rules.brakes import correspondent_of, judged
from rules.model import Notice
from rules.sites import site_named
from templates.forms import lines
from templates.reasons import translated
from templates.words import languages, load_words

_MOST_LINES = 60

log = get_logger(__name__)


class Guide:
    """Writes the mail in the same commit as the answer's fate, within the caps."""

    def __init__(self, shift: Shift, ring: Callable[[], None]) -> None:
        self._shift = shift
        self._ring = ring

    def write(self, connection: Connection, one: Astray, now: datetime) -> None:
        """Put it into the outbox; over a cap the admin is told instead."""
        settings = self._shift.settings
        who = correspondent_of(one.to)
        told = Notice(
            purpose=ASTRAY, to=one.to, template=ASTRAY, language=_language(settings, one), at=now, correspondent=one.to
        )
        (verdict,) = judged([told], brakes.sent(connection, [who], now), settings.postroom.brakes, now)
        if verdict.what != "send":
            outgoing.put(connection, over_cap(settings, who, verdict.because, now), now)
            return
        try:
            letter = _letter(settings, one, self._shift.new_message_id(), now)
        except ComposeError as error:
            log.error("guide-not-written", message=one.message, why=str(error))  # noqa: TRY400 - it names the value
        else:
            outgoing.put(connection, letter, now)

    def ring(self) -> None:
        """It is committed and can be sent."""
        self._ring()


def _language(settings: Settings, one: Astray) -> str:
    language = site_named(settings, one.site).language
    return language if language in languages() else "en"


def _letter(settings: Settings, one: Astray, own_id: str, now: datetime) -> Letter:
    site = site_named(settings, one.site)
    words = load_words(_language(settings, one), {})  # shipped ones only, as in the fallback: it is outside the reader
    said = words["astray" if one.refused is None else "behalf"]
    own = [f"> {line}".rstrip() for line in lines(one.text)[:_MOST_LINES]]
    why = () if one.refused is None else ("", translated(one.refused, words))
    told = [f"{DELIMITER} {words['reply']['nowhere']} {DELIMITER_END}", "", said["nothing"], *why, "", said["links"]]
    told += ["", said["reference"], *(("", f"{said['yours']}{words['forms']['colon']}".rstrip(), *own) if own else ())]
    mail = OutgoingMail(
        sender=site.desk,
        sender_name=site.name,
        to=one.to,
        subject=said["subject"],
        text="\n".join(told) + "\n",
        message_id=own_id,
        date=now,
        category="action",
    )
    return Letter(
        dedupe=f"{ASTRAY}:{one.message}:{one.to}",
        purpose=ASTRAY,
        category="action",
        site=one.site,
        recipient=one.to,
        sender=site.desk,
        subject=mail.subject,
        message_id=own_id,
        content=signed(settings, site.desk, compose(mail)),
        correspondent=correspondent_of(one.to),
    )
