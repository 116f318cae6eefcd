"""A banner: a message in the page with a hint and buttons, in place of a dialog."""

import re
from collections.abc import Sequence
from functools import cached_property

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.current_theme import current_tokens
from desktop.panels.theme.icon import icon_pixmap
from desktop.panels.widgets.button import Button, icon_button
from desktop.panels.widgets.label import LabelVariant, PlainLabel, elided_label, label
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.shape_painting import create_painter
from desktop.panels.widgets.style_property import set_style_properties
from desktop.viewmodels.qt_timer import create_timer
from desktop.viewmodels.tone import BannerTone, Tone

# Long enough to be read; what only informs leaves then.
_INFO_MS = 10_000
_SECONDS = re.compile(r"\b\d+ s\b")
_NARROW_WIDTH = 480  # px at the base font; below that the buttons stand under the words
_ICONS = {"info": "info", "warn": "warning", "bad": "error"}
_TEXT_TONES: dict[BannerTone, Tone] = {"info": "accent", "warn": "warn", "bad": "bad"}


class Banner(QFrame):
    """Banner widget with one message at a time; the same one again counts up."""

    action_triggered = Signal(str)
    closed = Signal()

    def __init__(
        self, parent: QWidget | None = None, *, counts: bool = True, is_compact: bool = False
    ) -> None:
        """Make a hidden banner; `counts` is off where it shows a state, which does not recur.

        `is_compact`: two lines, whatever it says; the tool tips have it whole.
        """
        super().__init__(parent)
        self._counts = counts
        self._is_compact = is_compact
        self._shown_texts = ("", "", "")
        self._count = 0
        self._buttons: dict[Button, str] = {}
        self.setProperty("tone", "info")
        self._close: Button | None = None
        self._leave_timer = create_timer(self, _INFO_MS, self._on_time_over)
        # Made for the first message: each card and page has a banner, and most say nothing.
        self._is_laid_out = False

    @cached_property
    def title_label(self) -> PlainLabel:
        """The banner's first line: what happened."""
        return self._make_label("strong")

    @cached_property
    def message_label(self) -> PlainLabel:
        """The label of the banner's second line: what it means."""
        return self._make_label("text")

    @cached_property
    def hint_label(self) -> PlainLabel:
        """The label of the banner's hint: what to do."""
        return self._make_label("muted")

    @cached_property
    def count_label(self) -> PlainLabel:
        """The label of how often the banner's message came again."""
        return label("", "strong")

    def show_message(
        self,
        tone: BannerTone,
        title: str,
        message: str = "",
        hint: str = "",
        *,
        actions: Sequence[tuple[str, str]] = (),
        close: str = "",
        announces: bool = True,
    ) -> None:
        """Draw a message on the banner; the same one again counts up. `close` names its button.

        Without `announces` no screen reader speaks it: how far something is changes all the time.
        """
        if not self._is_laid_out:
            self._lay_out()
        said = (title, message, hint)
        is_countdown = not self.isHidden() and _differ_in_seconds_alone(said, self._shown_texts)
        # A connection that flaps would stack banners, or hide that it happened again.
        self._count = self._count + 1 if said == self._shown_texts and not self.isHidden() else 1
        repeated = self._counts and self._count > 1
        self._shown_texts = said
        self.setAccessibleName(title)
        self.setAccessibleDescription("\n".join(part for part in (message, hint) if part))
        set_style_properties(self, tone=tone)
        self._icon.set_tone(tone)
        self.title_label.set_tone(_TEXT_TONES[tone])
        for part, text in zip(
            (self.title_label, self.message_label, self.hint_label), said, strict=True
        ):
            part.setText(text)
            part.setVisible(bool(text))
        # The icon belongs to the title: beside several lines it stands at the first.
        one_line = not (message or hint)
        self._row.setAlignment(
            self._icon, Qt.AlignmentFlag.AlignVCenter if one_line else Qt.AlignmentFlag.AlignTop
        )
        self.count_label.set_tone(_TEXT_TONES[tone])
        self.count_label.setText(f"× {self._count}" if repeated else "")
        self.count_label.setVisible(repeated)
        self._set_actions(actions)
        self._update_close_button(close)
        self.show()
        if tone == "info" and close:
            self._leave_timer.start()
        else:
            self._leave_timer.stop()
        if announces and not repeated and not is_countdown:
            # A repeated message is not read aloud again; the counter says it. Nor is each second.
            announce(self, " ".join(part for part in said if part), urgent=tone == "bad")

    def repeat_count(self) -> int:
        """Return how often the banner was given the same message."""
        return self._count

    def clear(self) -> None:
        """Hide the banner and forget its message."""
        self._shown_texts = ("", "", "")
        self._count = 0
        self._leave_timer.stop()
        self.hide()

    def has_message(self) -> bool:
        """Return whether the banner holds a message, be it shown at this moment or not."""
        return self._count > 0

    def close_by_key(self) -> bool:
        """Close the banner for Esc; False where it cannot be closed, or is not to be seen."""
        if not self.isVisible() or self._close is None or self._close.isHidden():
            return False
        self._on_close_clicked()
        return True

    def action_button(self, key: str) -> Button:
        """Return the banner's button of an action, for instance to disable it with a reason."""
        return next(button for button, name in self._buttons.items() if name == key)

    def _make_label(self, variant: LabelVariant) -> PlainLabel:
        return elided_label("", variant) if self._is_compact else label("", variant, wrap=True)

    def _lay_out(self) -> None:
        self._is_laid_out = True
        self._icon = _ToneIcon(self)
        self._actions = QHBoxLayout()
        self._actions.setSpacing(fonts.scaled(8))
        self._row = QHBoxLayout(self)
        side, edge = fonts.scaled(12), fonts.scaled(3 if self._is_compact else 9)
        self._row.setContentsMargins(side, edge, edge, edge)
        self._row.setSpacing(fonts.scaled(10))
        texts = QVBoxLayout()
        texts.setSpacing(fonts.scaled(0 if self._is_compact else 2))
        for part in (self.title_label, self.message_label, self.hint_label):
            texts.addWidget(part)
            part.hide()
        self._row.addWidget(self._icon)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._body.setSpacing(fonts.scaled(10))
        self._body.addLayout(texts, 1)
        self._body.addWidget(self.count_label)
        self._body.addLayout(self._actions)
        self._row.addLayout(self._body, 1)

    def minimumSizeHint(self) -> QSize:
        # As with its buttons under its words: a page must not be made wide by a long button.
        widest = max((button.sizeHint().width() for button in self._buttons), default=0)
        return QSize(widest + fonts.scaled(80), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_laid_out:
            self._stack_if_narrow()

    def _stack_if_narrow(self) -> None:
        down, across = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        narrow = self.width() < fonts.scaled(_NARROW_WIDTH) and not self._is_compact
        buttons = sum(button.sizeHint().width() for button in self._buttons)
        self._body.setDirection(down if narrow else across)
        self._actions.setDirection(
            down if narrow and buttons > self.width() - fonts.scaled(80) else across
        )
        self._body.setAlignment(
            self._actions, Qt.AlignmentFlag.AlignLeft if narrow else Qt.AlignmentFlag(0)
        )

    def _update_close_button(self, name: str) -> None:
        if name and self._close is None:
            self._close = icon_button("close", name)
            self._close.clicked.connect(self._on_close_clicked)
            self._row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        if self._close is not None:
            self._close.setVisible(bool(name))

    def _set_actions(self, actions: Sequence[tuple[str, str]]) -> None:
        wanted = [(key, text) for key, text in actions]
        # Buttons in use stay: the one with the keyboard must not vanish under it.
        if wanted == [(key, button.plain_text()) for button, key in self._buttons.items()]:
            return
        for button in self._buttons:
            self._actions.removeWidget(button)
            button.deleteLater()
        self._buttons = {}
        for key, text in wanted:
            button = Button(text)
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            button.clicked.connect(self._on_action_clicked)
            self._buttons[button] = key
            self._actions.addWidget(button)
        self._stack_if_narrow()

    def _on_action_clicked(self) -> None:
        button = self.sender()
        if isinstance(button, Button):
            self.action_triggered.emit(self._buttons[button])

    def _on_time_over(self) -> None:
        focus = self.focusWidget()
        if self.underMouse() or (focus is not None and focus.hasFocus()):
            # Somebody is reading it.
            self._leave_timer.start()
        else:
            self._on_close_clicked()

    def _on_close_clicked(self) -> None:
        self.clear()
        self.closed.emit()


def _differ_in_seconds_alone(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two messages are the same countdown, a second or more apart."""
    return one != other and [_SECONDS.sub("", part) for part in one] == [
        _SECONDS.sub("", part) for part in other
    ]


class _ToneIcon(QWidget):
    """The icon of a banner's tone: colour alone never carries meaning."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._tone: BannerTone = "info"
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_tone(self, tone: BannerTone) -> None:
        self._tone = tone
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(fonts.scaled(18), fonts.scaled(18))

    def paintEvent(self, _event: QEvent) -> None:
        ink = current_tokens().tone(_TEXT_TONES[self._tone])
        drawn = icon_pixmap(_ICONS[self._tone], ink, fonts.scaled(18), self.devicePixelRatioF())
        create_painter(self).drawPixmap(0, 0, drawn)
