"""Data on this computer: whom it keeps, for how long, where; and forgetting them now."""

import asyncio

from desktop.panels.parts.banner import Banner
from desktop.panels.parts.button import danger
from desktop.panels.parts.card import Card
from desktop.panels.parts.dialog import ask
from desktop.panels.parts.label import label
from desktop.panels.setting_up.field_row import FieldRow
from desktop.panels.setting_up.rows import note, row, show_trouble
from desktop.panels.theme import fonts
from desktop.settings import table
from desktop.viewmodels.setting_up.data import DataModel
from desktop.viewmodels.settings_form import FormModel


class DataCard(Card):
    """Draws the data card; deleting asks once, with the count."""

    def __init__(self, model: DataModel, form: FormModel) -> None:
        super().__init__("Data on this computer")
        self._model = model
        self._asking: asyncio.Task[None] | None = None
        self.rows = [FieldRow(form, table.KEEP_DAYS.key)]
        self._kept = label("", wrap=True)
        self.forget = danger("Delete them…", name="Delete the customers kept here…")
        self._banner = Banner()
        self._banner.hide()
        self._told = note()
        self.body.setSpacing(fonts.scaled(6))
        for field in self.rows:
            self.add(field)
        self.add(row(self._kept, self.forget))
        self.add(self._told)
        self.add(self._banner)
        self.add(label("What is kept where", "title"))
        for place in model.view().places:
            self.add(label(place.what, wrap=True))
            self.add(label(place.where, "note", wrap=True, selectable=True))
        self.forget.clicked.connect(self._on_forget)
        model.changed.connect(self._on_changed)
        model.told.connect(self._on_told)
        self._told.hide()
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        self._kept.setText(view.words)
        self.forget.setVisible(bool(view.count))
        show_trouble(self._banner, view.trouble)

    def _on_told(self, words: str) -> None:
        self._told.setText(words)
        self._told.show()

    def _on_forget(self) -> None:
        self._asking = asyncio.get_running_loop().create_task(self._ask())

    async def _ask(self) -> None:
        sure = await ask(
            self.window(),
            "Delete the customers kept here?",
            self._model.view().question,
            confirm="Delete",
            cancel="Cancel",
            dangerous=True,
        )
        if sure:
            self._model.forget()
