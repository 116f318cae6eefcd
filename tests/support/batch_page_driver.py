"""A window on the page Many at once, whose batches are processes of their own on the same files."""

from typing import Any

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QLineEdit

from desktop.app.startup.startup_window import LaunchOptions
from desktop.panels.batches.batch_page import BatchPage
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.viewmodels.batches.batch_page_model import BatchPageModel
from tests.support.window_driver import CTRL, SHIFT, Key, WindowDriver
from tests.support.workspace_home import AUDIT_KEY

# A process of its own imports, signs in and works; beside other tests that takes some seconds.
PROCESS_S = 40.0


class BatchPageDriver(WindowDriver):
    """`lent` secrets reach the processes by their environment, as in the demo."""

    async def open_window(
        self, start: LaunchOptions | None = None, *, size: tuple[int, int] | None = (1280, 820)
    ) -> None:
        await super().open_window(
            start or LaunchOptions(run_environment=self._process_environment()), size=size
        )

    def _process_environment(self) -> dict[str, str]:
        who = "agent_" if self._agent else ""
        sailthru, zendesk = self.sandbox.sailthru, self.sandbox.zendesk
        return {
            "FAIRLEAD_HOME": str(self.home.folder),
            "FAIRLEAD_SAILTHRU_KEY": sailthru[f"{who}api_key"],
            "FAIRLEAD_SAILTHRU_SECRET": sailthru[f"{who}api_secret"],
            "FAIRLEAD_ZENDESK_EMAIL": zendesk[f"{who}email"],
            "FAIRLEAD_ZENDESK_TOKEN": zendesk[f"{who}api_token"],
            "FAIRLEAD_AUDIT_KEY": AUDIT_KEY,
        }

    @property
    def page(self) -> BatchPage:
        assert self.window.page_factory is not None
        page = self.window.page_factory._batch_page
        assert page is not None
        return page

    @property
    def model(self) -> BatchPageModel:
        return self.page.model

    async def paste(self, text: str | QMimeData) -> None:
        """Ctrl+Shift+V with this on the clipboard."""
        clipboard = QGuiApplication.clipboard()
        if isinstance(text, QMimeData):
            clipboard.setMimeData(text)
        else:
            clipboard.setText(text)
        self.press(Key.Key_V, CTRL | SHIFT)
        await self.wait_until(lambda: self.window.page_factory._batch_page is not None)

    async def paste_and_look_up(self, text: str) -> None:
        """Paste, and wait until every address was looked up."""
        await self.paste(text)
        await self.wait_until(lambda: self.model.batch is not None)
        await self.wait_until(lambda: self.model.is_looked_up, PROCESS_S)

    def counts(self) -> dict[str, int]:
        view = self.model.view()
        return {count.key: count.number for count in view.counts} if view is not None else {}

    def choose(self, **values: Any) -> None:
        """Choose and type in the form of the change."""
        for path, value in values.items():
            self.model.edit_field(path, value)

    async def preview(self, **values: Any) -> None:
        """Choose a change, press Preview change, and wait for what it does."""
        self.choose(**values)
        self.click(self.page.change_card.preview_button)
        await self.wait_until(lambda: self.model.is_previewed, PROCESS_S)

    async def confirm(self, typed: str = "") -> None:
        """Answer the open question, typing what it asks for."""
        await self.wait_until(lambda: self.question() is not None)
        question = self.question()
        assert question is not None
        if typed:
            question.findChildren(QLineEdit)[0].setText(typed)
        self.click(question.confirm_button)

    def question(self) -> ConfirmationDialog | None:
        found = [one for one in self.view.findChildren(QDialog) if one.isVisible()]
        return next((one for one in found if isinstance(one, ConfirmationDialog)), None)

    async def make(self, typed: str = "") -> None:
        """Press the button of the change, answer what is asked, and wait until all is sent."""
        self.click(self.page.change_card.apply_button)
        if self.model.view().confirmation is not None:
            await self.confirm(typed)
        await self.wait_until(lambda: self.model.is_sent, PROCESS_S)
