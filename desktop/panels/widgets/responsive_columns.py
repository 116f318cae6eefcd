"""Cards in three, two or one columns by the width of the page, at planned places."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.theme import fonts
from desktop.panels.theme.design_tokens import CARD_GAP, ROW_GAP
from desktop.panels.widgets.scroll_area import PageScrollArea
from desktop.panels.widgets.tab_order import set_tab_order_by_layout

THREE_COLUMNS_MIN_WIDTH = 1100  # px at the base font
TWO_COLUMNS_MIN_WIDTH = 720
_EXPLICIT_SHOW_HIDE = Qt.WidgetAttribute.WA_WState_ExplicitShowHide
ColumnPlan = Mapping[int, Sequence[Sequence[str]]]


class ResponsiveColumns(QWidget):
    """Widget of cards by key; `plan` says for 3, 2 and 1 columns which card stands where."""

    def __init__(self, plan: ColumnPlan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plan = plan
        self._cards: dict[str, QWidget] = {}
        self._count = 0
        self._columns: list[QVBoxLayout] = []
        self._holders: list[QWidget] = []
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(fonts.scaled(CARD_GAP))
        for _ in range(3):
            holder = QWidget(self)
            # Ignored: columns share the width evenly, whatever their cards would like.
            holder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            column = QVBoxLayout(holder)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(fonts.scaled(CARD_GAP))
            column.addStretch(1)
            self._columns.append(column)
            self._holders.append(holder)
            row.addWidget(holder, 1)

    def add_card(self, key: str, card: QWidget) -> None:
        """Add a card to the columns under a key; their plan says where it stands."""
        self._cards[key] = card
        hidden = card.isHidden() and card.testAttribute(_EXPLICIT_SHOW_HIDE)
        card.setParent(self)
        if hidden:
            card.hide()
        if self._count:
            self._place_cards()

    def card(self, key: str) -> QWidget:
        """Return the columns' card of a key."""
        return self._cards[key]

    def keys(self) -> list[str]:
        """Return the keys of all cards in the columns."""
        return list(self._cards)

    def column_count(self) -> int:
        """Return how many columns of cards show; 0 before the first layout."""
        return self._count

    def set_width(self, width: int) -> None:
        """Choose the number of card columns for this page width in px."""
        scale = fonts.scale()
        count = (
            3
            if width >= THREE_COLUMNS_MIN_WIDTH * scale
            else 2
            if width >= TWO_COLUMNS_MIN_WIDTH * scale
            else 1
        )
        self.set_column_count(count)

    def set_column_count(self, count: int) -> None:
        """Show the cards in this many columns."""
        if count != self._count:
            self._count = count
            self._place_cards()

    def activate_layouts(self) -> None:
        """Lay the card columns out at once, for callers that need positions now."""
        for column in self._columns:
            column.activate()
        self._row.activate()

    def _place_cards(self) -> None:
        # Each moved card would be painted at its old place once.
        self.setUpdatesEnabled(False)
        # A widget that changes its parent loses the keyboard.
        focus = self.window().focusWidget()
        plan = self._plan[self._count]
        # A card nobody appointed stands at the end of the last column rather than nowhere.
        known = {key for column in plan for key in column}
        rest = [key for key in self._cards if key not in known]
        for place, column in enumerate(self._columns):
            keys = list(plan[place]) if place < len(plan) else []
            if place == len(plan) - 1:
                keys += rest
            self._fill_column(column, [self._cards[key] for key in keys if key in self._cards])
            self._holders[place].setVisible(place < len(plan))
        # One column is narrow: its folded cards stand closer.
        gap = fonts.scaled(CARD_GAP if self._count > 1 else ROW_GAP)
        for column in self._columns:
            column.setSpacing(gap)
        set_tab_order_by_layout(self)
        if focus is not None and self.isAncestorOf(focus) and not focus.hasFocus():
            focus.setFocus()
        self.setUpdatesEnabled(True)

    def _fill_column(self, column: QVBoxLayout, cards: Sequence[QWidget]) -> None:
        for index, card in enumerate(cards):
            if column.indexOf(card) != index:
                # Left to itself Qt shows a moved widget one turn later: a flicker.
                hidden = card.isHidden() and card.testAttribute(_EXPLICIT_SHOW_HIDE)
                column.insertWidget(index, card)
                card.setHidden(hidden)


class ResponsiveColumnsScrollArea(PageScrollArea):
    """Scroll area around the card columns, which tells them its width."""

    def __init__(self, columns: ResponsiveColumns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = columns
        columns.setAutoFillBackground(False)
        self.setWidget(columns)

    def resizeEvent(self, event: QResizeEvent) -> None:
        # The page's own width, not the viewport's: a scroll bar must not change the columns.
        before = self._flow.column_count()
        kept = self._topmost_card() if before else None
        self._flow.set_width(self.width())
        super().resizeEvent(event)
        if kept is not None and self._flow.column_count() != before:
            card, offset = kept
            self._flow.activate_layouts()
            top = card.mapTo(self._flow, QPoint(0, 0)).y()
            self.verticalScrollBar().setValue(top - offset)

    def _topmost_card(self) -> tuple[QWidget, int] | None:
        scrolled = self.verticalScrollBar().value()
        if not scrolled:
            return None
        found = None
        for key in self._flow.keys():  # noqa: SIM118 - a method of ours
            card = self._flow.card(key)
            top = card.mapTo(self._flow, QPoint(0, 0)).y() - scrolled
            if card.isVisible() and top + card.height() > 0 and (found is None or top < found[1]):
                found = (card, top)
        return found
