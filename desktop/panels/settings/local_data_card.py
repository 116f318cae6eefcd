"""Card with what is kept of customers on this computer: how much, since when, where; erases it."""

import asyncio
from collections.abc import Callable

from desktop.kit.text import format_count
from desktop.panels.settings.debounced_change import DebouncedChange
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import danger_button
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.label import label
from desktop.panels.widgets.visibility import set_shown
from desktop.settings import settings_table
from desktop.viewmodels.settings.local_data_model import LocalDataModel
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel


class LocalDataCard(SettingsCard):
    """Widget of the card “Data on this computer”; erasing asks once, with the count."""

    def __init__(self, model: LocalDataModel, form: SettingsFormModel) -> None:
        super().__init__("Data on this computer")
        self._model = model
        self._confirm_task: asyncio.Task[None] | None = None
        self._form_model = form
        keys = (settings_table.CACHE_DAYS.key, settings_table.EVENT_DAYS.key)
        self.change = DebouncedChange(self._change_days)
        self.form = SettingsForm(form, keys, change=self.change.want)
        self.everybody_form = SettingsForm(
            form,
            (
                settings_table.KEEP_EVERYTHING.key,
                settings_table.DATA_LISTS.key,
                settings_table.REPORT_PHRASES.key,
            ),
        )
        self._kept_count_label = label("", wrap=True)
        self.erase_button = danger_button(
            "Erase…", name="Erase the customers saved on this computer…"
        )
        self.add_rows(
            self.form,
            hbox(self._kept_count_label, self.erase_button),
            self.result_note,
            self.error_banner,
            self.everybody_form,
            label("What is kept where", "title"),
        )
        for place in model.view().places:
            self.add(label(place.description, wrap=True))
            self.add(label(place.location, "note", wrap=True, selectable=True))
        self.erase_button.clicked.connect(self._on_erase)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self.show_result)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        self._kept_count_label.setText(view.kept_text)
        set_shown(self.erase_button, view.can_erase)
        self.show_error(view.error)

    async def _change_days(
        self, key: str, days: bool | int | str, take: Callable[[], bool]
    ) -> None:
        """Store a number of days; where that erases something, ask first."""
        lost = await self._model.count_lost_by_days(key, days)
        # Two steps of the field may be quicker than the count.
        if not take():
            return
        if lost and not await self._confirm_days(key, int(days), lost):
            self.form.show_values(self._form_model.state((key,)).values)
        else:
            self._form_model.change_setting(key, days)

    async def _confirm_days(self, key: str, days: int, lost: int) -> bool:
        if key == settings_table.EVENT_DAYS.key:
            return await ask_confirmation(
                self.window(),
                f"Keep delivered events for {format_count(days, 'day', 'days')} only?",
                f"{format_count(lost, 'older event', 'older events')} will be cleared from this"
                " computer within the day and can't be replayed or rolled back any more. What waits"
                " or needs correction stays.",
                confirm=f"Clear {lost:,}",
                cancel="Keep them",
                dangerous=True,
            )
        return await ask_confirmation(
            self.window(),
            f"Keep opened customers for {format_count(days, 'day', 'days')} only?",
            f"{format_count(lost, 'customer', 'customers')} not opened since then will be erased"
            " from this computer within the hour. Zendesk and Sailthru keep them, and so does what"
            " syncs have read.",
            confirm=f"Erase {lost:,}",
            cancel="Keep them",
            dangerous=True,
        )

    def _on_erase(self) -> None:
        self._confirm_task = asyncio.get_running_loop().create_task(self._confirm_erase())

    async def _confirm_erase(self) -> None:
        sure = await ask_confirmation(
            self.window(),
            "Erase the customers saved on this computer?",
            self._model.view().erase_question,
            confirm="Erase",
            cancel="Cancel",
            dangerous=True,
        )
        if sure:
            self._model.erase_kept()
