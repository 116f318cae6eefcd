"""Model of the Sailthru card: tests an API key, stores it in the keyring, lists what it may do."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from desktop.connect.connection_check import ConnectionCheck
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.setup_document import MOVE_ACCOUNT_KEY
from desktop.connect.support_request_texts import request_api_key_text
from desktop.connect.workspace_setup import set_up_workspace
from desktop.model.json_value import Json
from desktop.settings import settings_table
from desktop.viewmodels.settings.connecting_card_model import ConnectingCardModel
from desktop.viewmodels.settings.connection_check_view import (
    CheckNoteTone,
    ConnectionCheckView,
    build_check_view,
    checks_note,
)
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol

SHARED_KEY_WARNING = (
    "Do not use the keys of your main account: whoever has this computer would have them, and "
    "they cannot be withdrawn alone."
)
_SHARED_KEY_ERROR = "Tick this box, or ask Sailthru for a key of its own."
_REFUSED_KEY_HINT = "Check both: is one incomplete, or are key and secret swapped?"
KEY_LOCATION_HINT = (
    "In Sailthru: the gear, then Setup › API and Postbacks › API Key and Secret. The lock shows "
    "them."
)


@dataclass(frozen=True)
class SailthruConnectionView:
    """View of the Sailthru card; a stored key is never shown, `has_key` says that there is one."""

    has_key: bool
    key_text: str
    is_busy: bool
    note: str
    note_tone: CheckNoteTone
    error: ErrorMessage
    checks: tuple[ConnectionCheckView, ...]
    key_request_text: str


class SailthruConnectionModel(ConnectingCardModel):
    """Model of the Sailthru card; an API key passes through to the keyring and is not held."""

    def __init__(
        self, workspace: WorkspaceSettingsProtocol, connection_config: ConnectionConfig
    ) -> None:
        super().__init__()
        self._workspace, self._connection_config = workspace, connection_config
        self._has_stored_key: bool | None = None  # None: the keyring was not asked yet
        self._tested_at: float | None = None

    def view(self) -> SailthruConnectionView:
        """Build the view of the Sailthru card."""
        checks = tuple(self._checks)
        is_busy = bool(self._busy_text)
        note, tone = checks_note(checks, is_busy=is_busy, tested_at=self._tested_at)
        location = self._connection_config.vault.location_label
        return SailthruConnectionView(
            has_key=self.has_key,
            key_text=self._key_text(location),
            is_busy=is_busy,
            note=note,
            note_tone=tone,
            error=self._error,
            checks=tuple(build_check_view(check) for check in checks),
            key_request_text=next(
                (c.support_text for c in checks if c.support_text and not c.is_ok),
                request_api_key_text(),
            ),
        )

    def _key_text(self, location: str) -> str:
        if self.has_key:
            return f"A key and secret are {location}."
        if self._workspace.clients.sailthru is not None:
            return "No key on this computer: your team's worker reaches Sailthru for you."
        return ""

    @property
    def has_dedicated_key(self) -> bool:
        """Whether the Sailthru card's box says that the stored key is for Fairlead alone."""
        return self._workspace.values.get(settings_table.HAS_DEDICATED_KEY)

    @property
    def has_key(self) -> bool:
        """Whether the Sailthru card has a stored key; before the keyring is asked: a client."""
        if self._has_stored_key is not None:
            return self._has_stored_key
        return self._workspace.clients.sailthru is not None

    def load_status(self) -> None:
        """Ask the keyring for the Sailthru card whether there is a key; no request is sent."""
        self.tasks.start_once("status", self._load_status())

    def test_and_save_key(self, key: str, secret: str, *, own: bool) -> None:
        """Test the Sailthru card's key and store it if taken; empty fields test the stored one."""
        is_new = bool(key.strip() or secret.strip()) or not self.has_key
        # A shared key cannot be withdrawn from one computer alone.
        if is_new and self._has_field_errors(
            key="" if key.strip() else "Enter the API key.",
            secret="" if secret.strip() else "Enter the API secret.",
            dedicated="" if own else _SHARED_KEY_ERROR,
        ):
            return
        if not self._busy_text:
            self._checks = []
        save = partial(self._test_and_save_key, key.strip(), secret.strip(), own)
        self._start_connecting("test", save, "Working…")

    async def _load_status(self) -> None:
        self._has_stored_key = await self._connection_config.has_sailthru_key()
        self.changed.emit()

    async def _test_and_save_key(
        self, key: str, secret: str, own: bool, moves_account: bool
    ) -> None:
        section: Mapping[str, Json] = {"api_key": key, "api_secret": secret} if key else {}
        document: dict[str, Json] = {"sailthru": dict(section), MOVE_ACCOUNT_KEY: moves_account}
        if not self._workspace.values.is_managed(settings_table.HAS_DEDICATED_KEY):
            document[settings_table.HAS_DEDICATED_KEY.key] = own
        report = await set_up_workspace(document, self._connection_config, self._on_check)
        self._tested_at = self._connection_config.clock.now()
        if not report.is_stored:
            self._show_failed_check(report.checks, _REFUSED_KEY_HINT)
            return
        self._has_stored_key = True
        self._workspace.reload_settings()
        await self._workspace.connect()
        self._finish_work(
            "Sailthru is connected." if report.is_ok else "The key is saved; see the test."
        )

    def _on_check(self, check: ConnectionCheck) -> None:
        # The rest is Zendesk's, and stands on its own card, unless it is what is wrong.
        if check.name.startswith("Sailthru") or (check.is_needed and not check.is_ok):
            self._checks.append(check)
            self.changed.emit()
