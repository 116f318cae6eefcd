"""Card that connects a data source step by step, with the forms of the settings."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.model.data_source import DataSourceKind
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import primary_button, quiet_button, secondary_button
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.label import label
from desktop.panels.widgets.step_list import Step, StepList
from desktop.viewmodels.settings.data_sources_model import SETUP_STEPS, DataSourcesModel

# Builds the cards of a step, by its title.
BuildCards = Callable[[DataSourceKind, str], tuple[QWidget, ...]]
_ASKING_TEXT = "Asking how much there is to read…"
_EVENTS_TEXT = (
    "Sources of events are named and switched on the page Events, under Sources: a folder, a pipe,"
    " or HTTP. A file can be opened there at once."
)


class DataSourceSetupCard(SettingsCard):
    """Widget of the set-up of one data source; its cards are those of Settings."""

    closed = Signal()

    def __init__(self, model: DataSourcesModel, build_cards: BuildCards) -> None:
        super().__init__("Connect a data source")
        self._model, self._build_cards = model, build_cards
        self._kind: DataSourceKind | None = None
        self.step_list: StepList | None = None
        self._needs = label("", wrap=True)
        self._place = vbox()
        # Of a stack every page would be as high as the highest.
        self.pages: list[QWidget] = []
        self._summary = label("", wrap=True)
        self.back_button = secondary_button("Back", name="Back")
        self.cancel_button = quiet_button("Cancel", name="Cancel connecting")
        self.next_button = primary_button("Next", name="Next")
        foot = hbox(self.cancel_button)
        foot.addStretch(1)
        for button in (self.back_button, self.next_button):
            foot.addWidget(button)
        self.add_rows(self._needs, self._place, foot)
        self.back_button.clicked.connect(lambda: model.go_to_step(model.step_index - 1))
        self.next_button.clicked.connect(lambda: model.go_to_step(model.step_index + 1))
        self.cancel_button.clicked.connect(self.closed)
        model.changed.connect(self._on_changed)
        self._on_changed()

    def _on_changed(self) -> None:
        kind = self._model.setting_up
        if kind is None:
            self._kind = None
            return
        if kind is not self._kind:
            self._show_kind(kind)
        steps = SETUP_STEPS[kind]
        index = self._model.step_index
        for place, page in enumerate(self.pages):
            page.setVisible(place == index)
        if self.step_list is not None and steps:
            states = [Step(one, "✓" if n < index else "") for n, one in enumerate(steps)]
            self.step_list.set_steps(states, index)
        self._needs.setVisible(index == 0)
        self._summary.setText("\n\n".join(self._model.first_run) or _ASKING_TEXT)
        self.back_button.set_enabled(index > 0, "This is the first step.")
        self.next_button.set_text("Next" if index + 1 < len(steps) else "Done")

    def _show_kind(self, kind: DataSourceKind) -> None:
        self._kind = kind
        self.set_title(f"Connect {kind.title}")
        self._needs.setText(f"{kind.about} It needs: {' '.join(kind.needs)}")
        for old in (self.step_list, *self.pages):
            if old is not None:
                delete_widget(old)
        steps = SETUP_STEPS[kind]
        self.step_list = StepList("Steps of connecting", steps)
        self.step_list.set_compact(True)
        self.step_list.chosen.connect(self._model.go_to_step)
        self.step_list.setVisible(bool(steps))
        self.pages = []
        self._summary = label("", wrap=True)
        for step in steps:
            cards = self._build_cards(kind, step)
            page = QWidget()
            page.setLayout(vbox(*(cards or (self._summary,)), spacing=10))
            for card in cards:
                allow_full_height(card)
            self.pages.append(page)
        if not steps:
            self.pages.append(label(_EVENTS_TEXT, wrap=True))
        for widget in (self.step_list, *self.pages):
            self._place.addWidget(widget)


def cards_of(
    builders: Mapping[str, Callable[[DataSourceKind], tuple[QWidget, ...]]],
) -> BuildCards:
    """Return what builds the cards of a step by its title; a step without any has a text."""

    def build(kind: DataSourceKind, step: str) -> tuple[QWidget, ...]:
        return builders[step](kind) if step in builders else ()

    return build
