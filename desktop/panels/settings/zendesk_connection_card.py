"""Card that connects Zendesk: account, sign-in by browser or API token, who is signed in."""

from enum import Enum

from PySide6.QtWidgets import QApplication

from desktop.panels.settings.account_move_question import AccountMoveQuestion
from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.copyable_text import CopyableText
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.theme.design_tokens import ROW_GAP
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import quiet_button, secondary_button
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
from desktop.viewmodels.settings.zendesk_connection_model import (
    BROWSER,
    SIGN_IN_METHODS,
    TOKEN,
    ZendeskConnectionModel,
    ZendeskConnectionView,
)

_ACCOUNT = FormField(
    "account",
    "Zendesk account",
    help="The first part of https://NAME.zendesk.com/, or any page of it.",
    placeholder="acme, or a pasted address",
)
_CLIENT = FormField(
    "client",
    "OAuth client",
    help="The identifier of the OAuth client an admin of your Zendesk made for Fairlead.",
    placeholder="fairlead",
)
_TOKEN_FIELDS = (
    FormField(
        "email",
        "E-mail address",
        name="E-mail address of the token",
        help="The address of the agent the token is used for.",
        placeholder="agent@example.com",
    ),
    FormField(
        "token",
        "API token",
        FieldKind.SECRET,
        help="Zendesk: Admin Center › Apps and integrations › APIs › API tokens.",
    ),
)


class ZendeskPart(Enum):
    """The part of the Zendesk card that is shown: all of it, the account, or the sign-in."""

    WHOLE = "whole"
    ACCOUNT = "account"
    SIGN_IN = "sign-in"


class ZendeskConnectionCard(SettingsCard):
    """Widget of the Zendesk card; opens the browser, for http and https only."""

    def __init__(
        self, model: ZendeskConnectionModel, part: ZendeskPart = ZendeskPart.WHOLE
    ) -> None:
        super().__init__("Zendesk")
        self._model = model
        self._part = part
        self.account_form = Form([_ACCOUNT])
        self.account_field = self.account_form.control("account", TextField)
        self._address = label("", "note", wrap=True, tone="ok")
        self.sign_in_method = SegmentedControl("How to sign in", SIGN_IN_METHODS)
        self._method_note = label("", "note", wrap=True)
        self._client_form = Form([_CLIENT])
        self.client_field = self._client_form.control("client", TextField)
        self.support_text = CopyableText("Text for your Zendesk admin")
        self.browser_sign_in_button = secondary_button(
            "Sign in with the browser…", name="Sign in with the browser…"
        )
        self._token_form = Form(_TOKEN_FIELDS, spacing=ROW_GAP)
        self.email_field = self._token_form.control("email", TextField)
        self.token_field = self._token_form.control("token", SecretField)
        self.token_sign_in_button = secondary_button(
            "Sign in with the token", name="Sign in with the token"
        )
        self._busy = label("", wrap=True, tone="accent")
        self.cancel_button = quiet_button("Cancel", name="Cancel the sign-in")
        self.copy_url_button = LinkButton("Copy the address", name="Copy the address")
        self._signed_in = label("", "strong", wrap=True, tone="ok")
        self.sign_out_button = secondary_button("Sign out", name="Sign out of Zendesk")
        self._waiting = label("", "note", wrap=True)
        self.check_list = ConnectionCheckList("Test of Zendesk")
        self.add_rows(
            hbox(self._signed_in, self.sign_out_button),
            self._waiting,
            self.account_form,
            self._address,
            self.sign_in_method,
            self._method_note,
            vbox(
                self._client_form,
                self.support_text,
                hbox(self.browser_sign_in_button, 1),
                spacing=ROW_GAP,
            ),
            vbox(self._token_form, hbox(self.token_sign_in_button, 1), spacing=ROW_GAP),
            hbox(self._busy, self.copy_url_button, self.cancel_button),
            self.error_banner,
            self.check_list,
        )
        self.account_move_question = AccountMoveQuestion(model, self)
        self._connect()
        self._on_changed()

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self._on_changed)
        model.browser_requested.connect(self._open_browser)
        model.message_posted.connect(self._on_message_posted)
        model.input_refused.connect(self._on_input_refused)
        for form in (self._client_form, self._token_form):
            form.edited.connect(self._on_edited)
        self.account_field.typed.connect(model.set_account_text)
        self.sign_in_method.chosen.connect(model.choose_sign_in_method)
        self.browser_sign_in_button.clicked.connect(self._on_browser_sign_in)
        self.client_field.returnPressed.connect(self._on_browser_sign_in)
        self.token_sign_in_button.clicked.connect(self._on_token_sign_in)
        self.token_field.field.returnPressed.connect(self._on_token_sign_in)
        self.cancel_button.clicked.connect(model.cancel)
        self.copy_url_button.clicked.connect(self._on_copy_url)
        self.sign_out_button.clicked.connect(model.sign_out)

    def _on_changed(self) -> None:
        view = self._model.view()
        self._show_fields(view)
        self._address.setText(f"→ {view.account_url}")
        self.sign_in_method.set_value(view.sign_in_method)
        self.sign_in_method.set_enabled(not view.busy_text, view.busy_text)
        self._method_note.setText(view.note)
        self.support_text.set_text(view.oauth_request_text)
        self._busy.setText(view.busy_text)
        self._signed_in.setText(f"✓ Signed in as {view.signed_in}")
        self._waiting.setText(view.pending_edits_text)
        self._show_parts(view)
        for button in (
            self.browser_sign_in_button,
            self.token_sign_in_button,
            self.sign_out_button,
        ):
            button.set_enabled(not view.busy_text, view.busy_text)
        self.show_error(view.error)
        self.check_list.set_checks(view.checks)

    def _show_parts(self, view: ZendeskConnectionView) -> None:
        signed_in = bool(view.signed_in)
        by_browser = view.sign_in_method == BROWSER and not signed_in
        by_token = view.sign_in_method == TOKEN and not signed_in
        for part, shown in (
            (self._address, view.account_url not in ("", view.account_text)),
            (self._method_note, bool(view.note)),
            (self._client_form, by_browser),
            (self.support_text, by_browser),
            (self.browser_sign_in_button, by_browser),
            (self._token_form, by_token),
            (self.token_sign_in_button, by_token),
            (self._busy, bool(view.busy_text)),
            (self.cancel_button, bool(view.browser_url)),
            (self.copy_url_button, bool(view.browser_url)),
            (self._signed_in, signed_in),
            (self.sign_out_button, signed_in),
            (self._waiting, signed_in and bool(view.pending_edits_text)),
            (self.sign_in_method, not signed_in),
        ):
            is_account = part is self._address
            hidden_in = ZendeskPart.SIGN_IN if is_account else ZendeskPart.ACCOUNT
            set_shown(part, shown and self._part is not hidden_in)
        set_shown(self.account_form, self._part is not ZendeskPart.SIGN_IN)

    def _show_fields(self, view: ZendeskConnectionView) -> None:
        # What is being typed is not replaced by what it was understood as.
        if not self.account_field.hasFocus():
            self.account_field.set_value(view.account_text)
        self.account_form.set_error("account", view.account_error)
        for form, path in self._fields_after_account():
            form.set_error(path, self._model.field_errors.get(path, ""))
        reason = view.account_disabled_reason or ("Sign out first." if view.signed_in else "")
        self.account_field.set_enabled(not reason and not view.busy_text, reason)
        if not self.client_field.hasFocus() and view.client_id:
            self.client_field.set_value(view.client_id)
        self.client_field.setEnabled(not view.client_id_disabled_reason and not view.busy_text)
        if not self.email_field.hasFocus() and view.email and not self.email_field.text():
            self.email_field.set_value(view.email)

    def _fields_after_account(self) -> tuple[tuple[Form, str], ...]:
        return (
            (self._client_form, _CLIENT.path),
            *((self._token_form, field.path) for field in _TOKEN_FIELDS),
        )

    def _on_edited(self, path: str, _value: object) -> None:
        self._model.clear_field_error(path)

    def _on_input_refused(self, path: str) -> None:
        fields = ((self.account_form, _ACCOUNT.path), *self._fields_after_account())
        form = next(form for form, name in fields if name == path)
        form.focus_refused(path)

    def _on_browser_sign_in(self) -> None:
        self._model.sign_in_with_browser(self.client_field.text())

    def _on_token_sign_in(self) -> None:
        self._model.sign_in_with_token(self.email_field.text(), self.token_field.text())

    def _on_message_posted(self, text: str) -> None:
        self.token_field.clear()
        announce(self, text)

    def _open_browser(self, url: str) -> None:
        address = parse_web_address(url)
        if address is not None:
            # The host is named, so that a page of somebody else's is noticed.
            self._busy.setText(f"Waiting for the browser, which shows {address.host()}.")
            open_web_page(url)

    def _on_copy_url(self) -> None:
        QApplication.clipboard().setText(self._model.view().browser_url)
        announce(self, "Address copied")
