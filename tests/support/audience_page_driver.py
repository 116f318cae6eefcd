"""A window on the Audience page, whose computer keeps everybody of the sandbox."""

from PySide6.QtWidgets import QPushButton

from desktop.app.startup.startup_window import LaunchOptions
from desktop.panels.audience.audience_page import AudiencePage
from desktop.panels.widgets.list_page import ListPage
from desktop.viewmodels.audience.audience_page_model import AudiencePageModel
from tests.support.batch_page_driver import BatchPageDriver

_TASKS = ("coverage", "people", "pages", "explain", "segment", "begin", "export")


class AudiencePageDriver(BatchPageDriver):
    """Opens the Audience page, has everybody read, and waits until nothing moves."""

    async def open_window(
        self, start: LaunchOptions | None = None, *, size: tuple[int, int] | None = (1280, 820)
    ) -> None:
        await super().open_window(start, size=size)
        if not self._agent:
            self.view.show_page("audience")
            await self.wait_until(self.is_still)

    @property
    def audience_page(self) -> AudiencePage:
        page = self.view.findChild(AudiencePage)
        assert page is not None
        return page

    @property
    def audience(self) -> AudiencePageModel:
        return self.audience_page.model

    def is_still(self) -> bool:
        """Whether nothing is being looked up or read."""
        return not any(map(self.audience.tasks.is_running, _TASKS))

    async def read_everybody(self) -> None:
        """Have this computer keep everybody, read in this process, and show them."""
        services = self.window.services
        await services.keep_everybody(["Newsletter"])
        await services.data.refresh()
        self.audience.reload()
        await self.wait_until(self.is_still)

    def offered_step(self, text: str, page: AudiencePage | ListPage | None = None) -> QPushButton:
        """The button of the next step that stands in place of a page's list; the people's."""
        buttons = (page or self.audience_page).list_card.findChildren(QPushButton)
        return next(one for one in buttons if one.isVisible() and one.text() == text)

    def names(self) -> list[str]:
        """The names of the people in the table, as far as their page was read."""
        model = self.audience.table_model
        rows = [model.row_at(place) for place in range(model.rowCount())]
        return [row.name for row in rows if row is not None]

    def chip_texts(self) -> list[str]:
        return [chip.text_button.objectName() for chip in self.audience_page.condition_card.chips]

    async def add_condition(self, field: str, operator: str, value: str) -> None:
        """Add a condition by the form, as a person does."""
        card = self.audience_page.condition_card
        self.click(card.add_button)
        form = card.form
        form.field_dropdown.set_value(field)
        form._on_field()
        form.operator_dropdown.set_value(operator)
        form._on_operator()
        if form.choice_dropdown.isVisible():
            form.choice_dropdown.set_value(value)
        else:
            form.value_edit.setText(value)
        self.click(form.apply_button)
        await self.wait_until(self.is_still)
