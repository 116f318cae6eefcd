"""A window on the Events page, whose deliveries are processes of their own on the same files."""

from pathlib import Path

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from desktop.app.startup.startup_window import LaunchOptions
from desktop.events.event_action import ActionKind
from desktop.panels.events.event_action_row import EventActionRow
from desktop.panels.events.events_page import EventsPage
from desktop.panels.widgets.button import Button
from desktop.viewmodels.events.event_actions_model import EventActionsModel
from desktop.viewmodels.events.event_row import EventFilter, EventRow
from desktop.viewmodels.events.events_page_model import EventsPageModel
from tests.support.batch_page_driver import BatchPageDriver

_TASKS = ("simulate", "show", "preview", "deliver")


class EventsPageDriver(BatchPageDriver):
    """Opens files on the Events page and waits for what they become."""

    async def open_window(
        self, start: LaunchOptions | None = None, *, size: tuple[int, int] | None = (1280, 820)
    ) -> None:
        await super().open_window(start, size=size)
        self.view.show_page("events")

    @property
    def events_page(self) -> EventsPage:
        page = self.view.findChild(EventsPage)
        assert page is not None
        return page

    @property
    def events_model(self) -> EventsPageModel:
        return self.events_page._model

    def is_still(self) -> bool:
        """Whether nothing is being read, simulated or delivered."""
        model = self.events_model
        is_busy = any(map(model.simulation.tasks.is_running, _TASKS))
        is_busy |= any(map(model.stored.tasks.is_running, ("read", "show")))
        delivers = model.delivery.is_running or model.delivery.tasks.is_running("poll")
        return not (delivers or is_busy or _is_busy(model.actions))

    async def open_file(self, path: Path) -> None:
        """Open a file, and wait until it is simulated."""
        self.events_page.open_path(str(path))
        await self.wait_until(
            lambda: self.is_still() and self.events_model.simulation.simulated is not None, 20.0
        )

    async def choose_filter(self, chosen: EventFilter) -> None:
        """Show another list of the page."""
        self.events_page.filter_control.set_value(chosen.name)
        self.events_page._on_filter("")
        await self.wait_until(self.is_still)

    def rows(self) -> list[EventRow]:
        model = self.events_model.table_model
        return [row for n in range(model.rowCount()) if (row := model.row_at(n)) is not None]

    def consequence(self, key: str, action: str) -> Button:
        """Return a button of the consequences, by both keys, where it stands by now."""
        self.settle()
        return self.events_page.consequences_card.button(key, action)

    def settle(self) -> None:
        """Let the layouts that wait take place: a click hits what is there by then."""
        for _ in range(3):
            QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)  # type: ignore[arg-type]
            QApplication.processEvents()

    def resize(self, size: tuple[int, int]) -> None:
        """Make the window as large, with its parts in their places."""
        self.view.resize(*size)
        self.settle()

    def action_row(self, kind: ActionKind) -> EventActionRow:
        return self.events_page.actions_tab.rows[kind]

    def type_trigger(self, kind: ActionKind, text: str) -> None:
        """Type a trigger over the one that stands, by real keys."""
        field = self.action_row(kind).trigger_field
        field.setFocus()
        field.selectAll()
        self.type(text)


def _is_busy(model: EventActionsModel) -> bool:
    names = ("read", "save", *(f"keep {kind.value}" for kind in ActionKind))
    return any(map(model.tasks.is_running, names))
