"""The colours: look.md's values, and the contrast that they owe, computed."""

import pytest
from PySide6.QtGui import QColor, QPalette

from desktop.panels.theme.design_tokens import (
    DARK,
    LIGHT,
    THEMES,
    DesignTokens,
    contrast_ratio,
)
from desktop.panels.theme.palette import build_palette

EACH_THEME = pytest.mark.parametrize("tokens", THEMES, ids=lambda t: t.name)
GROUNDS = ("window", "surface", "raised", "accentbg")


def owed(tokens: DesignTokens) -> float:
    """The contrast that text owes: WCAG's level AA, and AAA in the themes of high contrast."""
    return 7 if tokens.name.endswith("-contrast") else 4.5


def test_contrast_known_values() -> None:
    assert contrast_ratio("#000000", "#ffffff") == pytest.approx(21)
    assert contrast_ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast_ratio("#ffffff", "#777777") == contrast_ratio("#777777", "#ffffff")


def test_color_tokens_match_design() -> None:
    assert (LIGHT.window, LIGHT.accent, LIGHT.control) == ("#f4f6f8", "#0b5cad", "#7f8a95")
    assert (DARK.window, DARK.accent, DARK.control) == ("#101316", "#7ab7ff", "#7a8591")


@EACH_THEME
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "ok", "warn", "bad"])
def test_contrast_text_on_every_background(tokens: DesignTokens, ink: str, ground: str) -> None:
    assert contrast_ratio(getattr(tokens, ink), getattr(tokens, ground)) >= owed(tokens)


@EACH_THEME
@pytest.mark.parametrize("ground", GROUNDS)
def test_contrast_controls_on_every_background(tokens: DesignTokens, ground: str) -> None:
    is_high = owed(tokens) == 7
    assert contrast_ratio(tokens.control, getattr(tokens, ground)) >= (4.5 if is_high else 3)
    if is_high:
        # What parts cards and rows is seen as well.
        assert contrast_ratio(tokens.line, getattr(tokens, ground)) >= 4.5


@EACH_THEME
def test_contrast_color_pairs(tokens: DesignTokens) -> None:
    pairs = {
        "ok": (tokens.ok, tokens.okbg),
        "warn": (tokens.warn, tokens.warnbg),
        "bad": (tokens.bad, tokens.badbg),
        "text on warn": (tokens.text, tokens.warnbg),
        "text on bad": (tokens.text, tokens.badbg),
        "muted on warn": (tokens.muted, tokens.warnbg),
        "muted on bad": (tokens.muted, tokens.badbg),
        "primary": (tokens.on_accent, tokens.accent),
        "primary hover": (tokens.on_accent, tokens.accent_hover),
        "danger": (tokens.on_bad, tokens.bad),
        "toast": (tokens.toast_text, tokens.toast),
        "toast link": (tokens.toast_link, tokens.toast),
    }
    low = {name: contrast_ratio(*pair) for name, pair in pairs.items()}
    assert min(low.values()) >= owed(tokens), low


@EACH_THEME
def test_contrast_chips(tokens: DesignTokens) -> None:
    assert set(tokens.chips) == set(LIGHT.chips)
    low = {n: contrast_ratio(p.text, p.background) for n, p in tokens.chips.items()}
    assert min(low.values()) >= owed(tokens), low


@EACH_THEME
def test_contrast_palette_in_every_group(tokens: DesignTokens) -> None:
    made = build_palette(tokens)
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    pairs = [
        (role.WindowText, role.Window),
        (role.Text, role.Base),
        (role.PlaceholderText, role.Base),
        (role.ButtonText, role.Button),
        (role.Link, role.Base),
        (role.LinkVisited, role.Window),
        (role.HighlightedText, role.Highlight),
        (role.ToolTipText, role.ToolTipBase),
    ]
    for state in (group.Active, group.Inactive, group.Disabled):
        for ink, ground in pairs:
            ratio = contrast_ratio(made.color(state, ink).name(), made.color(state, ground).name())
            assert ratio >= owed(tokens), (state, ink, ground, ratio)


def test_palette_sets_every_role() -> None:
    light, dark = build_palette(LIGHT), build_palette(DARK)
    skipped = {QPalette.ColorRole.NoRole, QPalette.ColorRole.NColorRoles}
    for role in set(QPalette.ColorRole) - skipped:
        ours = {
            QColor(v).name() for v in vars(LIGHT).values() if isinstance(v, str) and v[0] == "#"
        }
        assert light.color(role).name() in ours, role
    assert light.color(QPalette.ColorRole.Window) != dark.color(QPalette.ColorRole.Window)
