"""What is told of the settings: shapes without the settings themselves, so that the reader can do without them."""

from typing import Literal

from rules.shapes import Fact

Sort = Literal["times", "sources", "limits", "people"]


class Setting(Fact, frozen=True, kw_only=True):
    """One value of the overview."""

    name: str
    """As the configuration calls it: `standard E1`, `mobile-berlin silence`."""
    value: str
    shipped: str | None = None
    """What is shipped, where the value differs."""


class SettingGroup(Fact, frozen=True, kw_only=True):
    """The settings of one sort at one site."""

    site: str
    """Its name."""
    sort: Sort
    settings: tuple[Setting, ...]
