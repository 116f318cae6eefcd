"""An action of the window, as the palette shows it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """An action of the window, as the palette shows it."""

    words: str
    shortcut: str
    enabled: bool
    why_not: str
    run: Callable[[], None]
