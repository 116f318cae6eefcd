"""The tour: walks through every main screen and saves a numbered picture of each."""

import asyncio
import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu

from desktop.kit.errors import InvalidInput
from desktop.panels.theme.application_theme import ThemeChoice

if TYPE_CHECKING:
    from desktop.app.window_lifecycle import WindowLifecycle

WIDE_SIZE = (1280, 820)
NARROW_SIZE = (392, 860)
BOTH_THEMES = (ThemeChoice.LIGHT, ThemeChoice.DARK)


class ScreenshotTour:
    """At 1280×820 and in the narrow window. `said` is the sandbox's first line."""

    def __init__(
        self,
        folder: Path,
        sandbox_document: dict[str, Any],
        themes: Sequence[ThemeChoice] = BOTH_THEMES,
    ) -> None:
        self._folder = folder
        self._sandbox_document = sandbox_document
        self._themes = tuple(themes)
        self._count = 0

    async def take_screenshots(self, window: "WindowLifecycle") -> None:
        """Take the pictures."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidInput(
                f"{self._folder} cannot be written to.", str(error.strerror)
            ) from error
        for choice in self._themes:
            window.theme.choose(choice)
            await self._capture_theme(window, choice.value)
        await self._capture_sync_page(window)

    async def _capture_sync_page(self, window: "WindowLifecycle") -> None:
        from desktop.app.screenshot_tour.sync_page import SyncPageScreenshotTour

        async def picture(name: str) -> None:
            await self._save_screenshot(window, name)

        await SyncPageScreenshotTour(
            window, picture, self._control_sandbox, (WIDE_SIZE, NARROW_SIZE), self._themes
        ).take_screenshots()

    async def _capture_theme(self, window: "WindowLifecycle", theme: str) -> None:
        view = window.main_window
        view.resize(*WIDE_SIZE)
        window.sheet_model.close_sheet()
        view.top_bar.search_field.clear()
        await self._save_screenshot(window, f"start-{theme}")
        await self._capture_search(window, theme)
        await self._capture_customer(window, theme)
        await self._capture_special_cases(window, theme)
        await self._capture_pages(window, theme)
        await self._capture_narrow_window(window, theme)

    async def _capture_search(self, window: "WindowLifecycle", theme: str) -> None:
        field = window.main_window.top_bar.search_field
        window.main_window.look_up("Alex Kim")
        await self._wait_until_loaded(window)
        await self._save_screenshot(window, f"several-match-{theme}")
        field.setText(">")
        field.edited.emit(">")
        await self._save_screenshot(window, f"commands-{theme}")
        field.clear()
        field.hide_popup()

    async def _capture_customer(self, window: "WindowLifecycle", theme: str) -> None:
        await self._open_customer(window, "#48213")
        await self._save_screenshot(window, f"customer-{theme}")
        self._click_button(window, "No marketing e-mail")
        await self._save_screenshot(window, f"opt-out-form-{theme}")
        self._click_button(window, "Stop marketing e-mail")
        await asyncio.sleep(0.6)
        self._click_button(window, "Winback")
        await asyncio.sleep(0.4)
        await self._save_screenshot(window, f"waiting-with-undo-{theme}")
        await self._undo_edits(window)

    async def _undo_edits(self, window: "WindowLifecycle") -> None:
        """Leave the customer as they were, for the other theme."""
        outbox, undo = window.services.store.outbox, window.services.undo
        for edit in outbox.list_recent.blocking(2):
            await undo.undo(edit.id, wait_for_undo=False)
        for _ in range(100):
            if not outbox.count_open.blocking():
                break
            await asyncio.sleep(0.05)
        for toast in window.main_window.toast_manager.visible_toasts():
            toast.dismiss()
        window.main_window.status_bar.set_note("last", "")

    async def _capture_special_cases(self, window: "WindowLifecycle", theme: str) -> None:
        for text, name in (
            ("j.doe@corp.example", "no-profile"),
            ("dana@okafor.example", "another"),
            ("nobody@nowhere.example", "nobody"),
        ):
            await self._open_customer(window, text)
            await self._save_screenshot(window, f"{name}-{theme}")
        self._set_sandbox_fault("sailthru:* *:503")
        await self._open_customer(window, "#48302")
        await self._save_screenshot(window, f"sailthru-away-{theme}")
        self._set_sandbox_fault(None)
        window.main_window.banner.clear()
        window.sheet_model.refresh()
        await self._wait_until_loaded(window)

    async def _capture_pages(self, window: "WindowLifecycle", theme: str) -> None:
        for page in ("activity", "settings"):
            window.main_window.show_page(page)
            await asyncio.sleep(0.4)
            await self._save_screenshot(window, f"{page}-{theme}")
        await self._capture_setup_wizard(window, theme)
        window.main_window.show_page("customers")

    async def _capture_setup_wizard(self, window: "WindowLifecycle", theme: str) -> None:
        if window.page_factory is None:
            return
        async for name in window.page_factory.step_through_setup():
            await self._save_screenshot(window, f"set-up-{name}-{theme}")
        window.main_window.show_setup(None)

    async def _capture_narrow_window(self, window: "WindowLifecycle", theme: str) -> None:
        window.main_window.resize(*NARROW_SIZE)
        await self._open_customer(window, "#48213")
        await self._save_screenshot(window, f"beside-zendesk-{theme}")
        for page in ("activity", "settings"):
            window.main_window.show_page(page)
            await asyncio.sleep(0.3)
            await self._save_screenshot(window, f"{page}-narrow-{theme}")
        window.main_window.show_page("customers")

    async def _open_customer(self, window: "WindowLifecycle", text: str) -> None:
        window.main_window.look_up(text)
        await self._wait_until_loaded(window)

    async def _wait_until_loaded(self, window: "WindowLifecycle") -> None:
        for _ in range(400):
            await asyncio.sleep(0.05)
            if window.sheet_model.sheet is not None and not window.sheet_model.is_loading:
                return
        raise InvalidInput("A customer did not open in time.")

    def _click_button(self, window: "WindowLifecycle", name: str) -> None:
        for button in window.main_window.findChildren(QAbstractButton):
            if button.isVisible() and name in (button.accessibleName(), button.objectName()):
                button.click()
                return
        raise InvalidInput(f"There is no button “{name}” to press.")

    def _set_sandbox_fault(self, spec: str | None) -> None:
        """Let the sandbox misbehave; None ends that."""
        self._control_sandbox("fault", {"spec": spec} if spec else None)

    def _control_sandbox(self, what: str, body: object) -> None:
        """Tell the sandbox something; None takes it back."""
        url = f"{self._sandbox_document['zendesk']['base_url']}/sandbox/{what}"
        request = urllib.request.Request(  # noqa: S310 - the demo's own loopback address
            url,
            data=json.dumps(body).encode() if body is not None else None,
            method="POST" if body is not None else "DELETE",
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            answer.read()

    async def _save_screenshot(self, window: "WindowLifecycle", name: str) -> None:
        # Skeletons wait 300 ms; what is quicker is not shown, and nothing half-painted either.
        await asyncio.sleep(0.2)
        self._count += 1
        path = self._folder / f"{self._count:02d}-{name}.png"
        _grab_with_menu(window).save(str(path))
        print(path)


def _grab_with_menu(window: "WindowLifecycle") -> QPixmap:
    """The window with the menu over it, which is a window of its own."""
    picture = window.main_window.grab()
    menu = QApplication.activePopupWidget()
    if isinstance(menu, QMenu):
        painter = QPainter(picture)
        painter.drawPixmap(window.main_window.mapFromGlobal(menu.pos()), menu.grab())
        painter.end()
    return picture
