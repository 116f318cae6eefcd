"""A command of the palette, which opens after > in the search field."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class PaletteCommand:
    """An action in the search field's palette, with the reason why it is disabled.

    `keywords` are words that find it besides its label.
    """

    label: str
    shortcut: str
    is_enabled: bool
    disabled_reason: str
    run: Callable[[], None]
    keywords: str = ""
