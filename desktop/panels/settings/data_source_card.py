"""Card of one data source: name, state, facts, the step out of it; overview, activity, people."""

import asyncio
from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.model.data_source import DataSourceKind, DataSourceState
from desktop.panels.audience.customer_activity_tab import CustomerActivityTab
from desktop.panels.audience.people_table_view import PeopleTableView
from desktop.panels.settings.leave_source_dialog import ask_way_out
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import danger_button, quiet_button, secondary_button
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.confirmation_dialog import ask_confirmation
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.text_field import TextField
from desktop.settings import settings_table
from desktop.viewmodels.settings.data_sources_model import DataSourcesModel, DataSourceView
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel

_TABS = (("overview", "Overview"), ("activity", "Activity"), ("audience", "Audience"))
_LIST_HEIGHT = 420
_READ = (DataSourceKind.SUPPORT, DataSourceKind.SAILTHRU)
# What else belongs to a data source stands in these sections of the settings.
_LINKS = (
    ("connections", "Account and sign-in…"),
    ("data", "How long activity is kept…"),
    ("about", "Diagnostics…"),
)


class NameField(TextField):
    """The field of a data source's name: Enter and leaving it save, Esc puts the old one back."""

    abandoned = Signal()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.abandoned.emit()
            return
        super().keyPressEvent(event)


class DataSourceCard(SettingsCard):
    """Widget of one data source's view; `section_requested` names a section of the settings."""

    closed = Signal()
    setup_requested = Signal(object)  # DataSourceKind
    section_requested = Signal(str)
    customer_requested = Signal(str)  # a query for the search field

    def __init__(self, model: DataSourcesModel, form: SettingsFormModel) -> None:
        super().__init__("Data source")
        self._model = model
        self._shown: DataSourceView | None = None
        self._kind: DataSourceKind | None = None
        self._ask_task: asyncio.Task[None] | None = None
        self.back_button = quiet_button("All data sources", name="Back to all data sources")
        self.back_button.set_icon("chevron-left")
        self.name_label = label("", "heading")
        self.name_edit = NameField("Name of the data source", max_length=60)
        self.name_edit.hide()
        self.rename_button = LinkButton("Rename", name="Rename the data source")
        self._chip = Chip("")
        self._facts: QWidget | None = None
        self._facts_place = vbox()
        self.changes_form = SettingsForm(form, (settings_table.CHANGES_ENABLED.key,))
        self._step_label = label("", wrap=True)
        self.step_button = secondary_button("", name="Next step")
        self.resume_button = secondary_button("Connect again", name="Connect again")
        self._kept_label = label("", wrap=True)
        self.erase_button = danger_button("Erase…", name="Erase what was read of it…")
        self.tab_control = SegmentedControl("Part of the data source", _TABS)
        # Of a stack every tab would be as high as the highest.
        self._tabs = vbox()
        self._overview = QWidget()
        self._overview_layout = vbox(spacing=6)
        self._overview.setLayout(self._overview_layout)
        self._readings: QWidget | None = None
        self.catch_up_button = secondary_button("Catch up", name="Catch up")
        self.rebuild_button = secondary_button("Full rebuild…", name="Full rebuild…")
        self.stop_reading_button = secondary_button("Stop reading", name="Stop reading the source")
        self._activity: CustomerActivityTab | None = None
        self._lay_out()
        self._connect()
        self._on_changed()

    def _lay_out(self) -> None:
        name = hbox(self.name_label, self.name_edit, self.rename_button, self._chip)
        name.addStretch(1)
        back = hbox(self.back_button)
        back.addStretch(1)
        links = hbox(*(self._create_link(*one) for one in _LINKS))
        links.addStretch(1)
        step = hbox(self._step_label, self.resume_button, self.step_button)
        step.setStretch(0, 1)
        kept = hbox(self._kept_label, self.erase_button)
        kept.setStretch(0, 1)
        reading = hbox(self.catch_up_button, self.rebuild_button, self.stop_reading_button)
        reading.addStretch(1)
        self._overview_layout.addLayout(reading)
        people = self._model.people_model
        self._people = PeopleTableView(people) if people is not None else QWidget()
        self._people.setMinimumHeight(fonts.scaled(_LIST_HEIGHT))
        for tab in (self._overview, self._people):
            self._tabs.addWidget(tab)
        self.add_rows(
            back, name, self._facts_place, self.changes_form, links, step, kept,
            self.result_note, self.error_banner, self.tab_control, self._tabs,
        )  # fmt: skip

    def _create_link(self, section: str, text: str) -> LinkButton:
        link = LinkButton(text, name=text)
        link.setProperty("section", section)
        link.clicked.connect(self._on_link)
        return link

    def _connect(self) -> None:
        model = self._model
        self.back_button.clicked.connect(self.closed)
        self.rename_button.clicked.connect(self._on_rename)
        self.name_edit.editingFinished.connect(self._on_named)
        self.name_edit.abandoned.connect(self._end_naming)
        self.step_button.clicked.connect(self._on_step)
        self.resume_button.clicked.connect(self._on_resume)
        self.erase_button.clicked.connect(self._on_erase)
        self.catch_up_button.clicked.connect(lambda: model.read_again(is_full=False))
        self.rebuild_button.clicked.connect(self._on_rebuild)
        self.stop_reading_button.clicked.connect(model.stop_reading)
        self.tab_control.chosen.connect(self.show_tab)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self.show_result)

    def show_tab(self, key: str) -> None:
        """Show a tab of the data source by its key; Activity is built when first shown."""
        self.tab_control.set_value(key)
        if key == "activity" and self._activity is None and self._kind is not None:
            activity = self._model.build_activity(self._kind)
            if activity is not None:
                activity.setParent(self)
                self._activity = CustomerActivityTab(activity, has_types=False)
                self._activity.setMinimumHeight(fonts.scaled(_LIST_HEIGHT))
                self._activity.customer_requested.connect(self.customer_requested)
                self._activity.reading_requested.connect(
                    partial(self.section_requested.emit, "data")
                )
                self._tabs.addWidget(self._activity)
        for name, tab in (
            ("overview", self._overview), ("activity", self._activity), ("audience", self._people),
        ):  # fmt: skip
            if tab is not None:
                tab.setVisible(name == key)

    def _on_changed(self) -> None:
        view = self._model.view()
        if view is None or view == self._shown:
            return
        if view.kind is not self._kind:
            self._kind = view.kind
            self._end_naming()
            self.result_note.hide()
            if self._activity is not None:
                self._activity.model.set_visible(is_visible=False)
                delete_widget(self._activity)
                self._activity = None
            self.show_tab("overview")
        self._shown = view
        self.set_title(view.kind.category)
        self.name_label.setText(view.name)
        self._chip.set_state(view.state, view.tone)
        self._show_facts(view)
        self._show_step(view)
        self._kept_label.setText(view.kept_text)
        self.erase_button.setVisible(bool(view.kept_total))
        self.erase_button.set_enabled(not view.erase_refusal, view.erase_refusal)
        self._show_readings(view)
        self.show_error(view.error)

    def _show_facts(self, view: DataSourceView) -> None:
        if self._facts is not None:
            delete_widget(self._facts)
        # State and changes stand as chip and switch.
        facts = [one for one in view.facts if one[0] not in ("State", "Changes")]
        self._facts = _create_grid(facts)
        self._facts_place.addWidget(self._facts)
        is_written = view.kind is not DataSourceKind.SELL
        self.changes_form.setVisible(is_written and view.state == DataSourceState.CONNECTED.label)

    def _show_step(self, view: DataSourceView) -> None:
        step = view.step
        self._step_label.setText(view.busy_text or (step.explanation if step else ""))
        self.step_button.setVisible(step is not None)
        refusal = view.busy_text or view.change_refusal
        if step is not None:
            self.step_button.set_text(f"{step.value.capitalize()}…")
        for button in (self.step_button, self.rename_button, self.resume_button):
            button.set_enabled(not refusal, refusal)
        self.resume_button.setVisible(view.can_resume)

    def _show_readings(self, view: DataSourceView) -> None:
        if self._readings is not None:
            delete_widget(self._readings)
        rows = view.readings or (("Read", "Nothing of everybody is read from it here."),)
        self._readings = _create_grid(rows)
        self._overview_layout.insertWidget(0, self._readings)
        is_read = bool(view.readings) and view.kind in _READ
        for button in (self.catch_up_button, self.rebuild_button):
            button.setVisible(is_read and not view.is_reading)
        self.stop_reading_button.setVisible(is_read and view.is_reading)

    def _on_link(self) -> None:
        sender = self.sender()
        if sender is not None:
            self.section_requested.emit(str(sender.property("section")))

    def _on_rename(self) -> None:
        self.name_edit.set_value(self.name_label.text())
        for part, is_shown in (
            (self.name_edit, True), (self.name_label, False), (self.rename_button, False),
        ):  # fmt: skip
            part.setVisible(is_shown)
        self.name_edit.setFocus()
        self.name_edit.selectAll()

    def _on_named(self) -> None:
        if self.name_edit.isVisible():
            self._end_naming()
            if self.name_edit.text() != self.name_label.text():
                self._model.rename(self.name_edit.text())

    def _end_naming(self) -> None:
        self.name_edit.hide()
        self.name_label.show()
        self.rename_button.show()

    def _on_resume(self) -> None:
        # Without a sign-in there is one step more; Events have none.
        if self._kind is DataSourceKind.EVENTS:
            self._model.resume()
        elif self._kind is not None:
            self.setup_requested.emit(self._kind)

    def _on_step(self) -> None:
        self._ask_task = asyncio.get_running_loop().create_task(self._ask_step())

    async def _ask_step(self) -> None:
        view = self._model.view()
        if view is None or view.step is None:
            return
        if steps := await ask_way_out(self.window(), view):
            self._model.take_steps(steps)

    def _on_erase(self) -> None:
        self._ask_task = asyncio.get_running_loop().create_task(self._ask_erase())

    async def _ask_erase(self) -> None:
        view = self._model.view()
        if view is not None and await ask_confirmation(
            self.window(),
            f"Erase what was read of “{view.name}”?",
            f"{view.kept_text} The service keeps it, and reports keep their numbers. This can't be"
            " undone; connected again, it is read anew.",
            confirm=f"Erase {view.kept_total:,}",
            cancel="Keep it",
            dangerous=True,
        ):
            self._model.erase(view.kept_total)

    def _on_rebuild(self) -> None:
        self._ask_task = asyncio.get_running_loop().create_task(self._ask_rebuild())

    async def _ask_rebuild(self) -> None:
        if await ask_confirmation(
            self.window(),
            "Read everything from the beginning?",
            "Catch up reads only what has changed, and is enough nearly always. From the beginning"
            " it takes as long as the first time. No number changes by it.",
            confirm="Full rebuild",
            cancel="Cancel",
        ):
            self._model.read_again(is_full=True)


def _create_grid(rows: Sequence[tuple[str, str]]) -> QWidget:
    holder = QWidget()
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(fonts.scaled(14))
    grid.setVerticalSpacing(fonts.scaled(4))
    grid.setColumnStretch(1, 1)
    for place, (name, text) in enumerate(rows):
        grid.addWidget(label(name, "muted"), place, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(label(text, wrap=True, selectable=True), place, 1)
    return holder
