"""Base of the settings cards: rows, the banner of a failed action, the note of its result."""

from PySide6.QtWidgets import QLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import ROW_GAP
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import label
from desktop.panels.widgets.screen_reader import announce
from desktop.viewmodels.settings.error_message import ErrorMessage


class SettingsCard(Card):
    """Base widget of cards on the settings page and in the setup wizard."""

    def __init__(self, title: str, *rows: QWidget | QLayout, spacing: int = ROW_GAP) -> None:
        super().__init__(title)
        self.body.setSpacing(fonts.scaled(spacing))
        # It shows how something stands, and is drawn again at each change of anything else.
        self.error_banner = Banner(counts=False)
        # An empty banner would still have a height.
        self.error_banner.hide()
        self.result_note = label("", "note", wrap=True)
        self.result_note.hide()
        self.add_rows(*rows)

    def add_rows(self, *rows: QWidget | QLayout) -> None:
        """Append widgets and layouts to a settings card's body, from the top down."""
        for row in rows:
            self.add(row)

    def show_error(self, error: ErrorMessage) -> None:
        """Show an error on a settings card beside its cause, or take it away."""
        show_error_banner(self.error_banner, error)

    def show_result(self, text: str) -> None:
        """Say how a settings card's action ended, on it and to screen readers."""
        self.result_note.setText(text)
        self.result_note.show()
        announce(self, text)


def show_error_banner(banner: Banner, error: ErrorMessage) -> None:
    """Draw an error on a settings card's banner; without one, hide the banner."""
    if error:
        banner.show_message("bad", error.title, error.message, error.hint)
    else:
        banner.clear()
