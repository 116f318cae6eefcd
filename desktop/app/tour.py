"""The tour: walks through every main screen and saves a numbered picture of each."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop.kit.errors import BadInput
from desktop.panels.theme.theme import Choice

if TYPE_CHECKING:
    from desktop.app.gui import Window


class Tour:
    """Light and dark at 1280×820, and the narrow window."""

    def __init__(self, folder: Path, said: dict[str, Any]) -> None:
        self._folder = folder
        self._said = said
        self._count = 0

    async def walk(self, window: "Window") -> None:
        """Take the pictures."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput(f"{self._folder} cannot be written to.", str(error.strerror)) from error
        for choice in (Choice.LIGHT, Choice.DARK):
            window.theme.choose(choice)
            await self._one_theme(window, choice.value)

    async def _one_theme(self, window: "Window", theme: str) -> None:
        view = window.view
        view.resize(1280, 820)
        window.sheet.close_sheet()
        await self._picture(window, f"start-{theme}")
        await self._open(window, "#48213")
        await self._picture(window, f"customer-{theme}")

    async def _open(self, window: "Window", text: str) -> None:
        window.view.look_up(text)
        for _ in range(400):
            await asyncio.sleep(0.05)
            if window.sheet.sheet is not None and not window.sheet.loading:
                return
        raise BadInput(f"{text} did not open in time.")

    async def _picture(self, window: "Window", name: str) -> None:
        await asyncio.sleep(0.15)
        self._count += 1
        path = self._folder / f"{self._count:02d}-{name}.png"
        window.view.grab().save(str(path))
        print(path)
