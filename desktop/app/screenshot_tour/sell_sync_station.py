"""The screenshot tour of the syncs with Zendesk Sell: contacts, and leads by status (MK3)."""

from dataclasses import replace

from desktop.app.screenshot_tour.sync_page_station import SyncPageScreenshotTour
from desktop.app.screenshot_tour.tour_driver import WIDE_SIZE
from desktop.model.run_limit import Limit
from desktop.model.sell_lists import CONTACTS_LIST, leads_list
from desktop.model.sell_validation import NAME_CAUSE
from desktop.model.sync import OptInAttestation
from desktop.model.sync_run import RunState
from desktop.sync.pipeline.shared_address import SHARED_ADDRESS_CAUSE
from desktop.sync.sync_presets import (
    SAILTHRU_TO_SELL_LEADS,
    SELL_CONTACTS_TO_SAILTHRU,
    SELL_LEADS_TO_SAILTHRU,
)
from desktop.viewmodels.syncs.plan_filter import PlanFilter

# Who is moved in Sailthru itself, as a marketer there would.
_MOVED = "wren@halloway.example"


class SellSyncScreenshotTour(SyncPageScreenshotTour):
    """The screenshot tour's stations of Sell on the page Sync, each saved in every theme."""

    async def take_screenshots(self) -> None:
        """Visit every station of the syncs with Sell once, for the screenshot tour."""
        self._main_window.resize(*WIDE_SIZE)
        self._main_window.show_page("sync")
        await self._wait_until(lambda: not self._models.page.list_state().is_loading)
        await self._capture_contacts()
        await self._capture_leads()
        self._main_window.show_page("customers")

    async def _capture_contacts(self) -> None:
        """Picture the contacts' preview, and three of one address side by side."""
        sailthru = self._services.session.clients.sailthru
        if sailthru is not None:
            await sailthru.create_list(CONTACTS_LIST)
        await self._add_preset(SELL_CONTACTS_TO_SAILTHRU)
        await self._preview_attested(SELL_CONTACTS_TO_SAILTHRU)
        await self._save("sell-contacts-plan")
        await self._open_first_of_cause(SHARED_ADDRESS_CAUSE)
        await self._save("sell-contacts-choose")

    async def _capture_leads(self) -> None:
        """Picture leads by status: names to complete, a run, and a move in Sailthru."""
        await self._add_preset(SELL_LEADS_TO_SAILTHRU)
        await self._preview_attested(SELL_LEADS_TO_SAILTHRU)
        await self._save("sell-leads-plan")
        await self._open_first_of_cause(NAME_CAUSE)
        await self._save("sell-leads-name")
        self._models.plan.set_filter(PlanFilter())
        self._models.plan.write_plan()
        await self._wait_for_run_state(RunState.DONE)
        await self._save("sell-leads-ended")
        sailthru = self._services.session.clients.sailthru
        if sailthru is not None:
            profile = await sailthru.get_user(_MOVED, key="email")
            await sailthru.post_user(profile.sid, lists={leads_list("Working"): True})
        self._models.page.select_sync(SAILTHRU_TO_SELL_LEADS)
        await self._make_preview()
        await self._save("sell-leads-moved")

    async def _preview_attested(self, name: str) -> None:
        """Preview a sync of Sell whose new people's consent is confirmed, past the usual limits."""
        sync = await self._services.store.syncs.get(name)
        who, at = self._services.session.actor.name, self._services.context.clock.now()
        consent = OptInAttestation(attested_by=who, attested_at=at, email=True)
        await self._preview_changed(replace(sync, opt_in=consent, limits=Limit(100_000, 100)))

    async def _open_first_of_cause(self, cause: str) -> None:
        plan = self._models.plan
        plan.set_filter(PlanFilter(fate="correction", cause=cause))
        await self._wait_until(lambda: plan.table_model.row_at(0) is not None)
        self._sync_page.plan_tab.table.row_opened.emit(0)
        await self._wait_until(lambda: plan.row_detail() is not None)
