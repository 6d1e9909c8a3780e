"""What is to become of a mail, and of each request read from it: fate, rules with their verdicts, mails, deadlines."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import msgspec

from config.lookup import ADMIN_SITE, team_address
from config.models import Conditions, Rule, Settings, Site, Source
from config.types import Category
from parsers.records import Parsed, Reading
from rules import second
from rules.deadlines import NO_POLICY, plan, policy_for
from rules.match import Facts, judge
from rules.model import Actor, Context, Decision, Envelope, Fate, MailDecision, Notification, Verdict, Verified
from rules.places import Place, place_of
from rules.receipts import receipt_for
from rules.timing import own_category, timed
from rules.transition import WAITING
from rules.verified import flags_of, verified_by

UNSORTED = "unsorted"
NEW = "new"
"""Template of a first notification."""


def decide_mail(
    parsed: Parsed, envelope: Envelope, settings: Settings, context: Context, now: datetime
) -> MailDecision:
    """Decide the fate of one accepted mail.

    Args:
        parsed: What was read from it.
        envelope: What is known of it without reading.
        settings: The settings in force.
        context: Facts looked up for it; kept in the trace.
        now: UTC. `explain` and the daemon agree where both pass the time of acceptance.

    Raises:
        NeverOpens: A business clock is to run in hours that never come; `check` tells before.
    """
    readings = readings_of(parsed)
    places = [place_of(reading, envelope, settings) for reading in readings]
    place = places[0]
    verified = verified_by(parsed, envelope, place.source, settings)
    gate = _gate(parsed, place, context)
    if gate is not None:
        return _mail(parsed, place, verified, *gate)
    decisions = []
    for index, (reading, own) in enumerate(zip(readings, places, strict=True)):
        one = decide(reading, envelope, parsed, own.site, own.source, settings, context, now, index)
        receipt = receipt_for(reading, one, parsed, envelope, own.site, own.source, verified, settings, context)
        elsewhere = own.site.id if own.site.id != place.site.id else None
        decisions.append(msgspec.structs.replace(one, site=elsewhere, receipt=receipt))
    return _mail(parsed, place, verified, *_opened(decisions, place, context.behalf), tuple(decisions))


def readings_of(parsed: Parsed) -> tuple[Reading, ...]:
    """The requests of a mail; one that nothing was read from is one unsorted request with its text."""
    return parsed.readings or (Reading(language=parsed.language, comments=parsed.text),)


def decide(
    reading: Reading,
    envelope: Envelope,
    parsed: Parsed,
    site: Site,
    source: Source | None,
    settings: Settings,
    context: Context,
    now: datetime,
    index: int,
) -> Decision:
    """Decide one reading: the rules top to bottom, who is told, which policy runs, when its steps are due.

    Raises:
        NeverOpens: As in `decide_mail`.
    """
    facts = Facts(
        reading=reading, parsed=parsed, envelope=envelope, site=site, source=source, settings=settings, now=now
    )
    verdicts, also, rule = _walk(facts, index)
    kind = UNSORTED if site.id == ADMIN_SITE and source is None else reading.kind
    if rule is not None and rule.ignore is not None:
        because = f"rule '{rule.name}': {rule.ignore}"
        return Decision(kind=kind, category="audit", language=site.language, ignored=because, rules=verdicts)
    judged = _person(facts, kind, context)
    if judged.again is not None:
        return Decision(kind=kind, language=site.language, again=judged.again, person=judged.because, rules=verdicts)
    wishes = _fold([*_wishes(rule, kind, facts), *(wish for r in also for wish in _asked(r, facts))])
    own = own_category(site, source, kind)
    wishes = [msgspec.structs.replace(wish, reading=index, category=own or wish.category) for wish in wishes]
    notifications = tuple(_fold(timed(wish, settings, site, kind, NEW, now) for wish in wishes))
    systems = [msgspec.structs.replace(wish, reading=index) for r in (*also, rule) if r for wish in _systems(r, now)]
    first = next((wish for wish in notifications if wish.category == "action"), notifications[0])
    category: Category = "action" if first.category == "action" else "audit"
    policy = policy_for(settings, site, source, rule, kind, category)
    begun = NO_POLICY if context.imported else policy
    deadlines = plan(settings, site.id, first.team, begun, envelope.accepted_at, cycle=0)
    return Decision(
        kind=kind,
        team=first.team,
        category=category,
        policy=policy,
        language=site.language,
        related=judged.related,
        person=judged.because,
        rules=verdicts,
        notifications=() if context.imported or context.late else (*notifications, *systems),
        deadlines=tuple(msgspec.structs.replace(deadline, reading=index) for deadline in deadlines),
    )


def _person(facts: Facts, kind: str, context: Context) -> second.Judged:
    """What the same person has asked before.

    A mail that is not what it seems joins nobody's request; one that was put in later wakes none that rests.
    """
    asleep = [one for one in context.known if context.imported and one.state == WAITING]
    awake = [one for one in context.known if one not in asleep]
    source = facts.source.id if facts.source else None
    judged = second.verdict(facts.reading, kind, source, facts.site.id, awake)
    if judged.again is None or not facts.parsed.flags:
        return judged
    because = f"the same person as in {judged.again}, but beware: {', '.join(facts.parsed.flags)}"
    return second.Judged(related=(judged.again,), because=because)


def _gate(parsed: Parsed, place: Place, context: Context) -> tuple[Fate, str] | None:
    """A fate that asks no rules."""
    if context.repeat_of is not None:
        return "repeat", f"the same mail as message {context.repeat_of}"
    if context.own is not None:
        return "automatic", f"our own outgoing mail {context.own} came back"
    if context.probe is not None:
        return "automatic", f"a mail of `source verify {context.probe}`, which came the whole way"
    if context.reference is not None:
        return _answer(context)
    if context.astray is not None:
        return "ignored", f"an answer to outgoing mail {context.astray}, which tells of several records"
    if context.behalf is not None and context.refused is not None:
        return "ignored", f"a booking that {context.behalf.name} asks for by mail is refused: {context.refused}"
    if context.bounced is not None and (parsed.mail_class == "bounce" or parsed.bounce):
        return "bounce", f"{_class_reason(parsed)}; of outgoing mail {context.bounced}"
    if context.bounced is not None and parsed.mail_class == "automatic":
        return "automatic", f"{_class_reason(parsed)}; an answer to outgoing mail {context.bounced}"
    if parsed.mail_class == "bounce":
        return "bounce", _class_reason(parsed)
    # marks of automatic mail gate answering, never taking in what a registered source sends: its noise has no readings
    if parsed.mail_class == "automatic" and not (place.source is not None and parsed.readings):
        return "automatic", _class_reason(parsed)
    return None


def _answer(context: Context) -> tuple[Fate, str]:
    """What comes to a record: a team's and a controller's action, or a mail that is only kept with it."""
    by = context.writer
    if by is None or by.role not in ("team", "controller") or context.only_kept:
        return "attached", f"an answer to {context.reference}" + (f" by a {by.role}" if by else "")
    return "command", f"an answer to {context.reference} by {by.role} {by.name}"


def _class_reason(parsed: Parsed) -> str:
    return f"{parsed.mail_class} mail: {parsed.class_because}" if parsed.class_because else f"{parsed.mail_class} mail"


def _opened(decisions: Sequence[Decision], place: Place, behalf: Actor | None) -> tuple[Fate, str]:
    reasons = [decision.ignored for decision in decisions if decision.ignored is not None]
    if len(reasons) == len(decisions):
        return "ignored", "; ".join(dict.fromkeys(reasons))
    joined = [f"a second request of {each.again}: {each.person}" for each in decisions if each.again is not None]
    opened = [decision for decision in decisions if decision.ignored is None and decision.again is None]
    if not opened:
        return "attached", "; ".join(dict.fromkeys(joined))
    own = [each.person for each in opened if each.person is not None]
    kinds = ", ".join(decision.kind for decision in opened)
    because = f"asked for by {behalf.name} in the customer's name" if behalf else place.because
    return "opened", "; ".join(dict.fromkeys((f"{kinds} for {place.site.id}: {because}", *own, *joined)))


def _mail(
    parsed: Parsed,
    place: Place,
    verified: Verified | None,
    fate: Fate,
    reason: str,
    decisions: tuple[Decision, ...] = (),
) -> MailDecision:
    return MailDecision(
        fate=fate,
        reason=reason,
        source=place.source.id if place.source else None,
        site=place.site.id,
        verified=verified,
        flags=flags_of(parsed, place.source, verified),
        decisions=decisions,
    )


def _walk(facts: Facts, index: int) -> tuple[tuple[Verdict, ...], list[Rule], Rule | None]:
    """Try the rules top to bottom: every verdict, the rules that only add, and the one that decides."""
    verdicts, also = [], list[Rule]()
    decider: Rule | None = None
    skip = "not asked: the admin's own mail goes to the admin" if facts.site.id == ADMIN_SITE else ""
    for rule in facts.settings.rules:
        if skip:
            verdicts.append(Verdict(reading=index, name=rule.name, matched=None, because=skip))
            continue
        matched, because = judge(rule.when, facts)
        verdicts.append(Verdict(reading=index, name=rule.name, matched=matched, because=because))
        if matched and rule.also:
            also.append(rule)
        elif matched:
            decider, skip = rule, f"not reached: '{rule.name}' matched"
    return tuple(verdicts), also, decider


def _wishes(rule: Rule | None, kind: str, facts: Facts) -> list[Notification]:
    """Whom the deciding rule tells; the site's fallback team stands in where no rule says anybody."""
    settings, fallback = facts.settings, facts.site.fallback
    if facts.site.id == ADMIN_SITE:
        return [_told(facts, fallback, because="mail for no site goes to the admin")]
    if rule is None:
        return [_told(facts, fallback, because=f"no rule matched: fallback team {fallback}")]
    if kind == UNSORTED and rule is settings.rules[-1] and rule.when == Conditions():
        return [_told(facts, fallback, because=f"nothing could be read from it: fallback team {fallback}")]
    if not rule.notify:
        return [_told(facts, fallback, because=f"rule '{rule.name}' names no team: fallback team {fallback}")]
    return _asked(rule, facts)


def _systems(rule: Rule, now: datetime) -> Iterator[Notification]:
    """Other programs that a rule hands the request to; no team is told less for it."""
    said = f"rule '{rule.name}'"
    for other in rule.forward:
        yield Notification(to=other.to, category="audit", template=other.form, at=now, because=said, purpose="forward")
    for hook in rule.webhook:
        yield Notification(to=hook.url, category="audit", template="json", at=now, because=said, purpose="webhook")


def _asked(rule: Rule, facts: Facts) -> list[Notification]:
    said = f"rule '{rule.name}'"
    return [_told(facts, ask.team, ask.category, ask.template or NEW, said) for ask in rule.notify]


def _told(
    facts: Facts, team: str, category: Category = "action", template: str = NEW, because: str = ""
) -> Notification:
    site = facts.site
    address, stands_in = team_address(facts.settings, site, team)
    if stands_in:
        because = f"{because}; {site.id} has no team {team}: fallback team {site.fallback}"
        team = site.fallback
    return Notification(to=address, team=team, category=category, template=template, at=facts.now, because=because)


def _fold(wishes: Iterable[Notification]) -> list[Notification]:
    """One mail for each address: the first that asks for action, else the first of all; all reasons are kept."""
    folded: dict[str, Notification] = {}
    for wish in wishes:
        known = folded.setdefault(wish.to.lower(), wish)
        if known is wish:
            continue
        kept = wish if wish.category == "action" != known.category else known
        because = "; ".join(dict.fromkeys([known.because, wish.because]))
        folded[wish.to.lower()] = msgspec.structs.replace(kept, because=because)
    return list(folded.values())
