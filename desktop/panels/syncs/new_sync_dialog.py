"""The dialog New sync, and the list of presets that can be added."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import Button, primary_button, quiet_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.dialog import Dialog
from desktop.panels.widgets.form import Form, FormLayout, allow_full_height
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.form import FieldValue, FormField, FormState
from desktop.viewmodels.syncs.sync_page_model import PresetView

_MAX_LIST_HEIGHT = 560
# px at the base font, by columns: one, two, three.
_COLUMN_MIN_WIDTHS = (0, 640, 1140)


class PresetList(QWidget):
    """Cards with an Add button for each preset sync, in up to three columns where there is room."""

    preset_chosen = Signal(str)  # name of the preset

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._buttons: dict[Button, str] = {}
        self._cards: list[Card] = []
        self._shown: tuple[tuple[PresetView, ...], str] | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(fonts.scaled(9))
        self._column_count = 1

    def show_presets(self, presets: tuple[PresetView, ...], why_not: str = "") -> None:
        """Draw the list of preset syncs to add; `why_not` says why none can be added."""
        if self._shown == (presets, why_not):
            return
        self._shown = (presets, why_not)
        for card in self._cards:
            self._grid.removeWidget(card)
            card.hide()
            card.deleteLater()
        self._buttons, self._cards = {}, []
        for preset in presets:
            card = self._create_card(preset, why_not)
            # As high as its neighbour.
            allow_full_height(card)
            self._cards.append(card)
        self._place_cards()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        count = sum(self.width() >= fonts.scaled(least) for least in _COLUMN_MIN_WIDTHS)
        if count != self._column_count:
            self._column_count = count
            self._place_cards()

    def minimumSizeHint(self) -> QSize:
        # One column's: else the list would stay as wide as its columns in a window made narrow.
        width = max((card.minimumSizeHint().width() for card in self._cards), default=0)
        return QSize(width, super().minimumSizeHint().height())

    def _place_cards(self) -> None:
        for place, card in enumerate(self._cards):
            self._grid.addWidget(card, *divmod(place, self._column_count))
        for column in range(len(_COLUMN_MIN_WIDTHS)):
            self._grid.setColumnStretch(column, int(column < self._column_count))

    def first_button(self) -> Button | None:
        """Return the first Add button among the presets of syncs, for the keyboard."""
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
        words = label(preset.description, wrap=True)
        # In a card that is made as high as its neighbour the words stay at the top.
        words.setAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignTop)
        card.add(words)
        return card

    def _on_add(self) -> None:
        button = self.sender()
        if isinstance(button, Button):
            self.preset_chosen.emit(self._buttons[button])


class NewSyncDialog(Dialog):
    """The dialog New sync; closes with the first template or sync that is added."""

    preset_chosen = Signal(str)  # name of the preset
    sync_described = Signal(str, str, str)  # name of the sync to copy or empty, kind, title

    def __init__(
        self,
        presets: tuple[PresetView, ...],
        fields: tuple[FormField, ...],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("New sync")
        self.setAccessibleName("New sync")
        self.setObjectName("New sync")
        self.setMinimumWidth(fonts.scaled(320))
        self._values: dict[str, FieldValue] = {"start": "", "title": ""}
        self._values["kind"] = fields[1].choices[0][0]
        text = "It is added switched off. You can change it before it runs."
        if not presets:
            text = "You've added all templates. Start with a copy of one, or with a blank sync."
        self.preset_list = PresetList()
        self.preset_list.show_presets(presets)
        self.form = Form(fields, FormLayout.COMPACT, spacing=8)
        self.add_button = primary_button("Add sync", name="Add sync")
        close = quiet_button("Close")
        own = Card("Your own")
        own.add(self.form)
        own.add(8)
        own.add(hbox(1, self.add_button))
        inside = QWidget()
        inside.setLayout(vbox(self.preset_list, own, spacing=9))
        column = QVBoxLayout(self)
        side = fonts.scaled(18)
        column.setContentsMargins(side, side, side, fonts.scaled(14))
        column.setSpacing(fonts.scaled(10))
        column.addWidget(label("New sync", "heading"))
        column.addWidget(label(text, "muted", wrap=True))
        # On a small screen the templates scroll, and the buttons stay in reach.
        scroll = wrap_in_scroll_area(inside)
        column.addWidget(scroll, 1)
        column.addLayout(hbox(1, close))
        wanted = min(inside.sizeHint().height(), fonts.scaled(_MAX_LIST_HEIGHT))
        height = self.sizeHint().height() - scroll.sizeHint().height() + wanted
        room = self.screen().availableSize()
        self.resize(QSize(fonts.scaled(440), height).boundedTo(room))
        self.preset_list.preset_chosen.connect(self._on_preset_chosen)
        self.form.edited.connect(self._on_edited)
        self.form.control("title", TextField).returnPressed.connect(self._on_add)
        self.add_button.clicked.connect(self._on_add)
        close.clicked.connect(self.reject)
        self._show_values()
        # Enter then adds the first template, Tab goes on to the next.
        (self.preset_list.first_button() or self.form.control("title", TextField)).setFocus()

    def _show_values(self) -> None:
        self.form.show_state(FormState(self._values))
        named = bool(str(self._values["title"]).strip())
        self.add_button.set_enabled(named, "Give it a name first.")

    def _on_edited(self, path: str, value: FieldValue) -> None:
        self._values[path] = value
        self._show_values()

    def _on_add(self) -> None:
        start, kind, title = (str(self._values[path]) for path in ("start", "kind", "title"))
        if title.strip():
            self.sync_described.emit(start, kind, title.strip())
            self.accept()

    def _on_preset_chosen(self, preset: str) -> None:
        self.preset_chosen.emit(preset)
        self.accept()
