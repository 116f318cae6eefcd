"""The screenshot tour's driver of a window: pictures, waiting, pressing buttons, the sandbox."""

import asyncio
import json
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu, QWidget

from desktop.kit.change_bus import ChangeSet, Topic
from desktop.kit.errors import InvalidInput
from desktop.model.customer_sheet import SheetPartState
from desktop.panels.theme.application_theme import ThemeChoice

if TYPE_CHECKING:
    from desktop.app.window_lifecycle import WindowLifecycle

# Width and height in device-independent pixels; the narrow window is one column (below 480).
WIDE_SIZE = (1280, 820)
NARROW_SIZE = (392, 860)
BOTH_THEMES = (ThemeChoice.LIGHT, ThemeChoice.DARK)
_POLL_S = 0.05
# A slow computer with much else to do needs more than one of them.
_LIMIT_S = 180.0


class TourDriver:
    """Drives one demo window for the screenshot tour, and saves numbered pictures of it.

    `sandbox_document` is the sandbox's first line, which holds the address of its controls.
    Raises InvalidInput where the folder cannot be made.
    """

    def __init__(
        self,
        window: "WindowLifecycle",
        folder: Path,
        sandbox_document: dict[str, Any],
        themes: Sequence[ThemeChoice],
    ) -> None:
        self.window, self.themes = window, themes
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InvalidInput(f"{folder} cannot be written to.", str(error.strerror)) from error
        self._folder = folder
        self._sandbox_url = sandbox_document["zendesk"]["base_url"]
        self._count = 0
        self._last_image = QImage()

    async def save_screenshot(self, name: str, widget: QWidget | None = None) -> None:
        """Save a picture of the toured window as `NNN-NAME.png` and print the path.

        Raises InvalidInput for a picture like the last one: what it is to show did not come.
        """
        # Skeletons wait 300 ms; what is quicker is not shown, and nothing half-painted either.
        await asyncio.sleep(0.2)
        self._count += 1
        path = self._folder / f"{self._count:03d}-{name}.png"
        picture = self._grab_with_menu() if widget is None else widget.grab()
        image = picture.toImage()
        if image == self._last_image:
            raise InvalidInput(f"The picture {path.name} shows the same as the one before.")
        self._last_image = image
        image.save(str(path))
        print(path)

    async def save_in_each_theme(self, name: str, widget: QWidget | None = None) -> None:
        """Save a picture of the toured window, or of a dialog of it, once for each theme."""
        # Beginning with the theme in force: dressing a full window anew takes about a second.
        theme = self.window.theme
        current = theme.choice
        for choice in sorted(self.themes, key=lambda choice: choice is not current):
            theme.choose(choice)
            await self.save_screenshot(f"{name}-{choice.value}", widget)

    async def wait_until(self, condition: Callable[[], object], failure: str) -> None:
        """Wait until the tour's condition is true. Raises InvalidInput after three minutes."""
        if not await self.comes_true(condition, _LIMIT_S):
            raise InvalidInput(failure)

    async def comes_true(self, condition: Callable[[], object], within_s: float) -> bool:
        """Wait for a condition of the tour, and tell whether it came true within so many seconds.

        Not by the clock: a computer that stood still has not waited.
        """
        for _ in range(int(within_s / _POLL_S)):
            await asyncio.sleep(_POLL_S)
            if condition():
                return True
        return False

    async def open_customer(self, text: str) -> None:
        """Look a customer up in the toured window, and wait until every panel has its answer."""
        self.window.main_window.look_up(text)
        await self.wait_until_loaded()

    async def wait_until_loaded(self) -> None:
        """Wait until the toured window's customer sheet is read. Raises InvalidInput."""
        model = self.window.sheet_model
        await self.wait_until(
            lambda: (
                model.sheet is not None
                and not model.is_loading
                # It arrives on its own, later than the rest.
                and model.sheet.sell.state is not SheetPartState.LOADING
                and (model.sheet.sell.value is None or model.sheet.sell.value.are_deals_read)
            ),
            "A customer did not open in time.",
        )

    async def release_edits(self) -> None:
        """Have the tour's edits sent that wait for their undo time."""
        services = self.window.services
        await services.store.outbox.end_undo_waits(services.context.clock.now())
        services.bus.publish(ChangeSet.of(Topic.OUTBOX))

    async def end_undo_times(self) -> None:
        """Have the tour's waiting edits sent, and wait until none is open. Raises InvalidInput."""
        outbox = self.window.services.store.outbox
        await self.release_edits()
        await self.wait_until(
            lambda: not outbox.count_open.blocking(), "An edit was not sent in time."
        )

    def dismiss_messages(self) -> None:
        """Close the toured window's toasts: they would lie over the next pictures."""
        for toast in self.window.main_window.toast_manager.visible_toasts():
            toast.dismiss()

    def click_button(self, name: str, inside: QWidget | None = None) -> None:
        """Press the toured window's visible button of this name. Raises InvalidInput."""
        for button in (inside or self.window.main_window).findChildren(QAbstractButton):
            if button.isVisible() and name in (button.accessibleName(), button.objectName()):
                button.click()
                return
        raise InvalidInput(f"There is no button “{name}” to press.")

    def control_sandbox(self, control: str, body: object) -> None:
        """Set one of the sandbox's controls for the tour, such as `fault`; None takes it back."""
        request = urllib.request.Request(  # noqa: S310 - the demo's own loopback address
            f"{self._sandbox_url}/sandbox/{control}",
            data=json.dumps(body).encode() if body is not None else None,
            method="POST" if body is not None else "DELETE",
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            answer.read()

    def _grab_with_menu(self) -> QPixmap:
        """Grab the toured window with an open menu, a window of its own, painted over it."""
        main_window = self.window.main_window
        picture = main_window.grab()
        menu = QApplication.activePopupWidget()
        if isinstance(menu, QMenu):
            painter = QPainter(picture)
            painter.drawPixmap(main_window.mapFromGlobal(menu.pos()), menu.grab())
            painter.end()
        return picture
