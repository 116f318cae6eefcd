"""Model of the Zendesk card: account address, sign-in by browser or API token, sign-out."""

from collections.abc import Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import Signal

from desktop.connect import disconnect
from desktop.connect.connection_check import ConnectionCheck
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.interactive_sign_in import sign_in_interactively
from desktop.connect.local_data_service import LocalDataService
from desktop.connect.setup_document import MOVE_ACCOUNT_KEY
from desktop.connect.support_request_texts import request_oauth_client_text
from desktop.connect.workspace_setup import set_up_workspace
from desktop.connect.zendesk_account import parse_zendesk_account, set_zendesk_account
from desktop.connect.zendesk_account_checks import API_TOKENS_END
from desktop.kit.errors import AppError, InvalidInput, NotPermitted
from desktop.kit.text import format_count, format_long_day
from desktop.model.permission import Role
from desktop.settings import settings_table
from desktop.viewmodels.settings.connecting_card_model import ConnectingCardModel
from desktop.viewmodels.settings.connection_check_view import ConnectionCheckView, build_check_view
from desktop.viewmodels.settings.error_message import (
    NO_ERROR,
    ErrorMessage,
    field_error_text,
    to_error_message,
)
from desktop.viewmodels.settings.local_data_model import NoteEverybody, everybody_stays
from desktop.viewmodels.workspace_settings_protocol import (
    WorkspaceSettingsProtocol,
    setting_disabled_reason,
)

# Values of the setting `zendesk.auth`.
BROWSER, TOKEN, NO_ZENDESK = "oauth", "token", "none"
SIGN_IN_METHODS = (
    (BROWSER, "In the browser"),
    (TOKEN, "API token"),
    (NO_ZENDESK, "Without Zendesk"),
)
TOKEN_NOTE = (
    f"Zendesk ends all API tokens on {format_long_day(API_TOKENS_END)}. Until then a token works on"
    " servers and where the browser cannot be used."
)
NO_ZENDESK_NOTE = (
    "Customers are then looked up in Sailthru only. Zendesk can be connected at any time."
)
_NO_CLIENT = (
    "Enter the identifier. An admin of your Zendesk makes the client in Admin Center › Apps and "
    "integrations › OAuth clients; the text below can be sent to them."
)
_REFUSED_HINT = "Check the e-mail address and the token; in Zendesk the token must be active."
ROLE_LABELS = {Role.ADMIN: "Administrator", Role.LEAD: "Lead", Role.AGENT: "Agent"}


@dataclass(frozen=True)
class ZendeskConnectionView:
    """View of the Zendesk card; `account_url` as understood, `signed_in` the person."""

    account_text: str
    account_url: str
    account_error: str
    account_disabled_reason: str
    sign_in_method: str
    note: str
    client_id: str
    client_id_disabled_reason: str
    email: str
    signed_in: str
    busy_text: str
    browser_url: str
    error: ErrorMessage
    checks: tuple[ConnectionCheckView, ...]
    oauth_request_text: str
    pending_edits_text: str


class ZendeskConnectionModel(ConnectingCardModel):
    """Model of the Zendesk card; `browser_requested` carries the address to open."""

    browser_requested = Signal(str)

    def __init__(
        self,
        workspace: WorkspaceSettingsProtocol,
        connection_config: ConnectionConfig,
        local_databases: LocalDataService,
        note_everybody: NoteEverybody = everybody_stays,
    ) -> None:
        super().__init__()
        self._note_everybody = note_everybody
        self._workspace = workspace
        self._connection_config = connection_config
        self._local_databases = local_databases
        values = workspace.values
        base_url = values.get(settings_table.ZENDESK_BASE_URL)
        self._account_text = base_url
        method = values.get(settings_table.ZENDESK_AUTH)
        # Nobody chose yet: the browser is the way we recommend.
        self._sign_in_method = (
            method if values.is_set(settings_table.ZENDESK_AUTH) or base_url else BROWSER
        )
        self._browser_url = ""
        self._open_edit_count = 0

    def view(self) -> ZendeskConnectionView:
        """Build the view of the Zendesk card."""
        values = self._workspace.values
        url, error = self._parse_account_text()
        return ZendeskConnectionView(
            account_text=self._account_text,
            account_url=url,
            account_error=error or self.field_errors.get("account", ""),
            account_disabled_reason=setting_disabled_reason(
                self._workspace, settings_table.ZENDESK_BASE_URL
            ),
            sign_in_method=self._sign_in_method,
            note={TOKEN: TOKEN_NOTE, NO_ZENDESK: NO_ZENDESK_NOTE}.get(self._sign_in_method, ""),
            client_id=values.get(settings_table.ZENDESK_CLIENT_ID),
            client_id_disabled_reason=setting_disabled_reason(
                self._workspace, settings_table.ZENDESK_CLIENT_ID
            ),
            email=values.get(settings_table.ZENDESK_EMAIL),
            signed_in=self.signed_in_text(),
            busy_text=self._busy_text,
            browser_url=self._browser_url,
            error=self._error or self._connection_fault(),
            checks=tuple(build_check_view(check) for check in self._checks),
            oauth_request_text=request_oauth_client_text(),
            pending_edits_text=self._pending_edits_text(),
        )

    def signed_in_text(self) -> str:
        """Return the Zendesk card's line on who is signed in, by name and role; else empty."""
        # While connecting, who it is has not been said by Zendesk yet.
        if self._busy_text or self._workspace.clients.zendesk is None:
            return ""
        actor, error = self._workspace.actor, self._workspace.connection_error
        # A sign-in is not lost because Zendesk can't be asked at the moment.
        is_kept = error is None or (error.is_retryable and not self._error and actor.name)
        if not is_kept:
            return ""
        return f"{actor.name}, {ROLE_LABELS[actor.role]}"

    def _connection_fault(self) -> ErrorMessage:
        """Say why Zendesk can't be asked at the moment, though somebody is signed in."""
        error = self._workspace.connection_error
        is_for_now = error is not None and error.is_retryable and bool(self.signed_in_text())
        return to_error_message(error) if error is not None and is_for_now else NO_ERROR

    @property
    def is_done(self) -> bool:
        """Whether the setup wizard's Zendesk step needs nothing more."""
        return bool(self.signed_in_text()) or self._sign_in_method == NO_ZENDESK

    @property
    def account_text(self) -> str:
        """The account as it was typed into the Zendesk card, or the address that is saved."""
        return self._account_text

    def set_account_text(self, text: str) -> None:
        """Take the account typed into the Zendesk card so far, and show the address it means."""
        self._account_text = text
        self.field_errors.pop("account", "")
        self.changed.emit()

    def choose_sign_in_method(self, method: str) -> None:
        """Choose on the Zendesk card how to sign in: browser, API token, or not at all."""
        self._sign_in_method, self._error, self._checks = method, NO_ERROR, []
        self.field_errors = {}
        if method == NO_ZENDESK and not self._workspace.values.get(settings_table.ZENDESK_BASE_URL):
            self._change_settings({settings_table.ZENDESK_AUTH.key: NO_ZENDESK})
        self.changed.emit()

    def sign_in_with_browser(self, client_id: str) -> None:
        """Sign in from the Zendesk card: open the browser and wait for its answer."""
        client_error = "" if client_id.strip() else _NO_CLIENT
        if self._has_field_errors(account=self._account_error(), client=client_error):
            return
        sign_in = partial(self._sign_in_with_browser, client_id)
        self._start_connecting("sign-in", sign_in, "Waiting for the browser…")

    def sign_in_with_token(self, email: str, token: str) -> None:
        """Sign in from the Zendesk card by API token; it is kept only if Zendesk takes it."""
        if self._has_field_errors(
            account=self._account_error(),
            email=_email_error(email),
            token="" if token.strip() else "Enter the API token.",
        ):
            return
        sign_in = partial(self._sign_in_with_token, email, token)
        self._start_connecting("sign-in", sign_in, "Testing the token…")

    def cancel(self) -> None:
        """Cancel the Zendesk card's sign-in that is under way."""
        self.tasks.cancel("sign-in")
        self._finish_work()

    def sign_out(self) -> None:
        """Sign out from the Zendesk card: cached customers are deleted, waiting edits kept."""
        self._start_work("sign-out", self._sign_out(), "Signing out…")

    def load_status(self) -> None:
        """Count the edits that wait, for the Zendesk card: signing out keeps them, and says so."""
        self.tasks.start("count", self._count_open_edits())

    def refresh(self) -> None:
        """Rebuild the Zendesk card and count waiting edits: the connection changed elsewhere."""
        super().refresh()
        self.load_status()

    def _start_work(
        self, name: str, coroutine: Coroutine[Any, Any, None], busy_text: str = "Working…"
    ) -> None:
        if not self._busy_text:
            self._checks = []
        super()._start_work(name, coroutine, busy_text)

    def _finish_work(self, message: str = "") -> None:
        self._browser_url = ""
        super()._finish_work(message)

    async def _count_open_edits(self) -> None:
        self._open_edit_count = await self._local_databases.count_open_edits()
        self.changed.emit()

    async def _sign_in_with_browser(self, client_id: str, moves_account: bool) -> None:
        await self._save_account(moves_account=moves_account)
        values = self._workspace.values
        # Stored before the browser opens: it is part of the address that is opened.
        if client_id.strip() != values.get(settings_table.ZENDESK_CLIENT_ID):
            self._workspace.change_settings({settings_table.ZENDESK_CLIENT_ID.key: client_id})
        await sign_in_interactively(self._connection_config, self._request_browser)
        self._browser_url = ""
        await self._reconnect()

    async def _sign_in_with_token(self, email: str, token: str, moves_account: bool) -> None:
        await self._save_account(moves_account=moves_account)
        section = {
            "base_url": self._workspace.values.get(settings_table.ZENDESK_BASE_URL),
            "auth": TOKEN,
            "email": email,
            "api_token": token,
        }
        report = await set_up_workspace(
            {"zendesk": section, MOVE_ACCOUNT_KEY: moves_account},
            self._connection_config,
            self._on_check,
        )
        if not report.is_stored:
            self._show_failed_check(report.checks, _REFUSED_HINT)
            return
        # Signed in, only what needs somebody is left to read.
        self._checks = [c for c in self._checks if not c.is_ok]
        self._workspace.reload_settings()
        await self._reconnect()

    async def _save_account(self, *, moves_account: bool) -> None:
        values = self._workspace.values
        reason = setting_disabled_reason(self._workspace, settings_table.ZENDESK_BASE_URL)
        url = parse_zendesk_account(self._account_text).base_url
        if url == values.get(settings_table.ZENDESK_BASE_URL):
            return
        if reason:
            raise NotPermitted("The account cannot be changed here.", reason)
        await set_zendesk_account(
            self._connection_config, self._account_text, moves_account=moves_account
        )
        self._workspace.reload_settings()

    async def _reconnect(self) -> None:
        self._workspace.reload_settings()
        self._busy_text = "Connecting…"
        self.changed.emit()
        await self._workspace.connect()
        if self._workspace.connection_error is not None:
            self._error = to_error_message(self._workspace.connection_error)
        self._account_text = self._workspace.values.get(settings_table.ZENDESK_BASE_URL)
        self._finish_work()
        if self.signed_in_text():
            self.message_posted.emit(f"Signed in as {self.signed_in_text()}")

    async def _sign_out(self) -> None:
        # Asked while it is known who is at work: everybody's data goes with an admin alone.
        with_everybody = await self._local_databases.has_everybody()
        if with_everybody:
            kept = await self._local_databases.summarize_kept()
            with_everybody = await self._note_everybody(kept.people)
        result = await disconnect.sign_out_of_zendesk(self._connection_config)
        await self._workspace.disconnect()
        await self._local_databases.erase_kept(with_everybody=with_everybody)
        self._workspace.reload_settings()
        await self._workspace.connect()
        self._finish_work(result.message)

    def _request_browser(self, url: str) -> None:
        self._browser_url = url
        self.changed.emit()
        self.browser_requested.emit(url)

    def _account_error(self) -> str:
        if not self._account_text.strip():
            return "Enter the name of your Zendesk account."
        return self._parse_account_text()[1]

    def _parse_account_text(self) -> tuple[str, str]:
        if not self._account_text.strip():
            return "", ""
        try:
            return parse_zendesk_account(self._account_text).base_url, ""
        except InvalidInput as error:
            return "", f"{field_error_text(error)} {error.hint}".strip()

    def _pending_edits_text(self) -> str:
        if not self._open_edit_count:
            return ""
        what = format_count(self._open_edit_count, "change waits", "changes wait")
        return f"{what} to be sent. Signing out keeps what waits."

    def _change_settings(self, changes: dict[str, str]) -> None:
        try:
            self._workspace.change_settings(dict(changes))
        except AppError as error:
            self._error = to_error_message(error)

    def _on_check(self, check: ConnectionCheck) -> None:
        self._checks.append(check)
        self.changed.emit()


def _email_error(email: str) -> str:
    if not email.strip():
        return "Enter the e-mail address of the agent."
    try:
        settings_table.ZENDESK_EMAIL.parse(email)
    except InvalidInput as error:
        return field_error_text(error)
    return ""
