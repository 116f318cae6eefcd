"""The tour: walks through every main screen and saves a numbered picture of each."""

import asyncio
import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QAbstractButton, QApplication, QMenu

from desktop.kit.errors import BadInput
from desktop.panels.theme.theme import Choice

if TYPE_CHECKING:
    from desktop.app.window import Window

WIDE = (1280, 820)
NARROW = (392, 860)
BOTH = (Choice.LIGHT, Choice.DARK)


class Tour:
    """At 1280×820 and in the narrow window. `said` is the sandbox's first line."""

    def __init__(self, folder: Path, said: dict[str, Any], themes: Sequence[Choice] = BOTH) -> None:
        self._folder = folder
        self._said = said
        self._themes = tuple(themes)
        self._count = 0

    async def walk(self, window: "Window") -> None:
        """Take the pictures."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"{self._folder} cannot be written to.", str(error.strerror)) from error
        for choice in self._themes:
            window.theme.choose(choice)
            await self._one_theme(window, choice.value)
        await self._syncs(window)

    async def _syncs(self, window: "Window") -> None:
        from desktop.app.tour_syncs import SyncTour

        async def picture(name: str) -> None:
            await self._picture(window, name)

        await SyncTour(window, picture, self._tell, (WIDE, NARROW), self._themes).walk()

    async def _one_theme(self, window: "Window", theme: str) -> None:
        view = window.view
        view.resize(*WIDE)
        window.sheet.close_sheet()
        view.top.field.clear()
        await self._picture(window, f"start-{theme}")
        await self._search(window, theme)
        await self._customer(window, theme)
        await self._others(window, theme)
        await self._pages(window, theme)
        await self._narrow(window, theme)

    async def _search(self, window: "Window", theme: str) -> None:
        field = window.view.top.field
        window.view.look_up("Alex Kim")
        await self._settled(window)
        await self._picture(window, f"several-match-{theme}")
        field.setText(">")
        field.edited.emit(">")
        await self._picture(window, f"commands-{theme}")
        field.clear()
        field.hide_popup()

    async def _customer(self, window: "Window", theme: str) -> None:
        await self._open(window, "#48213")
        await self._picture(window, f"customer-{theme}")
        self._press(window, "No marketing e-mail")
        await self._picture(window, f"opt-out-form-{theme}")
        self._press(window, "Stop marketing e-mail")
        await asyncio.sleep(0.6)
        self._press(window, "Winback")
        await asyncio.sleep(0.4)
        await self._picture(window, f"waiting-with-undo-{theme}")
        await self._put_back(window)

    async def _put_back(self, window: "Window") -> None:
        """Leave the customer as they were, for the other theme."""
        outbox, undo = window.house.store.outbox, window.house.undo
        for edit in outbox.recent(2):
            await undo.undo(edit.id, wait_for_undo=False)
        for _ in range(100):
            if not outbox.open_count():
                break
            await asyncio.sleep(0.05)
        for toast in window.view.toaster.toasts():
            toast.close_now()
        window.view.status.set_note("last", "")

    async def _others(self, window: "Window", theme: str) -> None:
        for text, name in (
            ("j.doe@corp.example", "no-profile"),
            ("dana@okafor.example", "another"),
            ("nobody@nowhere.example", "nobody"),
        ):
            await self._open(window, text)
            await self._picture(window, f"{name}-{theme}")
        self._fault("sailthru:* *:503")
        await self._open(window, "#48302")
        await self._picture(window, f"sailthru-away-{theme}")
        self._fault(None)
        window.view.banner.clear()
        window.sheet.refresh()
        await self._settled(window)

    async def _pages(self, window: "Window", theme: str) -> None:
        for page in ("activity", "settings"):
            window.view.show_page(page)
            await asyncio.sleep(0.4)
            await self._picture(window, f"{page}-{theme}")
        await self._setting_up(window, theme)
        window.view.show_page("customers")

    async def _setting_up(self, window: "Window", theme: str) -> None:
        if window.pages is None:
            return
        async for name in window.pages.show_set_up():
            await self._picture(window, f"set-up-{name}-{theme}")
        window.view.lead_in(None)

    async def _narrow(self, window: "Window", theme: str) -> None:
        window.view.resize(*NARROW)
        await self._open(window, "#48213")
        await self._picture(window, f"beside-zendesk-{theme}")
        for page in ("activity", "settings"):
            window.view.show_page(page)
            await asyncio.sleep(0.3)
            await self._picture(window, f"{page}-narrow-{theme}")
        window.view.show_page("customers")

    async def _open(self, window: "Window", text: str) -> None:
        window.view.look_up(text)
        await self._settled(window)

    async def _settled(self, window: "Window") -> None:
        for _ in range(400):
            await asyncio.sleep(0.05)
            if window.sheet.sheet is not None and not window.sheet.loading:
                return
        raise BadInput("A customer did not open in time.")

    def _press(self, window: "Window", name: str) -> None:
        for button in window.view.findChildren(QAbstractButton):
            if button.isVisible() and name in (button.accessibleName(), button.objectName()):
                button.click()
                return
        raise BadInput(f"There is no button “{name}” to press.")

    def _fault(self, spec: str | None) -> None:
        """Let the sandbox misbehave; None ends that."""
        self._tell("fault", {"spec": spec} if spec else None)

    def _tell(self, what: str, body: object) -> None:
        """Tell the sandbox something; None takes it back."""
        url = f"{self._said['zendesk']['base_url']}/sandbox/{what}"
        request = urllib.request.Request(  # noqa: S310 - the demo's own loopback address
            url,
            data=json.dumps(body).encode() if body is not None else None,
            method="POST" if body is not None else "DELETE",
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
            answer.read()

    async def _picture(self, window: "Window", name: str) -> None:
        # Skeletons wait 300 ms; what is quicker is not shown, and nothing half-painted either.
        await asyncio.sleep(0.2)
        self._count += 1
        path = self._folder / f"{self._count:02d}-{name}.png"
        _as_seen(window).save(str(path))
        print(path)


def _as_seen(window: "Window") -> QPixmap:
    """The window with the menu over it, which is a window of its own."""
    picture = window.view.grab()
    menu = QApplication.activePopupWidget()
    if isinstance(menu, QMenu):
        painter = QPainter(picture)
        painter.drawPixmap(window.view.mapFromGlobal(menu.pos()), menu.grab())
        painter.end()
    return picture
