"""The fields that a label or a pattern of a source can mean; whoever reads or checks a layout asks this one table."""

import re

_CAR = "title make model trim year condition vin stock_number plate listing_id listing_url odometer price"
_GROUPS = {
    "customer": "name first_name last_name company email phone address address.street address.house_number"
    " address.postal_code address.city address.postal_city address.region address.country",
    "vehicle": _CAR,
    "trade": _CAR,
    "dealer": "name id",
    "booking": "starts_at ends_at date time services remarks",
    "complaint": "category text",
    "review": "platform author rating best_rating text area",
    "alert": "id score threshold",
    "call": "number started_at accepted",
    "consent": "email phone sms post newsletter privacy",
}
LEFT_OUT = "-"
"""What is read and left out."""
KEPT = ""
"""What a label means whose value has no field: it is known to be a label, and its value is kept under it."""
FORM_FIELDS = frozenset(
    ["comments", "requested_at", "interest", "external_id", "from", LEFT_OUT]
    + [f"{group}.{name}" for group, names in _GROUPS.items() for name in names.split()]
)
PLACEHOLDER = re.compile(r"\{([^{}]{0,80})\}")
"""A field in a pattern."""


def placeholders(pattern: str) -> list[str]:
    """The fields that a pattern names, known or not."""
    return PLACEHOLDER.findall(pattern)
