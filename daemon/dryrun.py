"""The whole way of a mail without a database: the functions that the daemon runs, and nothing is kept or told."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from config.draft import read
from config.lookup import site_of
from config.models import Settings
from config.problems import Problem
from daemon.desk.plan import hints_for, hints_once_placed
from daemon.errands import Learn, Parse, Render
from daemon.outbox.compose import MAX_ORIGINAL
from daemon.outbox.draft import site_card
from daemon.reader import Reader, ReaderDied
from daemon.seams import wall_now
from parsers.proposal import Proposal
from parsers.records import Hints, Parsed
from rules.apply import apply
from rules.behalf import as_asked, asked_for, context_of, why_not
from rules.decide import decide_mail, readings_of
from rules.explain import differences, mail_json, trace
from rules.hours import NeverOpens
from rules.model import Action, Actor, Context, Envelope, MailDecision, Notice, Record
from rules.opening import opening_of
from rules.reference import LETTERS
from rules.sites import site_named
from templates.fallback import fallback
from templates.model import MailCard, Rendered, RenderJob

Json = dict[str, Any]

PLACEHOLDER = "000000-?"
"""Stands where a record would get its reference."""
_HEADER_BYTES = 64 << 10
_ADDRESS = re.compile(rb"[^\s<>,;:\"()]{1,64}@[A-Za-z0-9.-]{1,255}")


class Unreadable(Exception):  # noqa: N818 - a verdict on the mail
    """The reader could not read the mail; the daemon would try it three times and set it aside."""


class DryRun(AbstractContextManager["DryRun"]):
    """Reads, decides and renders on one set of settings, in the guarded reader."""

    def __init__(self, settings: Settings | None) -> None:
        self._settings = settings
        self._reader = Reader(settings.templates if settings else {})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._reader.close()

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        assert self._settings is not None  # noqa: S101 - only `parse` goes without
        return self._settings

    def parse(self, raw: bytes, recipient: str | None) -> Json:
        """What is read from a mail, as `parse --json` prints it, without the file's name.

        Raises:
            Unreadable: As it says.
        """
        if recipient is None:
            return _json(mail_json(self._read(raw, Hints())))
        source, _ = site_of(self.settings, recipient)
        parsed = self.read_for(raw, recipient)
        return _json(mail_json(parsed, source.id if source else None))

    def parse_as(self, raw: bytes, hints: Hints, source: str) -> Json:
        """What is read from a mail of a source that is not configured yet.

        Raises:
            Unreadable: As it says.
        """
        return _json(mail_json(self._read(raw, hints), source))

    def propose(self, raws: Sequence[bytes], hints: Hints) -> Proposal:
        """What is learned from samples of one source.

        Raises:
            Unreadable: The samples together cannot be compared.
        """
        try:
            (answer,) = self._reader.ask([Learn(tuple(raws), hints)])
        except ReaderDied as died:
            raise Unreadable(f"the reader died of them: {died}") from died
        if answer.proposal is None:
            raise Unreadable(f"they could not be compared: {answer.error}")
        return answer.proposal

    def explain(self, raw: bytes, recipient: str, at: datetime, *, imported: bool = False) -> Json:
        """What would become of a mail: the trace that the daemon would store, with the subjects of the mails.

        Args:
            raw: The mail as received.
            recipient: The address that it came for.
            at: When it came.
            imported: It is put in later, by `import`.

        Raises:
            Unreadable: As it says.
            NeverOpens: A business clock is to run in hours that never come.
        """
        settings, at = self.settings, at.astimezone(UTC)
        parsed = self.read_for(raw, recipient)
        envelope = Envelope(recipient=recipient, sender=parsed.sender or "", accepted_at=at)
        asked = asked_for(parsed, envelope, settings) if not imported else None
        context = context_of(asked, Context(imported=imported), why_not(asked))
        parsed = as_asked(parsed, asked)
        decision = decide_mail(parsed, envelope, settings, context, at)
        found = _json(trace(parsed, decision, context, at, settings))
        card = MailCard(subject=parsed.subject, sender=parsed.sender, received_at=at, attached=len(raw) <= MAX_ORIGINAL)
        jobs = list(_jobs(settings, parsed, decision, card, at))
        people = (told for told in found["notifications"] if told.get("purpose", "new") == "new")
        for told, rendered in zip(people, map(self.words, jobs), strict=False):
            told["subject"] = rendered.subject
        return found

    def read_for(self, raw: bytes, recipient: str) -> Parsed:
        """What is read from a mail for one of our addresses.

        Raises:
            Unreadable: As it says.
        """
        parsed = self._read(raw, hints_for(self.settings, recipient))
        placed = hints_once_placed(self.settings, recipient, parsed)
        return self._read(raw, placed) if placed else parsed

    def _read(self, raw: bytes, hints: Hints) -> Parsed:
        try:
            (answer,) = self._reader.ask([Parse(raw, hints)])
        except ReaderDied as died:
            raise Unreadable(f"the reader died of it: {died}") from died
        if answer.parsed is None:
            raise Unreadable(f"it could not be read: {answer.error}")
        return answer.parsed

    def words(self, job: RenderJob, *, subject_only: bool = False) -> Rendered:
        """The words that would be sent; the plain ones where the template fails, as in the daemon."""
        try:
            (answer,) = self._reader.ask([Render(job, subject_only=subject_only)])
        except ReaderDied:
            return fallback(job)
        return answer.rendered or fallback(job)


def _json(value: Json) -> Json:
    """As it is stored: lists, and times as text."""
    found: Json = msgspec.json.decode(msgspec.json.encode(value))
    return found


def guess_recipient(settings: Settings, raw: bytes) -> str | None:
    """The first of our addresses in a mail's header, from Delivered-To down to To; None if it names none."""
    header = re.split(rb"\r?\n\r?\n", raw[:_HEADER_BYTES], maxsplit=1)[0]
    found = (match[0].decode("latin-1").rstrip(".") for match in _ADDRESS.finditer(header))
    return next((address for address in found if site_of(settings, address) != (None, None)), None)


def moment(settings: Settings, recipient: str | None, text: str) -> datetime:
    """A time as a person gives it; without an offset it is the local time of the recipient's site.

    Raises:
        ValueError: It is no time.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        site = site_of(settings, recipient)[1] if recipient else None
        at = at.replace(tzinfo=ZoneInfo(site.timezone) if site else UTC)
    return at.astimezone(UTC)


def failing_tests(dry: DryRun, directory: Path) -> Iterator[Problem]:
    """Run the tests that rules and sources carry: a problem for each expectation that is not met."""
    for test in read(directory.absolute()).tests:
        model = test.model
        at = datetime.fromisoformat(model.at) if model.at else wall_now()
        try:
            found = dry.explain((directory / model.mail).read_bytes(), model.to, at)
        except (Unreadable, NeverOpens, OSError) as error:
            yield test.problem(("mail",), f"'{model.mail}': {error}")
            continue
        for sentence in differences(found, model.expect):
            yield test.problem(("expect",), f"'{model.mail}': {sentence}")


def _jobs(
    settings: Settings, parsed: Parsed, decision: MailDecision, card: MailCard, at: datetime
) -> Iterator[RenderJob]:
    """The mails to the house that the decision asks for, in its order."""
    for record, notice in _notices(settings, parsed, decision, at):
        site = site_named(settings, record.site)
        yield RenderJob(notice=notice, record=record, site=site_card(settings, site), mail=card, reply_to=site.desk)


def _notices(
    settings: Settings, parsed: Parsed, decision: MailDecision, at: datetime
) -> Iterator[tuple[Record, Notice]]:
    if decision.fate != "opened":
        return
    actor = Actor("source", decision.source) if decision.source else Actor("customer", parsed.sender or "")
    for reading, decided in zip(readings_of(parsed), decision.decisions, strict=True):
        if decided.ignored is not None:
            continue
        opening = opening_of(reading, decided, decision, f"{LETTERS.get(decided.kind, 'U')}-{PLACEHOLDER}", at)
        record, effects = apply(None, Action(name="open", actor=actor, opening=opening), settings, at)
        people = (notice for notice in effects.notices if notice.role not in ("system", "customer"))
        yield from ((record, notice) for notice in people)
