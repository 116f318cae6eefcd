"""The screenshot tour's stations of a team: two desks on one PostgreSQL, and one without a key.

The second desk is an admin's of its own home, in this process: what it does reaches the window by
the team store alone.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from desktop.app.bootstrap import AppContext
from desktop.app.commands.edit_delivery import deliver_and_wait
from desktop.app.commands.worker import TeamWorker, answer_desks
from desktop.app.container import WorkspaceServices, build_connection_config, build_services
from desktop.app.run_notifications import run_and_notify
from desktop.app.sailthru_relay_worker import SailthruRelayWorker
from desktop.app.screenshot_tour.tour_driver import NARROW_SIZE, WIDE_SIZE, TourDriver
from desktop.app.team_approvals import TeamApprovals
from desktop.connect.workspace_setup import set_up_workspace
from desktop.customer.edit_factory import EditFactory
from desktop.kit.errors import InvalidInput
from desktop.kit.log_redaction import Redactor
from desktop.model.customer_health import CustomerHealth
from desktop.model.sync_run import RunState
from desktop.model.team_address import TeamAddress, parse_team_address
from desktop.panels.settings_page import SettingsPage
from desktop.settings import settings_table
from desktop.settings.paths import paths_under
from desktop.sync.sync_presets import ZENDESK_TO_SAILTHRU
from desktop.sync.sync_runner import RunRequest
from desktop.vault.memory_vault import MemoryVault
from desktop.vault.secret import Secret

_MARIA, _TOM = "maria@lopez.example", "#48302"
_SAILTHRU_SECRETS = (Secret.SAILTHRU_KEY, Secret.SAILTHRU_SECRET)


class TeamTour:
    """The tour's pictures of a team on an empty database, at its owner's address."""

    def __init__(
        self, driver: TourDriver, sandbox_document: dict[str, Any], owner_address: str
    ) -> None:
        self._driver = driver
        self._services = driver.window.services
        self._main_window = driver.window.main_window
        factory = driver.window.page_factory
        if factory is None:
            raise InvalidInput("The pages are not there yet.")
        self._models = factory.sync_models
        self._document = sandbox_document
        self._owner = parse_team_address(owner_address)

    async def take_screenshots(self) -> None:
        """Visit every station of the team, each in each theme; the window leaves it afterwards."""
        services = self._services
        self._main_window.resize(*WIDE_SIZE)
        admin = str(services.session.actor.id)
        code = await asyncio.to_thread(_prepare_store, self._owner, admin)
        await services.team.join(code.text, services.session.actor)
        with tempfile.TemporaryDirectory(prefix="fairlead-desk-") as home:
            async with self._second_desk(Path(home)) as other:
                await asyncio.to_thread(_name_admin, self._owner, other)
                # The window hears the team within a third of a minute; it is told at once here.
                await self._capture_colleague(other)
                await self._capture_approval(other)
                await self._capture_failed_night()
                await self._capture_desks()
                await self._capture_without_key(other)
        await services.team.leave(services.session.actor)

    @asynccontextmanager
    async def _second_desk(self, home: Path) -> AsyncIterator[WorkspaceServices]:
        """Open the second admin's desk, joined by a code."""
        context = _make_context(self._services.context, home)
        workspace = context.workspaces.open_or_create("Second desk")
        zendesk = dict(self._document["zendesk"])
        zendesk |= {name: zendesk[f"second_admin_{name}"] for name in ("email", "api_token")}
        document = {**self._document, "zendesk": zendesk, "changes": True}
        await set_up_workspace(document, build_connection_config(context, workspace))
        other = build_services(context, workspace)
        try:
            await other.session.connect()
            actor = self._services.session.actor
            code = await self._services.team.invite("Bo's laptop", actor)
            await other.team.join(code, other.session.actor)
            yield other
        finally:
            await other.close()

    async def _capture_colleague(self, other: WorkspaceServices) -> None:
        """Picture what a colleague changes, and that he has the same customer open."""
        await self._driver.open_customer(_MARIA)
        sheet = await other.lookup.look_up(_MARIA)
        factory = EditFactory(sheet, other.session.account_names())
        edits = await other.editor.submit(
            [replace(factory.health(CustomerHealth.FRUSTRATED), reason="waits for a parcel")]
        )
        await deliver_and_wait(other, edits)
        await other.team.hand_in_audit()
        store = await other.team.open()
        if store is not None:
            ids = self._driver.window.tabs_model.open_ids()
            await store.presence.set_open(ids, other.session.actor.name)
        model = self._driver.window.sheet_model
        model.refresh()
        await self._driver.wait_until_loaded()
        await self._driver.wait_until(
            lambda: model.current.colleagues and model.current.team_entries,
            "A colleague was not heard of in time.",
        )
        await self._driver.save_in_each_theme("team-colleague")
        self._main_window.resize(*NARROW_SIZE)
        await self._driver.save_in_each_theme("team-colleague-narrow")
        self._main_window.resize(*WIDE_SIZE)
        if store is not None:
            await store.presence.set_open((), "")

    async def _capture_approval(self, other: WorkspaceServices) -> None:
        """Picture the erasure that an admin at the other desk asks a second admin for."""
        sheet = await other.lookup.look_up(_TOM)
        check = await other.erasures.check(sheet)
        progress = await other.erasures.request(
            check, check.subject.confirmation, closes_tickets=True
        )
        await TeamApprovals(other).exchange()
        self._main_window.show_page("activity")
        approvals = TeamApprovals(self._services)
        asked = await approvals.list_open()
        await self._driver.wait_until(lambda: asked, "No approval was asked for.")
        await asyncio.sleep(0.5)
        await self._driver.save_in_each_theme("team-approval-asked")
        await approvals.answer(asked[0].id, check.subject.confirmation)
        await TeamApprovals(other).exchange()
        erasure = (await other.erasures.get_progress(progress.erasure.id)).erasure
        await self._driver.wait_until(
            lambda: erasure.is_approved, "The second admin's answer did not count."
        )
        # Nothing is erased: the other theme's pictures show the same people.
        await other.erasures.cancel(erasure.id)
        await TeamApprovals(other).exchange()

    async def _capture_failed_night(self) -> None:
        """Picture a scheduled run of the worker that was refused, and what became of it resumed."""
        services, actor = self._services, self._services.session.actor
        await services.team.share_rows(is_on=True, actor=actor)
        sync = await services.store.syncs.get(ZENDESK_TO_SAILTHRU)
        services.syncs.save_sync(replace(sync, schedule="every 15 min"))
        self._main_window.show_page("sync")
        page = self._models.page
        page.select_sync(sync.name)
        page.switch_sync(on=True)
        get_sync = services.store.syncs.get
        await self._driver.wait_until(
            lambda: (now := get_sync.blocking(sync.name)).on and now.checked_at > 0,
            "The sync was not switched on.",
        )
        # This hands its memory in: from then on its times wait in the queue for any worker.
        await run_and_notify(
            services, await services.store.syncs.get(sync.name), RunRequest(sync.name, actor.name)
        )
        refused = {"spec": "zendesk:GET /api/v2/incremental/*:401"}
        self._driver.control_sandbox("fault", refused)
        await services.store.syncs.set_last_due(sync.name, services.context.clock.now() - 1800.0)
        await TeamWorker(services).do_what_is_due()
        self._driver.control_sandbox("fault", None)
        await self._wait_for_run(RunState.FAILED)
        await self._driver.save_in_each_theme("team-night-run-failed")
        # As the button Resume does it, in this process: a run's own would not know the demo's team.
        await services.session.connect()
        failed = next(iter(await services.store.runs.list_runs(sync.name, 1)))
        request = RunRequest(sync.name, actor.name, resume_run_id=failed.id)
        await run_and_notify(services, await services.store.syncs.get(sync.name), request)
        await self._wait_for_run(RunState.DONE)
        await self._driver.save_in_each_theme("team-night-run-resumed")

    async def _wait_for_run(self, state: RunState) -> None:
        await self._driver.wait_until(
            lambda: (
                (sync := self._models.page.selected_sync()) is not None
                and sync.last_run is not None
                and sync.last_run.state is state
            ),
            "The run did not end as it was to.",
        )
        await asyncio.sleep(0.5)

    async def _capture_desks(self) -> None:
        """Save a picture of the card with the team's desks."""
        self._main_window.show_page("settings")
        page = self._main_window.findChild(SettingsPage)
        if page is None:
            return
        page.show_section("team")
        await asyncio.sleep(1.0)
        await self._driver.save_in_each_theme("team-computers")

    async def _capture_without_key(self, other: WorkspaceServices) -> None:
        """Picture a sheet whose Sailthru half comes through the other desk, and its settings."""
        session, vault = self._services.session, self._services.session.connection_config.vault
        kept = {secret: await vault.get(secret) for secret in _SAILTHRU_SECRETS}
        answering = asyncio.create_task(answer_desks(other, SailthruRelayWorker(other)))
        try:
            for secret in _SAILTHRU_SECRETS:
                await vault.delete(secret)
            await self._services.team.use_worker(session.change_settings)
            await session.connect()
            self._main_window.show_page("customers")
            await self._driver.open_customer("#48302")
            await self._driver.save_in_each_theme("team-without-key")
            self._main_window.show_page("settings")
            page = self._main_window.findChild(SettingsPage)
            if page is not None:
                page.show_section("connections")
                await asyncio.sleep(1.0)
                await self._driver.save_in_each_theme("team-without-key-settings")
        finally:
            for secret, value in kept.items():
                if value is not None:
                    await vault.set(secret, value)
            session.change_settings({settings_table.SAILTHRU_THROUGH_TEAM.key: False})
            await session.connect()
            answering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await answering


def _make_context(context: AppContext, home: Path) -> AppContext:
    paths = paths_under(home)
    paths.create_folders()
    vault = MemoryVault(redactor=Redactor())
    return replace(context, paths=paths, vault_factory=lambda _workspace: vault)


def _prepare_store(owner: TeamAddress, person: str) -> TeamAddress:
    """Make the tables, and the first desk's code for this person."""
    from desktop.store.team.enrolment_repository import invite_first
    from desktop.store.team.team_database import TeamDatabase
    from desktop.store.team.team_migrations import migrate_team_store

    database = TeamDatabase(owner)
    try:
        migrate_team_store(database)
        code = invite_first(database, person)
    finally:
        database.close()
    if code is None:
        raise InvalidInput("The tour needs an empty database: a team has joined this one.")
    return code


def _name_admin(owner: TeamAddress, other: WorkspaceServices) -> None:
    from desktop.store.team.enrolment_repository import name_admin
    from desktop.store.team.team_database import TeamDatabase

    database = TeamDatabase(owner)
    try:
        name_admin(database, "Bo's laptop", str(other.session.actor.id))
    finally:
        database.close()
