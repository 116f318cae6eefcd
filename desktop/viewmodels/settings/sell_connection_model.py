"""Model of the Zendesk Sell card: connects it, exports everything from it, disconnects it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal

from desktop.connect.connection_check import ConnectionCheck
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.disconnect import disconnect_sell
from desktop.connect.sell_sign_in import sign_in_to_sell
from desktop.connect.support_request_texts import request_sell_oauth_client_text
from desktop.connect.workspace_setup import SetupReport, set_up_workspace
from desktop.customer.sell_export.export_folder import STATE
from desktop.customer.sell_export.sell_exporter import SellExporter, SellExportStep
from desktop.kit.errors import NotPermitted
from desktop.kit.text import format_long_day
from desktop.model.permission import Permission, check_role
from desktop.model.sell_record import SELL_END
from desktop.settings import settings_table
from desktop.vault.secret import Secret
from desktop.viewmodels import time_format
from desktop.viewmodels.settings.connecting_card_model import ConnectingCardModel
from desktop.viewmodels.settings.connection_check_view import (
    CheckNoteTone,
    ConnectionCheckView,
    build_check_view,
    checks_note,
)
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.workspace_settings_protocol import (
    WorkspaceSettingsProtocol,
    setting_disabled_reason,
)

SELL_END_TEXT = (
    f"Zendesk ends Sell on {format_long_day(SELL_END)} and deletes its data. Export everything"
    " before that."
)
WHERE_TO_FIND_IT = (
    "In Sell: Settings › Integrations › OAuth › Access Tokens. An admin makes it; it has 64"
    " characters."
)
# Values of the setting `sell.auth`.
TOKEN, OAUTH = "token", "oauth"
SELL_SIGN_IN_METHODS = ((TOKEN, "Access token"), (OAUTH, "Sign in with OAuth"))
_SIGN_IN = "sign-in"
_REFUSED_HINT = "Check the token: is it complete, and is its user still active in Sell?"
_EXPORT = "export"

MakeSellExporter = Callable[[Callable[[SellExportStep], None]], SellExporter]


@dataclass(frozen=True)
class SellConnectionView:
    """View of the Zendesk Sell card; a reason says why a button can't be used, "" where it can.

    `export_text` says how far a running export is; empty: none runs. `offers_export` is false in
    the set-up, where nobody exports yet. `browser_url` is the page that a sign-in waits for.
    """

    is_connected: bool
    status_text: str
    is_busy: bool
    sign_in_method: str
    client_id: str
    oauth_request_text: str
    browser_url: str
    note: str
    note_tone: CheckNoteTone
    error: ErrorMessage
    checks: tuple[ConnectionCheckView, ...]
    change_reason: str
    offers_export: bool
    export_reason: str
    export_text: str


class SellConnectionModel(ConnectingCardModel):
    """Model of the Zendesk Sell card; a token passes through to the keyring and is not held.

    `browser_requested` carries the address to open.
    """

    browser_requested = Signal(str)

    def __init__(
        self,
        workspace: WorkspaceSettingsProtocol,
        connection_config: ConnectionConfig,
        make_exporter: MakeSellExporter | None = None,
    ) -> None:
        super().__init__()
        self._workspace, self._connection_config = workspace, connection_config
        self._make_exporter = make_exporter
        self._tested_at: float | None = None
        self._export_text = ""
        self._sign_in_method = workspace.values.get(settings_table.SELL_AUTH)
        self._browser_url = ""

    @property
    def is_connected(self) -> bool:
        """Whether the Sell card's workspace has a client of Sell."""
        return self._workspace.clients.sell is not None

    def view(self) -> SellConnectionView:
        """Build the view of the Zendesk Sell card."""
        checks = tuple(self._checks)
        is_busy = bool(self._busy_text)
        note, tone = checks_note(checks, is_busy=is_busy, tested_at=self._tested_at)
        location = self._connection_config.vault.location_label
        what = "token" if self._used_method() == TOKEN else "sign-in"
        return SellConnectionView(
            is_connected=self.is_connected,
            status_text=f"Connected. The {what} is {location}." if self.is_connected else "",
            is_busy=is_busy,
            sign_in_method=self._used_method() if self.is_connected else self._sign_in_method,
            client_id=self._workspace.values.get(settings_table.SELL_CLIENT_ID),
            oauth_request_text=request_sell_oauth_client_text(),
            browser_url=self._browser_url,
            note=note,
            note_tone=tone,
            error=self._error,
            checks=tuple(build_check_view(check) for check in checks),
            change_reason=self._change_reason(),
            offers_export=self.is_connected and self._make_exporter is not None,
            export_reason=self._export_reason(),
            export_text=self._export_text,
        )

    def _change_reason(self) -> str:
        if not self._workspace.is_connected:
            return "Connect Zendesk or Sailthru first."
        return setting_disabled_reason(self._workspace, settings_table.SELL_ENABLED)

    def _export_reason(self) -> str:
        workspace = self._workspace
        return check_role(Permission.EXPORT_SELL, workspace.actor, workspace.rules).reason

    def _used_method(self) -> str:
        if Secret.SELL_TOKEN in self._connection_config.environment_secrets.secrets:
            return TOKEN
        return self._workspace.values.get(settings_table.SELL_AUTH)

    def choose_sign_in_method(self, method: str) -> None:
        """Show on the Sell card the fields of an access token, or of OAuth."""
        self._sign_in_method = method
        self.field_errors = {}
        self.changed.emit()

    def sign_in_with_browser(self, client_id: str, client_secret: str) -> None:
        """Sign in to Sell in the browser with this OAuth client; empty: the one that is kept."""
        kept_id = self._workspace.values.get(settings_table.SELL_CLIENT_ID)
        is_kept = bool(kept_id) and client_id.strip() in ("", kept_id)
        if self._has_field_errors(
            client="" if is_kept or client_id.strip() else "Enter the client ID.",
            secret="" if is_kept or client_secret.strip() else "Enter the client secret.",
        ):
            return
        if not self._busy_text:
            self._checks = []
        sign_in = self._sign_in(client_id, client_secret)
        self._start_work(_SIGN_IN, sign_in, "Waiting for the browser…")

    async def _sign_in(self, client_id: str, client_secret: str) -> None:
        reason = self._change_reason()
        if reason:
            raise NotPermitted("Zendesk Sell cannot be connected here.", reason)
        report = await sign_in_to_sell(
            self._connection_config,
            self._request_browser,
            client_id,
            client_secret,
            on_check=self._on_check,
        )
        self._browser_url = ""
        await self._take_report(report)

    def _request_browser(self, url: str) -> None:
        self._browser_url = url
        self.changed.emit()
        self.browser_requested.emit(url)

    def cancel_sign_in(self) -> None:
        """Stop waiting for the browser on the Sell card; nothing was stored."""
        self.tasks.cancel(_SIGN_IN)
        self._finish_work()

    def _finish_work(self, message: str = "") -> None:
        self._browser_url = ""
        super()._finish_work(message)

    def connect_sell(self, token: str) -> None:
        """Test the Sell card's token, and store it if Sell takes it."""
        if self._has_field_errors(token="" if token.strip() else "Enter the access token."):
            return
        if not self._busy_text:
            self._checks = []
        self._start_connecting("connect", partial(self._connect, token.strip()), "Working…")

    async def _connect(self, token: str, _moves_account: bool) -> None:
        document = {"sell": {"access_token": token}}
        report = await set_up_workspace(document, self._connection_config, self._on_check)
        await self._take_report(report)

    async def _take_report(self, report: SetupReport) -> None:
        self._tested_at = self._connection_config.clock.now()
        failed = [check for check in self._checks if check.is_needed and not check.is_ok]
        if not report.is_stored or failed:
            self._show_failed_check(failed or report.checks, _REFUSED_HINT)
            return
        self._workspace.reload_settings()
        await self._workspace.connect()
        self._finish_work("Zendesk Sell is connected.")

    def _on_check(self, check: ConnectionCheck) -> None:
        # The rest is of the other services, and stands on their cards.
        if check.name.startswith("Zendesk Sell"):
            self._checks.append(check)
            self.changed.emit()

    def disconnect_sell(self) -> None:
        """Forget the Sell card's token and switch Sell off; the person has been asked."""
        self._start_work("disconnect", self._disconnect(), "Disconnecting…")

    async def _disconnect(self) -> None:
        reason = self._change_reason()
        if reason:
            raise NotPermitted("Zendesk Sell cannot be disconnected here.", reason)
        result = await disconnect_sell(self._connection_config)
        self._checks = []
        self._workspace.reload_settings()
        await self._workspace.connect()
        self._finish_work(result.message)

    def export_into(self, parent: str) -> None:
        """Export everything from Sell into a new folder below this one, or go on with one."""
        self._start_work(_EXPORT, self._export(Path(parent)), "Exporting…")

    def cancel_export(self) -> None:
        """Stop the Sell card's export; exporting into the same folder again goes on from there."""
        if self.tasks.is_running(_EXPORT):
            self.tasks.cancel(_EXPORT)
            self._export_text = ""
            self._finish_work("Stopped. Exporting into the same folder goes on from there.")

    async def _export(self, parent: Path) -> None:
        if self._make_exporter is None:
            return
        exporter = self._make_exporter(self._on_step)
        at = time_format.to_local_time(self._connection_config.clock.now())
        unfinished = _find_unfinished(parent)
        folder = unfinished or parent / f"sell-export-{at:%Y-%m-%d-%H%M%S}"
        try:
            self._export_text = "Reading…"
            self.changed.emit()
            result = await exporter.export(folder)
        finally:
            self._export_text = ""
        words = "" if result.is_complete else " Some lists kept changing: export once more."
        self._finish_work(f"Saved {result.folder}.{words}")

    def _on_step(self, step: SellExportStep) -> None:
        what = "checked" if step.is_check else "read"
        self._export_text = f"{step.table.replace('_', ' ').capitalize()}: {step.records:,} {what}"
        self.changed.emit()


def _find_unfinished(parent: Path) -> Path | None:
    """Return the folder chosen, or one below it, that holds an export which was stopped."""
    if (parent / STATE).exists():
        return parent
    found = sorted(parent.glob(f"sell-export-*/{STATE}"))
    return found[-1].parent if found else None
