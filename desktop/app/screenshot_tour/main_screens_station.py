"""The screenshot tour of `fairlead demo --tour`: every main screen, in each theme and narrow."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData

from desktop.app.screenshot_tour.agent_journeys_station import AgentJourneysTour
from desktop.app.screenshot_tour.audience_station import capture_audience
from desktop.app.screenshot_tour.events_station import capture_events
from desktop.app.screenshot_tour.privacy_station import capture_privacy
from desktop.app.screenshot_tour.reports_station import capture_reports
from desktop.app.screenshot_tour.sell_sync_station import SellSyncScreenshotTour
from desktop.app.screenshot_tour.sync_page_station import SyncPageScreenshotTour
from desktop.app.screenshot_tour.team_lead_station import TeamLeadTour
from desktop.app.screenshot_tour.tour_driver import (
    BOTH_THEMES,
    NARROW_SIZE,
    WIDE_SIZE,
    TourDriver,
)
from desktop.model.data_source import DataSourceKind
from desktop.model.email_change import EmailConflictPolicy
from desktop.panels.help_dialog import HelpDialog
from desktop.panels.settings.about_card import AboutCard
from desktop.panels.settings.diagnostics_dialog import DiagnosticsDialog
from desktop.panels.settings.sell_connection_card import SellConnectionCard
from desktop.panels.settings_page import SettingsPage
from desktop.panels.theme.application_theme import ContrastChoice, DirectionChoice, ThemeChoice
from desktop.panels.widgets.scroll_area import scroll_into_view
from desktop.viewmodels.page_access import PageAccess

if TYPE_CHECKING:
    from desktop.app.window_lifecycle import WindowLifecycle


async def take_screenshots(
    window: "WindowLifecycle",
    *,
    folder: Path,
    sandbox_document: dict[str, Any],
    themes: Sequence[ThemeChoice] = BOTH_THEMES,
    team_owner: str = "",
) -> None:
    """Walk the connected window through every screen, and save numbered pictures in `folder`.

    `team_owner`: an empty PostgreSQL database by its owner's address, for the pictures of a team.
    Raises InvalidInput where the folder cannot be made or a screen does not come up in time.
    """
    driver = TourDriver(window, folder, sandbox_document, themes)
    for choice in themes:
        window.theme.choose(choice)
        await _MainScreensTour(driver, choice.value).take_screenshots()
    await SyncPageScreenshotTour(driver).take_screenshots()
    await SellSyncScreenshotTour(driver).take_screenshots()
    await AgentJourneysTour(driver).take_screenshots()
    if team_owner:
        # Imported here: most tours have no PostgreSQL.
        from desktop.app.screenshot_tour.team_station import TeamTour

        await TeamTour(driver, sandbox_document, team_owner).take_screenshots()


# As such lists come: a heading, names, a duplicate, somebody unknown, and a line of words.
_COMPLAINTS = """Name;E-mail
Maria Lopez;maria@lopez.example
"Reyes, Tom" <tom@old.example>
noname@plain.example
wren@halloway.example, j.doe@corp.example
dana@okafor.example
priya@nair.example
MARIA@LOPEZ.example
nobody@nowhere.example
called twice, no address
"""


class _MainScreensTour:
    """The tour's stations except page Sync, in one theme; leaves the demo's data as it was."""

    def __init__(self, driver: TourDriver, theme: str) -> None:
        self._driver, self._theme = driver, theme
        self._window = driver.window
        self._main_window = driver.window.main_window

    async def take_screenshots(self) -> None:
        """Visit every station of the screenshot tour but the Sync page's, once."""
        self._main_window.resize(*WIDE_SIZE)
        # The theme before this one has left a customer open.
        self._window.tabs_model.close_all()
        self._main_window.top_bar.search_field.clear()
        await self._save("start")
        await self._capture_search()
        await self._capture_customer()
        await self._capture_pause()
        await self._capture_drawers("")
        await self._capture_change_email()
        await capture_privacy(self._driver, self._theme)
        await self._capture_special_cases()
        await self._capture_tabs()
        await self._capture_many_at_once()
        await self._capture_pages("")
        await capture_events(self._driver, self._theme)
        await capture_audience(self._driver, self._save)
        await capture_reports(self._driver, self._save)
        await self._capture_settings_sections()
        await self._capture_help()
        if self._window.page_factory is not None:
            self._window.page_factory.open_welcome()
            await self._save("welcome")
            async for step in self._window.page_factory.step_through_setup():
                await self._save(f"set-up-{step}")
            self._main_window.show_setup(None)
        self._main_window.show_page("customers")
        self._main_window.resize(*NARROW_SIZE)
        await self._driver.open_customer("#48213")
        await self._save("beside-zendesk")
        await self._capture_drawers("-narrow")
        await self._driver.open_customer("#48213")
        await self._capture_pages("-narrow")
        await capture_audience(self._driver, self._save, "-narrow")
        await capture_reports(self._driver, self._save, "-narrow")
        await self._capture_agent_rail()
        self._main_window.show_page("customers")

    async def _capture_search(self) -> None:
        await self._driver.open_customer("Alex Kim")
        await self._save("several-match")
        await self._capture_commands(">", "commands")

    async def _capture_commands(self, typed: str, picture: str) -> None:
        field = self._main_window.top_bar.search_field
        field.setText(typed)
        # setText() is no edit of a person's: the list of commands opens by this signal.
        field.edited.emit(typed)
        await self._save(picture)
        field.clear()
        field.hide_popup()

    async def _capture_customer(self) -> None:
        await self._driver.open_customer("#48213")
        await self._save("customer")
        await self._capture_commands(">opt out", "commands-customer")
        self._driver.click_button("No marketing e-mail")
        await self._save("opt-out-form")
        self._driver.click_button("Stop marketing e-mail")
        # Until the form has folded up and the Undo bar stands still.
        await asyncio.sleep(0.6)
        self._driver.click_button("Winback")
        await asyncio.sleep(0.4)
        await self._save("waiting-with-undo")
        await self._undo_edits(2)
        await TeamLeadTour(self._driver, self._save).take_screenshots()

    async def _undo_edits(self, count: int) -> None:
        """Undo the tour's last edits: the other theme's pictures show the same customer."""
        outbox, undo = self._window.services.store.outbox, self._window.services.undo
        for edit in await outbox.list_recent(count):
            await undo.undo(edit.id, wait_for_undo=False)
        for _ in range(100):
            if not await outbox.count_open():
                break
            await asyncio.sleep(0.05)
        self._driver.dismiss_messages()
        self._main_window.status_bar.set_note("last", "")

    async def _capture_pause(self) -> None:
        await self._driver.open_customer("#48302")
        self._driver.click_button("Pause marketing")
        await asyncio.sleep(0.4)
        await self._save("pause-marketing")
        await self._undo_edits(1)

    async def _capture_drawers(self, ending: str) -> None:
        """Picture Add note, Did the mail go out? and Why opted out? with a hard bounce."""
        page, models = self._main_window.customers_page, self._window.make_drawer_models()
        await self._driver.open_customer("#48213")
        page.open_note_drawer(48213)
        models.note.type_text("Asked for fewer e-mails; wants to hear of the winter sale.")
        await asyncio.sleep(0.3)
        await self._save(f"add-note{ending}")
        # Else the draft would stand there in the next picture.
        models.note.type_text("")
        self._driver.click_button("Cancel")
        page.open_mail_drawer()
        await self._wait_until(lambda: models.mail.view().rows)
        await self._save(f"did-the-mail-go-out{ending}")
        self._driver.click_button("Close")
        await self._driver.open_customer("hana@bounds.example")
        page.open_why_drawer()
        await self._wait_until(lambda: models.why.view().repair.steps)
        await self._save(f"why-opted-out{ending}")
        self._driver.click_button("Close")

    async def _capture_change_email(self) -> None:
        """Picture the drawer Change e-mail with another profile there, and after a failed step."""
        model = self._window.make_drawer_models().email_change
        await self._driver.open_customer("#48240")
        self._main_window.customers_page.open_email_drawer()
        model.type_address("tom@new.example")
        await self._driver.wait_until(lambda: model.view().asks_policy, "No check came in time.")
        model.choose_policy(EmailConflictPolicy.MERGE)
        await self._save("change-email")
        model.type_address("tom@reyes.example")
        self._driver.control_sandbox("fault", {"spec": "sailthru:POST /user:400"})
        model.submit()
        await self._driver.wait_until(
            lambda: model.unfinished is not None and model.unfinished.stopped_at is not None,
            "The change did not stop in time.",
        )
        await self._save("change-email-halfway")
        self._driver.control_sandbox("fault", None)
        model.take_back()
        await self._driver.wait_until(
            lambda: model.progress is not None and model.view().is_finished,
            "The change was not undone in time.",
        )
        self._main_window.customers_page.close_email_drawer()

    async def _capture_many_at_once(self) -> None:
        """Picture a pasted list looked up, its preview, and what was done; then undo it."""
        if self._window.page_factory is None:
            return
        page = self._window.page_factory.open_batch_page()
        if page is None:
            return
        mime = QMimeData()
        mime.setText(_COMPLAINTS)
        model, wait = page.model, self._driver.wait_until
        # The theme before this one has left its own batch on the page.
        former = model.batch.id if model.batch is not None else ""
        page.paste(mime)
        await wait(
            lambda: model.batch is not None and model.batch.id != former and model.is_looked_up,
            "The pasted addresses were not looked up in time.",
        )
        await self._save("many-at-once-found")
        model.edit_field("change", "optout basic")
        model.edit_field("reason", "complaint list 21 Nov")
        model.preview()
        await wait(lambda: model.is_previewed, "No preview came in time.")
        await self._save("many-at-once-preview")
        model.apply()
        await wait(lambda: model.is_sent, "The batch was not sent in time.")
        await self._save("many-at-once-done")
        model.undo()
        await wait(
            lambda: model.batch is not None and model.batch.undone_at is not None and model.is_sent,
            "The batch was not undone in time.",
        )
        await self._save("many-at-once-undone")

    async def _capture_special_cases(self) -> None:
        for text, name in (
            ("j.doe@corp.example", "no-profile"),
            ("dana@okafor.example", "another"),
            ("nobody@nowhere.example", "nobody"),
        ):
            await self._driver.open_customer(text)
            await self._save(name)
        # Every call to Sailthru answers 503, as in an outage; Zendesk goes on.
        self._driver.control_sandbox("fault", {"spec": "sailthru:* *:503"})
        await self._driver.open_customer("#48302")
        await self._save("sailthru-away")
        self._driver.control_sandbox("fault", None)
        self._main_window.banner.clear()
        self._window.sheet_model.refresh()
        await self._driver.wait_until_loaded()

    async def _capture_tabs(self) -> None:
        """Picture customers in tabs, one pinned, one half-typed, in each appearance."""
        tabs, theme = self._window.tabs_model, self._window.theme
        await self._driver.open_customer("#48240")
        tabs.set_pinned(tabs.current.key, True)
        await self._driver.open_customer("#48213")
        self._driver.click_button("No marketing e-mail")
        await self._driver.open_customer("dana@okafor.example")
        await self._save("customer-tabs")
        usual = theme.appearance
        for name, appearance in (
            ("high-contrast", replace(usual, contrast=ContrastChoice.ON)),
            ("right-to-left", replace(usual, direction=DirectionChoice.RIGHT_TO_LEFT)),
            ("zoom-150", replace(usual, zoom=150)),
        ):
            theme.use(appearance)
            await self._save(f"customer-{name}")
            theme.use(usual)
        self._main_window.resize(*NARROW_SIZE)
        await self._save("customer-tabs-narrow")
        self._main_window.resize(*WIDE_SIZE)
        tabs.close_all()

    async def _capture_pages(self, ending: str) -> None:
        for page in ("activity", "settings"):
            self._main_window.show_page(page)
            await asyncio.sleep(0.4)
            await self._save(f"{page}{ending}")

    async def _capture_settings_sections(self) -> None:
        self._main_window.show_page("settings")
        page = self._main_window.findChild(SettingsPage)
        if page is None:
            return
        page.show_section(SettingsPage.SECTIONS[0][0])
        sell = next(c for c in page.cards["connections"] if isinstance(c, SellConnectionCard))
        scroll_into_view(sell)
        await asyncio.sleep(0.2)
        await self._save("settings-zendesk-sell")
        for section, _ in SettingsPage.SECTIONS[1:]:
            page.show_section(section)
            await asyncio.sleep(0.2)
            await self._save(f"settings-{section}")
        await self._capture_data_sources(page)
        await self._capture_diagnostics(page)
        page.show_section(SettingsPage.SECTIONS[0][0])

    async def _capture_data_sources(self, page: SettingsPage) -> None:
        """Picture one data source by its tabs, and two steps of connecting another."""
        page.show_section("sources")
        section = page.data_sources
        if section is None:
            return
        model = page.model.sources
        model.open_source(DataSourceKind.SUPPORT)
        await self._driver.wait_until(
            lambda: model.view() is not None and not model.tasks.is_running("sources"),
            "The data source was not read in time.",
        )
        await self._save("data-source")
        for tab in ("activity", "audience"):
            section.detail.show_tab(tab)
            scroll_into_view(section.detail.tab_control)
            await asyncio.sleep(0.4)
            await self._save(f"data-source-{tab}")
        section.detail.show_tab("overview")
        model.open_source(None)
        model.setting_up = DataSourceKind.SUPPORT
        for step in (0, 2, 5):
            model.go_to_step(step)
            await asyncio.sleep(0.4)
            if step == 5:
                await self._driver.wait_until(
                    lambda: model.first_run, "The first run was not described in time."
                )
            await self._save(f"data-source-connect-{step + 1}")
        model.open_source(None)

    async def _capture_diagnostics(self, page: SettingsPage) -> None:
        """Picture the report for a maintainer, once it is complete."""
        about = next(card for card in page.cards["about"] if isinstance(card, AboutCard))
        about.diagnostics_button.click()
        dialog = self._main_window.findChild(DiagnosticsDialog)
        if dialog is None:
            return
        await self._driver.wait_until(
            dialog.save_button.isEnabled, "The diagnostics were not complete in time."
        )
        await self._driver.save_screenshot(f"diagnostics-{self._theme}", dialog)
        dialog.close()

    async def _capture_help(self) -> None:
        self._main_window.window_actions["Help"].trigger()
        dialog = self._main_window.findChild(HelpDialog)
        if dialog is not None:
            await asyncio.sleep(0.2)
            await self._driver.save_screenshot(f"help-{self._theme}", dialog)
            dialog.close()

    async def _capture_agent_rail(self) -> None:
        """Show the window as an agent has it, and put the admin's back."""
        admin = PageAccess()
        agent = PageAccess(frozenset({"customers", "activity"}), {}, "Only admins change these.")
        self._main_window.resize(*WIDE_SIZE)
        self._main_window.show_page("customers")
        self._main_window.set_page_access(agent)
        await self._save("rail-of-an-agent")
        self._main_window.set_page_access(admin)

    async def _wait_until(self, condition: Callable[[], object]) -> None:
        await self._driver.wait_until(condition, "A drawer was not filled in time.")

    async def _save(self, name: str) -> None:
        await self._driver.save_screenshot(f"{name}-{self._theme}")
