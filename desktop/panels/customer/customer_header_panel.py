"""Header of the customer sheet: name, how Sailthru was matched, chips, health."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.customer.customer_health_control import CustomerHealthControl
from desktop.panels.theme import fonts
from desktop.panels.widgets.avatar import Avatar
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import icon_button
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.copy_menu import CopyMenu
from desktop.panels.widgets.dot_rating import DotRating
from desktop.panels.widgets.label import elided_label
from desktop.panels.widgets.link_button import LinkButton
from desktop.viewmodels.customer.customer_value_view import build_customer_value_view
from desktop.viewmodels.customer.header_view import ChipView, build_header_view
from desktop.viewmodels.customer.panel_state import PanelStatus
from desktop.viewmodels.customer.sheet_model import CustomerSheetModel

_STACKED_MAX_WIDTH, _CHIPS_BELOW_MAX_WIDTH = 560, 760  # px of the design


class CustomerHeaderPanel(QWidget):
    """Widget of the sheet's header; wide: one row, narrow: name, address, value, health stacked."""

    change_email_requested = Signal()

    def __init__(self, model: CustomerSheetModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Customer")
        self._model = model
        self._shown_chips: tuple[ChipView, ...] = ()
        self._is_narrow = False
        self._arranged: tuple[bool, bool] | None = None
        # What it needs at least follows from the room it gets, not the other way round.
        self.setMinimumWidth(1)
        self._avatar = Avatar()
        self._name = elided_label("", "heading", selectable=True)
        self._address = elided_label("", selectable=True)
        CopyMenu(self._name, "name")
        CopyMenu(self._address, "address")
        self._match = elided_label("", "muted")
        # The address keeps its room: how it was matched is cut first.
        self._match.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.colleagues_label = elided_label("", "muted")
        self.colleagues_label.setObjectName("Who else has the customer open")
        self.colleagues_label.hide()
        # "Use this profile" can be taken back where its effect is told.
        self._match_by_address_button = LinkButton("Match by address again")
        self._match_by_address_button.set_tooltip(
            "Shows the profile at this person's own address again. Nothing is written to Sailthru."
        )
        self._match_by_address_button.clicked.connect(model.unlink_profile)
        self._match_by_address_button.hide()
        self.change_email_button = LinkButton("Change e-mail…", name="Change e-mail")
        self.change_email_button.clicked.connect(self.change_email_requested)
        self.change_email_button.hide()
        self._refresh = icon_button("refresh", "Refresh")
        self._refresh.setObjectName("Refresh")
        self._refresh.clicked.connect(model.refresh)
        self.more_button = icon_button("more", "More for this customer")
        self.more_button.clicked.connect(self._on_more)
        self._menu = QMenu(self)
        self._menu.setObjectName("More for this customer")
        # A disabled entry says why.
        self._menu.setToolTipsVisible(True)
        self._chips = QHBoxLayout()
        self._chips.setContentsMargins(0, 0, 0, 0)
        self._chips.setSpacing(fonts.scaled(8))
        self._chip_widgets: list[Chip] = []
        self._chip_box = QWidget(self)
        self._chip_box.setLayout(self._chips)
        self._health = CustomerHealthControl(model)
        self._health.setMinimumWidth(fonts.scaled(270))
        self._value = _CompactValueLine(model)
        self._value.hide()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(fonts.scaled(12))
        self._names = hbox(self._name, self._chip_box, self._refresh, self.more_button)
        self._names.addStretch(1)
        self._chip_line = hbox(1)
        below = hbox(self._address, self.change_email_button, spacing=6)
        below.addWidget(self._match, 1)
        below.addWidget(self._match_by_address_button)
        middle = QVBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addLayout(self._names)
        middle.addLayout(below)
        middle.addWidget(self.colleagues_label)
        middle.addLayout(self._chip_line)
        self._row.addWidget(self._avatar, 0, Qt.AlignmentFlag.AlignVCenter)
        self._row.addLayout(middle, 1)
        self._row.addWidget(self._value)
        self._row.addWidget(self._health)

    def set_narrow(self, narrow: bool) -> None:
        """Stack the parts of the customer header for a narrow window."""
        self._is_narrow = narrow
        self._value.setVisible(narrow)
        self._arrange()

    def set_menu_actions(self, actions: Sequence[QAction]) -> None:
        """Fill the menu beside the customer's name; without actions there is no button for it."""
        self._menu.clear()
        self._menu.addActions(list(actions))
        self.more_button.setVisible(bool(actions))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        stacked = self._is_narrow or self.width() < fonts.scaled(_STACKED_MAX_WIDTH)
        tight = (
            stacked
            or self.width() < fonts.scaled(_CHIPS_BELOW_MAX_WIDTH)
            or self._width_in_one_line() > self.width()
        )
        # resizeEvent comes for each pixel while a window is dragged.
        if (stacked, tight) == self._arranged:
            return
        self._arranged = (stacked, tight)
        way = QBoxLayout.Direction.TopToBottom if stacked else QBoxLayout.Direction.LeftToRight
        self._row.setDirection(way)
        self._row.setSpacing(fonts.scaled(4 if stacked else 12))
        self._avatar.setVisible(not stacked)
        self._health.setMinimumWidth(0 if stacked else fonts.scaled(270))
        # The name keeps its line: in little room the chips have one of their own.
        self._chip_line.setContentsMargins(0, fonts.scaled(4) if tight else 0, 0, 0)
        if tight:
            self._chip_line.insertWidget(0, self._chip_box)
        else:
            self._names.insertWidget(1, self._chip_box)

    def _width_in_one_line(self) -> int:
        """Return the px that the whole name needs with all that may stand beside it."""
        beside = (self._avatar, self._name, self._chip_box, self._refresh, self.more_button)
        widths = [part.sizeHint().width() for part in beside if not part.isHidden()]
        return sum(widths) + self._health.minimumWidth() + len(widths) * self._row.spacing()

    def refresh(self) -> None:
        """Draw the customer header as the sheet's model is now."""
        if self._model.sheet is None:
            return
        self._health.refresh()
        self._value.refresh()
        view = build_header_view(self._model.context())
        self._avatar.set_initials(view.initials)
        self._name.setText(view.name)
        self._address.setText(view.address)
        self._address.setVisible(bool(view.address))
        self._match.setText(f"· {view.match_text}" if view.match_text else "")
        self.colleagues_label.setText(view.colleagues_text)
        self.colleagues_label.setVisible(bool(view.colleagues_text))
        self._match_by_address_button.setVisible(view.is_linked_by_hand)
        self.change_email_button.setVisible(view.can_change_email)
        self.change_email_button.set_enabled(not view.change_email_reason, view.change_email_reason)
        if view.chips != self._shown_chips:
            self._shown_chips = view.chips
            self._show_chips(view.chips)
        self._arrange()

    def _on_more(self) -> None:
        button = self.more_button
        self._menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _show_chips(self, chips: Sequence[ChipView]) -> None:
        while len(self._chip_widgets) < len(chips):
            # Chips are kept for the next customer: making one costs a polish of the style sheet.
            self._chip_widgets.append(Chip("", large=True))
            self._chips.addWidget(self._chip_widgets[-1])
        for made, chip in zip(self._chip_widgets, chips, strict=False):
            made.set_state(chip.text, chip.tone, chip.tooltip)
            made.show()
        for spare in self._chip_widgets[len(chips) :]:
            spare.hide()


class _CompactValueLine(QWidget):
    """Customer value in one line of the header, for the narrow window."""

    def __init__(self, model: CustomerSheetModel) -> None:
        super().__init__()
        self._model = model
        self._figure = elided_label("", "strong")
        self._scale = DotRating("Value from 1 to 4")
        self._words = elided_label("", "small", align_right=True)
        row = hbox(self._figure, self._scale)
        row.addWidget(self._words, 1)
        self.setLayout(row)

    def refresh(self) -> None:
        """Draw the header's one-line customer value as the sheet's model is now."""
        if self._model.sheet is None:
            return
        view = build_customer_value_view(self._model.context())
        ready = view.panel_state.status is PanelStatus.READY
        self._figure.setText(view.title if ready else "Value not available")
        self._scale.setVisible(ready and view.segment is not None)
        self._scale.set_value(view.segment, view.title)
        self._words.setText(view.short_amount_text)
