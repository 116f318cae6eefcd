"""Drop-down of choices by key, which the mouse wheel never changes."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QWidget

from desktop.panels.widgets.tooltip import set_tooltip
from desktop.viewmodels.form import FieldValue

_BY_CHARACTERS = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
_TEXT_MARGINS = 4  # px that Qt draws a text further in than its size hint reckons
_LEAST_CHARACTERS = 10  # of a choice that stay readable where there is little room


class DropdownField(QComboBox):
    """A combo box whose items have keys; `chosen` carries the key."""

    chosen = Signal(str)  # the key, by a person

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, str]] = (),
        *,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._may_shrink = False
        self._disabled_reason = ""
        self.setAccessibleName(name)
        self.setObjectName(name)
        # On Linux Qt tells screen readers the choice where the name belongs.
        self.setAccessibleDescription(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_options(options)
        self.activated.connect(self._on_activated)
        self.currentIndexChanged.connect(self._update_tooltip)

    def set_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer these (key, text) choices in the drop-down, keeping the chosen one if there."""
        kept = self.value()
        self.clear()
        for key, text in options:
            self.addItem(text, key)
        if kept is not None:
            self.set_value(kept)

    def allow_shrinking(self, *, wants_longest: bool = True) -> None:
        """Let the drop-down be narrower than its longest choice where there is little room.

        Without `wants_longest` it asks for a few characters alone, and takes what is left.
        """
        if wants_longest:
            self._may_shrink = True
        else:
            self.setSizeAdjustPolicy(_BY_CHARACTERS)
            self.setMinimumContentsLength(6)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return self._with_margins(super().sizeHint())

    def minimumSizeHint(self) -> QSize:
        hint = self._with_margins(super().minimumSizeHint())
        if not self._may_shrink:
            return hint
        widest = max(map(self._text_width, range(self.count())), default=0)
        least = self.fontMetrics().averageCharWidth() * _LEAST_CHARACTERS
        return QSize(hint.width() - max(0, widest - least), hint.height())

    def _with_margins(self, hint: QSize) -> QSize:
        by_choice = self.sizeAdjustPolicy() is not _BY_CHARACTERS
        return hint + QSize(_TEXT_MARGINS if by_choice else 0, 0)

    def _text_width(self, place: int) -> int:
        return self.fontMetrics().horizontalAdvance(self.itemText(place))

    def value(self) -> str | None:
        """Return the key chosen in the drop-down, or None."""
        key = self.currentData()
        return key if isinstance(key, str) else None

    def set_value(self, key: FieldValue | None) -> None:
        """Show the drop-down's choice of this key; None or an unknown key shows none."""
        self.setCurrentIndex(-1 if key is None else self.findData(key))

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable the drop-down, or disable it with the reason in tool tip and description."""
        self.setEnabled(enabled)
        self._disabled_reason = "" if enabled else reason
        self._update_tooltip()
        self.setAccessibleDescription(self.accessibleName() if enabled else reason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._update_tooltip()

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        # Qt would end a choice that has no room in the middle of a letter.
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideRight, self._text_room(option)
        )

    def _text_room(self, option: QStyleOptionComboBox) -> int:
        control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        return self.style().subControlRect(control, option, part, self).width()

    def _update_tooltip(self, _place: int = 0) -> None:
        # A choice that is cut is told whole.
        option = QStyleOptionComboBox()
        super().initStyleOption(option)
        words = self.currentText()
        is_cut = self.fontMetrics().horizontalAdvance(words) > self._text_room(option)
        set_tooltip(self, self._disabled_reason or (words if is_cut else ""), describe=False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # The wheel scrolls the page: a choice changed in passing would be stored.
        event.ignore()

    def _on_activated(self, _place: int) -> None:
        key = self.value()
        if key is not None:
            self.chosen.emit(key)
