"""Card with the days that each type of activity is kept; a change shows first what it drops."""

import asyncio
from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from desktop.panels.settings.debounced_change import DebouncedChange
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import danger_button
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.label import label
from desktop.panels.widgets.visibility import set_shown
from desktop.settings import settings_table
from desktop.viewmodels.settings.retention_model import RetentionModel, RetentionQuestion
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel

_INTRO = (
    "The first reading asks for no more than is kept. Whatever goes later, Zendesk keeps it, and"
    " reports keep their numbers: those days are frozen."
)


class RetentionCard(SettingsCard):
    """Widget of the card “How long activity is kept”."""

    def __init__(self, model: RetentionModel, form: SettingsFormModel) -> None:
        super().__init__("How long activity is kept")
        self._model, self._form_model = model, form
        self._ask_task: asyncio.Task[None] | None = None
        self.change = DebouncedChange(self._ask_change)
        self.forms = {
            row.key: SettingsForm(form, (row.key,), change=self.change.want)
            for row in settings_table.RETENTION_DAYS.values()
        }
        self._kept = {key: label("", "note", wrap=True) for key in self.forms}
        self._waiting = label("", "note", wrap=True, tone="warn")
        self.confirm_button = danger_button("Drop…", name="Drop what is older than it is kept…")
        self._busy = label("", "muted", wrap=True)
        self._foot = QWidget()
        self._foot.setLayout(hbox(self._waiting, self.confirm_button))
        self.add_rows(
            label(_INTRO, wrap=True),
            *(vbox(self.forms[key], self._kept[key], spacing=2) for key in self.forms),
            self._foot,
            self._busy,
            self.result_note,
            self.error_banner,
        )
        self.confirm_button.clicked.connect(self._on_confirm)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self.show_result)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        for key, kept in self._kept.items():
            kept.setText(view.kept.get(key, ""))
            set_shown(kept, key in view.kept)
        self._waiting.setText(view.waiting_text)
        set_shown(self._foot, bool(view.waiting_text))
        self.confirm_button.set_enabled(not view.busy_text, "Rows are being dropped.")
        self._busy.setText(view.busy_text)
        set_shown(self._busy, bool(view.busy_text))
        self.show_error(view.error)

    async def _ask_change(self, key: str, days: bool | int | str, take: Callable[[], bool]) -> None:
        question = await self._model.find_question(key, days)
        if not take():
            return
        if question is None:
            self._form_model.change_setting(key, days)
        elif await self._is_confirmed(question):
            self._model.confirm(question)
        else:
            self.forms[key].show_values(self._form_model.state((key,)).values)

    def _on_confirm(self) -> None:
        self._ask_task = asyncio.get_running_loop().create_task(self._confirm_as_set())

    async def _confirm_as_set(self) -> None:
        question = await self._model.find_question()
        if question is not None and await self._is_confirmed(question):
            self._model.confirm(question)

    async def _is_confirmed(self, question: RetentionQuestion) -> bool:
        return await ask_confirmation(
            self.window(),
            question.title,
            question.text,
            confirm=question.confirm,
            cancel="Keep them",
            dangerous=True,
        )
