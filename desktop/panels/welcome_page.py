"""Welcome page of a new workspace: look around with invented data, or connect."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP
from desktop.panels.theme.icon import app_icon
from desktop.panels.widgets.button import Button, primary_button, secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area

_MAX_CONTENT_WIDTH = 760
_SIDE_BY_SIDE_MIN_WIDTH = 620
_ICON_SIZE = 48

_INTRO = (
    "One sheet per customer: who they are in Zendesk, what Sailthru knows and sends,"
    " and what you may change. Nearly every change can be undone; where one can’t, you are told"
    " first."
)
_DEMO_TEXTS = (
    "An invented company with 2,000 customers, tickets and lists. Try everything:"
    " it all stays on this computer, and no real account is touched.",
    "Opens in a window of its own.",
)
_CONNECT_TEXTS = (
    "Sign in to Zendesk and enter a Sailthru key. Six short steps; you can stop at each"
    " and go on later.",
    "Fairlead only reads until an admin switches changes on.",
)


class WelcomePage(QWidget):
    """Widget of the welcome page, until the set-up wizard has been begun."""

    demo_requested = Signal()
    setup_requested = Signal()
    help_requested = Signal()
    dismissed = Signal()  # neither of both, for now

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Welcome to Fairlead")
        self.setObjectName("Welcome to Fairlead")
        self.connect_button = primary_button("Connect Zendesk and Sailthru")
        self.demo_button = secondary_button("Look around with invented data")
        self.help_button = LinkButton("How Fairlead works")
        self.later_button = LinkButton("Not now")
        self._cards = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._column = QWidget()
        self._lay_out()
        self.demo_button.clicked.connect(self.demo_requested)
        self.connect_button.clicked.connect(self.setup_requested)
        self.help_button.clicked.connect(self.help_requested)
        self.later_button.clicked.connect(self.dismissed)

    def show_demo_running(self, running: bool) -> None:
        """Say on the welcome page that the demo is open; there is one at a time."""
        had_focus = self.demo_button.hasFocus()
        self.demo_button.set_enabled(not running, "The demo is open in a window of its own.")
        self.demo_button.set_text(
            "The demo is open" if running else "Look around with invented data"
        )
        if running:
            announce(self, "The demo opens in a window of its own.")
            if had_focus:
                self.connect_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def minimumSizeHint(self) -> QSize:
        # It fits beside a browser.
        return QSize(fonts.scaled(300), fonts.scaled(240))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._column.setMaximumWidth(fonts.scaled(_MAX_CONTENT_WIDTH))
        side_by_side = self.width() >= fonts.scaled(_SIDE_BY_SIDE_MIN_WIDTH)
        direction = QBoxLayout.Direction
        self._cards.setDirection(direction.LeftToRight if side_by_side else direction.TopToBottom)

    def _lay_out(self) -> None:
        icon = label()
        size = fonts.scaled(_ICON_SIZE)
        icon.setPixmap(app_icon().pixmap(size, size))
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(fonts.scaled(CARD_GAP))
        self._cards.addWidget(_choice_card("Look around first", _DEMO_TEXTS, self.demo_button), 1)
        self._cards.addWidget(
            _choice_card("Work with your accounts", _CONNECT_TEXTS, self.connect_button), 1
        )
        links = QHBoxLayout()
        links.addWidget(self.help_button)
        links.addStretch(1)
        links.addWidget(self.later_button)
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, fonts.scaled(24), 0, fonts.scaled(24))
        column.setSpacing(fonts.scaled(8))
        column.addStretch(2)
        column.addWidget(icon)
        column.addWidget(label("Welcome to Fairlead", "heading", wrap=True))
        column.addWidget(label(_INTRO, "muted", wrap=True))
        column.addSpacing(fonts.scaled(12))
        column.addLayout(self._cards)
        column.addSpacing(fonts.scaled(4))
        column.addLayout(links)
        column.addStretch(3)
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(self._column, 1000)
        row.addStretch(1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(wrap_in_scroll_area(inside, bar_beside=True))


def _choice_card(title: str, texts: tuple[str, str], button: Button) -> Card:
    card = Card(title)
    card.body.setSpacing(fonts.scaled(8))
    card.add(label(texts[0], wrap=True))
    card.add(label(texts[1], "note", wrap=True))
    card.body.addStretch(1)
    card.add(6)
    card.add(button)
    return card
