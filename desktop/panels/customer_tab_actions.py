"""The window's actions on the tabs of the page Customers: keys, palette, context menu, reasons."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence, QShortcut

from desktop.panels.main_window import MainWindow
from desktop.panels.window_actions import TAB_CYCLE_KEY, TAB_PLACE_KEY
from desktop.viewmodels.customer.customer_tabs_model import CustomerTabsModel

_NUMBERED_TABS = 9
_NEW, _CLOSE, _REOPEN, _PIN = "New tab", "Close tab", "Reopen closed tab", "Pin tab"
_NEXT, _PREVIOUS = "Next tab", "Previous tab"
_BACKWARD, _FORWARD = "Move tab backward", "Move tab forward"
_FOLLOW = "Follow Zendesk in this tab"
_NOT_HERE = "Tabs are on the page Customers."


class CustomerTabActions(QObject):
    """Adds the actions on customer tabs to the main window, and keeps their reasons up to date."""

    def __init__(self, window: MainWindow, tabs: CustomerTabsModel) -> None:
        super().__init__(window)
        self._window = window
        self._tabs = tabs
        self._add_actions()
        # Ctrl with a digit leads to the pages.
        for place in range(_NUMBERED_TABS):
            shortcut = QShortcut(QKeySequence(f"{TAB_PLACE_KEY}+{place + 1}"), window)
            shortcut.activated.connect(partial(self._on_place, place))
        tabs.changed.connect(self.refresh)
        window.page_shown.connect(self.refresh)
        self.refresh()

    def menu_actions(self) -> list[QAction]:
        """Return the actions of a tab's context menu, in its order."""
        names = (_PIN, _FOLLOW, _BACKWARD, _FORWARD, _NEW, _REOPEN, _CLOSE)
        return [self._window.window_actions[name] for name in names]

    def refresh(self) -> None:
        """Enable the tabs' actions, or say why they are disabled."""
        tabs, current = self._tabs, self._tabs.current
        here = "" if self._window.current_page == "customers" else _NOT_HERE
        only_one = "" if len(tabs.tabs) > 1 else "Only one tab is open."
        nobody = here or ("No customer is open." if current.is_empty else "")
        actions = self._window.window_actions
        actions.set_enabled(_CLOSE, here or tabs.close_refusal(current.key))
        actions.set_enabled(_REOPEN, "" if tabs.can_reopen else "No tab was closed.")
        for name in (_NEXT, _PREVIOUS):
            actions.set_enabled(name, only_one)
        for name in (_BACKWARD, _FORWARD):
            actions.set_enabled(name, here or only_one)
        actions.set_enabled(_PIN, nobody)
        actions[_PIN].setChecked(current.is_pinned)
        actions.set_enabled(_FOLLOW, here or tabs.follow_refusal)

    def _add_actions(self) -> None:
        add = self._window.window_actions.add
        add(_NEW, self._on_new, "Ctrl+T")
        add(_CLOSE, self._on_close, "Ctrl+W")
        add(_REOPEN, self._on_reopen)
        # Not the other way round: the first key is the one that the palette shows.
        next_keys = [f"{TAB_CYCLE_KEY}+Tab", "Ctrl+PgDown"]
        add(_NEXT, partial(self._on_next, 1), next_keys)
        previous_keys = [f"{TAB_CYCLE_KEY}+Shift+Tab", "Ctrl+PgUp"]
        add(_PREVIOUS, partial(self._on_next, -1), previous_keys)
        add(_BACKWARD, partial(self._on_move, -1), "Ctrl+Shift+PgUp")
        add(_FORWARD, partial(self._on_move, 1), "Ctrl+Shift+PgDown")
        add(_PIN, self._on_pin, checkable=True)
        add(_FOLLOW, self._on_follow)

    def _on_new(self) -> None:
        self._on_page(self._tabs.add_empty_tab)
        self._window.window_actions["Find a customer"].trigger()

    def _on_close(self) -> None:
        self._tabs.close_tab(self._tabs.current.key)

    def _on_reopen(self) -> None:
        self._on_page(self._tabs.reopen_tab)

    def _on_next(self, steps: int) -> None:
        self._on_page(partial(self._tabs.show_next, steps))

    def _on_place(self, place: int) -> None:
        self._on_page(partial(self._tabs.show_place, place))

    def _on_move(self, steps: int) -> None:
        self._tabs.move_current(steps)

    def _on_pin(self) -> None:
        current = self._tabs.current
        self._tabs.set_pinned(current.key, not current.is_pinned)

    def _on_follow(self) -> None:
        self._tabs.follow_here()

    def _on_page(self, act: Callable[[], object]) -> None:
        """Bring the page Customers to the front first; while the set-up is open, do nothing."""
        if self._window.is_setup_shown:
            return
        self._window.show_page("customers")
        act()
