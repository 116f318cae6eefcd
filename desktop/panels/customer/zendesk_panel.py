"""Zendesk: what it knows of the person, and the two switches that mark them for syncs."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.boxes import line
from desktop.panels.customer.framed import show_frame
from desktop.panels.customer.panel import SheetPanel
from desktop.panels.parts.key_value import KeyValue, Row
from desktop.panels.parts.link import LinkButton
from desktop.panels.parts.switch_row import SwitchRow
from desktop.viewmodels.customer.zendesk import SwitchView
from desktop.viewmodels.sheet import SheetModel

_SHOWN = 6


class ZendeskPanel(SheetPanel):
    """Tells without a border; only the switches act."""

    def __init__(self, model: SheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Zendesk", model, borderless=True, parent=parent)
        self._table = KeyValue("Zendesk facts")
        self.add(self._table)
        self._more = LinkButton("")
        self._more.clicked.connect(self._on_more)
        self.add(line(self._more, 1))
        self._sync_box = SwitchRow("Sync to Sailthru", muted=True)
        self._sync_box.switch.setObjectName("Sync to Sailthru")
        self._sync_box.chosen.connect(model.edits.set_box)
        self.add(self._sync_box)
        self._mark = SwitchRow("Sync to Zendesk", muted=True)
        self._mark.switch.setObjectName("Sync to Zendesk")
        self._mark.chosen.connect(model.edits.set_mark)
        self.add(self._mark)

    def refresh(self) -> None:
        """Show the newest view."""
        if self.model.sheet is None:
            return
        view = self.model.views.zendesk()
        if not show_frame(self, view.frame, rows=4):
            return
        everything = self.model.views.shows_all("zendesk")
        rows = view.rows if everything else view.rows[:_SHOWN]
        self._table.set_rows([Row(name, value) for name, value in rows])
        rest = len(view.rows) - len(rows)
        self._more.setVisible(rest > 0 or (everything and len(view.rows) > _SHOWN))
        self._more.set_text(f"Show {rest} more" if rest > 0 else "Show fewer")
        _show_switch(self._sync_box, view.box)
        _show_switch(self._mark, view.mark)

    def _on_more(self) -> None:
        self.model.show_all("zendesk")


def _show_switch(row: SwitchRow, view: SwitchView | None) -> None:
    row.setVisible(view is not None)
    if view is None:
        return
    row.set_note(view.note, "muted", view.tip)
    row.switch.set_on(view.on)
    row.switch.set_waiting(view.waiting, view.note if view.waiting else "")
    row.switch.set_enabled(not view.why_not, view.why_not)
