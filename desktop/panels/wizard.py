"""The first start as a page of the window: six steps, none of them a trap."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.parts.announce import announce
from desktop.panels.parts.button import primary, quiet, secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.label import label
from desktop.panels.parts.scroll import scrolling
from desktop.panels.setting_up.data_card import DataCard
from desktop.panels.setting_up.permissions_card import PermissionsCard
from desktop.panels.setting_up.rows import first_stop, grow, order_tabs
from desktop.panels.setting_up.sailthru_card import SailthruCard
from desktop.panels.setting_up.team_card import TeamCard
from desktop.panels.setting_up.zendesk_card import ZendeskCard
from desktop.panels.theme import fonts
from desktop.panels.wizard_summary import SummaryCard
from desktop.viewmodels.wizard import WizardModel

_WIDEST = 720
# The step's name stands above: the card says what it is about.
_TITLES = (
    "Account and sign-in",
    "Key and account",
    "Changes and permissions",
    "Customers kept here",
    "Other computers",
    "What stands",
)


class Wizard(QWidget):
    """`finished` when it is done, or left for later: the step is remembered."""

    finished = Signal()

    def __init__(self, model: WizardModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setAccessibleName("Set up Fairlead")
        self.setObjectName("Set up Fairlead")
        self.title = label("", "heading")
        self.progress = label("", "muted")
        self._hint = label("", "muted", wrap=True)
        self.back = secondary("Back", name="Back")
        self.next = primary("Next", name="Next")
        self.later = quiet("Finish later", name="Finish later")
        self.cards: tuple[Card, ...] = (
            ZendeskCard(model.zendesk),
            SailthruCard(model.sailthru, model.form),
            PermissionsCard(model.permissions),
            DataCard(model.data, model.form),
            TeamCard(model.team),
            SummaryCard(model),
        )
        for card, title in zip(self.cards, _TITLES, strict=True):
            card.set_title(title)
        self._pages = QStackedWidget()
        for card in self.cards:
            self._pages.addWidget(_scrolling(card))
        self._column = QWidget()
        self._lay_out()
        self.back.clicked.connect(model.back)
        self.next.clicked.connect(self._on_next)
        self.later.clicked.connect(self._on_later)
        model.moved.connect(self._on_moved)
        self._show()

    def minimumSizeHint(self) -> QSize:
        """It fits beside a browser."""
        return QSize(fonts.scaled(300), fonts.scaled(240))

    def showEvent(self, event: QShowEvent) -> None:
        """Ask the keyring what is there, once somebody looks."""
        super().showEvent(event)
        self._model.sailthru.look()
        self._model.data.count()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A column of readable width."""
        super().resizeEvent(event)
        self._column.setMaximumWidth(fonts.scaled(_WIDEST))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Alt+Left and Alt+Right go back and on, Ctrl+Enter goes on."""
        alt = event.modifiers() & Qt.KeyboardModifier.AltModifier
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if alt and event.key() == Qt.Key.Key_Left:
            self._model.back()
        elif (alt and event.key() == Qt.Key.Key_Right) or (control and enter):
            self._on_next()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, fonts.scaled(11))
        column.setSpacing(fonts.scaled(8))
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.progress)
        column.addLayout(head)
        column.addWidget(self._hint)
        column.addWidget(self._pages, 1)
        feet = QHBoxLayout()
        feet.setSpacing(fonts.scaled(8))
        feet.addWidget(self.later)
        feet.addStretch(1)
        feet.addWidget(self.back)
        feet.addWidget(self.next)
        column.addLayout(feet)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(1)
        outer.addWidget(self._column, 1000)
        outer.addStretch(1)

    def _show(self) -> None:
        step = self._model.step()
        self.title.setText(step.title)
        self.progress.setText(step.progress)
        self._hint.setText(step.hint)
        self._pages.setCurrentIndex(step.place)
        self.back.set_enabled(not step.first, "This is the first step.")
        self.next.set_text("Done" if step.last else "Next")
        self.next.set_name("Done" if step.last else "Next")
        self.later.setVisible(not step.last)

    def _on_moved(self) -> None:
        self._show()
        step = self._model.step()
        page = self._pages.currentWidget()
        if isinstance(page, QScrollArea):
            page.verticalScrollBar().setValue(0)
        # The keyboard goes on where the eye does: the first control of the new step.
        begin = first_stop(self.cards[step.place]) or self.next
        begin.setFocus(Qt.FocusReason.TabFocusReason)
        announce(self, f"Step {step.progress}: {step.title}")

    def _on_next(self) -> None:
        if self._model.step().last:
            self._model.finish()
            self.finished.emit()
        else:
            self._model.next()

    def _on_later(self) -> None:
        self.finished.emit()


def _scrolling(card: QWidget) -> QScrollArea:
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 0, 0)
    grow(card)
    order_tabs(card)
    column.addWidget(card)
    column.addStretch(1)
    return scrolling(inside)
