"""A window on the page Sync, whose runs are processes of their own on the same files."""

from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from desktop.app.start import Start
from desktop.model.plan import Fate, PlanRow
from desktop.panels.syncs.plan_rows import PlanRows
from desktop.panels.syncs.sync_page import SyncPage
from desktop.viewmodels.syncs.models import SyncModels
from desktop.viewmodels.syncs.plan_table import CHANGES, CUSTOMER, TICK
from tests.window.desk import CTRL, Desk, Key

TO_SAILTHRU = "zendesk-to-sailthru"
NONE = Qt.KeyboardModifier.NoModifier


class SyncDesk(Desk):
    """`lent` secrets reach the runs by their environment, as in the demo."""

    async def begin(
        self, start: Start | None = None, *, size: tuple[int, int] | None = (1280, 820)
    ) -> None:
        await super().begin(start or Start(lent=self._lent()), size=size)
        self.press(Key.Key_2, CTRL)
        await self.until(lambda: self.models.page._look is not None)

    def _lent(self) -> dict[str, str]:
        who = "agent_" if self._agent else ""
        sailthru, zendesk = self.sandbox.sailthru, self.sandbox.zendesk
        return {
            "FAIRLEAD_HOME": str(self.home.folder),
            "FAIRLEAD_SAILTHRU_KEY": sailthru[f"{who}api_key"],
            "FAIRLEAD_SAILTHRU_SECRET": sailthru[f"{who}api_secret"],
            "FAIRLEAD_ZENDESK_EMAIL": zendesk[f"{who}email"],
            "FAIRLEAD_ZENDESK_TOKEN": zendesk[f"{who}api_token"],
        }

    @property
    def models(self) -> SyncModels:
        assert self.window.pages is not None
        return self.window.pages.syncs

    @property
    def page(self) -> SyncPage:
        assert self.window.pages is not None
        assert self.window.pages.sync_page is not None
        return self.window.pages.sync_page

    @property
    def rows(self) -> PlanRows:
        return self.page.plan.rows

    # Getting there.

    async def add(self, preset: str = TO_SAILTHRU, *, on: bool = True) -> None:
        """A preset, past its dialog, and on."""
        model = self.models.page
        model.add(preset)
        await self.until(lambda: model.goal == preset and model.sync() is not None)
        if on:
            model.switch(on=True)
            await self.until(lambda: self.store_goal(preset).on)
            await self.until(lambda: self.page.head.switch.isChecked())

    async def press_preview(self) -> None:
        """Press Preview once the page has taken in what came before."""
        await self.until(lambda: self.models.page.head() is not None)
        await self.until(self.page.head.preview.isEnabled)
        self.click(self.page.head.preview)

    async def preview(self) -> None:
        """Press Preview and wait for its rows."""
        await self.press_preview()
        await self.until(lambda: self.models.page.sync().open_plan is not None, 40)
        await self.until(lambda: self.models.plan.table.row(0) is not None)

    def store_goal(self, name: str = TO_SAILTHRU) -> Any:
        return self.house.store.goals.get(name)

    def open_plan(self) -> str:
        plan = self.models.page.sync().open_plan
        assert plan is not None
        return str(plan.id)

    def stored(self, label: str) -> PlanRow:
        """A row of the open preview as the store has it."""
        rows = self.house.store.plans.rows(self.open_plan(), limit=2000)
        found = [row for row in rows if row.label == label]
        assert found, f"no row of the preview is {label!r}"
        return found[0]

    def fate(self, label: str) -> Fate | None:
        """A row's fate in the newest open preview, None where it has none."""
        plan = self.models.page.sync().open_plan
        rows = self.house.store.plans.rows(plan.id, limit=2000) if plan is not None else ()
        return next((row.fate for row in rows if row.label == label), None)

    async def look_at(self, run: str) -> None:
        """Open a run in the history."""
        self.page.show_tab("History")
        await self.until(lambda: self.all(f"Run {run}"))
        await self.pause(0.2)
        self.click(f"Run {run}")

    async def ended(self, state: str = "done") -> Any:
        """Wait until the newest run has ended so."""
        runs = self.house.store.runs

        def has() -> bool:
            found = runs.of_goal(self.models.page.goal, 1)
            return bool(found) and found[0].state.value == state

        await self.until(has, 40)
        await self.until(lambda: self.models.page.sync().running is None)
        return runs.of_goal(self.models.page.goal, 1)[0]

    # By mouse.

    def place(self, name: str) -> int:
        """Where the row with this name or address stands."""
        table = self.models.plan.table
        for place in range(table.rowCount()):
            row = table.row(place)
            if row is not None and name in (row.name, row.address):
                return place
        raise AssertionError(f"no row shows {name!r}")

    def click_row(
        self,
        name: str,
        column: int = CHANGES,
        at: QPoint | None = None,
        *,
        modifier: Qt.KeyboardModifier = NONE,
    ) -> None:
        """Press the left button on a row: by default left of its middle in a column."""
        place = self.place(name)
        index = self.models.plan.table.index(place, column)
        self.rows.scrollTo(index)
        box = self.rows.visualRect(index)
        point = at or QPoint(box.left() + min(20, box.width() // 2), box.top() + 16)
        QTest.mouseClick(self.rows.viewport(), Qt.MouseButton.LeftButton, modifier, point)

    def click_box(self, name: str, modifier: Qt.KeyboardModifier = NONE) -> None:
        self.click_row(name, TICK, modifier=modifier)

    def click_name(self, name: str) -> None:
        self.click_row(name, CUSTOMER)

    def dialog(self) -> QDialog:
        """The dialog in front."""
        found = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog)]
        shown = [w for w in found if w.isVisible()]
        assert shown, "no dialog is open"
        return shown[-1]
