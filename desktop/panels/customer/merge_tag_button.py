"""The link “Merge tags…” of a customer panel: a menu of its fields that copies the one chosen."""

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce


class MergeTagButton(LinkButton):
    """Link button that opens the menu of merge tags; hidden where the panel has none."""

    def __init__(self, panel_name: str, parent: QWidget | None = None) -> None:
        super().__init__("Merge tags…", name=f"Merge tags of {panel_name}", parent=parent)
        self.set_tooltip("Copies the tag that puts this field into an e-mail or a template.")
        self._tags: tuple[tuple[str, str], ...] = ()
        self.clicked.connect(self._on_clicked)
        self.hide()

    def set_tags(self, tags: Sequence[tuple[str, str]]) -> None:
        """Set which fields can be copied, as (label, merge tag); those with "" are left out."""
        self._tags = tuple((label, tag) for label, tag in tags if tag)
        self.setVisible(bool(self._tags))

    def _on_clicked(self) -> None:
        menu = QMenu(self)
        menu.setObjectName("Merge tags")
        for label, tag in self._tags:
            # A field's title may hold an &, which a menu takes for a mark.
            action = menu.addAction(f"{label}   {tag}".replace("&", "&&"))
            action.setData(tag)
        menu.triggered.connect(self._on_chosen)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

    def _on_chosen(self, action: QAction) -> None:
        QApplication.clipboard().setText(str(action.data()))
        announce(self, f"Copied {action.data()}")
