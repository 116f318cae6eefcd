"""Design tokens as pure data: colours of both themes, sizes in px, and contrast arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class ColorPair:
    """A text colour and its background, whose contrast is computed."""

    text: str
    background: str


@dataclass(frozen=True)
class DesignTokens:
    """Every colour of one theme; no widget writes a colour of its own."""

    name: str
    window: str
    surface: str
    raised: str
    line: str
    control: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    accentbg: str
    on_accent: str
    ok: str
    okbg: str
    warn: str
    warnbg: str
    bad: str
    badbg: str
    on_bad: str
    toast: str
    toast_line: str
    toast_text: str
    toast_link: str
    chips: Mapping[str, ColorPair] = field(repr=False)  # by chip tone, see viewmodels/tone.py

    @property
    def dark(self) -> bool:
        """Whether these design tokens are a dark theme's."""
        return self.scheme == "dark"

    @property
    def scheme(self) -> str:
        """`light` or `dark`, whatever the contrast: the pictures in the style sheet are by it."""
        return self.name.partition("-")[0]

    def tone(self, name: str) -> str:
        """Return the text colour of a tone's token: text, muted, accent, ok, warn or bad."""
        return str(getattr(self, _TONES.get(name, "text")))


_TONES = {n: n for n in ("text", "muted", "accent", "ok", "warn", "bad")}


def _chip_colors(**pairs: tuple[str, str]) -> Mapping[str, ColorPair]:
    return MappingProxyType({name: ColorPair(*pair) for name, pair in pairs.items()})


# The ticket states keep the hues that agents know from Zendesk: new yellow, open red,
# pending blue, on hold black, solved and closed grey.
LIGHT = DesignTokens(
    name="light",
    window="#f4f6f8",
    surface="#ffffff",
    raised="#eef1f4",
    line="#e1e5ea",
    control="#7f8a95",
    text="#1a2027",
    muted="#56606b",
    accent="#0b5cad",
    accent_hover="#094d92",
    accentbg="#e3effb",
    on_accent="#ffffff",
    ok="#1a6e34",
    okbg="#e3f4e7",
    warn="#7d5600",
    warnbg="#fbf0d4",
    bad="#b3261e",
    badbg="#fbe6e4",
    on_bad="#ffffff",
    toast="#1a2027",
    toast_line="#56606b",
    toast_text="#ffffff",
    toast_link="#9ccaff",
    chips=_chip_colors(
        ok=("#1a6e34", "#e3f4e7"),
        warn=("#7d5600", "#fbf0d4"),
        bad=("#b3261e", "#fbe6e4"),
        info=("#0b5cad", "#e3effb"),
        neutral=("#56606b", "#eef1f4"),
        new=("#7d5600", "#fbf0d4"),
        open=("#b3261e", "#fbe6e4"),
        pending=("#0b5cad", "#e3effb"),
        hold=("#ffffff", "#2f3941"),
        solved=("#56606b", "#eef1f4"),
        closed=("#56606b", "#eef1f4"),
    ),
)

DARK = DesignTokens(
    name="dark",
    window="#101316",
    surface="#1a1e23",
    raised="#262c33",
    line="#2f363e",
    control="#7a8591",
    text="#e7ecf1",
    muted="#a3adb8",
    accent="#7ab7ff",
    accent_hover="#9ccaff",
    accentbg="#16324f",
    on_accent="#0d1f33",
    ok="#6cc07a",
    okbg="#17321e",
    warn="#e0b341",
    warnbg="#3a2f12",
    bad="#ff8a80",
    badbg="#43201d",
    on_bad="#2b0b08",
    toast="#262c33",
    toast_line="#7a8591",
    toast_text="#e7ecf1",
    toast_link="#9ccaff",
    chips=_chip_colors(
        ok=("#6cc07a", "#17321e"),
        warn=("#e0b341", "#3a2f12"),
        bad=("#ff8a80", "#43201d"),
        info=("#7ab7ff", "#16324f"),
        neutral=("#a3adb8", "#262c33"),
        new=("#e0b341", "#3a2f12"),
        open=("#ff8a80", "#43201d"),
        pending=("#7ab7ff", "#16324f"),
        hold=("#101316", "#b9c2cb"),
        solved=("#a3adb8", "#262c33"),
        closed=("#a3adb8", "#262c33"),
    ),
)

# High contrast: text pairs ≥ 7:1 (WCAG 1.4.6), and every line that parts something ≥ 4.5:1.
LIGHT_CONTRAST = DesignTokens(
    name="light-contrast",
    window="#ffffff",
    surface="#fdfdfd",
    raised="#f0f0f0",
    line="#5f5f5f",
    control="#333333",
    text="#000000",
    muted="#333333",
    accent="#003a75",
    accent_hover="#002449",
    accentbg="#dcebfb",
    on_accent="#ffffff",
    ok="#0a4a1d",
    okbg="#e3f4e7",
    warn="#553a00",
    warnbg="#fbf0d4",
    bad="#86110b",
    badbg="#fbe6e4",
    on_bad="#ffffff",
    toast="#000000",
    toast_line="#ffffff",
    toast_text="#ffffff",
    toast_link="#b5d8ff",
    chips=_chip_colors(
        ok=("#0a4a1d", "#e3f4e7"),
        warn=("#553a00", "#fbf0d4"),
        bad=("#86110b", "#fbe6e4"),
        info=("#003a75", "#dcebfb"),
        neutral=("#333333", "#f0f0f0"),
        new=("#553a00", "#fbf0d4"),
        open=("#86110b", "#fbe6e4"),
        pending=("#003a75", "#dcebfb"),
        hold=("#ffffff", "#2f3941"),
        solved=("#333333", "#f0f0f0"),
        closed=("#333333", "#f0f0f0"),
    ),
)

DARK_CONTRAST = DesignTokens(
    name="dark-contrast",
    window="#000000",
    surface="#0a0a0a",
    raised="#1e1e1e",
    line="#949494",
    control="#d0d0d0",
    text="#ffffff",
    muted="#d6d6d6",
    accent="#a9d3ff",
    accent_hover="#d2e8ff",
    accentbg="#0d2c4d",
    on_accent="#000000",
    ok="#90e49d",
    okbg="#0d2b15",
    warn="#ffd45e",
    warnbg="#2e2408",
    bad="#ffb8b1",
    badbg="#3a1411",
    on_bad="#000000",
    toast="#1e1e1e",
    toast_line="#ffffff",
    toast_text="#ffffff",
    toast_link="#b5d8ff",
    chips=_chip_colors(
        ok=("#90e49d", "#0d2b15"),
        warn=("#ffd45e", "#2e2408"),
        bad=("#ffb8b1", "#3a1411"),
        info=("#a9d3ff", "#0d2c4d"),
        neutral=("#d6d6d6", "#1e1e1e"),
        new=("#ffd45e", "#2e2408"),
        open=("#ffb8b1", "#3a1411"),
        pending=("#a9d3ff", "#0d2c4d"),
        hold=("#000000", "#c6ced6"),
        solved=("#d6d6d6", "#1e1e1e"),
        closed=("#d6d6d6", "#1e1e1e"),
    ),
)
THEMES = (LIGHT, DARK, LIGHT_CONTRAST, DARK_CONTRAST)

# Sizes in px at the base font of 13; `fonts.scaled` follows the system's font size.
BASE_FONT_PX = 13  # the design is drawn at this size
SMALL_FONT_PX = 11
NOTE_FONT_PX = 12
HEADING_FONT_PX = 22
FIGURE_FONT_PX = 19
ROW_HEIGHT = 24
ROW_GAP = 8
CARD_GAP = 12
CARD_PADDING = 14
MIN_TARGET_SIZE = 24  # WCAG 2.2, 2.5.8
RADIUS_CARD = 8
RADIUS_CONTROL = 6
RADIUS_FIELD = 7
FOCUS_RING_WIDTH = 2


def relative_luminance(color: str) -> float:
    """Return WCAG's relative luminance of `#rrggbb`."""
    channels = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        # The sRGB curve: linear near black.
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(first: str, second: str) -> float:
    """Return WCAG's contrast ratio of two colours, 1 to 21."""
    light, dark = sorted((relative_luminance(first), relative_luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
