"""Zendesk: the account field, three ways in, and who is signed in."""

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from desktop.panels.parts.announce import announce
from desktop.panels.parts.banner import Banner
from desktop.panels.parts.button import quiet, secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.label import label
from desktop.panels.parts.link import LinkButton
from desktop.panels.parts.restyle import restyle
from desktop.panels.parts.segmented import SegmentedControl
from desktop.panels.parts.tip import set_tip
from desktop.panels.setting_up.check_list import CheckList
from desktop.panels.setting_up.letter import Letter
from desktop.panels.setting_up.rows import Labelled, note, row, show_trouble
from desktop.panels.setting_up.secret_field import SecretField
from desktop.panels.theme import fonts
from desktop.viewmodels.setting_up.zendesk import BROWSER, TOKEN, WAYS, ZendeskModel, ZendeskView


class ZendeskCard(Card):
    """Draws the Zendesk card and opens the browser, for http and https only."""

    def __init__(self, model: ZendeskModel) -> None:
        super().__init__("Zendesk")
        self._model = model
        self.account = _line("Zendesk account", "acme, or a pasted address")
        self._account = Labelled(
            "Zendesk account",
            "The first part of https://NAME.zendesk.com/, or any page of it.",
            self.account,
        )
        self._address = label("", "note", wrap=True, tone="ok")
        self.way = SegmentedControl("How to sign in", WAYS)
        self._way_note = note()
        self.client = _line("OAuth client", "fairlead")
        self.sign_in = secondary("Sign in with the browser…", name="Sign in with the browser…")
        self._browser = self._browser_box()
        self.email = _line("E-mail address of the token", "agent@example.com")
        self.token = SecretField("API token")
        self.use_token = secondary("Sign in with the token", name="Sign in with the token")
        self._token = self._token_box()
        self._busy = label("", wrap=True, tone="accent")
        self.cancel = quiet("Cancel", name="Cancel the sign-in")
        self.copy_url = LinkButton("Copy the address", name="Copy the address")
        self._signed_in = label("", "strong", wrap=True, tone="ok")
        self.sign_out = secondary("Sign out", name="Sign out of Zendesk")
        self._waiting = note()
        self._banner = Banner()
        self.checks = CheckList("Test of Zendesk")
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        self.body.setSpacing(fonts.scaled(8))
        self.add(row(self._signed_in, self.sign_out))
        for part in (
            self._waiting,
            self._account,
            self._address,
            self.way,
            self._way_note,
            self._browser,
            self._token,
        ):
            self.add(part)
        self.add(row(self._busy, self.copy_url, self.cancel))
        self.add(self._banner)
        self.add(self.checks)

    def _browser_box(self) -> QWidget:
        box, column = _box()
        help_ = "The identifier of the OAuth client an admin of your Zendesk made for Fairlead."
        self._client = Labelled("OAuth client", help_, self.client)
        self.letter = Letter("Text for your Zendesk admin")
        column.addWidget(self._client)
        column.addWidget(self.letter)
        column.addLayout(row(self.sign_in, 1))
        return box

    def _token_box(self) -> QWidget:
        box, column = _box()
        help_ = "The address of the agent the token is used for."
        column.addWidget(Labelled("E-mail address", help_, self.email))
        where = "Zendesk: Admin Center › Apps and integrations › APIs › API tokens."
        column.addWidget(Labelled("API token", where, self.token))
        column.addLayout(row(self.use_token, 1))
        return box

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self._show)
        model.browser_wanted.connect(self._open)
        model.told.connect(self._on_told)
        self.account.textEdited.connect(model.type_account)
        self.way.chosen.connect(model.choose_way)
        self.sign_in.clicked.connect(self._on_sign_in)
        self.client.returnPressed.connect(self._on_sign_in)
        self.use_token.clicked.connect(self._on_token)
        self.token.field.returnPressed.connect(self._on_token)
        self.cancel.clicked.connect(model.cancel)
        self.copy_url.clicked.connect(self._on_copy_url)
        self.sign_out.clicked.connect(model.sign_out)

    def _show(self) -> None:
        view = self._model.view()
        busy = bool(view.busy)
        if not self.account.hasFocus() and self.account.text() != view.account:
            self.account.setText(view.account)
        self._account.set_error(view.account_error)
        restyle(self.account, invalid=bool(view.account_error))
        self._address.setText(f"→ {view.address}")
        self._address.setVisible(bool(view.address) and view.address != view.account)
        self._lock(view, busy)
        self.way.set_value(view.way)
        self.way.set_enabled(not busy, view.busy)
        self._way_note.setText(view.note)
        self._way_note.setVisible(bool(view.note))
        self._browser.setVisible(view.way == BROWSER and not view.signed_in)
        self._token.setVisible(view.way == TOKEN and not view.signed_in)
        if not self.client.hasFocus() and view.client_id:
            self.client.setText(view.client_id)
        if not self.email.hasFocus() and view.email and not self.email.text():
            self.email.setText(view.email)
        self.letter.set_text(view.letter)
        self._busy.setText(view.busy)
        for part, shown in (
            (self._busy, busy),
            (self.cancel, bool(view.browser_url)),
            (self.copy_url, bool(view.browser_url)),
            (self._signed_in, bool(view.signed_in)),
            (self.sign_out, bool(view.signed_in)),
            (self.way, not view.signed_in),
        ):
            part.setVisible(shown)
        self._signed_in.setText(f"✓ Signed in as {view.signed_in}")
        self._waiting.setText(view.waiting)
        self._waiting.setVisible(bool(view.signed_in and view.waiting))
        show_trouble(self._banner, view.trouble)
        self.checks.set_checks(view.checks)

    def _lock(self, view: ZendeskView, busy: bool) -> None:
        why_not = view.account_why_not or ("Sign out first." if view.signed_in else "")
        self.account.setEnabled(not why_not and not busy)
        set_tip(self.account, why_not)
        self.client.setEnabled(not view.client_why_not and not busy)
        for button in (self.sign_in, self.use_token, self.sign_out):
            button.set_enabled(not busy, view.busy)

    def _on_sign_in(self) -> None:
        self._model.begin_browser(self.client.text())

    def _on_token(self) -> None:
        self._model.begin_token(self.email.text(), self.token.text())

    def _on_told(self, words: str) -> None:
        self.token.clear()
        announce(self, words)

    def _open(self, url: str) -> None:
        address = QUrl(url, QUrl.ParsingMode.StrictMode)
        if address.isValid() and address.scheme() in ("https", "http") and address.host():
            self._busy.setText(f"Waiting for the browser, which shows {address.host()}.")
            QDesktopServices.openUrl(address)

    def _on_copy_url(self) -> None:
        QApplication.clipboard().setText(self._model.view().browser_url)
        announce(self, "Address copied")


def _line(name: str, placeholder: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setObjectName(name)
    field.setPlaceholderText(placeholder)
    field.setMaxLength(400)
    return field


def _box() -> tuple[QWidget, QVBoxLayout]:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(fonts.scaled(6))
    return box, column
