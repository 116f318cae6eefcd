"""Base of the drawers that answer a question about the customer: rows, and what is not known."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import Button, secondary_button
from desktop.panels.widgets.drawer import Drawer
from desktop.panels.widgets.label import label
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area

_WIDTH = 560  # px of the design


class ExplanationModel(Protocol):
    """What an answer drawer asks: `begin` asks anew, `changed` tells of an answer."""

    @property
    def changed(self) -> SignalInstance:
        """The signal that the drawer's answer about the customer has changed."""
        ...

    def begin(self) -> None:
        """Start reading the drawer's answer about the customer shown."""
        ...


class ExplanationDrawer(Drawer):
    """A drawer with an error, a sentence, scrolling rows, and what cannot be known."""

    def __init__(
        self,
        title: str,
        host: QWidget,
        model: ExplanationModel,
        sentence: QWidget,
        *,
        above_rows: Sequence[QWidget] = (),
        buttons: Sequence[Button] = (),
    ) -> None:
        """`above_rows` scroll with the rows; `buttons` stand before Close."""
        super().__init__(title, host, width=_WIDTH)
        self._asked = model
        self._banner = Banner()
        self._rows: QWidget | None = None
        self._rows_place = QVBoxLayout()
        inside = QWidget()
        column = vbox(*above_rows, self._rows_place, spacing=12)
        column.addStretch(1)
        inside.setLayout(column)
        self.done_button = secondary_button("Close")
        self.body.setSpacing(fonts.scaled(12))
        self.body.addWidget(self._banner)
        self.body.addWidget(sentence)
        self.body.addWidget(wrap_in_scroll_area(inside, bar_beside=True), 1)
        self.body.addLayout(hbox(1, *buttons, self.done_button))
        model.changed.connect(self._on_changed)
        self.done_button.clicked.connect(self.slide_out)
        self.close_requested.connect(self.slide_out)

    def open_for_customer(self) -> None:
        """Ask about the customer on the sheet, and slide the answer drawer in."""
        self._asked.begin()
        self.refresh()
        self.slide_in()
        self.done_button.setFocus()

    @abstractmethod
    def refresh(self) -> None:
        """Draw the answer as far as it is known; each answer drawer says how."""

    def show_answer(
        self, subtitle: str, error: str, rows: Sequence[QWidget], unknown: Sequence[str]
    ) -> None:
        """Replace what the answer drawer shows; an `error` of "" hides the banner."""
        self.subtitle_label.setText(subtitle)
        self._banner.setVisible(bool(error))
        if error:
            self._banner.show_message("bad", error)
        if self._rows is not None:
            delete_widget(self._rows)
        self._rows = QWidget()
        column = vbox(*rows, spacing=10)
        if unknown:
            column.addSpacing(fonts.scaled(6))
            column.addWidget(label("What cannot be known", "title"))
        for sentence in unknown:
            column.addWidget(label(sentence, "muted", wrap=True))
        self._rows.setLayout(column)
        self._rows_place.addWidget(self._rows)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()
