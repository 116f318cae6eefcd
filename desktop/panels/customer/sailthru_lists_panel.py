"""Customer panel “Lists”: a switch for each Sailthru list, members first, smart lists last."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.kit.errors import AppError
from desktop.model.edit import EditKind
from desktop.model.permission import Permission
from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import delete_widget
from desktop.panels.widgets.copy_menu import CopyMenu
from desktop.panels.widgets.label import label
from desktop.panels.widgets.switch_row import SwitchRow
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.lists_view import SailthruListRow, build_lists_view
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.frozen_row_order import FrozenRowOrder

_COLLAPSED_ROW_COUNT = 8
# Rows of lists that the next customer may be on again; a workspace with more lists makes them anew.
_MAX_SPARE_ROWS = 60


class SailthruListsPanel(SheetPanel):
    """Panel widget with a switch for each Sailthru list; its edit waits out the undo time."""

    key = "lists"
    changes_requested = Signal(str)  # name of a list whose changes are wanted

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Lists", model, parent=parent)
        self._rows: dict[str, _ListSwitchRow] = {}
        self._spare_rows: dict[str, _ListSwitchRow] = {}
        self._order = FrozenRowOrder()
        self._customer_number = -1
        self._row_limit = _COLLAPSED_ROW_COUNT
        self._suppressed = label("", "note", tone="warn", wrap=True)
        self.add(self._suppressed)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(fonts.scaled(1))
        self.add(self._lines)
        self.add_more_button()
        self._hint = label("", "note", wrap=True)
        self.add(self._hint)
        self.add_ask_lead_button(EditKind.LIST)

    def show_context(self, context: CustomerContext) -> None:
        view = build_lists_view(context)
        self.show_ask_lead_button(
            view.is_a_row_refused
            and context.can_ask_lead(Permission.LIST_ADD, Permission.LIST_REMOVE)
        )
        if not self.show_panel_state(view.panel_state, rows=4):
            return
        customer = self.model.customer_number
        if customer != self._customer_number:
            self._customer_number, self._row_limit = customer, _COLLAPSED_ROW_COUNT
        # Members stand first when the customer is opened; switched then, a list keeps its place.
        rows = self._order.arrange(customer, view.rows, lambda row: row.name)
        rows = tuple(sorted(rows, key=lambda row: row.is_smart))
        # A list somebody is on is never folded away, nor one whose switch was just used.
        needed = [place for place, row in enumerate(rows) if row.is_member or row.is_pending]
        self._row_limit = max(self._row_limit, max(needed, default=-1) + 1)
        self._show_rows(list(self.limit_rows(context, rows, self._row_limit)))
        self._suppressed.setText(view.suppressed_text)
        self._suppressed.setVisible(bool(view.suppressed_text))
        hint = " ".join(part for part in (view.catalogue_error, view.hint) if part)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))

    def _show_rows(self, rows: list[SailthruListRow]) -> None:
        names = [row.name for row in rows]
        if list(self._rows) != names:
            # Kept by name: the switch under somebody's finger stays the same widget.
            spare_rows = self._spare_rows | self._rows
            self._rows = {
                name: spare_rows.pop(name) if name in spare_rows else self._create_row(name)
                for name in names
            }
            for spare in spare_rows.values():
                spare.hide()
            self._spare_rows = dict(list(spare_rows.items())[:_MAX_SPARE_ROWS])
            for surplus in list(spare_rows.values())[_MAX_SPARE_ROWS:]:
                delete_widget(surplus)
            for place, switch in enumerate(self._rows.values()):
                # Moving a widget to where it is would take the keyboard from it.
                if self._lines.indexOf(switch) != place:
                    self._lines.insertWidget(place, switch)
        for row in rows:
            self._rows[row.name].show_row(row)
            self._rows[row.name].show()

    def _create_row(self, name: str) -> "_ListSwitchRow":
        made = _ListSwitchRow(name, self)
        made.chosen.connect(made.on_chosen)
        made.about_requested.connect(self.open_details)
        made.model = self.model
        return made

    def open_details(self, name: str) -> None:
        """Open the dialog about one Sailthru list; `failed` of the model says why it cannot."""
        try:
            view = self.model.list_details(name)
        except AppError as error:
            self.model.failed.emit(error)
            return
        # Imported when first wanted: most customers are served without.
        from desktop.panels.customer.list_details_dialog import ListDetailsDialog

        dialog = ListDetailsDialog(view, self.window())
        dialog.changes_requested.connect(self.changes_requested)
        dialog.open()


class _ListSwitchRow(SwitchRow):
    """Row of one Sailthru list; knows its name, so that no lambda has to hold the panel."""

    model: CustomerSheetModel
    about_requested = Signal(str)

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(name, parent=parent)
        self._list = name
        self.switch.setObjectName(name)
        CopyMenu(self.text_label, "list name")
        self.text_label.setCursor(Qt.CursorShape.PointingHandCursor)
        self.text_label.set_tooltip("About this list")
        # By the keyboard: the menu key on the switch.
        self.about_action = QAction("About this list…", self.switch)
        self.about_action.triggered.connect(self._on_about)
        self.switch.addAction(self.about_action)
        self.switch.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def show_row(self, row: SailthruListRow) -> None:
        """Draw a Sailthru list's membership, note, and why its switch is disabled."""
        self.set_read_only(row.is_smart)
        self.set_note(row.note, "muted", row.tooltip)
        self.switch.set_value(row.is_member)
        self.switch.set_waiting(row.is_pending, row.note if row.is_pending else "")
        self.switch.set_enabled(not row.disabled_reason, row.disabled_reason)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._is_on_name(event):
            # Its release follows only where the press was taken.
            event.accept()
        else:
            super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Open what is known about a Sailthru list by a click on its name."""
        if event.button() == Qt.MouseButton.LeftButton and self._is_on_name(event):
            self._on_about()
        else:
            super().mouseReleaseEvent(event)

    def _is_on_name(self, event: QMouseEvent) -> bool:
        return self.text_label.geometry().contains(event.position().toPoint())

    def _on_about(self) -> None:
        self.about_requested.emit(self._list)

    def on_chosen(self, on: bool) -> None:
        """Pass a clicked switch of a Sailthru list on, to be submitted as an edit."""
        self.model.edits.set_list_membership(self._list, on)
