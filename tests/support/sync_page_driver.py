"""A window on the page Sync, whose runs are processes of their own on the same files."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from desktop.app.startup.startup_window import LaunchOptions
from desktop.model.sync import Sync
from desktop.model.sync_plan import PlannedOutcome, PlanRow
from desktop.model.sync_run import Run
from desktop.panels.syncs.plan_table_view import PlanTableView
from desktop.panels.syncs.sync_page import SyncPage
from desktop.viewmodels.syncs.plan_table_model import CHANGES, CUSTOMER, TICK
from desktop.viewmodels.syncs.sync_page_models import SyncPageModels
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.support.workspace_home import AUDIT_KEY

TO_SAILTHRU = "zendesk-to-sailthru"
NONE = Qt.KeyboardModifier.NoModifier


class SyncPageDriver(WindowDriver):
    """`lent` secrets reach the runs by their environment, as in the demo."""

    async def open_window(
        self, start: LaunchOptions | None = None, *, size: tuple[int, int] | None = (1280, 820)
    ) -> None:
        await super().open_window(
            start or LaunchOptions(run_environment=self._run_environment()), size=size
        )
        self.press(Key.Key_2, CTRL)
        await self.wait_until(lambda: self.models.page._snapshot is not None)

    def _run_environment(self) -> dict[str, str]:
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
    def models(self) -> SyncPageModels:
        assert self.window.page_factory is not None
        return self.window.page_factory.sync_models

    @property
    def page(self) -> SyncPage:
        assert self.window.page_factory is not None
        assert self.window.page_factory.sync_page is not None
        return self.window.page_factory.sync_page

    @property
    def rows(self) -> PlanTableView:
        return self.page.plan_tab.table

    # Getting there.

    def show_mapping(self) -> None:
        """Show the tab Mapping with the rules below its fields, which follow a turn later."""
        self.page.show_tab("Mapping")
        assert self.page.mapping_tab.rules_editor.isVisible()

    async def add_preset(self, preset: str = TO_SAILTHRU, *, on: bool = True) -> None:
        """A preset, past its dialog, and on."""
        model = self.models.page
        model.add(preset)
        await self.wait_until(
            lambda: model.selected_name == preset and model.selected_sync() is not None
        )
        if on:
            model.switch_sync(on=True)
            await self.wait_until(lambda: self.read_sync(preset).on)
            await self.wait_until(lambda: self.page.header.enabled_switch.isChecked())

    async def press_preview(self) -> None:
        """Press Preview once the page has taken in what came before."""
        await self.wait_until(lambda: self.models.page.header_view() is not None)
        await self.wait_until(self.page.header.preview_button.isEnabled)
        self.click(self.page.header.preview_button)

    async def make_preview(self) -> None:
        """Press Preview and wait for its rows."""
        await self.press_preview()
        await self.wait_until(lambda: self.models.page.selected_sync().open_plan is not None, 40)
        await self.wait_until(lambda: self.models.plan.table_model.row_at(0) is not None)

    def read_sync(self, name: str = TO_SAILTHRU) -> Sync:
        return self.house.store.syncs.get.blocking(name)

    def open_plan_id(self) -> str:
        plan = self.models.page.selected_sync().open_plan
        assert plan is not None
        return str(plan.id)

    def stored_row(self, label: str) -> PlanRow:
        """A row of the open preview as the store has it."""
        rows = self.house.store.plans.list_rows.blocking(self.open_plan_id(), limit=2000)
        found = [row for row in rows if row.label == label]
        assert found, f"no row of the preview is {label!r}"
        return found[0]

    def fate(self, label: str) -> PlannedOutcome | None:
        """A row's fate in the newest open preview, None where it has none."""
        plan = self.models.page.selected_sync().open_plan
        rows = (
            self.house.store.plans.list_rows.blocking(plan.id, limit=2000)
            if plan is not None
            else ()
        )
        return next((row.fate for row in rows if row.label == label), None)

    async def open_run(self, run: str) -> None:
        """Open a run in the history."""
        self.page.show_tab("History")
        rows = self.page.history_tab.run_list
        model = self.models.history.list_model
        await self.wait_until(lambda: model.place_of(run) >= 0)
        await self.pause(0.2)
        box = rows.visualRect(model.index(model.place_of(run), 0))
        left = Qt.MouseButton.LeftButton
        QTest.mouseClick(rows.viewport(), left, NONE, box.topLeft() + QPoint(20, 10))

    async def wait_for_run_end(self, state: str = "done") -> Run:
        """Wait until the newest run has ended so."""
        runs = self.house.store.runs

        def has() -> bool:
            found = runs.list_runs.blocking(self.models.page.selected_name, 1)
            return bool(found) and found[0].state.value == state

        await self.wait_until(has, 40)
        await self.wait_until(lambda: self.models.page.selected_sync().active_run is None)
        return runs.list_runs.blocking(self.models.page.selected_name, 1)[0]

    # By mouse.

    def row_index(self, name: str) -> int:
        """Where the row with this name or address stands."""
        table = self.models.plan.table_model
        for place in range(table.rowCount()):
            row = table.row_at(place)
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
        place = self.row_index(name)
        index = self.models.plan.table_model.index(place, column)
        self.rows.scrollTo(index)
        box = self.rows.visualRect(index)
        point = at or QPoint(box.left() + min(20, box.width() // 2), box.top() + 16)
        QTest.mouseClick(self.rows.viewport(), Qt.MouseButton.LeftButton, modifier, point)

    def click_checkbox(self, name: str, modifier: Qt.KeyboardModifier = NONE) -> None:
        self.click_row(name, TICK, modifier=modifier)

    def click_name(self, name: str) -> None:
        self.click_row(name, CUSTOMER)

    def front_dialog(self) -> QDialog:
        """The dialog in front."""
        found = [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog)]
        shown = [w for w in found if w.isVisible()]
        assert shown, "no dialog is open"
        return shown[-1]
