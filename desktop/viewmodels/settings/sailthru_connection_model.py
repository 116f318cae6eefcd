"""Connecting Sailthru: key and secret, what the key may do, and what has to be asked for."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.connect.connection_check import ConnectionCheck, are_needed_checks_ok
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.support_texts import request_api_key_text
from desktop.connect.workspace_setup import set_up_workspace
from desktop.kit.errors import AppError, InvalidInput
from desktop.model.json_value import Json
from desktop.settings import settings_table
from desktop.viewmodels import time_format
from desktop.viewmodels.settings.connection_check_view import (
    ConnectionCheckView,
    build_check_view,
    summarise_checks,
)
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.task_registry import TaskRegistry
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol

SHARED_KEY_WARNING = (
    "Do not use the keys of your main account: whoever has this computer would have them, and "
    "they cannot be withdrawn alone."
)
KEY_LOCATION_HINT = (
    "In Sailthru: the gear, then Setup › API and Postbacks › API Key and Secret. The lock shows "
    "them."
)


@dataclass(frozen=True)
class SailthruConnectionView:
    """`kept` says that a key is in the vault; it is never shown again."""

    has_key: bool
    key_text: str
    is_busy: bool
    note: str
    note_tone: str
    error: ErrorMessage
    checks: tuple[ConnectionCheckView, ...]
    key_request_text: str


class SailthruConnectionModel(QObject):
    """Keys pass through to the keyring and are not held here."""

    changed = Signal()
    message_posted = Signal(str)

    def __init__(
        self, workspace: WorkspaceSettingsProtocol, connection_config: ConnectionConfig
    ) -> None:
        super().__init__()
        self._workspace, self._connection_config = workspace, connection_config
        self.tasks = TaskRegistry(self._on_error)
        self._is_busy = False
        self._has_stored_key: bool | None = None
        self._error: ErrorMessage = NO_ERROR
        self._checks: list[ConnectionCheck] = []
        self._tested_at: float | None = None

    def view(self) -> SailthruConnectionView:
        """Build the card."""
        kept = self.has_key
        checks = tuple(self._checks)
        note = summarise_checks(checks, running=self._is_busy)
        if self._tested_at is not None and not self._is_busy:
            note = f"{note}, tested {time_format.format_time_of_day(self._tested_at)}"
        tone = "muted" if self._is_busy or not checks or are_needed_checks_ok(checks) else "bad"
        words = (
            f"A key and secret are {self._connection_config.vault.location_label}." if kept else ""
        )
        return SailthruConnectionView(
            has_key=kept,
            key_text=words,
            is_busy=self._is_busy,
            note=note,
            note_tone=tone,
            error=self._error,
            checks=tuple(build_check_view(check) for check in checks),
            key_request_text=next(
                (c.support_text for c in checks if c.support_text and not c.is_ok),
                request_api_key_text(),
            ),
        )

    @property
    def has_key(self) -> bool:
        """Whether there is a key."""
        if self._has_stored_key is not None:
            return self._has_stored_key
        return self._workspace.services.sailthru is not None

    def load_status(self) -> None:
        """Ask the keyring whether there is a key; the network is not touched."""
        if not self.tasks.is_running("look"):
            self.tasks.start("look", self._load_status())

    def test_and_save_key(self, key: str, secret: str, *, own: bool) -> None:
        """Test, and keep what Sailthru takes; empty fields mean the kept key."""
        if self._is_busy:
            return
        self._is_busy, self._error, self._checks = True, NO_ERROR, []
        self.tasks.start("test", self._test_and_save_key(key.strip(), secret.strip(), own))
        self.changed.emit()

    def refresh(self) -> None:
        """The connection is another now."""
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    async def _load_status(self) -> None:
        self._has_stored_key = await self._connection_config.sailthru_credentials() is not None
        self.changed.emit()

    async def _test_and_save_key(self, key: str, secret: str, own: bool) -> None:
        if bool(key) != bool(secret):
            raise InvalidInput("Key and secret go together.", "", "Enter both.")
        if not key and not self.has_key:
            raise InvalidInput("There is no key and secret yet.", "", "Enter both, then test.")
        if key and not own:
            raise InvalidInput(
                "Is this key only for Fairlead?",
                SHARED_KEY_WARNING,
                "Tick the box, or ask Sailthru for a key of its own.",
            )
        section: Mapping[str, Json] = {"api_key": key, "api_secret": secret} if key else {}
        document: dict[str, Json] = {"sailthru": dict(section)}
        if not self._workspace.values.is_managed(settings_table.HAS_DEDICATED_KEY):
            document[settings_table.HAS_DEDICATED_KEY.key] = own
        report = await set_up_workspace(document, self._connection_config, self._on_check)
        self._tested_at = self._connection_config.clock.now()
        if not report.is_stored:
            self._is_busy = False
            self._error = ErrorMessage(
                "The key was not kept.",
                "It is kept only once Sailthru takes it.",
                "See below what did not work.",
            )
            self.changed.emit()
            return
        self._has_stored_key = True
        self._workspace.reload_settings()
        await self._workspace.connect()
        self._is_busy = False
        self.changed.emit()
        self.message_posted.emit(
            "Sailthru is connected." if report.is_ok else "The key is kept; see the test."
        )

    def _on_check(self, check: ConnectionCheck) -> None:
        # The rest is Zendesk's, and stands on its own card, unless it is what is wrong.
        if check.name.startswith("Sailthru") or (check.is_needed and not check.is_ok):
            self._checks.append(check)
            self.changed.emit()

    def _on_error(self, error: AppError) -> None:
        self._is_busy = False
        self._error = to_error_message(error)
        self.changed.emit()
