"""A banner that shows what a view-model says, and nothing when it says nothing."""

from PySide6.QtWidgets import QWidget

from desktop.panels.widgets.banner import Banner, BannerTone
from desktop.viewmodels.syncs.sync_header_view import SyncMessageView

_TONES: dict[str, BannerTone] = {"info": "info", "warn": "warn", "bad": "bad"}


class SyncMessageBanner(Banner):
    """The same message shown again is no news: it is neither counted nor said once more."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: SyncMessageView | None = None
        self.hide()

    def show_view(self, view: SyncMessageView | None) -> None:
        """Show a message, or none."""
        if view == self._view:
            return
        self._view = view
        self.clear()
        if view is not None:
            self.show_message(_TONES[view.tone], view.title, view.text, actions=view.actions)
