"""The colours: look.md's values, and the contrast that they owe, computed."""

import pytest
from PySide6.QtGui import QColor, QPalette

from desktop.panels.theme.palette import palette
from desktop.panels.theme.tokens import DARK, LIGHT, Tokens, contrast

THEMES = pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=lambda t: t.name)
GROUNDS = ("window", "surface", "raised", "accentbg")


def test_known_contrasts() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#ffffff", "#777777") == contrast("#777777", "#ffffff")


def test_values_are_those_of_the_look() -> None:
    assert (LIGHT.window, LIGHT.accent, LIGHT.control) == ("#f4f6f8", "#0b5cad", "#7f8a95")
    assert (DARK.window, DARK.accent, DARK.control) == ("#101316", "#7ab7ff", "#7a8591")


@THEMES
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", ["text", "muted", "accent", "ok", "warn", "bad"])
def test_text_is_readable_on_every_ground(tokens: Tokens, ink: str, ground: str) -> None:
    assert contrast(getattr(tokens, ink), getattr(tokens, ground)) >= 4.5


@THEMES
@pytest.mark.parametrize("ground", GROUNDS)
def test_controls_stand_out_on_every_ground(tokens: Tokens, ground: str) -> None:
    assert contrast(tokens.control, getattr(tokens, ground)) >= 3


@THEMES
def test_pairs_are_readable(tokens: Tokens) -> None:
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
    low = {name: contrast(*pair) for name, pair in pairs.items() if contrast(*pair) < 4.5}
    assert not low


@THEMES
def test_chips_are_readable(tokens: Tokens) -> None:
    assert set(LIGHT.chips) == set(DARK.chips)
    low = {n: contrast(p.ink, p.ground) for n, p in tokens.chips.items()}
    assert min(low.values()) >= 4.5, low


@THEMES
def test_palette_is_readable_in_every_group(tokens: Tokens) -> None:
    made = palette(tokens)
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
            ratio = contrast(made.color(state, ink).name(), made.color(state, ground).name())
            assert ratio >= 4.5, (state, ink, ground, ratio)


def test_no_role_is_left_to_fusion() -> None:
    light, dark = palette(LIGHT), palette(DARK)
    skipped = {QPalette.ColorRole.NoRole, QPalette.ColorRole.NColorRoles}
    for role in set(QPalette.ColorRole) - skipped:
        ours = {
            QColor(v).name() for v in vars(LIGHT).values() if isinstance(v, str) and v[0] == "#"
        }
        assert light.color(role).name() in ours, role
    assert light.color(QPalette.ColorRole.Window) != dark.color(QPalette.ColorRole.Window)
