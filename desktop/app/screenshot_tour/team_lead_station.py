"""The screenshot tour's stations of what a lead prepares and answers: tags, notes, requests."""

import asyncio
from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QApplication

from desktop.app.screenshot_tour.tour_driver import TourDriver
from desktop.kit.change_bus import ChangeSet, Topic
from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.service import Service
from desktop.model.team_lead_request import TeamLeadRequestState

_ASKER = "Kim Park"


class TeamLeadTour:
    """Stations of the tour about the customer shown, in one theme; leaves the data as it was."""

    def __init__(self, driver: TourDriver, save: Callable[[str], Awaitable[None]]) -> None:
        self._driver, self._save = driver, save
        self._window = driver.window

    async def take_screenshots(self) -> None:
        """Picture merge tags, a note by template, and a request to a lead on both pages."""
        self._driver.click_button("Merge tags of Profile data")
        await self._save("merge-tags")
        menu = QApplication.activePopupWidget()
        if menu is not None:
            menu.close()
        await self._capture_note()
        await self._capture_request()

    async def _capture_note(self) -> None:
        note = self._window.make_drawer_models().note
        self._window.main_window.customers_page.open_note_drawer()
        note.choose_template("Hand-over")
        await asyncio.sleep(0.2)
        await self._save("note-template")
        note.type_text("")
        self._driver.click_button("Close Add note")

    async def _capture_request(self) -> None:
        """Picture what an agent has asked for, as the admin of the demo sees it."""
        store, sheet = self._window.services.store, self._window.sheet_model.sheet
        profile = sheet.profile.value if sheet is not None else None
        if sheet is None or profile is None:
            return
        target = EditTarget(Service.SAILTHRU, profile.sid, sheet.address)
        request = EditRequest(
            EditKind.LIST,
            target,
            "Newsletter",
            True,
            False,
            "Gets it twice, at both addresses",
            48213,
        )
        now = self._window.services.context.clock.now()
        asked = await store.team_lead_requests.add(request, _ASKER, "", now)
        self._publish(target)
        await asyncio.sleep(0.4)
        await self._save("request-to-a-lead")
        self._window.main_window.show_page("activity")
        await asyncio.sleep(0.4)
        await self._save("activity-request")
        self._window.main_window.show_page("customers")
        state = TeamLeadRequestState.WITHDRAWN
        await store.team_lead_requests.answer(asked.id, state, _ASKER, now)
        self._publish(target)

    def _publish(self, target: EditTarget) -> None:
        topics = (Topic.CUSTOMER, Topic.AUDIT)
        self._window.services.bus.publish(ChangeSet.of(*topics, ids=[target.id]))
