"""What a mail tells, in reading order: the same parts for text, HTML and the plain fallback.

Templates lay these parts out; they can still reach the record itself. Empty things are left out here, once for all.
"""

from dataclasses import dataclass

import msgspec

from parsers.ours import DELIMITER, DELIMITER_END
from parsers.records import Reading
from rules.reach import reply_address
from templates import commands, standing
from templates.commands import Command
from templates.customers import customer_letter, signature
from templates.figures import figures_of
from templates.forms import lines, one_line
from templates.late import late_of, sign_of_mail
from templates.model import RenderJob
from templates.purposes import purpose_of, stays_inside
from templates.reach import replies_reach, ways
from templates.reasons import translated
from templates.rows import Row, Section, Speech
from templates.sections import ATTACHMENTS, car_of, origin_of, person_name, sections_of, text_of, wish_of
from templates.standing import Item
from templates.visit_letter import visit_letter
from templates.visit_rows import planned_later, visit_sections
from templates.words import Words, filled

MESSAGE_LINES = 400
"""Longer texts are cut; the original has them whole."""
ADDRESS = 80
"""Characters of the customer's address in the first line."""
WISH_LINES = 40
"""Lines of the request's text in a mail of the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail's contents; every text is clean and single-line, `message` and `said` are a text's lines."""

    delimiter: str = ""
    """The first line of a mail to the house: where a plain reply goes. Below it nothing of a reply is ever read."""
    answer: str = ""
    """How to answer the customer, where a plain reply does not."""
    sign: str = ""
    """The warning sign, where the controllers have a record that the mail tells of; it begins every subject."""
    heading: str = ""
    """How the subject begins."""
    opening: str = ""
    topic: str = ""
    """Who and which car, for the subject."""
    kind: str = ""
    person: str = ""
    car: str = ""
    interest: str = ""
    late: tuple[Row, ...] = ()
    """Of what the clock tells: since when it is late, who has it, when what follows."""
    why: str = ""
    """The reason, where the mail is about that."""
    asks: str = ""
    """What its reader can do about it."""
    greeting: str = ""
    notes: tuple[str, ...] = ()
    close: str = ""
    """Of a mail to a customer about a workshop visit: first line, what he can do, last line."""
    actions: tuple[Row, ...] = ()
    """Links that answer: call, write."""
    commands: tuple[Command, ...] = ()
    """Links that say a command: label, what they write, where they lead."""
    message: tuple[str, ...] = ()
    """The request's text."""
    said_by: str = ""
    said: tuple[str, ...] = ()
    """What somebody wrote now, below the heading `said_by`; of a mail to a customer, all of it."""
    sections: tuple[Section, ...] = ()
    help: tuple[Row, ...] = ()
    """Commands that are possible, each with what it does."""
    items: tuple[Item, ...] = ()
    """The records of a mail that tells of several."""
    cleared: tuple[Item, ...] = ()
    """Of `escalations`: the records that somebody has seen to since the last list."""
    more: int = 0
    """Records that are not among `items` and `cleared`."""
    signature: tuple[str, ...] = ()
    """The site's name, address and telephone number, for customers."""
    because: str = ""
    ref: str = ""
    zone: str = ""
    """Whose local time it is written in, for those who may be elsewhere: controllers and the admin."""
    warnings: tuple[str, ...] = ()
    """What to beware of: an unverified sender, one that imitates another, a link that asks for a password."""


def write_letter(job: RenderJob, words: Words) -> Letter:
    """Lay out what the job's notice and record say in the words of one language."""
    speech = Speech(words, job.site.timezone)
    layout = purpose_of(job.notice.purpose, job.notice.role).layout
    if layout == "customer":
        return _to_customer(job, speech)
    return _several(job, speech) if layout == "several" else _Writer(job, speech).letter()


def _to_customer(job: RenderJob, speech: Speech) -> Letter:
    signed = signature(job.site, speech.words)
    if not purpose_of(job.notice.purpose, job.notice.role).visit:
        heading, said = customer_letter(job, speech)
        return Letter(heading=heading, said=said, signature=signed)
    told = visit_letter(job, speech)
    return Letter(
        heading=told.subject,
        greeting=told.greeting,
        opening=told.opening,
        said_by=told.said_by,
        said=told.said,
        sections=told.sections,
        actions=told.actions,
        notes=told.notes,
        close=told.close,
        signature=(*signed, *told.foot),
    )


def _several(job: RenderJob, speech: Speech) -> Letter:
    words, name, counted = speech.words, job.notice.purpose, standing.counted(job)
    open_items, cleared = standing.items_of(job, words)
    together = words["together"].get(standing.common(job) or "")
    return Letter(
        delimiter=_delimiter(words["reply"]["several"]),
        sign=sign_of_mail(job),
        heading=filled(together or words["subjects"][name], **counted),
        opening=filled(together or words["openings"][name], **counted),
        items=open_items,
        cleared=cleared,
        sections=(*figures_of(job, speech), *planned_later(job.later, speech)),
        more=max(0, len(job.others) - len(open_items) - len(cleared)),
        because=_because(_for_all(job), words),
        zone=_zone(job, speech),
    )


def _for_all(job: RenderJob) -> RenderJob:
    """Without a reason that is that of the first record alone."""
    reasons = {one.notice.because for one in job.others if one.notice is not None}
    if len(reasons) <= 1:
        return job
    return msgspec.structs.replace(job, notice=msgspec.structs.replace(job.notice, because=""))


def _zone(job: RenderJob, speech: Speech) -> str:
    if job.notice.role not in ("controller", "admin"):
        return ""
    return speech.named("zone", speech.forms.zone(job.notice.at))


def _delimiter(words: str) -> str:
    return f"{DELIMITER} {words} {DELIMITER_END}"


def _because(job: RenderJob, words: Words) -> str:
    default = "controller_because" if job.notice.role == "controller" else "default_because"
    known = job.notice.because or words["phrases"][default]
    return one_line(translated(one_line(known), words), 300)


class _Writer:
    """One letter about one record in the making: the job, the language's words and forms at hand."""

    def __init__(self, job: RenderJob, speech: Speech) -> None:
        self.job = job
        self.speech = speech
        self.words = speech.words
        self.tells = purpose_of(job.notice.purpose, job.notice.role)
        self.reading: Reading = job.record.reading
        self.reached = replies_reach(job.record, job.site, job.notice.role, job.reply_to)
        self.inside = stays_inside(job.notice, job.record)

    def letter(self) -> Letter:
        job, record, words = self.job, self.job.record, self.words
        notice, tells = job.notice, self.tells
        person, car = person_name(self.reading.customer), car_of(self.reading)
        actions = ways(record, job.reply_to if self.reached else None, self.speech, inside=self.inside)
        kind = self.speech.word("kinds", record.kind)
        said = self.cut(standing.written(record, notice)) if tells.said else ()
        because = _because(job, words)
        return Letter(
            delimiter=_delimiter(self.goes()),
            answer="" if self.reached or not tells.reach else words["reply"][self.way(actions)],
            sign=sign_of_mail(job),
            heading=standing.opening(notice, kind, words, "subjects"),
            opening=standing.opening(notice, kind, words),
            topic=", ".join(filter(None, (person, car))) or self.subject(),
            kind=kind,
            person=person or words["phrases"]["unknown"],
            car=car,
            interest=self.speech.word("interests", self.reading.interest),
            late=late_of(record, self.speech, job.deadlines) if tells.late else (),
            why=because[:1].upper() + because[1:] if tells.why else "",
            asks=self.asks(),
            actions=actions if tells.reach else (),
            commands=commands.links(
                record, notice.purpose, notice.role, job.reply_to if job.site.heeds else None, words
            ),
            message=self.message(),
            said_by=words["said"].get(notice.purpose, words["headings"]["message"]) if said else "",
            said=said,
            sections=tuple(s for s in self.sections() if s.rows),
            help=commands.possible(record, notice.role, words, replies=self.reached) if tells.help else (),
            because=because,
            ref=one_line(record.ref, 40),
            zone=_zone(job, self.speech),
            warnings=(*self.left_out(), *standing.warnings_of(record, notice, words)),
        )

    def goes(self) -> str:
        """Where a plain reply goes; to a customer whom it names, so that nobody writes to him by mistake."""
        told = self.words["reply"]
        if not self.reached:
            return str(told["record"])
        if self.inside:
            return filled(told["inside"], reply=self.words["commands"]["reply"])
        return filled(told["customer"], to=one_line(reply_address(self.job.record), ADDRESS))

    def left_out(self) -> tuple[str, ...]:
        """That attachments do not go along, and which."""
        names = self.job.mail.left_out if self.job.mail else ()
        told = ", ".join(one_line(name, 80) for name in names[:ATTACHMENTS])
        return (filled(self.words["warnings"]["left-out"], names=told),) if told else ()

    @staticmethod
    def way(actions: tuple[Row, ...]) -> str:
        return "answer" if any(action.href for action in actions) else "unreachable"

    def asks(self) -> str:
        """What to do about this mail; nothing where the command that it would name is not possible."""
        record, role, purpose = self.job.record, self.job.notice.role, self.job.notice.purpose
        named = {"held": "send", "again": "apart", "kept": "reply"}.get(purpose)
        if named is not None and not commands.may(record, named, role):
            return ""
        if named == "reply" and not self.reached:
            return ""
        sentence = self.words["asks"].get(purpose, "")
        return filled(sentence, **self.words["commands"])

    def subject(self) -> str:
        return one_line(self.job.mail.subject or "", 120) if self.job.mail else ""

    def message(self) -> tuple[str, ...]:
        if not (self.tells.request or self.tells.wish):
            return ()
        return self.cut(text_of(self.reading), MESSAGE_LINES if self.tells.request else WISH_LINES)

    def cut(self, text: str | None, most: int = MESSAGE_LINES) -> tuple[str, ...]:
        said = lines(text)
        return said if len(said) <= most else (*said[:most], "", self.words["phrases"]["cut"])

    def sections(self) -> list[Section]:
        job, home, record = self.job, self.job.site.country, self.job.record
        found: list[Section] = [] if self.tells.help else visit_sections(record, job.site, self.speech)
        if self.tells.second:
            found += self.second()
        if self.tells.status:
            found += standing.status_of(job, self.speech)
        if self.tells.course:
            found += standing.course_of(job, self.speech)
        asked = msgspec.structs.replace(self.reading, booking=None) if record.visit else self.reading
        if self.tells.wish:
            found += wish_of(asked, self.speech)
        if self.tells.request:
            found += sections_of(asked, self.speech, home)
            found.append(origin_of(record, job.mail, self.speech))
        return found

    def second(self) -> list[Section]:
        """The newest second request: by which source it came, and what it says."""
        record, speech, home = self.job.record, self.speech, self.job.site.country
        sources = speech.row("sources", " / ".join(filter(None, (record.source, *record.sources))))
        title = self.words["headings"]["again"]
        if not record.requests:
            return [Section(title, tuple(sources))]
        newest = record.requests[-1]
        rows = [
            *speech.row("received", speech.forms.moment(newest.received_at)),
            *speech.row("source", newest.source),
            *sources,
        ]
        return [Section(title, tuple(rows)), *sections_of(newest.reading, speech, home)]
