"""Names of colours and states that view-models give and widgets paint, checked by mypy."""

from typing import Literal

# Of text on the window's ground.
Tone = Literal["text", "muted", "accent", "ok", "warn", "bad"]
# Of a chip; the last six are Zendesk's ticket states.
ChipTone = Literal[
    "ok", "warn", "bad", "info", "neutral", "new", "open", "pending", "hold", "solved", "closed"
]
BannerTone = Literal["info", "warn", "bad"]
# How a service is doing, as the dot in the status bar shows it.
ServiceDot = Literal["live", "slow", "offline", "signed_out", "unknown"]
