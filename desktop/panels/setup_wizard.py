"""Setup wizard as a page of the window: list of steps, six cards, Back, Next, Finish later."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.settings.local_data_card import LocalDataCard
from desktop.panels.settings.permissions_card import PermissionsCard
from desktop.panels.settings.sailthru_connection_card import SailthruConnectionCard
from desktop.panels.settings.sell_connection_card import SellConnectionCard
from desktop.panels.settings.team_card import TeamCard
from desktop.panels.settings.zendesk_connection_card import ZendeskConnectionCard
from desktop.panels.setup_wizard_summary_card import SetupSummaryCard
from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.step_list import Step, StepList
from desktop.panels.widgets.tab_order import (
    first_usable_control,
    move_focus,
    set_tab_order_by_layout,
)
from desktop.viewmodels.settings.setup_wizard_model import STEP_TITLES, SetupWizardModel

_MAX_CONTENT_WIDTH = 720
_STEPS_BESIDE_MIN_WIDTH = 860
# The step's name stands above: the card says what it is about.
_TITLES = (
    "Account and sign-in",
    "Key and account",
    "Changes and permissions",
    "Saved customers",
    "Other computers",
    "Summary",
)


class SetupWizard(QWidget):
    """Widget of the setup wizard; emits `finished` when it is done, or left for later."""

    finished = Signal()

    def __init__(self, model: SetupWizardModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setAccessibleName("Set up Fairlead")
        self.setObjectName("Set up Fairlead")
        self.title_label = label("", "heading")
        self.progress_label = label("", "muted")
        self._hint = label("", "muted", wrap=True)
        self.back_button = secondary_button("Back", name="Back")
        self.next_button = primary_button("Next", name="Next")
        self.finish_later_button = LinkButton("Finish later")
        self.cards: tuple[Card, ...] = (
            ZendeskConnectionCard(model.zendesk),
            SailthruConnectionCard(model.sailthru, model.form),
            PermissionsCard(model.permissions),
            LocalDataCard(model.data, model.form),
            TeamCard(model.team),
            SetupSummaryCard(model),
        )
        # The cards are those of the settings page, where their titles name the service.
        for card, title in zip(self.cards, _TITLES, strict=True):
            card.set_title(title)
        self._pages = QStackedWidget()
        self.sell_card = SellConnectionCard(model.sell)
        for card in self.cards:
            below = (self.sell_card,) if isinstance(card, SailthruConnectionCard) else ()
            self._pages.addWidget(_wrap_cards(card, *below))
        self.step_list = StepList("Steps of the set-up", STEP_TITLES)
        self._column = QWidget()
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._lay_out()
        self.step_list.chosen.connect(model.go_to_step)
        # As in a browser; shortcuts, since a button takes an arrow for its own, with Alt too.
        for keys, go in (("Alt+Left", model.go_back), ("Alt+Right", self._on_next)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(go)
        self.back_button.clicked.connect(model.go_back)
        self.next_button.clicked.connect(self._on_next)
        self.finish_later_button.clicked.connect(self._on_later)
        model.step_changed.connect(self._on_moved)
        for changing in (model, model.zendesk, model.sailthru):
            changing.changed.connect(self._show_steps)
        self._show()

    def minimumSizeHint(self) -> QSize:
        # It fits beside a browser.
        return QSize(fonts.scaled(300), fonts.scaled(240))

    def showEvent(self, event: QShowEvent) -> None:
        # The keyring is asked once somebody looks: it may ask for a password.
        super().showEvent(event)
        self._model.sailthru.load_status()
        self._model.data.count_kept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Lines of more than some 100 characters are hard to read.
        self._column.setMaximumWidth(fonts.scaled(_MAX_CONTENT_WIDTH))
        beside = self.width() >= fonts.scaled(_STEPS_BESIDE_MIN_WIDTH)
        self.step_list.set_compact(not beside)
        direction = QBoxLayout.Direction
        self._body.setDirection(direction.LeftToRight if beside else direction.TopToBottom)
        self._body.setSpacing(fonts.scaled(28 if beside else 8))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # Ctrl+Enter goes on.
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if control and enter:
            self._on_next()
        else:
            super().keyPressEvent(event)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, fonts.scaled(11))
        column.setSpacing(fonts.scaled(8))
        head = QHBoxLayout()
        head.addWidget(self.title_label)
        head.addStretch(1)
        head.addWidget(self.progress_label)
        column.addLayout(head)
        column.addWidget(self._hint)
        column.addWidget(self._pages, 1)
        feet = QHBoxLayout()
        feet.setSpacing(fonts.scaled(8))
        feet.addWidget(self.finish_later_button)
        feet.addStretch(1)
        feet.addWidget(self.back_button)
        feet.addWidget(self.next_button)
        column.addLayout(feet)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.addStretch(1)
        self._body.addWidget(self.step_list)
        self._body.addWidget(self._column, 1000)
        self._body.addStretch(1)

    def _show(self) -> None:
        step = self._model.step_view()
        self.title_label.setText(step.title)
        self.progress_label.setText(step.progress)
        self._hint.setText(step.hint)
        self._pages.setCurrentIndex(step.index)
        self.back_button.set_enabled(not step.is_first, "This is the first step.")
        self.next_button.set_text("Done" if step.is_last else "Next")
        self.next_button.set_name("Done" if step.is_last else "Next")
        self.finish_later_button.setVisible(not step.is_last)
        self._show_steps()

    def _show_steps(self) -> None:
        states = self._model.step_states()
        self.step_list.set_steps(
            [Step(s.title, s.sign, s.state) for s in states], self._model.step_view().index
        )

    def _on_moved(self) -> None:
        self._show()
        step = self._model.step_view()
        page = self._pages.currentWidget()
        if isinstance(page, QScrollArea):
            page.verticalScrollBar().setValue(0)
        self.take_focus()
        announce(self, f"Step {step.progress}: {step.title}")

    def take_focus(self) -> None:
        """Put the keyboard where the eye is: on the first control of the set-up's open step."""
        card = self.cards[self._model.step_view().index]
        begin = first_usable_control(card, prefers_field=True) or self.next_button
        move_focus(begin)

    def _on_next(self) -> None:
        if self._model.step_view().is_last:
            self._model.mark_done()
            self.finished.emit()
        else:
            self._model.go_next()

    def _on_later(self) -> None:
        self.finished.emit()


def _wrap_cards(*cards: QWidget) -> QScrollArea:
    inside = QWidget()
    column = QVBoxLayout(inside)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(fonts.scaled(CARD_GAP))
    for card in cards:
        allow_full_height(card)
        set_tab_order_by_layout(card)
        column.addWidget(card)
    column.addStretch(1)
    return wrap_in_scroll_area(inside)
