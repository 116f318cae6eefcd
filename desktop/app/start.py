"""What a start of the window was asked for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from desktop.app.window import Window


@dataclass(frozen=True)
class Start:
    """What a start was asked for. `first_paint` ends it as soon as the window stands.

    `lent`: environment variables for the runs it starts, where their secrets are in memory.
    """

    argument: str = ""
    first_paint: bool = False
    tour: Callable[["Window"], Awaitable[None]] | None = None
    words: str = ""
    examples: tuple[str, ...] = ()
    lent: Mapping[str, str] = field(default_factory=dict, repr=False)
