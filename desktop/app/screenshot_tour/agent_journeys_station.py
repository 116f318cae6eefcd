"""The screenshot tour of an agent's day: five ways of helping one customer, step by step.

Each is a series of pictures, in every theme. They change the demo's data, so they come last.
"""

import asyncio
from collections.abc import Callable

from desktop.app.screenshot_tour.tour_driver import WIDE_SIZE, TourDriver
from desktop.clients.service_status import ServiceStatus
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.protocol import build_request
from desktop.kit.errors import InvalidInput
from desktop.model.email_change import EmailConflictPolicy
from desktop.panels.activity_page import ActivityPage

_DANA_SID = "5fd01c0a11b94e5500770404"  # of the sandbox's seed data
_DANA_ZENDESK_ID = 7704
# Long enough for two pictures in each theme, and on a slow computer for what they take there.
_OFFLINE_S, _OFFLINE_PICTURES, _OFFLINE_TRIES = 15.0, 8, 4
_BACK_WITHIN_S = 300.0
_TOO_LATE = "The customer did not come so far in time."


class AgentJourneysTour:
    """The screenshot tour's series of pictures about customers that an agent helps."""

    def __init__(self, driver: TourDriver) -> None:
        self._driver = driver
        self._services = driver.window.services
        self._main_window = driver.window.main_window
        self._drawers = driver.window.make_drawer_models()
        self._series = ""
        self._count = 0

    async def take_screenshots(self) -> None:
        """Go through each of the screenshot tour's journeys once."""
        self._main_window.resize(*WIDE_SIZE)
        self._main_window.show_page("customers")
        for series, journey in (
            ("fewer-e-mails", self._opt_down_with_undo),
            ("new-address", self._change_address),
            ("pause", self._pause_marketing),
            ("other-address", self._use_other_profile),
            ("offline", self._work_offline),
            ("address-changed-in-zendesk", self._find_changed_address),
        ):
            self._series, self._count = series, 0
            await journey()
            self._driver.dismiss_messages()

    async def _opt_down_with_undo(self) -> None:
        """Picture “too many e-mails”: an opt-out with Undo, its proof, and a note to colleagues."""
        page = self._main_window.customers_page
        await self._driver.open_customer("#48213")
        await self._save("ticket")
        self._driver.click_button("No marketing e-mail")
        await self._save("consequences")
        self._driver.click_button("Stop marketing e-mail")
        await self._wait_until(self._main_window.toast_manager.visible_toasts)
        await self._save("undo")
        await self._send_and_wait()
        await self._save("confirmed")
        page.open_note_drawer(48213)
        await self._wait_until(lambda: self._drawers.note.view().text)
        await self._save("note")
        self._driver.click_button("Add internal note")
        await self._send_and_wait()
        page.open_why_drawer()
        await self._wait_until(lambda: self._drawers.why.view().causes)
        await self._save("why")
        self._driver.click_button("Close")

    async def _change_address(self) -> None:
        """Picture a change of address: both services asked, two profiles made one, the result."""
        model = self._drawers.email_change
        await self._driver.open_customer("#48240")
        self._main_window.customers_page.open_email_drawer()
        model.type_address("tom@new.example")
        await self._wait_until(lambda: model.view().asks_policy)
        await self._save("check")
        model.choose_policy(EmailConflictPolicy.MERGE)
        await self._save("merge")
        model.submit()
        await self._wait_until(lambda: model.progress is not None and model.view().is_finished)
        await self._save("result")
        self._main_window.customers_page.close_email_drawer()
        await self._driver.open_customer("tom@new.example")
        await self._save("customer")

    async def _pause_marketing(self) -> None:
        """Picture a frustrated customer: health, a pause, and its end with the solved ticket."""
        await self._driver.open_customer("#48302")
        self._driver.click_button("Frustrated")
        await self._wait_until(self._main_window.toast_manager.visible_toasts)
        await self._save("frustrated")
        await self._send_and_wait()
        self._driver.click_button("Pause marketing")
        await self._wait_until(self._main_window.toast_manager.visible_toasts)
        await self._save("undo")
        await self._send_and_wait()
        await self._save("paused")
        await self._solve_ticket(48302)
        await self._services.pauses.queue_due()
        await self._send_and_wait()
        self._driver.window.sheet_model.refresh()
        await self._driver.wait_until_loaded()
        await self._save("ended")

    async def _use_other_profile(self) -> None:
        """Picture a customer without a profile, and the one at their other address in use."""
        await self._driver.open_customer("j.doe@corp.example")
        await self._save("no-profile")
        self._driver.click_button("Use the profile of jdoe@home.example")
        sheet = self._driver.window.sheet_model
        await self._wait_until(lambda: sheet.sheet is not None and sheet.sheet.profile.value)
        await self._driver.wait_until_loaded()
        await self._save("in-use")

    async def _work_offline(self) -> None:
        """Picture a removal from a list without a network, which a colleague had made already."""
        loop = asyncio.get_running_loop()
        await self._driver.open_customer("dana@okafor.example")
        sailthru = self._services.session.clients.sailthru
        if sailthru is None:
            raise InvalidInput(_TOO_LATE)
        await sailthru.post_user(_DANA_SID, lists={"VIP Offers": False})
        begun = loop.time()
        await self._save("customer")
        off_s = max(_OFFLINE_S, _OFFLINE_PICTURES * (loop.time() - begun))
        await self._lose_network(min(off_s, 600.0))
        await self._driver.wait_until_loaded()
        await self._save("kept")
        self._driver.click_button("VIP Offers")
        await self._wait_until(self._main_window.toast_manager.visible_toasts)
        await self._driver.release_edits()
        self._driver.dismiss_messages()
        await self._save("queued")
        if not await self._driver.comes_true(
            lambda: self._are_services(ServiceStatus.LIVE), _BACK_WITHIN_S
        ):
            states = self._services.session.service_states
            told = ", ".join(f"{one.service} is {one.status.value}" for one in states)
            raise InvalidInput("The services did not come back in time.", told)
        await self._send_and_wait()
        self._driver.window.sheet_model.refresh()
        await self._driver.wait_until_loaded()
        await self._save("nothing-to-do")

    async def _lose_network(self, off_s: float) -> None:
        """Have no service answer for so many seconds, and wait until the window has seen it."""
        for _ in range(_OFFLINE_TRIES):
            self._driver.control_sandbox("network", {"off_s": off_s})
            await asyncio.sleep(0.5)
            self._driver.window.sheet_model.refresh()
            if await self._driver.comes_true(
                lambda: self._are_services(ServiceStatus.OFFLINE), off_s / 2
            ):
                return
            # Not seen in time to picture it: once more, when the services are back.
            await self._wait_until(lambda: self._are_services(ServiceStatus.LIVE))
            off_s = min(2 * off_s, 600.0)
        raise InvalidInput(_TOO_LATE)

    async def _find_changed_address(self) -> None:
        """Picture an address that somebody changed in Zendesk: on the sheet, and in Activity."""
        zendesk = self._zendesk_client()
        made = await zendesk.add_email_identity(_DANA_ZENDESK_ID, "dana@copper.example")
        await zendesk.make_identity_primary(_DANA_ZENDESK_ID, made.id)
        await self._driver.open_customer("dana@copper.example")
        await self._wait_until(lambda: self._drawers.email_change.note().text)
        await self._save("customer")
        self._main_window.show_page("activity")
        page = self._main_window.findChild(ActivityPage)
        if page is not None:
            self._driver.click_button("Needs a person", page)
            await asyncio.sleep(0.5)
            page.table.setCurrentIndex(page.table.model().index(0, 0))
        await self._save("activity")
        self._main_window.show_page("customers")

    def _are_services(self, status: ServiceStatus) -> bool:
        states = self._services.session.service_states
        return bool(states) and all(state.status is status for state in states)

    def _zendesk_client(self) -> ZendeskClient:
        """Return the client by which the tour does what somebody does in Zendesk itself."""
        zendesk = self._services.session.clients.zendesk
        if zendesk is None:
            raise InvalidInput(_TOO_LATE)
        return zendesk

    async def _solve_ticket(self, ticket: int) -> None:
        request = build_request(
            "PUT",
            "/api/v2/tickets/{id}",
            ids={"id": ticket},
            document={"ticket": {"status": "solved"}},
        )
        await self._zendesk_client().send(request, lambda _document, _parser: None)

    async def _send_and_wait(self) -> None:
        await self._driver.end_undo_times()
        self._driver.dismiss_messages()

    async def _save(self, name: str) -> None:
        self._count += 1
        await self._driver.save_in_each_theme(f"agent-{self._series}-{self._count}-{name}")

    async def _wait_until(self, condition: Callable[[], object]) -> None:
        await self._driver.wait_until(condition, _TOO_LATE)
