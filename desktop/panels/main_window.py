"""The main window: rail, search, pages, status bar. It stands before there are any models."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop.kit.errors import AppError, BadInput, NotFound
from desktop.panels.actions import Actions
from desktop.panels.customer.boxes import line
from desktop.panels.parts.banner import Banner
from desktop.panels.parts.rail import Rail
from desktop.panels.parts.status_bar import StatusBar
from desktop.panels.parts.workspace_line import WorkspaceLine
from desktop.panels.theme import fonts, icon
from desktop.panels.theme.current import tokens
from desktop.panels.top_bar import TopBar

if TYPE_CHECKING:
    from desktop.panels.customers_page import CustomersPage
    from desktop.panels.parts.toaster import Toaster

NARROW = 480
_COLOURS = {
    "blue": ("#0b5cad", "#7ab7ff"),
    "teal": ("#0f6b6b", "#5cc8c2"),
    "green": ("#1a6e34", "#6cc07a"),
    "amber": ("#7d5600", "#e0b341"),
    "red": ("#b3261e", "#ff8a80"),
    "violet": ("#6a3fb5", "#c0a2ff"),
    "grey": ("#56606b", "#a3adb8"),
}


@dataclass(frozen=True)
class Place:
    """Whose workspace this is: its name in words, its colour's name; the demo has examples."""

    words: str
    colour: str
    examples: tuple[str, ...] = ()


class MainWindow(QMainWindow):
    """`closed` is emitted once, when the person has closed the window."""

    closed = Signal()
    page_wanted = Signal(str)  # a page that is not built yet is about to be shown
    close_asked = Signal()
    stay_on_top_chosen = Signal(bool)
    asked = Signal(str)  # somebody to look up
    noticed = Signal(bool, bool)  # whether it can be seen, whether it is in front

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place
        self._pages: dict[str, QWidget] = {}
        self._lead: QWidget | None = None
        self.said: AppError = BadInput("")
        self._early: str | None = ""
        self.may_close = False
        self.setWindowTitle(f"Fairlead – {place.words}")
        self.setWindowIcon(icon.app_icon())
        self.setMinimumSize(fonts.scaled(340), fonts.scaled(420))
        self.resize(fonts.scaled(1280), fonts.scaled(820))
        self.actions_ = Actions(self)
        self._line = WorkspaceLine()
        self.rail = Rail("Pages")
        self.top = TopBar(place.words)
        self.banner = Banner()
        self.banner.hide()
        self._narrow_page: CustomersPage | None = None
        self._stack = QStackedWidget()
        self.status = StatusBar("State of the services")
        self._lay_out()
        self._add_pages()
        self._add_actions()
        self._toaster: Toaster | None = None
        self._connect()
        self.restyle_place()

    @property
    def toaster(self) -> "Toaster":
        """What was done, with Undo; made when first asked for, which is after the first paint."""
        if self._toaster is None:
            from desktop.panels.parts.toaster import Toaster

            self._toaster = Toaster(self, "{} more changes".format, [("undo", "Undo all")])
        return self._toaster

    # What the top floor calls.

    def add_customers(self, page: "CustomersPage") -> None:
        """The page of the sheet, which folds where the window is narrow."""
        self.customers = page
        self._narrow_page = page
        page.set_narrow(bool(self._narrow))
        page.link_opened.connect(self.open_link)
        self.add_page("customers", page)
        self.show_page("customers")

    def add_page(self, key: str, page: QWidget) -> None:
        """Give a page its widget (built when first wanted)."""
        self._pages[key] = page
        self._stack.addWidget(page)

    def show_page(self, key: str) -> None:
        """Go to a page; the set-up stays in front until it is done or put off."""
        if self._lead is not None:
            return
        if key not in self._pages:
            self.page_wanted.emit(key)
        if key in self._pages:
            self._stack.setCurrentWidget(self._pages[key])
            self.rail.set_current(key)

    def lead_in(self, widget: QWidget | None) -> None:
        """Show the set-up in place of everything until it is done; None ends that."""
        if self._lead is not None:
            self._stack.removeWidget(self._lead)
            self._lead.deleteLater()
            self._lead = None
        if widget is not None:
            self._lead = widget
            self._stack.addWidget(widget)
            self._stack.setCurrentWidget(widget)
        else:
            self.show_page("customers")
        for part in (self.top, self.status):
            part.setVisible(widget is None)
        self.rail.setVisible(widget is None)

    def look_up(self, text: str) -> None:
        """Show a customer, as if typed."""
        # What the banner says goes when a customer opens: said again, the same trouble counts up.
        self.show_page("customers")
        if self._early is None:
            self.asked.emit(text)
        else:
            self._early = text

    def begin(self) -> None:
        """The models are there: what was asked for meanwhile is asked now."""
        early, self._early = self._early, None
        if early:
            self.asked.emit(early)

    def say(self, error: object) -> None:
        """Tell a trouble beside its cause: in the page, never as a dialog."""
        if not isinstance(error, AppError):
            return
        tone = "warn" if isinstance(error, BadInput | NotFound) else "bad"
        actions = [("retry", "Retry")] if error.retryable else []
        self.banner.show_message(
            "warn" if tone == "warn" else "bad",
            error.title,
            error.message,
            error.hint,
            actions=[*actions, ("copy", "Copy details")],
            close="Close",
        )
        self.said = error

    def restyle_place(self) -> None:
        """The line at the very top, in the workspace's colour."""
        light, dark = _COLOURS.get(self._place.colour, _COLOURS["blue"])
        self._line.set_workspace(self._place.words, dark if tokens().dark else light)

    def set_place(self, place: Place) -> None:
        """Another name or colour."""
        self._place = place
        self.setWindowTitle(f"Fairlead – {place.words}")
        self.top.set_workspace(place.words)
        self.restyle_place()

    def raise_up(self) -> None:
        """Come to the front (a second start asked for it)."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    # Qt's own.

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing is the top floor's decision: it may have to say what still waits."""
        if self.may_close:
            event.accept()
            self.closed.emit()
        else:
            event.ignore()
            self.close_asked.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Below 480 px one column with the rail on top."""
        super().resizeEvent(event)
        self._set_narrow(self.width() < fonts.scaled(NARROW))

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab follows what stands on the page now."""
        from desktop.panels.reading_order import put_in_reading_order

        put_in_reading_order(self)
        return super().focusNextPrevChild(forward)

    def changeEvent(self, event: QEvent) -> None:
        """Say whether anybody looks."""
        super().changeEvent(event)
        self.noticed.emit(not self.isMinimized(), self.isActiveWindow())

    # How it is put together.

    def _lay_out(self) -> None:
        self._page = QVBoxLayout()
        self._page.addWidget(self.top)
        self._page.addWidget(self.banner)
        self._page.addWidget(self._stack, 1)
        self._page.addWidget(self.status)
        self._body = line(self.rail, spacing=0)
        self._body.addLayout(self._page, 1)
        central = QWidget()
        outer = QVBoxLayout(central)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._line)
        outer.addLayout(self._body, 1)
        self.setCentralWidget(central)
        self._narrow: bool | None = None
        self._set_narrow(False)

    def _set_narrow(self, narrow: bool) -> None:
        if narrow == self._narrow:
            return
        self._narrow = narrow
        edge = fonts.scaled(12 if narrow else 18)
        self._page.setContentsMargins(edge, fonts.scaled(11), edge, 0)
        self._page.setSpacing(fonts.scaled(10))
        self._body.setDirection(
            self._body.Direction.TopToBottom if narrow else self._body.Direction.LeftToRight
        )
        self.rail.set_compact(narrow)
        self.top.set_narrow(narrow)
        if self._narrow_page is not None:
            self._narrow_page.set_narrow(narrow)

    def _add_pages(self) -> None:
        self.rail.add_page("customers", "Customers", "customers")
        self.rail.add_page("sync", "Sync", "sync")
        self.rail.add_page("activity", "Activity", "activity")
        self.rail.add_page("settings", "Settings", "settings", bottom=True)
        self.rail.set_current("customers")

    def _add_actions(self) -> None:
        add = self.actions_.add
        add("Find a customer", self.top.field.take_focus, ["Ctrl+K", "Ctrl+F"])
        add("Customers", self._on_customers, "Ctrl+1")
        add("Sync", self._on_sync, "Ctrl+2")
        add("Activity", self._on_activity, "Ctrl+3")
        add("Settings", self._on_settings, "Ctrl+,")
        on_top = add("Stay on top", self._on_stay_on_top, "Ctrl+Shift+T", checkable=True)
        on_top.setChecked(False)
        add("Narrow window", self._on_narrow, "Ctrl+Shift+N")
        add("Keyboard shortcuts", self._on_shortcuts, ["F1", "Ctrl+/"])
        # Named: not every platform has a standard key for it.
        add("Quit", self._on_quit, "Ctrl+Q")

    def _connect(self) -> None:
        self.rail.page_chosen.connect(self.show_page)
        self.top.asked.connect(self.look_up)
        self.top.too_long.connect(self._on_too_long)
        self.status.clicked.connect(self._on_status_clicked)

    # What happens.

    def open_link(self, url: str) -> None:
        """Open Zendesk in the browser: http and https only."""
        from PySide6.QtCore import QUrl
        from PySide6.QtGui import QDesktopServices

        address = QUrl(url, QUrl.ParsingMode.StrictMode)
        if address.isValid() and address.scheme() in ("https", "http") and address.host():
            QDesktopServices.openUrl(address)
        else:
            self.say(BadInput("This link cannot be opened.", "It is not a web address."))

    def _on_status_clicked(self, key: str) -> None:
        pages = {"waiting": "activity", "last": "activity", "syncs": "sync"}
        self.show_page(pages.get(key, "settings"))

    def _on_too_long(self, kept: int) -> None:
        self.say(
            BadInput(
                "That was too long to look up.",
                f"Only the first {kept:,} characters were kept.",
                "Type an e-mail address, a name, a phone number or #ticket.",
            )
        )

    def _on_customers(self) -> None:
        self.show_page("customers")

    def _on_sync(self) -> None:
        self.show_page("sync")

    def _on_activity(self) -> None:
        self.show_page("activity")

    def _on_settings(self) -> None:
        self.show_page("settings")

    def _on_narrow(self) -> None:
        wide = self.width() >= fonts.scaled(NARROW)
        self.resize(fonts.scaled(392 if wide else 1280), fonts.scaled(860 if wide else 820))

    def _on_stay_on_top(self) -> None:
        on = self.actions_["Stay on top"].isChecked()
        self.set_stay_on_top(on)
        self.stay_on_top_chosen.emit(on)

    def set_stay_on_top(self, on: bool) -> None:
        """Keep the window above the browser, or not."""
        self.actions_["Stay on top"].setChecked(on)
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint, on)
        self.show()

    def _on_quit(self) -> None:
        self.close()

    def _on_shortcuts(self) -> None:
        from desktop.panels.shortcuts import ShortcutsDialog

        dialog = ShortcutsDialog(self.actions_, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
