"""View-model of the settings page: one model for each card, refreshed by the change bus."""

import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, qVersion

from desktop import __version__
from desktop.audience.retention_service import RetentionService
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.local_data_service import LocalDataService
from desktop.connect.team_connection import TeamConnection
from desktop.customer.erasure_service import ErasureService
from desktop.kit.change_bus import ChangeBus, ChangeSet, Topic
from desktop.kit.errors import AppError
from desktop.model.permission import Permission, check_permission
from desktop.settings import settings_table
from desktop.sync.sync_service import SyncService
from desktop.viewmodels.page_access import decide_settings_sections
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.connection_test_model import ConnectionTestModel
from desktop.viewmodels.settings.data_sources_model import DataSourcesModel, DataSourceUseCases
from desktop.viewmodels.settings.diagnostics_model import DiagnosticsModel
from desktop.viewmodels.settings.disconnect_model import DisconnectModel
from desktop.viewmodels.settings.erasures_model import ErasuresModel
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.settings.field_protection_model import FieldProtectionModel
from desktop.viewmodels.settings.local_data_model import (
    LocalDataModel,
    NoteEverybody,
    everybody_stays,
)
from desktop.viewmodels.settings.mail_server_model import MailServerModel
from desktop.viewmodels.settings.note_templates_model import NoteTemplatesModel
from desktop.viewmodels.settings.permissions_model import PermissionsModel
from desktop.viewmodels.settings.retention_model import RetentionModel
from desktop.viewmodels.settings.sailthru_connection_model import SailthruConnectionModel
from desktop.viewmodels.settings.sell_connection_model import (
    MakeSellExporter,
    SellConnectionModel,
)
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel
from desktop.viewmodels.settings.system_timer_model import SystemTimer, SystemTimerModel
from desktop.viewmodels.settings.team_policy_model import TeamPolicyModel
from desktop.viewmodels.settings.team_store_model import TeamStoreModel
from desktop.viewmodels.settings.zendesk_connection_model import ZendeskConnectionModel
from desktop.viewmodels.workspace_settings_protocol import (
    WorkspaceSettingsProtocol,
    current_actor,
    setting_disabled_reason,
)


class SettingsPageModel(QObject):
    """The settings page's models; emits `changed` when the notice above the cards is another."""

    changed = Signal()

    def __init__(
        self,
        workspace: WorkspaceSettingsProtocol,
        connection_config: ConnectionConfig,
        erasures: ErasureService,
        team: TeamConnection,
        bus: ChangeBus,
        log_folder: Path,
        timer: SystemTimer | None = None,
        make_sell_exporter: MakeSellExporter | None = None,
        note_everybody: NoteEverybody = everybody_stays,
        get_retention: Callable[[], RetentionService | None] = lambda: None,
        data_sources: DataSourceUseCases | None = None,
        get_syncs: Callable[[], SyncService] | None = None,
    ) -> None:
        super().__init__()
        self.log_folder = log_folder
        self._workspace, self._connection_config = workspace, connection_config
        self._save_error = NO_ERROR
        local_databases = LocalDataService(connection_config.workspace)
        self.form = SettingsFormModel(workspace)
        self.permissions = PermissionsModel(workspace)
        self.zendesk = ZendeskConnectionModel(
            workspace, connection_config, local_databases, note_everybody
        )
        self.sailthru = SailthruConnectionModel(workspace, connection_config)
        self.sell = SellConnectionModel(workspace, connection_config, make_sell_exporter)
        self.data = LocalDataModel(
            connection_config, local_databases, bus, self._may_stop_runs, note_everybody
        )
        self.retention = RetentionModel(get_retention)
        self.sources = DataSourcesModel(workspace, data_sources)
        self.protection = FieldProtectionModel(get_syncs)
        self.erasures = ErasuresModel(erasures, bus)
        self.team_store = TeamStoreModel(workspace, team, connection_config.clock)
        self.team = TeamPolicyModel(workspace, connection_config)
        self.connection_test = ConnectionTestModel(connection_config)
        self.diagnostics = DiagnosticsModel(connection_config, log_folder)
        self.note_templates = NoteTemplatesModel(workspace)
        self.disconnect_model = DisconnectModel(workspace, connection_config, local_databases)
        self.timer = SystemTimerModel(workspace, timer)
        self.mail = MailServerModel(workspace, connection_config)
        self._card_models: tuple[CardModel, ...] = (
            self.permissions,
            self.zendesk,
            self.sailthru,
            self.sell,
            self.data,
            self.retention,
            self.sources,
            self.protection,
            self.erasures,
            self.team_store,
            self.team,
            self.connection_test,
            self.diagnostics,
            self.timer,
            self.mail,
            self.note_templates,
            self.disconnect_model,
        )
        self._unsubscribe = bus.subscribe(self._on_changes)

    def _may_stop_runs(self) -> bool:
        # While Zendesk is away nobody can say who may; a run that stops can go on.
        if self._workspace.connection_error is not None:
            return True
        rules = replace(self._workspace.rules, are_changes_enabled=True)
        return check_permission(Permission.RUNS, self._workspace.actor, rules).is_allowed

    def settings_file_error(self) -> ErrorMessage:
        """Return what is wrong with the settings file or single values, for the page's notice."""
        if self._save_error:
            return self._save_error
        if self._workspace.settings_error is not None:
            return to_error_message(self._workspace.settings_error)
        outside = self._workspace.values.outside_changes.error
        if outside is not None:
            return to_error_message(outside)
        notices = self._workspace.values.notices
        if notices:
            return ErrorMessage(
                "Some settings cannot be read.", " ".join(notices), "Set them again."
            )
        return NO_ERROR

    @property
    def can_save_outside_changes(self) -> bool:
        """Whether the person at work may make count what was changed outside Fairlead."""
        keys = self._workspace.values.outside_changes.values
        settings = [settings_table.SETTINGS_BY_KEY[key] for key in keys]
        reasons = [setting_disabled_reason(self._workspace, setting) for setting in settings]
        return current_actor(self._workspace) is not None and bool(settings) and not any(reasons)

    def save_outside_changes(self) -> None:
        """Make count what was changed outside Fairlead, as it stands in the file."""
        if not self.can_save_outside_changes:
            return
        try:
            self._workspace.change_settings(self._workspace.values.outside_changes.values)
        except AppError as error:
            self._save_error = to_error_message(error)
        self.changed.emit()

    def about_rows(self) -> tuple[tuple[str, str], ...]:
        """Return the settings page's versions and folder for a bug report; no personal data."""
        return (
            ("Fairlead", __version__),
            ("Workspace", self._connection_config.workspace.name),
            ("Folder", str(self._connection_config.workspace.folder)),
            ("Logs", str(self.log_folder)),
            ("Python", platform.python_version()),
            ("Qt", str(qVersion())),
            ("System", f"{platform.system()} {platform.release()}"),
        )

    def sections_in_use(self) -> set[str]:
        """Return the keys of the settings sections for the person at work."""
        return decide_settings_sections(self._workspace)

    def load_status(self) -> None:
        """Load keys, counts and timer state, each time the settings page is shown."""
        self.zendesk.load_status()
        self.sailthru.load_status()
        self.data.count_kept()
        self.retention.load_status()
        self.sources.load_status()
        self.erasures.load_status()
        self.timer.load_status()
        self.mail.load_status()
        self.team_store.load_status()

    async def close(self) -> None:
        """Cancel what the settings page's cards have under way and wait for its end."""
        self._unsubscribe()
        for model in self._card_models:
            await model.close()

    def _on_changes(self, changes: ChangeSet) -> None:
        if changes.has_any(Topic.SETTINGS, Topic.PERMISSIONS, Topic.SERVICE):
            self._save_error = NO_ERROR
            self.form.refresh()
            for model in self._card_models:
                model.refresh()
            self.changed.emit()
