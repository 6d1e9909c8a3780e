"""What a batch of mails leads to, written in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from daemon.act import new_contacts, sets_time, write_change, write_further
from daemon.desk import people
from daemon.desk.plan import Plan
from daemon.store import contacts, mailed, messages, probes, records, sources, vehicles


class Batch:
    """Plans that are written together: no two of them for one record or one person, or for the same mail."""

    def __init__(self) -> None:
        self.plans: list[Plan] = []
        self._records: set[int] = set()
        self._people: set[contacts.Contact] = set()
        self._delayed: set[tuple[str, str]] = set()

    def delays(self, one: Plan) -> bool:
        """Whether a mail has to wait until those before it are written; then its copies have to, too."""
        same = (one.fated.site, one.fated.digest)
        if same not in self._delayed and not one.touches & self._records and not one.people & self._people:
            return False
        self._delayed.add(same)
        return True

    def take(self, one: Plan) -> None:
        """The next plan."""
        self.plans.append(one)
        self._records |= one.touches
        self._people |= one.people


def write_plans(connection: Connection, plans: Sequence[Plan], settings: str, at: datetime) -> None:
    """Fates, records, revisions, deadlines and notices of a batch."""
    steps = [(one.fated.id, step) for one in plans for step in one.steps]
    opened = [(mail, step) for mail, step in steps if step.how == "opened"]
    known_by = [new_contacts(step.change) for _, step in opened]
    asked = [(one.people, one.known) for one in plans if one.people]
    changes = [change for _, step in steps for change in (step.change, *step.further)]
    timed = [vehicles.contacts_of(change.after) for change in changes if sets_time(change)]
    numbers = people.check(connection, asked, [each for group in (*known_by, *timed) for each in group])
    messages.finish(connection, [one.fated for one in plans], at)
    openings = [(step.change.after, step.change.effects, step.change.action) for _, step in opened]
    keys = records.open_records(connection, openings, settings, at) if openings else []
    contacts.link(connection, [(k, numbers[each]) for k, group in zip(keys, known_by, strict=True) for each in group])
    for (_, step), key in zip(opened, keys, strict=True):
        write_further(connection, key, (step.change, *step.further), settings, at)
    links = [(mail, step.reading, key, "opened") for (mail, step), key in zip(opened, keys, strict=True)]
    attached: dict[tuple[int, int], int] = {}
    for mail, step in steps:
        if step.how == "attached":
            attached[mail, step.reading] = write_change(connection, step.change, settings, at)
    links += [(mail, reading, key, "attached") for (mail, reading), key in attached.items()]
    records.link(connection, links)
    mailed.came_back(connection, [one.returned for one in plans if one.returned is not None], at)
    probes.came(connection, [one.proved for one in plans if one.proved])
    sources.keep(connection, [one.seen for one in plans if one.seen])
