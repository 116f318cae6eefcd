"""Customer panel “Profile data”: the first few fields, and a link to the dialog of all."""

from PySide6.QtWidgets import QWidget

from desktop.panels.customer.merge_tag_button import MergeTagButton
from desktop.panels.customer.profile_fields_dialog import ProfileFieldsDialog
from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.profile_data_view import (
    COLLAPSED_ROW_COUNT,
    build_profile_data_view,
)
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.key_value_row import KeyValueRow


class ProfileDataPanel(SheetPanel):
    """Panel widget with a few profile fields; a link opens the dialog with all of them."""

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Profile data", model, borderless=True, parent=parent)
        self._dialog: ProfileFieldsDialog | None = None
        self._table = KeyValueTable("Profile fields", label_width=124)
        self.add(self._table)
        self._show_all_button = LinkButton("")
        self._show_all_button.clicked.connect(self.open_fields)
        self._merge_tag_button = MergeTagButton("Profile data")
        self.add(hbox(self._show_all_button, self._merge_tag_button, 1, spacing=12))

    def show_context(self, context: CustomerContext) -> None:
        view = build_profile_data_view(context, most=COLLAPSED_ROW_COUNT)
        if not self.show_panel_state(view.panel_state, rows=4):
            return
        shown = view.rows[:COLLAPSED_ROW_COUNT]
        self._table.set_rows(
            [
                KeyValueRow(
                    r.name,
                    r.value,
                    r.pending_text or r.source,
                    tip=r.value,
                    merge_tag=r.merge_tag,
                )
                for r in shown
            ]
        )
        self._merge_tag_button.set_tags([(r.name, r.merge_tag) for r in shown])
        self._show_all_button.set_text(f"Show all {view.total_count}")

    def open_fields(self) -> None:
        """Open the dialog of all fields of the customer's profile."""
        if self._dialog is None:
            self._dialog = ProfileFieldsDialog(self.model, self.window())
        self._dialog.open_with_filter_focus()
