"""Card of Zendesk Sell: its access token, what the plan includes, export of everything, its end."""

import asyncio

from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.theme.design_tokens import ROW_GAP
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.export_file_dialog import choose_folder
from desktop.panels.widgets.form import Form
from desktop.panels.widgets.label import label
from desktop.panels.widgets.secret_field import SecretField
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.form import FieldKind, FormField
from desktop.viewmodels.settings.sell_connection_model import (
    SELL_END_TEXT,
    WHERE_TO_FIND_IT,
    SellConnectionModel,
)

_TOKEN_FIELD = FormField("token", "Access token", FieldKind.SECRET, help=WHERE_TO_FIND_IT)


class SellConnectionCard(SettingsCard):
    """Widget of the Zendesk Sell card; its token field is cleared once the keyring has it."""

    def __init__(self, model: SellConnectionModel) -> None:
        super().__init__("Zendesk Sell (optional)")
        self._model = model
        self._confirm_task: asyncio.Task[None] | None = None
        self._end_label = label(SELL_END_TEXT, wrap=True, tone="warn")
        self._status_label = label("", "strong", wrap=True, tone="ok")
        self.disconnect_button = secondary_button("Disconnect…", name="Disconnect Zendesk Sell…")
        self.token_form = Form((_TOKEN_FIELD,), spacing=ROW_GAP)
        self.token_field = self.token_form.control("token", SecretField)
        self.connect_button = secondary_button("Test and connect", name="Connect Zendesk Sell")
        self.export_button = secondary_button(
            "Export everything from Sell…", name="Export everything from Sell…"
        )
        self.cancel_button = secondary_button("Stop", name="Stop the export from Sell")
        self._export_label = label("", "note", wrap=True)
        self.check_list = ConnectionCheckList("Test of Zendesk Sell")
        self.add_rows(
            self._end_label,
            hbox(self._status_label, self.disconnect_button),
            self.token_form,
            hbox(self.connect_button, 1),
            hbox(self.export_button, self.cancel_button, 1),
            self._export_label,
            self.error_banner,
            self.result_note,
            self.check_list,
        )
        self._connect()
        self._on_changed()

    def _connect(self) -> None:
        self._model.changed.connect(self._on_changed)
        self._model.message_posted.connect(self._on_message)
        self._model.input_refused.connect(self.token_form.focus_refused)
        self.token_form.edited.connect(self._on_edited)
        self.token_field.field.returnPressed.connect(self._on_connect)
        self.connect_button.clicked.connect(self._on_connect)
        self.disconnect_button.clicked.connect(self._on_disconnect)
        self.export_button.clicked.connect(self._on_export)
        self.cancel_button.clicked.connect(self._model.cancel_export)

    def _on_changed(self) -> None:
        view = self._model.view()
        self._status_label.setText(f"✓ {view.status_text}")
        set_shown(self._status_label, view.is_connected)
        set_shown(self.disconnect_button, view.is_connected)
        set_shown(self.export_button, view.offers_export)
        set_shown(self.token_form, not view.is_connected)
        set_shown(self.connect_button, not view.is_connected)
        busy = "Something is under way here." if view.is_busy else ""
        reason = view.change_reason or busy
        self.connect_button.set_enabled(not reason, reason)
        self.disconnect_button.set_enabled(not reason, reason)
        export_reason = view.export_reason or busy
        self.export_button.set_enabled(not export_reason, export_reason)
        set_shown(self.cancel_button, bool(view.export_text))
        self._export_label.setText(view.export_text)
        set_shown(self._export_label, bool(view.export_text))
        self.token_form.set_error("token", self._model.field_errors.get("token", ""))
        self.set_note(view.note, view.note_tone)
        self.show_error(view.error)
        self.check_list.set_checks(view.checks)

    def _on_edited(self, path: str, _value: object) -> None:
        self._model.clear_field_error(path)

    def _on_connect(self) -> None:
        self._model.connect_sell(self.token_field.text())

    def _on_message(self, text: str) -> None:
        self.token_field.clear()
        self.show_result(text)

    def _on_disconnect(self) -> None:
        self._confirm_task = asyncio.get_running_loop().create_task(self._confirm_disconnect())

    async def _confirm_disconnect(self) -> None:
        sure = await ask_confirmation(
            self.window(),
            "Disconnect Zendesk Sell?",
            "Its token is erased on this computer. Zendesk and Sailthru stay connected.",
            detail="To connect it again, an admin has to enter a token.",
            confirm="Disconnect",
            cancel="Cancel",
        )
        if sure:
            self._model.disconnect_sell()

    def _on_export(self) -> None:
        choose_folder(
            self, "Export everything from Sell into a new folder here", self._model.export_into
        )
