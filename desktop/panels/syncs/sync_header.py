"""Header widget of the chosen sync: name, switch, Preview, Run now, two menus and its state."""

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.syncs.run_menu import RunMenu
from desktop.panels.syncs.run_progress_bar import RunProgressBar
from desktop.panels.syncs.sync_message_banner import SyncMessageBanner
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import icon_button, secondary_button
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.tooltip import escape_tooltip
from desktop.viewmodels.syncs.sync_header_view import (
    RunProgressView,
    SyncHeaderView,
    SyncMessageView,
)

# Of two lines and a button: a message has room without moving the page.
_STATE_HEIGHT = 42
_MENU_ENTRIES = (
    ("rename", "Name, labels and description…"),
    ("retry", "Retry waiting rows"),
    ("remove", "Remove…"),
)


class SyncHeader(QWidget):
    """Widget of a sync's header: whether it may be switched, previewed and run, and why not."""

    enabled_toggled = Signal(bool)
    preview_requested = Signal(bool)  # of everybody, or of who changed
    run_requested = Signal(bool)
    favourite_toggled = Signal(bool)
    menu_action_chosen = Signal(str)  # a key of the menu
    back_requested = Signal()
    cancel_requested = Signal()
    run_here_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._view: SyncHeaderView | None = None
        self.back_button = icon_button("chevron-left", "Back to the syncs")
        self.title_label = elided_label("", "heading")
        self.title_label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.enabled_switch = Switch("Switched on")
        self.favourite_button = icon_button("star", "Favourite")
        self.favourite_button.setCheckable(True)
        self.more_button = icon_button("more", "More for this sync")
        self.preview_button = secondary_button("Preview", name="Preview")
        self.run_button = secondary_button("Run now", name="Run now")
        self.run_menu_button = icon_button("chevron-down", "Ways to run")
        # In a place of its own: who aims at it as the run ends must not hit Run now.
        self.cancel_button = secondary_button("Cancel", name="Cancel the run")
        self.cancel_button.hide()
        # Visible, not only a tool tip: a disabled button shows none to the keyboard.
        self.status_label = label("", "muted", wrap=True)
        self.run_here_button = LinkButton("Run scheduled syncs on this computer")
        self.run_here_button.hide()
        self.message_banner = SyncMessageBanner(is_compact=True)
        # As high as its words: two lines of a narrow window say nothing.
        self.narrow_message_banner = SyncMessageBanner()
        self._is_narrow = False
        self.progress_bar = RunProgressBar()
        self._menu: QMenu | None = None
        self._lay_out()
        self.back_button.clicked.connect(self.back_requested)
        self.enabled_switch.chosen.connect(self.enabled_toggled)
        self.preview_button.clicked.connect(self._on_preview)
        self.run_button.clicked.connect(self._on_run)
        self.run_menu_button.clicked.connect(self._on_run_menu)
        self.favourite_button.clicked.connect(self._on_star)
        self.cancel_button.clicked.connect(self.cancel_requested)
        self.run_here_button.clicked.connect(self.run_here_requested)
        self.more_button.clicked.connect(self._on_more)

    def show_header(self, view: SyncHeaderView) -> None:
        """Draw the state of the chosen sync in the header."""
        self._view = view
        self.title_label.setText(view.title)
        self.title_label.set_tooltip(view.description)
        self.enabled_switch.set_value(view.is_on)
        self.enabled_switch.setAccessibleDescription("on" if view.is_on else "off")
        self.enabled_switch.set_enabled(
            not view.switch_disabled_reason, view.switch_disabled_reason
        )
        self.favourite_button.setChecked(view.is_favourite)
        self.favourite_button.set_icon("star-filled" if view.is_favourite else "star")
        self.favourite_button.set_enabled(view.can_change, view.disabled_reason)
        self.preview_button.set_enabled(
            not view.preview_disabled_reason, view.preview_disabled_reason
        )
        self.run_button.set_enabled(not view.run_disabled_reason, view.run_disabled_reason)
        self.status_label.setText(view.status_text)
        # What goes goes first: both at once would push the page down for a moment.
        has_status = view.progress is None and view.message is None
        if not has_status:
            self.status_label.hide()
            self.run_here_button.hide()
        if view.message is None:
            self._show_message(None)
        self._show_progress(view.progress)
        self._show_message(view.message)
        self.status_label.setVisible(has_status)
        self.run_here_button.setVisible(view.offers_run_here and has_status)

    def _show_message(self, message: SyncMessageView | None) -> None:
        unused, used = self.narrow_message_banner, self.message_banner
        if self._is_narrow:
            unused, used = used, unused
        unused.show_view(None)
        used.show_view(message)

    def _show_progress(self, progress: RunProgressView | None) -> None:
        under_way = progress is not None
        self.progress_bar.show_progress(progress)
        self.run_menu_button.set_enabled(not under_way, "It is running.")
        self.cancel_button.setVisible(under_way)
        if progress is not None:
            why = "It stops within a second." if progress.is_cancelling else "It has not begun yet."
            # A process that has not told of itself has no run to cancel.
            can_cancel = bool(progress.run_id) and not progress.is_cancelling
            self.cancel_button.set_enabled(can_cancel, why)

    def set_narrow(self, narrow: bool) -> None:
        """Put the sync header's buttons below the name in a narrow window, with a way back."""
        self.back_button.setVisible(narrow)
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            self._show_message(self._view.message if self._view is not None else None)
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.TopToBottom if narrow else direction.LeftToRight)
        # Where the others do not give way to it: wide they stand at the right, else at the left.
        place = self._buttons.count() - 2 if narrow else 0
        self._buttons.removeWidget(self.cancel_button)
        self._buttons.insertWidget(place, self.cancel_button)

    def _lay_out(self) -> None:
        name = QHBoxLayout()
        name.setSpacing(fonts.scaled(8))
        name.addWidget(self.back_button)
        name.addWidget(self.title_label)
        name.addWidget(self.enabled_switch)
        name.addWidget(self.favourite_button)
        name.addStretch(1)
        buttons = self._buttons = QHBoxLayout()
        buttons.setSpacing(fonts.scaled(8))
        for button in (
            self.cancel_button,
            self.preview_button,
            self.run_button,
            self.run_menu_button,
            self.more_button,
        ):
            button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            buttons.addWidget(button)
        buttons.addStretch(0)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.setSpacing(fonts.scaled(8))
        self._row.addLayout(name, 1)
        self._row.addLayout(buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(4))
        column.addLayout(self._row)
        state = QWidget()
        line = hbox(self.status_label, self.run_here_button, spacing=10)
        line.setAlignment(self.run_here_button, Qt.AlignmentFlag.AlignTop)
        banners = (self.message_banner, self.narrow_message_banner)
        state.setLayout(vbox(line, *banners, self.progress_bar, spacing=0))
        # As high in every state: the page below must not move when a run begins.
        state.setMinimumHeight(fonts.scaled(_STATE_HEIGHT))
        allow_full_height(state)
        column.addWidget(state)

    def _on_preview(self) -> None:
        self.preview_requested.emit(False)

    def _on_run(self) -> None:
        self.run_requested.emit(False)

    def _on_run_menu(self) -> None:
        if self._view is None:
            return
        menu = RunMenu(self._view.preview_disabled_reason, self._view.run_disabled_reason, self)
        # Made anew each time, with the reasons of the moment.
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.preview_requested.connect(self.preview_requested)
        menu.run_requested.connect(self.run_requested)
        self._menu = menu
        self._pop_up(menu, self.run_menu_button)

    def _pop_up(self, menu: QMenu, button: QWidget) -> None:
        below = QPoint(button.width() - menu.sizeHint().width(), button.height())
        menu.popup(button.mapToGlobal(below))

    def _on_star(self) -> None:
        self.favourite_toggled.emit(self.favourite_button.isChecked())

    def _on_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setObjectName("More for this sync")
        menu.setToolTipsVisible(True)
        for key, words in _MENU_ENTRIES:
            action = QAction(words, menu)
            action.setData(key)
            why_not = self._disabled_reason(key)
            action.setEnabled(not why_not)
            action.setToolTip(escape_tooltip(why_not or words))
            menu.addAction(action)
        menu.triggered.connect(self._on_menu)
        self._menu = menu
        self._pop_up(menu, self.more_button)

    def _disabled_reason(self, key: str) -> str:
        if self._view is None or not self._view.can_change:
            return self._view.disabled_reason if self._view is not None else ""
        return self._view.retry_disabled_reason if key == "retry" else ""

    def _on_menu(self, action: QAction) -> None:
        self.menu_action_chosen.emit(str(action.data()))
