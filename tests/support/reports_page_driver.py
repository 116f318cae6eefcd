"""A window on the Reports page, with a small account and the opt-outs of two months kept."""

from zoneinfo import ZoneInfo

from desktop.app.screenshot_tour.sample_optouts import add_optouts, sid
from desktop.model.customer_value import CustomerValueSource
from desktop.model.exported_profile import ExportedProfile
from desktop.model.match_keys import hash_email
from desktop.panels.reports.report_tile import ReportTile
from desktop.panels.reports.reports_page import ReportsPage
from desktop.settings import settings_table
from desktop.store.kept_profile_repository import ProfileFields
from desktop.viewmodels.reports.reports_page_model import ReportsPageModel
from tests.support.data_cases import read_all
from tests.support.report_cases import busy_account
from tests.support.window_driver import WindowDriver


class ReportsPageDriver(WindowDriver):
    """Opens the page and waits for what is counted."""

    async def set_up_and_open(self) -> None:
        """Set the workspace up, keep data of everybody, and open the window on Customers."""
        await self.home.set_up(self.sandbox.connection_document, agent=self._agent)
        services, now = self.home.make_services(), self.home.clock.now()
        await read_all(services.data_store, busy_account(now), self.home.clock)
        add_optouts(services.store, services.data_store, now, ZoneInfo("America/New_York"))
        await services.close()
        await self.open_window()

    async def open_reports(self) -> None:
        """Switch everybody's data on, open the page, and wait for its tiles."""
        self.house.session.change_settings({settings_table.KEEP_EVERYTHING.key: True})
        await self.wait_until(lambda: "reports" in self.view.rail_pages)
        self.view.show_page("reports")
        await self.wait_until(self.is_counted)

    async def show_health_of(self, *frustrated: int) -> None:
        """Keep profiles of these people, who are frustrated, and show the report of health."""
        store, now = self.house.data_store, self.home.clock.now()
        profiles = [
            ExportedProfile(
                sid(number),
                hash_email(f"p{number}@people.example"),
                vars={"zendesk_health": "frustrated"},
            )
            for number in frustrated
        ]
        fields = ProfileFields("zendesk_health", CustomerValueSource("customer_value", (), {}))
        await store.profiles.save_profiles("Newsletter", profiles, "job", fields, now)
        self.model.choose("health")
        self.model.refresh()
        await self.wait_until(self.is_counted)

    @property
    def page(self) -> ReportsPage:
        page = self.view.findChild(ReportsPage)
        assert page is not None
        return page

    @property
    def model(self) -> ReportsPageModel:
        return self.page.model

    def tile(self, name: str) -> ReportTile:
        return self.page.tiles[name]

    def is_counted(self) -> bool:
        """Whether every tile shows what was counted, or why not."""
        return self.model.is_counted
