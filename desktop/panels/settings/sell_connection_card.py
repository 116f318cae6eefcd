"""Card of Zendesk Sell: token or OAuth, what the plan includes, export of everything, its end."""

import asyncio

from PySide6.QtWidgets import QApplication

from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.copyable_text import CopyableText
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.theme.design_tokens import ROW_GAP
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import quiet_button, secondary_button
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.export_file_dialog import choose_folder
from desktop.panels.widgets.form import Form
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.secret_field import SecretField
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.text_field import TextField
from desktop.panels.widgets.visibility import set_shown
from desktop.panels.widgets.web_link import open_web_page, parse_web_address
from desktop.viewmodels.form import FieldKind, FormField
from desktop.viewmodels.settings.sell_connection_model import (
    OAUTH,
    SELL_END_TEXT,
    SELL_SIGN_IN_METHODS,
    WHERE_TO_FIND_IT,
    SellConnectionModel,
    SellConnectionView,
)

_TOKEN_FIELD = FormField("token", "Access token", FieldKind.SECRET, help=WHERE_TO_FIND_IT)
_OAUTH_FIELDS = (
    FormField(
        "client",
        "Client ID",
        name="Client ID of Zendesk Sell",
        help="Of the OAuth app an admin added for Fairlead in Sell: Settings › Integrations ›"
        " OAuth.",
    ),
    FormField(
        "secret",
        "Client secret",
        FieldKind.SECRET,
        name="Client secret of Zendesk Sell",
        help="It stands beside the client ID in Sell.",
    ),
)
_SIGN_IN, _SIGN_IN_AGAIN = "Sign in with the browser…", "Sign in again…"


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
        self.sign_in_method = SegmentedControl(
            "How to sign in to Zendesk Sell", SELL_SIGN_IN_METHODS
        )
        self.oauth_form = Form(_OAUTH_FIELDS, spacing=ROW_GAP)
        self.client_field = self.oauth_form.control("client", TextField)
        self.secret_field = self.oauth_form.control("secret", SecretField)
        self.support_text = CopyableText("Text for your Sell admin")
        self.sign_in_button = secondary_button(_SIGN_IN, name="Sign in to Zendesk Sell")
        self._waiting_label = label("", wrap=True, tone="accent")
        self.copy_url_button = LinkButton("Copy the address", name="Copy the address of Sell")
        self.cancel_sign_in_button = quiet_button("Cancel", name="Cancel the sign-in to Sell")
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
            self.sign_in_method,
            vbox(self.token_form, hbox(self.connect_button, 1), spacing=ROW_GAP),
            vbox(
                self.oauth_form,
                self.support_text,
                hbox(self.sign_in_button, 1),
                spacing=ROW_GAP,
            ),
            hbox(self._waiting_label, self.copy_url_button, self.cancel_sign_in_button),
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
        self._model.input_refused.connect(self._on_input_refused)
        self._model.browser_requested.connect(self._open_browser)
        for form in (self.token_form, self.oauth_form):
            form.edited.connect(self._on_edited)
        self.sign_in_method.chosen.connect(self._model.choose_sign_in_method)
        self.sign_in_button.clicked.connect(self._on_sign_in)
        self.secret_field.field.returnPressed.connect(self._on_sign_in)
        self.copy_url_button.clicked.connect(self._on_copy_url)
        self.cancel_sign_in_button.clicked.connect(self._model.cancel_sign_in)
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
        self._show_sign_in(view)
        busy = "Something is under way here." if view.is_busy else ""
        reason = view.change_reason or busy
        self.connect_button.set_enabled(not reason, reason)
        self.sign_in_button.set_enabled(not reason, reason)
        self.sign_in_method.set_enabled(not reason, reason)
        self.disconnect_button.set_enabled(not reason, reason)
        export_reason = view.export_reason or busy
        self.export_button.set_enabled(not export_reason, export_reason)
        set_shown(self.cancel_button, bool(view.export_text))
        self._export_label.setText(view.export_text)
        set_shown(self._export_label, bool(view.export_text))
        self.set_note(view.note, view.note_tone)
        self.show_error(view.error)
        self.check_list.set_checks(view.checks)

    def _show_sign_in(self, view: SellConnectionView) -> None:
        by_oauth, is_new = view.sign_in_method == OAUTH, not view.is_connected
        self.sign_in_method.set_value(view.sign_in_method)
        self.support_text.set_text(view.oauth_request_text)
        if view.client_id and not self.client_field.text() and not self.client_field.hasFocus():
            self.client_field.set_value(view.client_id)
        # One that has ended is renewed here, with the client that is kept.
        self.sign_in_button.setText(_SIGN_IN if is_new else _SIGN_IN_AGAIN)
        for part, shown in (
            (self.sign_in_method, is_new),
            (self.token_form, is_new and not by_oauth),
            (self.connect_button, is_new and not by_oauth),
            (self.oauth_form, is_new and by_oauth),
            (self.support_text, is_new and by_oauth),
            (self.sign_in_button, by_oauth),
            (self._waiting_label, bool(view.browser_url)),
            (self.copy_url_button, bool(view.browser_url)),
            (self.cancel_sign_in_button, bool(view.browser_url)),
        ):
            set_shown(part, shown)
        for form, path in self._fields():
            form.set_error(path, self._model.field_errors.get(path, ""))

    def _fields(self) -> tuple[tuple[Form, str], ...]:
        return (
            (self.token_form, _TOKEN_FIELD.path),
            *((self.oauth_form, field.path) for field in _OAUTH_FIELDS),
        )

    def _on_input_refused(self, path: str) -> None:
        next(form for form, name in self._fields() if name == path).focus_refused(path)

    def _on_edited(self, path: str, _value: object) -> None:
        self._model.clear_field_error(path)

    def _on_connect(self) -> None:
        self._model.connect_sell(self.token_field.text())

    def _on_sign_in(self) -> None:
        if self._model.is_connected:
            self._model.sign_in_with_browser("", "")
        else:
            self._model.sign_in_with_browser(self.client_field.text(), self.secret_field.text())

    def _open_browser(self, url: str) -> None:
        address = parse_web_address(url)
        if address is not None:
            # The host is named, so that a page of somebody else's is noticed.
            self._waiting_label.setText(f"Waiting for the browser, which shows {address.host()}.")
            open_web_page(url)

    def _on_copy_url(self) -> None:
        QApplication.clipboard().setText(self._model.view().browser_url)
        announce(self, "Address copied")

    def _on_message(self, text: str) -> None:
        self.token_field.clear()
        self.secret_field.clear()
        self.show_result(text)

    def _on_disconnect(self) -> None:
        self._confirm_task = asyncio.get_running_loop().create_task(self._confirm_disconnect())

    async def _confirm_disconnect(self) -> None:
        sure = await ask_confirmation(
            self.window(),
            "Disconnect Zendesk Sell?",
            "Its sign-in is erased on this computer. Zendesk and Sailthru stay connected.",
            detail="To connect it again, an admin has to sign in or enter a token.",
            confirm="Disconnect",
            cancel="Cancel",
        )
        if sure:
            self._model.disconnect_sell()

    def _on_export(self) -> None:
        choose_folder(
            self, "Export everything from Sell into a new folder here", self._model.export_into
        )
