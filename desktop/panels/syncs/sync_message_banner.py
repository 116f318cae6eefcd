"""A banner that shows the message of a view-model, and nothing while there is none."""

from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.banner import Banner
from desktop.viewmodels.syncs.sync_header_view import SyncMessageView


class SyncMessageBanner(Banner):
    """Banner widget of a sync's message; the same one again is neither counted nor spoken."""

    def __init__(self, parent: QWidget | None = None, *, is_compact: bool = False) -> None:
        super().__init__(parent, is_compact=is_compact)
        self._view: SyncMessageView | None = None
        self.hide()

    def show_view(self, view: SyncMessageView | None) -> None:
        """Draw a sync's message on the banner, or none."""
        if view == self._view:
            return
        self._view = view
        self.clear()
        if view is not None:
            self.show_message(view.tone, view.title, view.text, actions=view.actions)
