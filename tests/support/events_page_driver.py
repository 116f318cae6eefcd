"""A window on the Events page, whose deliveries are processes of their own on the same files."""

from pathlib import Path

from desktop.app.startup.startup_window import LaunchOptions
from desktop.panels.events.events_page import EventsPage
from desktop.viewmodels.events.event_row import EventFilter, EventRow
from desktop.viewmodels.events.events_page_model import EventsPageModel
from tests.support.batch_page_driver import BatchPageDriver

_TASKS = ("simulate", "read", "show", "poll")


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
        return model._process is None and not any(map(model.tasks.is_running, _TASKS))

    async def open_file(self, path: Path) -> None:
        """Open a file, and wait until it is simulated."""
        self.events_page.open_path(str(path))
        await self.wait_until(lambda: self.is_still() and self.events_model.file is not None, 20.0)

    async def choose_filter(self, chosen: EventFilter) -> None:
        """Show another list of the page."""
        self.events_page.filter_control.set_value(chosen.name)
        self.events_page._on_filter("")
        await self.wait_until(self.is_still)

    def rows(self) -> list[EventRow]:
        model = self.events_model.table_model
        return [row for n in range(model.rowCount()) if (row := model.row_at(n)) is not None]
