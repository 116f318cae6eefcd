"""Card widget: title, note, body and placeholder states (loading, empty, failed)."""

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import (
    QGroupBox,
    QHBoxLayout,
    QLayout,
    QSizePolicy,
    QSpacerItem,
    QVBoxLayout,
    QWidget,
)

from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_PADDING, MIN_TARGET_SIZE
from desktop.panels.widgets.fold_button import FoldButton
from desktop.panels.widgets.label import PlainLabel, elided_label, label
from desktop.panels.widgets.loading_skeleton import LoadingSkeleton
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.visibility import set_shown
from desktop.panels.widgets.wrapped_text import WrappedButton
from desktop.viewmodels.tone import Tone

SKELETON_DELAY_MS = 300


class Card(QGroupBox):
    """Card widget, a group to screen readers; fill `body`, then call a `show_` method."""

    retry_requested = Signal()
    action_requested = Signal()  # the one next step of an empty state

    def __init__(
        self,
        title: str,
        *,
        name: str = "",
        borderless: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title = title
        self._fold_words = ("", "")
        # Folded, but not foldable: the state is kept for when the window is narrow again.
        self._foldable = self._folded = False
        self._borderless = borderless
        self._shown_parts: tuple[object, ...] = ()  # what _show_parts made of the card last
        self._note = ("", "muted", "")
        self._fold: FoldButton | None = None
        self._placeholder: _CardPlaceholder | None = None
        # Scripts and tests find the card by its object name; a new title does not change it.
        self.setAccessibleName(name or title)
        self.setObjectName(name or title)
        self.setProperty("borderless", "true" if borderless else "false")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

        self.title_label = label(title, "title")
        # As high as a link at its right would be, so that all cards begin alike.
        self.title_label.setMinimumHeight(fonts.scaled(MIN_TARGET_SIZE))
        self._corner: QWidget | None = None
        self._corner_shown = True
        self.note_label = elided_label("", "small", align_right=True)
        self._header = QHBoxLayout()
        self._header.setSpacing(8)  # px, not scaled: a gap between words
        self._header.addWidget(self.title_label)
        self._header.addWidget(self.note_label, 1)
        self.content = QWidget(self)
        self.body = QVBoxLayout(self.content)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(0)
        self._column = QVBoxLayout(self)
        self._column.setSpacing(0)
        self._column.addLayout(self._header)
        self._column.addWidget(self.content)
        self._set_margins()

    def focusInEvent(self, event: QFocusEvent) -> None:
        # A QGroupBox hands the focus on to its first control; FocusKeeper means the card itself.
        QWidget.focusInEvent(self, event)

    def add(self, item: QWidget | QLayout | int) -> None:
        """Append a widget, a layout, or a gap in px to the card's body."""
        if isinstance(item, QWidget):
            self.body.addWidget(item)
        elif isinstance(item, QLayout):
            self.body.addLayout(item)
        else:
            self.body.addSpacerItem(QSpacerItem(0, fonts.scaled(item)))

    def add_footer(self, widget: QWidget) -> None:
        """Append a widget that stands below the card's body, in every state but folded away."""
        self._column.addWidget(widget)

    def set_title(self, title: str) -> None:
        """Show another title on the card; its accessible name, an interface for scripts, stays."""
        self._title = title
        self.title_label.setText(title)
        self._update_fold_text()

    def set_note(self, note: str, tone: Tone = "muted", tip: str = "") -> None:
        """Show a note at the right of the card's title; amber (`warn`) when old."""
        # Set at every refresh; setting equal texts would still lay the card out again.
        if (note, tone, tip) == self._note:
            return
        self._note = (note, tone, tip)
        self.note_label.setText(note)
        self.note_label.set_tone(tone)
        self.note_label.set_tooltip(tip)
        self._update_fold_text()

    def set_corner_widget(self, widget: QWidget) -> None:
        """Put a widget (a link, a button) at the right end of the card's title row."""
        self._corner = widget
        self._header.addWidget(widget)

    def set_corner_visible(self, shown: bool) -> None:
        """Show or hide the card's corner widget; a folded card hides it in any case."""
        # Folding hides the corner too: what was asked for is kept until the card unfolds.
        self._corner_shown = shown
        self._update_visibility()

    # --- states

    def show_content(self) -> None:
        """Show the card's body in place of a placeholder."""
        if self._placeholder is not None:
            self._placeholder.clear()
            self._placeholder.hide()
        self._update_visibility()

    def show_loading(self, rows: int = 3, words: str = "") -> None:
        """Draw skeleton rows in the card if loading takes longer than 300 ms; keep its room."""
        self._ensure_placeholder().show_skeleton(rows, words)
        self._update_visibility()

    def show_empty(self, text: str, action: str = "") -> None:
        """Show an empty card's sentence; `action` is the text of the one next step."""
        self._ensure_placeholder().show_text(text, "muted", action, self.action_requested)
        self._update_visibility()

    def show_not_permitted(self, reason: str) -> None:
        """Show in the card why its content may not be seen."""
        self._ensure_placeholder().show_text(reason, "muted", "", None)
        self._update_visibility()

    def show_failed(self, text: str, retry: str = "") -> None:
        """Show in the card what failed and what it means; `retry` is the button's text."""
        self._ensure_placeholder().show_text(text, "bad", retry, self.retry_requested)
        # Who cannot see the card turn red hears it; the title says which card it is.
        announce(self, f"{self._title}: {text}")
        self._update_visibility()

    # --- folding

    def set_foldable(self, foldable: bool, words: tuple[str, str] = ("", "")) -> None:
        """Allow folding the card on its title; `words` say the state to screen readers."""
        self._foldable = foldable
        self._fold_words = words
        if foldable and self._fold is None:
            self._fold = FoldButton(self._title, self)
            self._fold.fold_requested.connect(self._on_fold_asked)
            self._header.insertWidget(0, self._fold, 1)
        self._update_visibility()

    def set_folded(self, folded: bool) -> None:
        """Fold or unfold the card; nothing happens unless it is foldable."""
        if folded != self._folded:
            self._folded = folded
            self._update_visibility()

    def is_folded(self) -> bool:
        """Return whether the card is folded to its title."""
        return self._foldable and self._folded

    def _on_fold_asked(self, folded: bool) -> None:
        self.set_folded(folded)

    def _update_visibility(self) -> None:
        folded, telling = (
            self.is_folded(),
            self._placeholder is not None and self._placeholder.is_shown,
        )
        corner = self._corner_shown and not folded
        # The font scale is part of it: the margins are made from it.
        parts = (folded, telling, self._foldable, self._corner, corner, fonts.scale())
        if parts == self._shown_parts:
            return
        self._shown_parts = parts
        set_shown(self.title_label, not self._foldable)
        set_shown(self.note_label, not folded)
        if self._corner is not None:
            set_shown(self._corner, corner)
        set_shown(self.content, not folded and not telling)
        if self._placeholder is not None:
            set_shown(self._placeholder, not folded and telling)
        if self._fold is not None:
            set_shown(self._fold, self._foldable)
            self._fold.set_folded(folded, self._fold_words[0 if folded else 1])
            self._update_fold_text()
        set_style_properties(self, borderless=self._borderless or folded)
        self._set_margins()

    def _update_fold_text(self) -> None:
        if self._fold is not None:
            note = self.note_label.full_text()
            joined = f"{self._title} · {note}" if self.is_folded() and note else self._title
            self._fold.set_text(joined)

    def _set_margins(self) -> None:
        pad = fonts.scaled(CARD_PADDING)
        if self.is_folded():
            self._column.setContentsMargins(0, 0, 0, 0)
        else:
            self._column.setContentsMargins(pad, fonts.scaled(7), pad, fonts.scaled(11))

    def _ensure_placeholder(self) -> "_CardPlaceholder":
        if self._placeholder is None:
            self._placeholder = _CardPlaceholder(self)
            # Below header and content, above a footer.
            self._column.insertWidget(2, self._placeholder)
        return self._placeholder


class _CardPlaceholder(QWidget):
    """Loading skeleton, sentence or button in a card's body while it has no content."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.is_shown = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, fonts.scaled(2), 0, fonts.scaled(2))
        column.setSpacing(fonts.scaled(8))
        self._text: PlainLabel = label("", wrap=True)
        self._skeleton = LoadingSkeleton()
        self._button: WrappedButton | None = None
        for part in (self._skeleton, self._text):
            column.addWidget(part)
        self._column = column
        # Empty and failed states share the button; each emits a signal of its own.
        self._button_signal: object = None
        self._skeleton_args = (0, "")  # rows and words of the skeleton that stands
        self._skeleton_timer = QTimer(self)
        # An answer of less than 300 ms would make the skeleton flash.
        self._skeleton_timer.setSingleShot(True)
        self._skeleton_timer.setInterval(SKELETON_DELAY_MS)
        self._skeleton_timer.timeout.connect(self._draw_skeleton)

    def clear(self) -> None:
        self.is_shown = False
        self._skeleton_args = (0, "")
        self._skeleton_timer.stop()

    def show_skeleton(self, rows: int, words: str) -> None:
        if self._skeleton_args == (rows, words):
            return
        self._skeleton_args = (rows, words)
        self.is_shown = True
        self._skeleton.set_rows(rows)
        self._skeleton.setAccessibleName(words)
        self._text.hide()
        self._update_button("")
        # The room is kept from the start, so that nothing jumps; the bars come when it is late.
        self._skeleton.set_drawn(False)
        self._skeleton.show()
        self._skeleton_timer.start()

    def show_text(self, text: str, tone: Tone, action: str, signal: object) -> None:
        self._skeleton_timer.stop()
        self._skeleton_args = (0, "")
        self.is_shown = True
        self._skeleton.hide()
        self._text.setText(text)
        self._text.set_tone(tone)
        self._text.show()
        self._update_button(action)
        self._button_signal = signal

    def _update_button(self, action: str) -> None:
        if action and self._button is None:
            self._button = WrappedButton(action)
            self._button.let_wrap()
            self._button.clicked.connect(self._on_clicked)
            self._column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignLeft)
        if self._button is not None:
            if action:
                self._button.set_text(action)
            set_shown(self._button, bool(action))

    def _draw_skeleton(self) -> None:
        self._skeleton.set_drawn(True)

    def _on_clicked(self) -> None:
        emit = getattr(self._button_signal, "emit", None)
        if emit is not None:
            emit()
