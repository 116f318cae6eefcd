"""QPalette from the design tokens: the dark one of Fusion fails contrast (links 2.4:1)."""

from PySide6.QtGui import QColor, QPalette

from desktop.panels.theme.design_tokens import DesignTokens

_Role = QPalette.ColorRole


def build_palette(tokens: DesignTokens) -> QPalette:
    """Return a palette with every role set, for all three colour groups."""
    made = QPalette()
    for role, name in {
        _Role.Window: tokens.window,
        _Role.WindowText: tokens.text,
        _Role.Base: tokens.surface,
        _Role.AlternateBase: tokens.raised,
        _Role.Text: tokens.text,
        _Role.PlaceholderText: tokens.muted,
        _Role.Button: tokens.surface,
        _Role.ButtonText: tokens.text,
        _Role.BrightText: tokens.bad,
        _Role.Highlight: tokens.accent,
        _Role.HighlightedText: tokens.on_accent,
        _Role.Accent: tokens.accent,
        _Role.Link: tokens.accent,
        _Role.LinkVisited: tokens.accent,
        _Role.ToolTipBase: tokens.toast,
        _Role.ToolTipText: tokens.toast_text,
        _Role.Light: tokens.raised,
        _Role.Midlight: tokens.raised,
        _Role.Mid: tokens.line,
        _Role.Dark: tokens.control,
        _Role.Shadow: tokens.control,
    }.items():
        made.setColor(role, QColor(name))
    # Disabled text stays readable: muted, which passes 4.5:1 on every ground.
    for role in (_Role.WindowText, _Role.Text, _Role.ButtonText, _Role.Link, _Role.LinkVisited):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.muted))
    for role in (_Role.Base, _Role.Button):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(tokens.raised))
    made.setColor(QPalette.ColorGroup.Disabled, _Role.Highlight, QColor(tokens.raised))
    made.setColor(QPalette.ColorGroup.Disabled, _Role.HighlightedText, QColor(tokens.text))
    return made
