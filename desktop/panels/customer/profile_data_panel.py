"""Profile data: the most telling fields; all of them, and changing one, in a window of its own."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.boxes import line
from desktop.panels.customer.framed import show_frame
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.customer.profile_dialog import ProfileDialog
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.panels.parts.link import LinkButton
from desktop.viewmodels.customer.profile_data import SHOWN
from desktop.viewmodels.sheet import SheetModel


class ProfileDataPanel(SheetPanel):
    """Tells without a border."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Profile data", model, borderless=True, parent=parent)
        self._dialog: ProfileDialog | None = None
        self._table = KeyValue("Profile fields")
        self.add(self._table)
        self._all = LinkButton("")
        self._all.clicked.connect(self._on_all)
        self.add(line(self._all, 1))

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.profile_data(most=SHOWN)
        if not show_frame(self, view.frame, rows=4):
            return
        self._table.set_rows(
            [Row(r.name, r.value, r.waiting or r.source, tip=r.value) for r in view.rows[:SHOWN]]
        )
        self._all.set_text(f"Show all {view.count}")

    def _on_all(self) -> None:
        if self._dialog is None:
            self._dialog = ProfileDialog(self.model, self.window())
        self._dialog.show_fields()
