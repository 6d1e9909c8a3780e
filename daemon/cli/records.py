"""`records`, `show`, `do`, `new`: look and act without a mailbox."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from daemon.cli.house import config_option, now_of, place_of, remember, settings_of, store_of, user, wake, zone_of
from daemon.cli.output import FINDINGS, USAGE, complain, fail, json_line, json_option, line, table
from daemon.cli.reference import reference

if TYPE_CHECKING:
    from config.models import Settings
    from daemon.cli.house import Rest
    from rules.model import Record

KINDS = ("lead", "booking", "complaint", "grievance", "review", "alert", "check-in", "unsorted")
STATES = (
    *("new", "taken", "waiting", "offered", "asked", "accepted", "declined", "postponed", "countered", "moving"),
    *("pre-booked", "scheduled", "arrived", "done", "spam", "linked", "cancelled"),
)
LISTS = ("actions", "planned")


@click.command()
@click.option("--site", help="Only of this site.")
@click.option("--kind", type=click.Choice(KINDS), help="Only of this kind.")
@click.option("--state", type=click.Choice(STATES), help="Only in this state.")
@click.option("--list", "of_list", type=click.Choice(LISTS), help="Bookings of one of the workshop's lists only.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="At most so many, the newest.")
@config_option
@json_option
def records(
    site: str | None,
    kind: str | None,
    state: str | None,
    of_list: str | None,
    limit: int,
    directory: Path,
    as_json: bool,
) -> None:
    """List records, the newest last."""
    from daemon.store import records as kept
    from rules.transition import ACTIONS, PLANNED

    if of_list and (state or kind not in (None, "booking")):
        fail(USAGE, "--list says which bookings: it goes without --state and with no other kind")
    kind = "booking" if of_list else kind
    states = {"actions": ACTIONS, "planned": PLANNED}.get(of_list or "", (state,) if state else ())
    place = place_of(directory)
    _demand_site(place, site)
    with store_of(place) as store, store.read() as connection:
        found = [one.record for one in kept.listing(connection, site=site, kind=kind, states=states, limit=limit)]
    if as_json:
        for record in found:
            json_line(record)
        return
    columns = ("Reference", "Kind", "Site", "Team", "State", "Received", "Customer", "Wants")
    table("Records", columns, [_row(place, record) for record in found])


@click.command()
@click.argument("ref")
@click.option("--at", metavar="TIME", help="As it was then: ISO 8601, the site's time if no offset.")
@config_option
@json_option
def show(ref: str, at: str | None, directory: Path, as_json: bool) -> None:
    """Show a record: customer, cars, deadlines with their arithmetic, who was told, its history and its mails."""
    from daemon.cli.portrait import portrait, print_portrait

    place = place_of(directory)
    ref = reference(ref)
    with store_of(place) as store, store.read() as connection:
        found = portrait(connection, place, ref, at)
    if as_json:
        json_line(found)
    else:
        print_portrait(found, zone_of(place, found["record"]["site"]))


@click.command()
@click.argument("ref")
@click.argument("action")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE…]")
@config_option
@json_option
def do(ref: str, action: str, values: tuple[str, ...], directory: Path, as_json: bool) -> None:
    """Do something to a record: take, assign, reply, done, later, not-mine, note, spam, again, apart, undo, reopen.

    With a booking also: offer, schedule, pre-book, ask, decline, cancel, ready, prefer, arrived.

    For example: do L-7KQ2M4-2 done result=won; do L-7KQ2M4-2 later until=2d; do L-7KQ2M4-2 note text='wants red';
    do L-7KQ2M4-2 reply text='The car is here.' goes to the customer; undo takes your own last action back; again
    ref=L-5RN8C3-7 says that it is a second request of that one, apart that its last second request is one of its own;
    do B-7KQ2M4-2 schedule at=2026-12-03T09:00 until=10:30 says what was agreed by telephone; do B-7KQ2M4-2 prefer
    days=3 that the customer wants to be reminded three days before, at this visit and the next ones.
    What is possible depends on the record's state; if something is not, the answer names what is.
    """
    from daemon.act import act
    from rules.model import Action, Actor, Refused

    settings = settings_of(directory)
    ref = reference(ref)
    asked = Action(name=action, actor=Actor("command", user()), args=dict(_pairs(values)))
    now = now_of(settings)
    with store_of(settings) as store:
        remember(store, settings, now)
        try:
            after = act(store, settings, ref, asked, now)
        except Refused as refused:
            fail(FINDINGS, str(refused))
    wake(settings)
    _say(after, as_json)
    _warn(settings, action, after)


@click.command()
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("values", nargs=-1, metavar="[KEY=VALUE…]")
@config_option
@json_option
def new(kind: str, values: tuple[str, ...], directory: Path, as_json: bool) -> None:
    """Open a record without a mail: somebody has called or stands at the counter.

    KIND is lead, booking, complaint, grievance, review, alert, check-in or unsorted. Keys are the fields of
    `parse --json` with dots, and site= and at= (when they asked; default: now). For example: new lead site=berlin
    customer.name='Eva Beispiel' customer.phones=030123456 vehicles.make=VW comments='red, soon'. A key of a list may
    be repeated; a second car is vehicles.1.make=Audi. The rules decide who is told.

    person= (mail address, telephone number or reference) and vehicle= (plate, VIN or reference) fill in what the site
    knows; several matches are shown, and nothing is opened. A booking may get its time at once: offer=, schedule= or
    pre-book=2026-12-03T09:00, with until=, services=, price=, remarks=, adviser=, courtesy-car=, preferred= and plate=;
    if that is refused, nothing is opened.
    """
    from daemon.act import open_by_hand
    from daemon.cli.at_once import at_once, without
    from daemon.cli.byhand import opening_by_hand, site_by_hand
    from daemon.cli.known import looked_up
    from rules.model import Action, Actor, Refused

    settings = settings_of(directory)
    now = now_of(settings)
    actor = Actor("command", user())
    pairs = _pairs(values)
    given = dict(pairs)
    own_car = kind == "booking" and not any(key.startswith("vehicles.") for key in given)
    with store_of(settings) as store:
        try:
            then = at_once(kind, pairs, actor)
            site = site_by_hand(settings, given.get("site"))
            with store.read() as connection:
                known = looked_up(connection, site, given.get("person"), given.get("vehicle"), own_car=own_car)
            opening = opening_by_hand(settings, kind, without(pairs, then), now, known)
        except ValueError as error:
            fail(USAGE, str(error))
        remember(store, settings, now)
        try:
            opened = open_by_hand(store, settings, opening, Action(name="open", actor=actor), now, then)
        except Refused as refused:
            fail(FINDINGS, opening.decision.ignored or str(refused))
    wake(settings)
    _say(opened, as_json)


def _say(record: "Record", as_json: bool) -> None:
    if as_json:
        json_line(record)
        return
    line(f"{record.ref}: {record.state}, team {record.team or '-'}, {record.assignee or 'nobody'} has it")


def _warn(settings: "Settings", action: str, record: "Record") -> None:
    """What of the site's checklist is not ready for a visit that has a time now, where nothing waits for it."""
    from rules.sites import site_named
    from rules.visits import GATES, unmet

    if action in GATES and (waits := unmet(record, site_named(settings, record.site), "warn")):
        complain(f"not ready yet: {', '.join(waits)}")


def _row(place: "Settings | Rest", record: "Record") -> tuple[Any, ...]:
    from zoneinfo import ZoneInfo

    received = record.received_at.astimezone(ZoneInfo(zone_of(place, record.site)))
    customer = record.reading.customer
    name = customer and (customer.name or customer.company or next(iter(customer.emails), None))
    cars = [" ".join(filter(None, (car.make, car.model))) for car in record.reading.vehicles if car.role != "trade-in"]
    team = f"{record.team or '-'}{f' ({record.assignee})' if record.assignee else ''}"
    state = f"{record.state}, asked again" if record.requests else record.state
    return (
        record.ref, record.kind, record.site, team, state, f"{received:%Y-%m-%d %H:%M}", name,
        ", ".join(filter(None, cars)) or record.reading.interest,
    )  # fmt: skip


def _demand_site(place: "Settings | Rest", site: str | None) -> None:
    """A site that is configured; where the files have errors, who knows."""
    from config.lookup import ADMIN_SITE
    from config.models import Settings
    from config.problems import nearest

    if site is not None and isinstance(place, Settings) and site not in place.sites and site != ADMIN_SITE:
        meant = nearest(site, place.sites)
        known = f"known are {', '.join(place.sites)}"
        fail(USAGE, f"there is no site '{site}', {meant or known}")


def _pairs(values: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = [text.partition("=") for text in values]
    for key, equals, _ in pairs:
        if not equals or not key:
            fail(USAGE, f"'{key}': write KEY=VALUE")
    return [(key, value) for key, _, value in pairs]


COMMANDS = (records, show, do, new)
