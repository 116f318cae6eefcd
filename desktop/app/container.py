"""The services of one workspace (`WorkspaceServices`), built in one place and handed down.

Building them asks neither the network nor the keyring: `WorkspaceSession.connect` does, and only
then are httpx and keyring (150 ms each) imported.
"""

import os
import random
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING

from desktop.app.bootstrap import AppContext
from desktop.app.current_settings import CurrentSettings
from desktop.app.workspace_session import WorkspaceSession
from desktop.connect.connection_config import ConnectionConfig
from desktop.customer.customer_lookup import CustomerLookup
from desktop.customer.edit_service import EditService
from desktop.kit.change_bus import ChangeBus
from desktop.kit.errors import InvalidInput
from desktop.kit.logging_setup import set_log_level
from desktop.model.permission import (
    Actor,
    Permission,
)
from desktop.model.service import Service
from desktop.settings import settings_table, sync_settings
from desktop.settings.workspace import Workspace
from desktop.store.workspace_store import WorkspaceStore, open_store
from desktop.vault.environment_vault import EnvironmentVault
from desktop.vault.keyring_vault import KeyringVault
from desktop.vault.secret import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from desktop.audience.audience_service import AudienceService
    from desktop.audience.customer_activity_service import CustomerActivityService
    from desktop.audience.data_service import DataService, DataSettings
    from desktop.audience.field_facts_service import FieldFactsService
    from desktop.audience.report_service import ReportService
    from desktop.audience.retention_service import RetentionService
    from desktop.audience.rule_people_source import RulePeopleSource
    from desktop.connect.data_source_service import DataSourceService
    from desktop.connect.sailthru_relay_client import SailthruRelayClient
    from desktop.connect.team_connection import TeamConnection
    from desktop.customer.address_watch import AddressWatch
    from desktop.customer.bounce_repair_service import BounceRepairService
    from desktop.customer.edit_batch.batch_runner import BatchRunner
    from desktop.customer.edit_batch.batch_service import EditBatchService
    from desktop.customer.edit_undo import UndoService
    from desktop.customer.email_change_service import EmailChangeService
    from desktop.customer.erasure_service import ErasureService
    from desktop.customer.pause_release import PauseRelease
    from desktop.customer.person_export import PersonExportService
    from desktop.customer.sell_export.sell_exporter import SellExporter, SellExportStep
    from desktop.customer.team_lead_requests import TeamLeadRequestService
    from desktop.customer.ticket_follower import TicketFollower
    from desktop.model.mail_trail import MailTrail
    from desktop.model.sailthru_profile import SailthruProfile
    from desktop.model.sync import Sync
    from desktop.model.team import SyncLease
    from desktop.store.customer_erasure import ErasedCounts, NoteErased
    from desktop.store.data_workspace_store import DataStore
    from desktop.sync.event_sources import EventSourceService
    from desktop.sync.run_lease import RunLease
    from desktop.sync.sync_service import SyncService
    from desktop.writing.edit_queue import EditSender
    from desktop.writing.optout_door import OptOutPermit, RowPermits
    from desktop.writing.write_protocol import Checkpoint


@dataclass(frozen=True)
class WorkspaceServices:
    """The services of one open workspace: its use cases, store, change bus and session.

    What only the window or some commands use is imported and made at its first use, so that
    `fairlead lookup` starts quickly.
    """

    context: AppContext
    workspace: Workspace
    store: WorkspaceStore
    # Tells panels and loops of this process what has changed; other processes see the database.
    bus: ChangeBus
    session: WorkspaceSession
    lookup: CustomerLookup
    editor: EditService

    @cached_property
    def current_settings(self) -> CurrentSettings:
        """The workspace's CurrentSettings: what is set and allowed at the moment of an act."""
        return CurrentSettings(self.session, self.context.read_policy)

    @cached_property
    def undo(self) -> "UndoService":
        """The workspace's UndoService: takes edits back, and withdraws those that still wait."""
        from desktop.customer.edit_undo import UndoService

        session, clock = self.session, self.context.clock
        return UndoService(self.store, self.editor, clock, self.bus, lambda: session.actor)

    @cached_property
    def edit_batches(self) -> "EditBatchService":
        """The workspace's EditBatchService: changes many customers at once, and undoes that."""
        from desktop.customer.edit_batch.batch_service import EditBatchRights, EditBatchService

        session = self.session
        rights = EditBatchRights(
            lambda: session.rules,
            lambda right: self.current_settings.check(right, session.actor),
            session.recheck_actor,
            self.current_settings.workspace_kind,
        )
        return EditBatchService(
            self.store, lambda: session.clients, self.editor, rights, self.context.clock, self.bus
        )

    def build_batch_runner(self, checkpoint: "Checkpoint" = lambda _name: None) -> "BatchRunner":
        """Build what works on batches, for a process of its own.

        `checkpoint` is called at named points; tests end the process there.
        """
        from desktop.customer.edit_batch.batch_runner import BatchRunner

        session = self.session
        return BatchRunner(
            self.store,
            lambda: session.clients,
            session.account_names,
            self.edit_batches,
            self.editor,
            self.undo,
            lambda: self.build_edit_sender(checkpoint),
            self.context.clock,
            checkpoint,
        )

    @cached_property
    def pauses(self) -> "PauseRelease":
        """The workspace's PauseRelease, which ends pauses of marketing that are over."""
        from desktop.customer.pause_release import PauseRelease

        session = self.session
        return PauseRelease(self.store, lambda: session.clients, self.context.clock, self.bus)

    @cached_property
    def team_lead_requests(self) -> "TeamLeadRequestService":
        """Asks leads for edits, and answers such requests."""
        from desktop.customer.team_lead_requests import TeamLeadRequestService

        return TeamLeadRequestService(
            self.lookup,
            self.store,
            self.editor,
            self.context.clock,
            self.bus,
            self.session.account_names,
        )

    @cached_property
    def email_changes(self) -> "EmailChangeService":
        """The workspace's EmailChangeService: changes addresses in both services."""
        from desktop.customer.email_change_service import EmailChangeService

        session = self.session
        return EmailChangeService(
            lambda: session.clients,
            self.store,
            self.editor,
            self.context.clock,
            self.bus,
            self.current_settings.follows_addresses,
        )

    @cached_property
    def bounce_repairs(self) -> "BounceRepairService":
        """The workspace's BounceRepairService: keeps an opt-out over a repaired hard bounce."""
        from desktop.customer.bounce_repair_service import BounceRepairService

        session = self.session
        return BounceRepairService(
            lambda: session.clients, self.store, self.editor, self.context.clock, self.bus
        )

    @cached_property
    def address_watch(self) -> "AddressWatch":
        """The workspace's AddressWatch: primary addresses that were changed in Zendesk itself."""
        from desktop.customer.address_watch import AddressWatch

        session = self.session
        return AddressWatch(
            lambda: session.clients,
            self.store,
            self.email_changes,
            self.editor,
            self.context.clock,
            self.bus,
            self.current_settings.follows_addresses,
        )

    @cached_property
    def erasures(self) -> "ErasureService":
        """The workspace's ErasureService: erases people everywhere, once two admins agree."""
        from desktop.connect.local_data_service import LocalDataService
        from desktop.customer.erasure_service import ErasureService

        session, store, clock = self.session, self.store, self.context.clock
        local = LocalDataService(self.workspace)

        async def erase_here(ids: "Sequence[str]", note: "NoteErased") -> "ErasedCounts":
            actor = session.actor.signature
            return await local.erase_customer(ids, actor, clock.now(), store.audit.signer, note)

        return ErasureService(
            lambda: session.clients,
            store,
            self.editor,
            clock,
            self.bus,
            local.count_customer,
            erase_here,
            partial(session.recheck_actor, at_once=True),
        )

    @cached_property
    def team(self) -> "TeamConnection":
        """The workspace's TeamConnection: its way to the team store, if it belongs to a team."""
        from desktop.connect.team_connection import TeamConnection

        return TeamConnection(
            self.session.connection_config, self.store, self.context.redactor.add_secrets
        )

    @cached_property
    def team_relay(self) -> "SailthruRelayClient":
        """The workspace's SailthruRelayClient: its way to Sailthru without a key of its own."""
        from desktop.connect.sailthru_relay_client import SailthruRelayClient

        return SailthruRelayClient(self.team, lambda: self.session.confirmed_actor)

    async def acquire_run_lease(self, sync: "Sync") -> "RunLease | None":
        """Begin the lease of a sync's run in the team store; None: the workspace works alone.

        Raises what keeps the run from being this team's one run of the sync.
        """
        store = await self.team.open()
        if store is None:
            return None
        from desktop.store.process_identity import new_owner_id
        from desktop.sync.run_lease import acquire_run_lease

        await self.team.exchange_rows()
        actor, clock = self.session.actor.signature, self.context.clock
        return await acquire_run_lease(store, self.store, sync, new_owner_id(), actor, clock)

    async def take_sync_over(self, name: str) -> "SyncLease":
        """Have a sync of the team run on this computer from now on. Raises ConflictError."""
        from desktop.sync.run_lease import require_movable

        sync, store = await self.store.syncs.get(name), await self.team.open()
        if store is None:
            raise InvalidInput("This computer works alone.", "Its syncs run here already.")
        leases = {one.sync: one for one in await store.leases.list_all()}
        require_movable(sync, leases.get(name), store.desk_id)
        return await store.leases.take_over(name, self.session.actor.signature)

    @cached_property
    def person_export(self) -> "PersonExportService":
        """The workspace's PersonExportService: reads everything known of one person."""
        from desktop.customer.person_export import PersonExportService

        session = self.session
        return PersonExportService(
            lambda: session.clients,
            self.store,
            self.context.clock,
            lambda: session.actor,
            lambda: session.rules,
            lambda: self.data_store if self.has_everybody() else None,
        )

    def build_sell_exporter(
        self,
        on_step: "Callable[[SellExportStep], None]" = lambda _step: None,
        checkpoint: "Checkpoint" = lambda _name: None,
    ) -> "SellExporter":
        """Build the SellExporter over the clients connected now; `on_step` hears how far it is."""
        from desktop.customer.sell_export.sell_exporter import SellExporter

        session = self.session
        return SellExporter(
            lambda: session.clients,
            self.store,
            self.context.clock,
            lambda: session.actor,
            self.current_settings.check_role,
            session.recheck_actor,
            on_step,
            checkpoint,
            self.workspace.lock_path("sell-export"),
        )

    @cached_property
    def data_store(self) -> "DataStore":
        """The workspace's DataStore: everybody's data, opened at its first use. StorageError."""
        from desktop.store.data_workspace_store import open_data_store

        return open_data_store(self.workspace.folder, self.store.accounts)

    @cached_property
    def data_sources(self) -> "DataSourceService":
        """The workspace's DataSourceService: how each data source stands, and leaving it."""
        from desktop.app.data_source_parts import build_data_source_parts
        from desktop.connect.data_source_service import DataSourceService

        return DataSourceService(
            self.session,
            self.session.connection_config,
            self.store.audit,
            build_data_source_parts(self),
        )

    @cached_property
    def data(self) -> "DataService":
        """The workspace's DataService: switches, reads and describes everybody's data."""
        from desktop.audience.data_service import DataClients, DataService
        from desktop.audience.list_uses import load_list_uses

        session = self.session
        return DataService(
            lambda: self.data_store,
            self.store.audit,
            self.store.sync_state,
            self.context.clock,
            lambda: DataClients(session.clients.zendesk, session.clients.sailthru),
            lambda: session.actor,
            self._read_data_settings,
            self.store.erased_people.load,
            self.retention,
            lambda: load_list_uses(self.store),
        )

    @cached_property
    def retention(self) -> "RetentionService":
        """The workspace's RetentionService: how long activity is kept here, and its purge."""
        from desktop.audience.retention_service import RetentionService
        from desktop.model.retention import RetentionDays

        session, rows = self.session, settings_table.RETENTION_DAYS

        def store_days(days: RetentionDays) -> None:
            changed = {
                rows[one].key: n for one, n in days.items() if session.values.get(rows[one]) != n
            }
            if changed:
                session.change_settings(changed)

        return RetentionService(
            lambda: self.data_store,
            self.store.segments,
            self.store.syncs,
            self.store.audit,
            self.context.clock,
            lambda: session.actor,
            lambda: {one: session.values.get(row) for one, row in rows.items()},
            store_days,
            self.audience.moment,
            self.workspace.lock_path("data"),
        )

    async def keep_everybody(self, lists: "Sequence[str] | None" = None) -> None:
        """Have this computer keep everybody's data: an admin's act, audited before it counts.

        `lists`: the Sailthru lists that are read too; None: those that are set. Raises NotPermitted
        for everybody but admins.
        """
        session = self.session
        names = tuple(lists or ()) if lists is not None else self._data_lists()
        was_on = session.values.get(settings_table.KEEP_EVERYTHING)
        await self.data.note_switch(was_on=was_on, is_on=True, lists=names)
        session.change_settings(
            {settings_table.KEEP_EVERYTHING.key: True, settings_table.DATA_LISTS.key: list(names)}
        )

    def _data_lists(self) -> tuple[str, ...]:
        return self.session.values.get(settings_table.DATA_LISTS)

    @cached_property
    def audience(self) -> "AudienceService":
        """The workspace's AudienceService: looks people up by conditions, and saved segments."""
        from desktop.audience.audience_service import AudienceRights, AudienceService

        session = self.session
        return AudienceService(
            lambda: self.data_store,
            self.store.segments,
            self.store.audit,
            self.context.clock,
            AudienceRights(lambda: session.actor, lambda: session.rules, self.has_everybody),
            lambda: session.values.get(settings_table.TIMEZONE),
        )

    @cached_property
    def fields(self) -> "FieldFactsService":
        """The workspace's FieldFactsService: the catalogue of every field of both services."""
        from desktop.audience.field_facts_service import FieldFactsService
        from desktop.store.field_writer_repository import FieldWriterRepository

        return FieldFactsService(
            self.audience,
            lambda: self.data_store,
            FieldWriterRepository(self.store.fairlead_db),
            self.store.syncs,
            lambda: self.session.clients.zendesk,
            lambda: self.session.values.get(settings_table.HEALTH_VAR),
        )

    def build_rule_people(self, get_actor: "Callable[[], Actor | None]") -> "RulePeopleSource":
        """Build a run's RulePeopleSource: what happened to everybody, by the actor's rights."""
        from desktop.app.rule_permissions import require_rule_permissions
        from desktop.audience.rule_people_source import RulePeopleSource

        return RulePeopleSource(
            self.data,
            lambda: self.data_store,
            self.store.segments,
            self.context.clock,
            self.audience.moment,
            lambda: self._read_data_settings().fields,
            lambda source: require_rule_permissions(self, source, get_actor()),
            self.workspace.lock_path("data"),
        )

    @cached_property
    def customer_activity(self) -> "CustomerActivityService":
        """The workspace's CustomerActivityService: lists what customers did."""
        from desktop.audience.audience_service import AudienceRights
        from desktop.audience.customer_activity_service import CustomerActivityService
        from desktop.store.customer_activity_repository import EventActivityRepository

        session = self.session
        return CustomerActivityService(
            lambda: self.data_store,
            EventActivityRepository(self.store.fairlead_db),
            AudienceRights(lambda: session.actor, lambda: session.rules, self.has_everybody),
        )

    def has_everybody(self) -> bool:
        """Whether the workspace has files of the data workspace, switched on or not any more."""
        from desktop.store.data_workspace_store import DATA_FILE

        return (self.workspace.folder / DATA_FILE).exists()

    def _read_data_settings(self) -> "DataSettings":
        from desktop.audience.data_service import DataSettings
        from desktop.settings.permission_rules import customer_value_source_from
        from desktop.store.kept_profile_repository import ProfileFields

        values = self.session.values
        return DataSettings(
            is_on=self.current_settings.keeps_everybody(),
            lists=values.get(settings_table.DATA_LISTS),
            fields=ProfileFields(
                values.get(settings_table.HEALTH_VAR), customer_value_source_from(values)
            ),
            zone=values.get(settings_table.TIMEZONE),
            job_timeout_s=60.0 * values.get(sync_settings.JOB_TIMEOUT_MINUTES),
        )

    @cached_property
    def reports(self) -> "ReportService":
        """The workspace's ReportService: counts reports and says who may see them."""
        from desktop.audience.audience_service import AudienceRights
        from desktop.audience.report_service import ReportService
        from desktop.audience.value_health_findings import ValueHealthNames
        from desktop.settings.permission_rules import customer_value_source_from
        from desktop.store.change_report_repository import ChangeReportRepository
        from desktop.viewmodels.customer.customer_value_view import explain_thresholds

        session, store = self.session, self.store
        return ReportService(
            lambda: self.data_store,
            ChangeReportRepository(store.fairlead_db, store.mirror_db),
            self.context.clock,
            AudienceRights(lambda: session.actor, lambda: session.rules, self.has_everybody),
            lambda: session.values.get(settings_table.TIMEZONE),
            lambda: ValueHealthNames(
                session.values.get(settings_table.HIGH_VALUE_FROM),
                session.values.get(settings_table.HIGHVALUE_TAG),
                session.values.get(settings_table.SUPPRESSION_LIST),
                explain_thresholds(customer_value_source_from(session.values)),
            ),
        )

    @cached_property
    def follow(self) -> "TicketFollower":
        """The workspace's TicketFollower: asks Zendesk which ticket the agent has opened last."""
        from desktop.customer.ticket_follower import TicketFollower

        session = self.session
        return TicketFollower(
            lambda: session.clients,
            self.context.clock,
            session.has_spare_rate_budget,
            session.follow_budget,
        )

    @cached_property
    def syncs(self) -> "SyncService":
        """The workspace's SyncService: adds, changes and switches syncs, by the actor's rights."""
        return self.build_sync_service(self.store, self.bus)

    @cached_property
    def event_sources(self) -> "EventSourceService":
        """The workspace's EventSourceService: named sources of events, by the actor's rights."""
        from desktop.sync.event_sources import EventSourceService
        from desktop.vault.event_write_keys import EventWriteKeys

        session = self.session
        keys = EventWriteKeys(
            session.connection_config.vault, self.workspace.folder / "event-keys.lock"
        )
        return EventSourceService(
            self.store, self.context.clock, self.bus, self.syncs, lambda: session.actor, keys
        )

    @cached_property
    def permit_optout(self) -> "OptOutPermit":
        """The workspace's OptOutPermit: asked when an edit is about to loosen an opt-out."""
        from desktop.writing.optout_door import permit_loosening_if

        return permit_loosening_if(
            lambda: self.current_settings.check(Permission.OPT_IN, self.session.actor)
        )

    @property
    def row_permits(self) -> "RowPermits":
        """The workspace's RowPermits: asked before a run sends a row."""
        from desktop.writing.optout_door import RowPermits, rights_by_field

        names = self.session.account_names()
        return RowPermits(
            self.permit_optout,
            lambda right: self.current_settings.check(right, self.session.actor).reason,
            recheck=self.session.recheck_actor,
            own_rights=rights_by_field(names.health_var, names.paused_var, names.paused_list),
        )

    async def read_mail_trail(self, profile: "SailthruProfile") -> "MailTrail":
        """Read a customer's last e-mails from Sailthru. Raises what keeps it from answering."""
        from desktop.customer.mail_trail_reader import read_mail_trail

        sailthru, names = self.session.clients.sailthru, self.session.account_names()
        if sailthru is None:
            raise InvalidInput("Sailthru is not connected.", "Nothing was asked.")
        now = self.context.clock.now()
        return await read_mail_trail(sailthru, profile, names.paused_var, now)

    def build_edit_sender(self, checkpoint: "Checkpoint" = lambda _name: None) -> "EditSender":
        """Build the EditSender of the outbox over the workspace's clients connected now.

        `checkpoint` is called at named points; tests end the process there.
        """
        from desktop.customer.conflict_value_reader import gateway_for
        from desktop.customer.profile_create_check import ProfileCreateCheck
        from desktop.writing.edit_queue import EditSender, EditSenderContext

        gateways = {service: gateway_for(service, self.session.clients) for service in Service}
        return EditSender(
            EditSenderContext(
                store=self.store,
                gateways={name: found for name, found in gateways.items() if found is not None},
                clock=self.context.clock,
                bus=self.bus,
                # [0, 1): spreads the retries of several desks after an outage.
                jitter=random.random,
                permit_optout=self.permit_optout,
                find_create_obstacle=ProfileCreateCheck(self.lookup).find_obstacle,
                checkpoint=checkpoint,
                read_gate=self.current_settings.read_send_gate,
                on_step_done=self.email_changes.finish,
                on_profile_move=self.email_changes.prepare_move,
                find_deletion_refusal=self.erasures.find_deletion_refusal,
            )
        )

    def build_sync_service(self, store: WorkspaceStore, bus: ChangeBus) -> "SyncService":
        """Build the workspace's SyncService over another connection to `fairlead.db`."""
        from desktop.app.rule_permissions import RulePermissions
        from desktop.sync.sync_service import SyncService

        session = self.session
        return SyncService(
            store,
            self.context.clock,
            bus,
            lambda: session.actor,
            lambda: session.rules,
            lambda: session.values.get(settings_table.TIMEZONE),
            RulePermissions(self),
        )

    async def keep_audit_head(self) -> None:
        """Keep the audit's newest row in the vault, where this process has signed rows."""
        # Imported here: a lookup signs none.
        if self.store.audit.signer.has_signed:
            from desktop.connect.audit_key import keep_audit_head

            await keep_audit_head(self.session.connection_config, self.store.audit)

    async def close(self) -> None:
        """Close the workspace's connections first, since that still writes; then its databases."""
        await self.session.disconnect()
        if "team_relay" in self.__dict__:
            await self.team_relay.close()
        if "team" in self.__dict__:
            await self.team.close()
        await self.keep_audit_head()
        await self.session.connection_config.seal.keep_number()
        if "data_store" in self.__dict__:
            self.data_store.close()
        self.store.close()


def build_services(context: AppContext, workspace: Workspace) -> WorkspaceServices:
    """Open the workspace's databases and build its services. Raises StorageError."""
    clock, bus = context.clock, ChangeBus()
    store = open_store(workspace.folder, context.clock.monotonic)
    config = build_connection_config(context, workspace)
    config.seal.use_repository(store.settings_seal)
    session = WorkspaceSession(config, bus, store.fairlead_db.thread, store.accounts, store.audit)
    # FAIRLEAD_LOG is for this process and wins; the setting was not known until here.
    level = session.values.get(settings_table.LOG_LEVEL)
    if level != settings_table.LOG_LEVEL.default and not os.environ.get("FAIRLEAD_LOG"):
        set_log_level(level)
    # Callables: the session's clients, actor and rules change with every sign-in.
    editor = EditService(
        store,
        clock,
        bus,
        lambda: session.actor,
        lambda: session.rules,
        lambda: session.connection_number,
    )
    services = WorkspaceServices(
        context=context,
        workspace=workspace,
        store=store,
        bus=bus,
        session=session,
        lookup=CustomerLookup(
            lambda: session.clients,
            store,
            clock,
            lambda: session.values.get(settings_table.ZENDESK_BASE_URL),
        ),
        editor=editor,
    )
    session.ask_relay = lambda call: services.team_relay.ask(call)
    return services


def build_connection_config(context: AppContext, workspace: Workspace) -> ConnectionConfig:
    """Build what a workspace's sign-in needs; the keyring's library is imported when used."""
    keyring: Vault = (
        context.vault_factory(workspace)
        if context.vault_factory is not None
        else KeyringVault(workspace.keyring_service, context.redactor)
    )
    secrets = context.environment_secrets
    vault = EnvironmentVault(keyring, secrets, context.redactor)
    return ConnectionConfig(context.workspaces, workspace, vault, secrets, context.clock)
