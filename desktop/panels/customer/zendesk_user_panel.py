"""Customer panel “Zendesk”: facts of the Zendesk user and the two sync switches."""

from PySide6.QtWidgets import QWidget

from desktop.model.edit import EditKind
from desktop.model.permission import Permission
from desktop.panels.customer.merge_tag_button import MergeTagButton
from desktop.panels.customer.sheet_panel import SheetPanel
from desktop.panels.customer.switch_view_row import show_switch_row
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.switch_row import SwitchRow
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel
from desktop.viewmodels.customer.zendesk_user_view import build_zendesk_user_view

_COLLAPSED_ROW_COUNT = 6  # an account may add any number of user fields


class ZendeskUserPanel(SheetPanel):
    """Panel widget of the Zendesk user's facts and the two sync switches."""

    key = "zendesk"

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__("Zendesk", model, borderless=True, parent=parent)
        self._table = KeyValueTable("Zendesk facts")
        self.add(self._table)
        self._merge_tag_button = MergeTagButton("Zendesk")
        self.add_more_button(self._merge_tag_button)
        self._sync_to_sailthru_row = SwitchRow("Sync to Sailthru", muted=True)
        self._sync_to_sailthru_row.switch.setObjectName("Sync to Sailthru")
        self._sync_to_sailthru_row.chosen.connect(model.edits.set_sync_to_sailthru)
        self.add(self._sync_to_sailthru_row)
        self._sync_to_zendesk_row = SwitchRow("Sync to Zendesk", muted=True)
        self._sync_to_zendesk_row.switch.setObjectName("Sync to Zendesk")
        self._sync_to_zendesk_row.chosen.connect(model.edits.set_sync_to_zendesk)
        self.add(self._sync_to_zendesk_row)
        self.add_ask_lead_button(EditKind.SYNC_CHECKBOX)

    def show_context(self, context: CustomerContext) -> None:
        view = build_zendesk_user_view(context)
        switches = (view.sync_to_sailthru, view.sync_to_zendesk)
        is_refused = any(each is not None and each.disabled_reason for each in switches)
        self.show_ask_lead_button(is_refused and context.can_ask_lead(Permission.VARS))
        if not self.show_panel_state(view.panel_state, rows=4):
            return
        self._table.set_rows(self.limit_rows(context, view.rows, _COLLAPSED_ROW_COUNT))
        self._merge_tag_button.set_tags([(row.label, row.merge_tag) for row in view.rows])
        show_switch_row(self._sync_to_sailthru_row, view.sync_to_sailthru)
        show_switch_row(self._sync_to_zendesk_row, view.sync_to_zendesk)
