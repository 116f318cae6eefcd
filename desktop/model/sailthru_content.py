"""An item of Sailthru's content, its catalogue: keyed by URL (docs/sailthru.md 2.7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.model.json_value import Json


@dataclass(frozen=True)
class SailthruContent:
    """An item of Sailthru's content; `price` is in hundredths of its currency."""

    url: str
    title: str = ""
    description: str = ""
    sku: str = ""
    price: int | None = None
    vars: Mapping[str, Json] = field(default_factory=dict)
