"""The dialog New sync, and the list of presets that can be added."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.button import Button, quiet_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import elided_label, label
from desktop.viewmodels.syncs.sync_page_model import PresetView


class PresetList(QWidget):
    """A card with an Add button for each preset."""

    preset_chosen = Signal(str)  # name of the preset

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[Button, str] = {}
        self._cards: list[Card] = []
        self._shown: tuple[tuple[PresetView, ...], str] | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(fonts.scaled(9))

    def show_presets(self, presets: tuple[PresetView, ...], why_not: str = "") -> None:
        """Show these presets; `why_not` says why none can be added."""
        if self._shown == (presets, why_not):
            return
        self._shown = (presets, why_not)
        for card in self._cards:
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._buttons, self._cards = {}, []
        for preset in presets:
            card = self._create_card(preset, why_not)
            self._cards.append(card)
            self._column.addWidget(card)

    def first_button(self) -> Button | None:
        """Return the first Add button, for the keyboard."""
        return next(iter(self._buttons), None)

    def _create_card(self, preset: PresetView, why_not: str) -> Card:
        card = Card(preset.title)
        add = Button("Add", name=f"Add {preset.title}")
        add.set_enabled(not why_not, why_not)
        add.clicked.connect(self._on_add)
        self._buttons[add] = preset.name
        card.set_corner_widget(add)
        card.add(elided_label(f"{preset.source} → {preset.target}", "muted"))
        card.add(4)
        card.add(label(preset.description, wrap=True))
        return card

    def _on_add(self) -> None:
        button = self.sender()
        if isinstance(button, Button):
            self.preset_chosen.emit(self._buttons[button])


class NewSyncDialog(QDialog):
    """Closes with the first preset that is added."""

    preset_chosen = Signal(str)  # name of the preset

    def __init__(self, preset_list: tuple[PresetView, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New sync")
        self.setAccessibleName("New sync")
        self.setObjectName("New sync")
        self.setMinimumWidth(fonts.scaled(440))
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(10))
        column.addWidget(label("New sync", "heading"))
        text = "It is added switched off, and can be changed before it runs."
        if not preset_list:
            text = "Every sync that Fairlead brings along is added already."
        column.addWidget(label(text, "muted", wrap=True))
        self.preset_list = PresetList()
        self.preset_list.show_presets(preset_list)
        self.preset_list.preset_chosen.connect(self._on_preset_chosen)
        column.addWidget(self.preset_list)
        close = quiet_button("Close")
        close.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(close)
        column.addStretch(1)
        column.addLayout(row)
        # Enter then adds the first preset, Tab goes on to the next.
        (self.preset_list.first_button() or close).setFocus()

    def _on_preset_chosen(self, preset: str) -> None:
        self.preset_chosen.emit(preset)
        self.accept()
