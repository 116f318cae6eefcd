"""An action of the window, as the palette shows it."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class PaletteCommand:
    """An action of the window, as the palette shows it."""

    label: str
    shortcut: str
    is_enabled: bool
    disabled_reason: str
    run: Callable[[], None]
