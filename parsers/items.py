"""Things that a mail describes to programs: schema.org items with their properties, from JSON-LD or microdata."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

ITEMS = 500
"""Of one mail, nested ones too."""
DEPTH = 20
VALUES = 50
"""Of one property."""
CHARACTERS = 20_000
"""Of one value."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item. Names of types are bare (`EventReservation`), values are texts as written, or items."""

    types: tuple[str, ...] = ()
    properties: dict[str, list["Item | str"]] = field(default_factory=dict)

    def is_a(self, *names: str) -> bool:
        """Whether one of its types is one of these."""
        return not set(names).isdisjoint(self.types)

    def values(self, *names: str) -> Iterator["Item | str"]:
        """The values of these properties in this order."""
        for name in names:
            yield from self.properties.get(name, ())

    def text(self, *names: str) -> str | None:
        """The first text of these properties; an item among them stands for its name."""
        for value in self.values(*names):
            found = value.text("name", "@value", "value") if isinstance(value, Item) else value.strip()
            if found:
                return found
        return None

    def items(self, *names: str) -> list["Item"]:
        """The items among the values of these properties."""
        return [value for value in self.values(*names) if isinstance(value, Item)]

    def item(self, *names: str) -> "Item | None":
        """The first item among the values of these properties."""
        return next(iter(self.items(*names)), None)


def bare_type(name: str) -> str:
    """`http://schema.org/Event`, `schema:Event` and `Event` are one."""
    return name.strip().rstrip("/").rpartition("/")[2].rpartition("#")[2].rpartition(":")[2][:100]


def all_items(items: Iterable[Item]) -> Iterator[Item]:
    """The items and those inside them, outer before inner."""
    for item in items:
        yield item
        for values in item.properties.values():
            yield from all_items(value for value in values if isinstance(value, Item))
