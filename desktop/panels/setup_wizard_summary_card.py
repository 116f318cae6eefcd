"""Last card of the setup wizard: what is set up, what is open, and links to change it."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import vbox
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import PlainLabel, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.settings.setup_wizard_model import SetupWizardModel


class SetupSummaryCard(Card):
    """Widget of the setup wizard's last card: a line for each step, done or still open."""

    def __init__(self, model: SetupWizardModel) -> None:
        super().__init__("Summary")
        self._model = model
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(fonts.scaled(10))
        grid.setVerticalSpacing(fonts.scaled(10))
        grid.setColumnStretch(1, 1)
        self._lines: list[tuple[PlainLabel, PlainLabel, PlainLabel, LinkButton]] = []
        top = Qt.AlignmentFlag.AlignTop
        for place, line in enumerate(model.summary()):
            sign, title = label("", "strong"), label(line.title, "title")
            words = label("", wrap=True)
            change = LinkButton("Change", name=f"Change: {line.title}")
            if line.step_index >= 5:
                # Never setVisible(True) before there is a parent: a window of its own would flash.
                change.hide()
            change.clicked.connect(self._on_change)
            for text in (sign, title):
                # Their first line stands level with the link, which is higher.
                text.setContentsMargins(0, fonts.scaled(4), 0, 0)
            texts = vbox(title, words, spacing=0)
            grid.addWidget(sign, place, 0, top)
            grid.addLayout(texts, place, 1)
            grid.addWidget(change, place, 2, top)
            self._lines.append((sign, title, words, change))
        self.add(holder)
        model.changed.connect(self._show)
        model.sailthru.changed.connect(self._show)
        model.permissions.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        for (sign, _, words, _), line in zip(self._lines, self._model.summary(), strict=True):
            sign.setText("✓" if line.is_done else "!")
            sign.setAccessibleName("done" if line.is_done else "still open")
            sign.set_tone("ok" if line.is_done else "warn")
            words.setText(line.text)

    def _on_change(self) -> None:
        sender = self.sender()
        for (_, _, _, change), line in zip(self._lines, self._model.summary(), strict=True):
            if change is sender:
                self._model.go_to_step(line.step_index)
                return
