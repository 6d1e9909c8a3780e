"""silences.toml: planned silences name what there is, and end after they begin."""

from collections.abc import Iterator

from config.calendars import parse_date
from config.draft import Draft
from config.links import ids, unknown
from config.problems import Problem


def check_silences(draft: Draft) -> Iterator[Problem]:
    """Find silences of nobody, of two, and such as end before they begin."""
    sites, sources = ids(draft, "site", draft.sites), ids(draft, "source", draft.sources)
    for entry in draft.silences:
        silence = entry.model
        if (silence.site is None) == (silence.source is None):
            yield entry.problem(("source",) if silence.source else (), "must say one of site and source")
        if silence.site is not None and "sites" not in draft.unread:
            yield from unknown(entry, ("site",), "site", silence.site, sites)
        if silence.source is not None and "sources" not in draft.unread:
            yield from unknown(entry, ("source",), "source", silence.source, sources)
        if parse_date(silence.until) < parse_date(silence.first):
            yield entry.problem(("until",), f"'{silence.until}' is before its first day, {silence.first}")
