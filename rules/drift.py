"""Has a source changed the way it writes? Its latest mails are compared with those before them.

A template is changed without a word to those who read it. Then fields stay empty, labels appear that nobody knows, or
nothing is understood any more; the admin is to know of it while the first such mails come in.
"""

from collections import Counter
from collections.abc import Sequence
from math import comb
from typing import Literal

import msgspec

from parsers.records import Shape

RECENT = 10
"""Mails that show what a source does now: few, so that a change is noticed soon."""
LEAST_BASE = 20
"""Mails before them that are needed to know what is usual."""
MOST_BASE = 200
"""Mails before them that are looked at: what a source did long ago is not what it does."""
UNLIKELY = 3e-7
"""How likely luck may be as the explanation: with 15 fields and 10,000 mails a year a steady source raises a false
alarm about every twentieth year. A template that loses a field shows within ten mails all the same."""

_STEP = 2
"""Mails between two looks back: a change shows in a few looks that follow each other."""

What = Literal["field", "label", "unsorted"]


class Limit(msgspec.Struct, frozen=True):
    """A share of mails that was on one side and now is on the other."""

    was: float
    now: float


LIMITS: dict[What, Limit] = {
    "field": Limit(was=0.8, now=0.4),  # what customers fill in as they like is below 80 % anyway
    "label": Limit(was=0.1, now=0.5),  # a customer's "PS:" comes now and then, a label of the template in most mails
    "unsorted": Limit(was=0.2, now=0.5),  # free text among forms is usual, mostly free text is not
}
"""What is told: a share that fell from at least `was` to at most `now`, or rose from at most `was` to `now` or more."""


class Finding(msgspec.Struct, frozen=True):
    """A change of a source."""

    what: What
    name: str
    """Field or label; empty for the share of unsorted mails."""
    was: float
    """Share of the mails before."""
    now: float
    """Share of the latest mails."""

    def __str__(self) -> str:
        """One sentence."""
        was, now = f"{self.was:.0%}".replace("%", " %"), f"{self.now:.0%}".replace("%", " %")
        match self.what:
            case "field":
                return f"{self.name} was filled in {was} of the mails, in the latest {now}"
            case "label":
                return f"the label '{self.name}' is not known: it stood in {was} of the mails, in the latest {now}"
            case _:
                return f"nothing was understood in {was} of the mails, in the latest {now}"


def split(mails: Sequence[Shape]) -> tuple[Sequence[Shape], Sequence[Shape]]:
    """The mails that show what is usual, and the latest ones; newest last."""
    return mails[-RECENT - MOST_BASE : -RECENT], mails[-RECENT:]


def findings(mails: Sequence[Shape]) -> tuple[Finding, ...]:
    """What a source's latest mails do otherwise than those before, fields first; nothing while there are too few.

    Args:
        mails: Of one source, newest last.
    """
    base, recent = split(mails)
    if len(base) < LEAST_BASE:
        return ()
    was, now = counts(base), counts(recent)
    asked = [*sorted(key for key in {*was, *now} if key[0] != "unsorted"), ("unsorted", "")]
    found = (_compared(what, name, was[what, name], len(base), now[what, name], len(recent)) for what, name in asked)
    return tuple(one for one in found if one is not None)


def lasting(mails: Sequence[Shape]) -> tuple[Finding, ...]:
    """The changes among the mails given that hold still, although the new way has become the usual one meanwhile."""
    latest = mails[-RECENT:]
    now = counts(latest)
    if not any(_is_beyond(what, now[what, name] / len(latest)) for what, name in counts(mails)):
        return ()
    found: dict[tuple[What, str], Finding] = {}
    for end in range(len(mails), LEAST_BASE + RECENT - 1, -_STEP):
        for one in findings(mails[:end]):
            share = now[one.what, one.name] / len(latest)
            if _is_beyond(one.what, share):
                found.setdefault((one.what, one.name), Finding(one.what, one.name, one.was, share))
    return tuple(found[key] for key in sorted(found))


def _is_beyond(what: What, now: float) -> bool:
    limit = LIMITS[what]
    return now <= limit.now if limit.now < limit.was else now >= limit.now


def counts(mails: Sequence[Shape]) -> Counter[tuple[What, str]]:
    """In how many mails each field and each unknown label stands, and how many were not understood."""
    found: Counter[tuple[What, str]] = Counter()
    for mail in mails:
        found.update(("field", name) for name in mail.fields)
        found.update(("label", name) for name in mail.unknown)
        found["unsorted", ""] += mail.unsorted
    return found


def _compared(what: What, name: str, hits: int, of: int, hits_now: int, of_now: int) -> Finding | None:
    limit, was, now = LIMITS[what], hits / of, hits_now / of_now
    if limit.now < limit.was:
        beyond, luck = was >= limit.was and now <= limit.now, _luck(hits, of, hits_now, of_now)
    else:
        beyond, luck = was <= limit.was and now >= limit.now, _luck(of - hits, of, of_now - hits_now, of_now)
    return Finding(what, name, was, now) if beyond and luck < UNLIKELY else None


def _luck(hits: int, of: int, most: int, tries: int) -> float:
    """How likely at most so many hits are where the chance is known only from `hits` in `of` tries before.

    20 of 20 does not mean always: all chances count, each as far as the tries before speak for it (the beta-binomial
    distribution after a uniform prior).
    """
    ways = sum(comb(hits + k, k) * comb(of - hits + tries - k, tries - k) for k in range(most + 1))
    return ways / comb(of + tries + 1, tries)
