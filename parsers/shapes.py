"""Fields of a form put together as a Reading, with the origin of each."""

from typing import TYPE_CHECKING, Any

from parsers import values
from parsers.dictionary import make_of
from parsers.records import (
    Alert,
    Booking,
    Call,
    Complaint,
    Customer,
    Dealer,
    ExternalId,
    PostalAddress,
    Reading,
    Review,
    Vehicle,
    VehicleRole,
)

if TYPE_CHECKING:
    from parsers.form import Form

Fields = dict[str, Any]
"""Dotted field -> cleaned value."""

_ROLES: dict[str, VehicleRole] = {"booking": "own", "complaint": "own", "alert": "own", "check-in": "own"}


def assemble(form: "Form", kind: str, origin: str) -> Reading:
    """Build the reading of a form; `origin` is noted for every field."""
    fields = form.fields
    fields.pop("kind", None)
    vehicles = _vehicles(fields, _ROLES.get(kind, "wanted"))
    _name(fields, form.language)
    if "call.number" in fields:
        fields.setdefault("customer.phone", (fields["call.number"],))
    ids = fields.get("external_id", ())
    return Reading(
        kind=kind,
        language=form.language,
        requested_at=fields.get("requested_at"),
        interest=fields.get("interest"),
        comments=fields.get("comments"),
        external_ids=tuple(ExternalId(value=value) for value in ids),
        customer=_customer(fields),
        vehicles=tuple(vehicle for vehicle, _ in vehicles),
        dealer=_shape(Dealer, "dealer", fields),
        consent=form.consent,
        extra=form.extra,
        booking=_shape(Booking, "booking", fields),
        review=_shape(Review, "review", fields),
        complaint=_shape(Complaint, "complaint", fields),
        alert=_shape(Alert, "alert", fields),
        call=_shape(Call, "call", fields),
        origins=_origins(fields, [prefix for _, prefix in vehicles], form.consent, origin),
        alternatives={_dotted(f, [p for _, p in vehicles]): v for f, v in form.alternatives.items() if f in fields},
    )


def _vehicles(fields: Fields, role: VehicleRole) -> list[tuple[Vehicle, str]]:
    """The cars with the prefix of their fields, the one asked about first."""
    found: list[tuple[Vehicle, str]] = []
    for prefix, its_role in (("vehicle", role), ("trade", "trade-in")):
        if f"{prefix}.make" not in fields:  # forms ask for the model only, and get `VW Golf`
            make, model = make_of(fields.get(f"{prefix}.model", ""))
            fields.update({f"{prefix}.make": make, f"{prefix}.model": model} if make and model else {})
        given = {f.split(".")[1]: v for f, v in fields.items() if f.startswith(f"{prefix}.")}
        if given:
            found.append((Vehicle(role=its_role, **given), prefix))
    return found


def _name(fields: Fields, language: str | None) -> None:
    """Full name and its parts complete each other; a company's name is not a person's."""
    name = fields.get("customer.name")
    first, last = fields.get("customer.first_name"), fields.get("customer.last_name")
    if not (name or last) and language == "it" and " " in (first or ""):  # `Nome` asks for either
        name = fields["customer.name"] = fields.pop("customer.first_name")
        first = None
    if name and not (first or last):
        first, last, company = values.name_parts(name)
        for part, content in (("first_name", first), ("last_name", last), ("company", company)):
            if content:
                fields.setdefault(f"customer.{part}", content)
    elif not name and (first or last):
        chinese = first and last and not (first + last).isascii() and "\u3400" <= last[0] <= "\u9fff"
        fields["customer.name"] = f"{last}{first}" if chinese else " ".join(filter(None, (first, last)))


def _customer(fields: Fields) -> Customer | None:
    house = fields.pop("customer.address.house_number", None)
    if house and "customer.address.street" in fields:
        fields["customer.address.street"] += f" {house}"
    names = {n: fields.get(f"customer.{n}") for n in ("name", "first_name", "last_name", "company")}
    address = _shape(PostalAddress, "customer.address", fields)
    customer = Customer(
        **names, emails=fields.get("customer.email", ()), phones=fields.get("customer.phone", ()), address=address
    )
    return None if customer == Customer() else customer


def _shape(shape: type[Any], prefix: str, fields: Fields) -> Any:
    given = {name: fields[f"{prefix}.{name}"] for name in shape.__struct_fields__ if f"{prefix}.{name}" in fields}
    return shape(**given) if given else None


def _origins(fields: Fields, cars: list[str], consent: dict[str, str], origin: str) -> dict[str, str]:
    names = [_dotted(field, cars) for field in fields] + [f"consent.{name}" for name in consent]
    return dict.fromkeys(names, origin)


def _dotted(field: str, cars: list[str]) -> str:
    """The field's place in the reading: `vehicles.0.make`, `customer.emails`."""
    prefix, _, name = field.partition(".")
    if prefix in cars:
        return f"vehicles.{cars.index(prefix)}.{name}"
    return {
        "customer.email": "customer.emails",
        "customer.phone": "customer.phones",
        "external_id": "external_ids",
    }.get(field, field)
