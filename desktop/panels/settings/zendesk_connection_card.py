"""Zendesk: the account field, three ways in, and who is signed in."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from desktop.panels.settings.card_layout import (
    LabelledControl,
    control_row,
    show_error_banner,
    small_note,
)
from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.copyable_text import CopyableText
from desktop.panels.settings.secret_field import SecretField
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import quiet_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.settings.zendesk_connection_model import (
    BROWSER,
    SIGN_IN_METHODS,
    TOKEN,
    ZendeskConnectionModel,
    ZendeskConnectionView,
)


class ZendeskConnectionCard(Card):
    """Draws the Zendesk card and opens the browser, for http and https only."""

    def __init__(self, model: ZendeskConnectionModel) -> None:
        super().__init__("Zendesk")
        self._model = model
        self.account_field = _create_text_field("Zendesk account", "acme, or a pasted address")
        self._account_row = LabelledControl(
            "Zendesk account",
            "The first part of https://NAME.zendesk.com/, or any page of it.",
            self.account_field,
        )
        self._address = label("", "note", wrap=True, tone="ok")
        self.sign_in_method = SegmentedControl("How to sign in", SIGN_IN_METHODS)
        self._method_note = small_note()
        self.client_field = _create_text_field("OAuth client", "fairlead")
        self.browser_sign_in_button = secondary_button(
            "Sign in with the browser…", name="Sign in with the browser…"
        )
        self._browser_section = self._create_browser_section()
        self.email_field = _create_text_field("E-mail address of the token", "agent@example.com")
        self.token_field = SecretField("API token")
        self.token_sign_in_button = secondary_button(
            "Sign in with the token", name="Sign in with the token"
        )
        self._token_section = self._create_token_section()
        self._busy = label("", wrap=True, tone="accent")
        self.cancel_button = quiet_button("Cancel", name="Cancel the sign-in")
        self.copy_url_button = LinkButton("Copy the address", name="Copy the address")
        self._signed_in = label("", "strong", wrap=True, tone="ok")
        self.sign_out_button = secondary_button("Sign out", name="Sign out of Zendesk")
        self._waiting = small_note()
        self._banner = Banner()
        self.check_list = ConnectionCheckList("Test of Zendesk")
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        self.body.setSpacing(fonts.scaled(8))
        self.add(control_row(self._signed_in, self.sign_out_button))
        for part in (
            self._waiting,
            self._account_row,
            self._address,
            self.sign_in_method,
            self._method_note,
            self._browser_section,
            self._token_section,
        ):
            self.add(part)
        self.add(control_row(self._busy, self.copy_url_button, self.cancel_button))
        self.add(self._banner)
        self.add(self.check_list)

    def _create_browser_section(self) -> QWidget:
        box, column = _create_column()
        help_ = "The identifier of the OAuth client an admin of your Zendesk made for Fairlead."
        self._client_row = LabelledControl("OAuth client", help_, self.client_field)
        self.support_text = CopyableText("Text for your Zendesk admin")
        column.addWidget(self._client_row)
        column.addWidget(self.support_text)
        column.addLayout(control_row(self.browser_sign_in_button, 1))
        return box

    def _create_token_section(self) -> QWidget:
        box, column = _create_column()
        help_ = "The address of the agent the token is used for."
        column.addWidget(LabelledControl("E-mail address", help_, self.email_field))
        where = "Zendesk: Admin Center › Apps and integrations › APIs › API tokens."
        column.addWidget(LabelledControl("API token", where, self.token_field))
        column.addLayout(control_row(self.token_sign_in_button, 1))
        return box

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self._show)
        model.browser_requested.connect(self._open_browser)
        model.message_posted.connect(self._on_announced)
        self.account_field.textEdited.connect(model.set_account_text)
        self.sign_in_method.chosen.connect(model.choose_sign_in_method)
        self.browser_sign_in_button.clicked.connect(self._on_sign_in)
        self.client_field.returnPressed.connect(self._on_sign_in)
        self.token_sign_in_button.clicked.connect(self._on_token_sign_in)
        self.token_field.field.returnPressed.connect(self._on_token_sign_in)
        self.cancel_button.clicked.connect(model.cancel)
        self.copy_url_button.clicked.connect(self._on_copy_url)
        self.sign_out_button.clicked.connect(model.sign_out)

    def _show(self) -> None:
        view = self._model.view()
        busy = bool(view.busy_text)
        if not self.account_field.hasFocus() and self.account_field.text() != view.account_text:
            self.account_field.setText(view.account_text)
        self._account_row.set_error(view.account_error)
        set_style_properties(self.account_field, invalid=bool(view.account_error))
        self._address.setText(f"→ {view.account_url}")
        self._address.setVisible(bool(view.account_url) and view.account_url != view.account_text)
        self._update_enabled(view, busy)
        self.sign_in_method.set_value(view.sign_in_method)
        self.sign_in_method.set_enabled(not busy, view.busy_text)
        self._method_note.setText(view.note)
        self._method_note.setVisible(bool(view.note))
        self._browser_section.setVisible(view.sign_in_method == BROWSER and not view.signed_in)
        self._token_section.setVisible(view.sign_in_method == TOKEN and not view.signed_in)
        if not self.client_field.hasFocus() and view.client_id:
            self.client_field.setText(view.client_id)
        if not self.email_field.hasFocus() and view.email and not self.email_field.text():
            self.email_field.setText(view.email)
        self.support_text.set_text(view.oauth_request_text)
        self._busy.setText(view.busy_text)
        for part, shown in (
            (self._busy, busy),
            (self.cancel_button, bool(view.browser_url)),
            (self.copy_url_button, bool(view.browser_url)),
            (self._signed_in, bool(view.signed_in)),
            (self.sign_out_button, bool(view.signed_in)),
            (self.sign_in_method, not view.signed_in),
        ):
            part.setVisible(shown)
        self._signed_in.setText(f"✓ Signed in as {view.signed_in}")
        self._waiting.setText(view.pending_edits_text)
        self._waiting.setVisible(bool(view.signed_in and view.pending_edits_text))
        show_error_banner(self._banner, view.error)
        self.check_list.set_checks(view.checks)

    def _update_enabled(self, view: ZendeskConnectionView, busy: bool) -> None:
        why_not = view.account_disabled_reason or ("Sign out first." if view.signed_in else "")
        self.account_field.setEnabled(not why_not and not busy)
        set_tooltip(self.account_field, why_not)
        self.client_field.setEnabled(not view.client_id_disabled_reason and not busy)
        for button in (
            self.browser_sign_in_button,
            self.token_sign_in_button,
            self.sign_out_button,
        ):
            button.set_enabled(not busy, view.busy_text)

    def _on_sign_in(self) -> None:
        self._model.sign_in_with_browser(self.client_field.text())

    def _on_token_sign_in(self) -> None:
        self._model.sign_in_with_token(self.email_field.text(), self.token_field.text())

    def _on_announced(self, words: str) -> None:
        self.token_field.clear()
        announce(self, words)

    def _open_browser(self, url: str) -> None:
        address = QUrl(url, QUrl.ParsingMode.StrictMode)
        if address.isValid() and address.scheme() in ("https", "http") and address.host():
            self._busy.setText(f"Waiting for the browser, which shows {address.host()}.")
            QDesktopServices.openUrl(address)

    def _on_copy_url(self) -> None:
        QApplication.clipboard().setText(self._model.view().browser_url)
        announce(self, "Address copied")


def _create_text_field(name: str, placeholder: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setObjectName(name)
    field.setPlaceholderText(placeholder)
    field.setMaxLength(400)
    return field


def _create_column() -> tuple[QWidget, QVBoxLayout]:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(fonts.scaled(6))
    return box, column
