"""The main window: rail, search, pages, status bar; it draws models and forwards intents."""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QCloseEvent, QDesktopServices, QGuiApplication, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from desktop.kit.errors import AppError, BadInput, NotFound
from desktop.panels.actions import Actions
from desktop.panels.customer.boxes import line
from desktop.panels.customers_page import CustomersPage
from desktop.panels.parts.banner import Banner
from desktop.panels.parts.rail import Rail
from desktop.panels.parts.status_bar import StatusBar
from desktop.panels.parts.toaster import Toaster
from desktop.panels.parts.workspace_line import WorkspaceLine
from desktop.panels.reading_order import put_in_reading_order
from desktop.panels.shortcuts import ShortcutsDialog
from desktop.panels.theme import fonts, icon
from desktop.panels.theme.current import tokens
from desktop.panels.top_bar import TopBar
from desktop.store.reading import Reader
from desktop.viewmodels.following import FollowModel
from desktop.viewmodels.search import SearchModel
from desktop.viewmodels.sheet import Offer, SheetModel
from desktop.viewmodels.status import StatusModel

NARROW = 480
_TIDY_MS = 200
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
class Models:
    """The view-models a window draws."""

    sheet: SheetModel
    status: StatusModel
    follow: FollowModel


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

    def __init__(self, models: Models, reader: Reader, place: Place) -> None:
        super().__init__()
        self._models = models
        self._place = place
        self._pages: dict[str, QWidget] = {}
        self._lead: QWidget | None = None
        self._said: AppError = BadInput("")
        self.may_close = False
        self.setWindowTitle(f"Fairlead – {place.words}")
        self.setWindowIcon(icon.app_icon())
        self.setMinimumSize(fonts.scaled(340), fonts.scaled(420))
        self.resize(fonts.scaled(1280), fonts.scaled(820))
        self.actions_ = Actions(self)
        self._search = SearchModel(reader, self.actions_.commands, self)
        self._line = WorkspaceLine()
        self.rail = Rail("Pages")
        self.top = TopBar(self._search, models.follow, place.words)
        self.banner = Banner()
        self.banner.hide()
        self.customers = CustomersPage(models.sheet, examples=place.examples)
        self._stack = QStackedWidget()
        self.status = StatusBar("State of the services")
        self._lay_out()
        self._add_pages()
        self._add_actions()
        self.toaster = Toaster(self, "{} more changes".format, [("undo", "Undo all")])
        # For whoever asks for the order of focus without pressing Tab.
        self._tidy = QTimer(self)
        self._tidy.setSingleShot(True)
        self._tidy.setInterval(_TIDY_MS)
        self._tidy.timeout.connect(self._on_tidy)
        self._connect()
        self._on_status()
        self.restyle_place()

    # What the top floor calls.

    def add_page(self, key: str, page: QWidget) -> None:
        """Give a page its widget (built when first wanted)."""
        self._pages[key] = page
        self._stack.addWidget(page)

    def has_page(self, key: str) -> bool:
        """Whether it is built."""
        return key in self._pages

    def show_page(self, key: str) -> None:
        """Go to a page."""
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
        self._models.sheet.open(text)

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
        self._said = error

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
        put_in_reading_order(self)
        return super().focusNextPrevChild(forward)

    def changeEvent(self, event: QEvent) -> None:
        """Follow Zendesk asks quickly only while the window can be seen."""
        super().changeEvent(event)
        self._models.follow.visible = not self.isMinimized()
        if self.isActiveWindow():
            self._models.follow.moved()

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
        self.customers.set_narrow(narrow)

    def _add_pages(self) -> None:
        self.rail.add_page("customers", "Customers", "customers")
        self.rail.add_page("activity", "Activity", "activity")
        self.rail.add_page("settings", "Settings", "settings", bottom=True)
        self.add_page("customers", self.customers)
        self.show_page("customers")

    def _add_actions(self) -> None:
        add = self.actions_.add
        keys = QKeySequence.StandardKey
        add("Find a customer", self.top.field.take_focus, ["Ctrl+K", "Ctrl+F"])
        add("Undo", self._on_undo, keys.Undo)
        add("Refresh", self._models.sheet.refresh, ["F5", "Ctrl+R"])
        add("Follow Zendesk", self._on_follow, "Ctrl+Shift+F")
        add("Copy e-mail address", self._on_copy_address, "Ctrl+Shift+C")
        add("Customers", self._on_customers, "Ctrl+1")
        add("Activity", self._on_activity, "Ctrl+2")
        add("Settings", self._on_settings, "Ctrl+,")
        on_top = add("Stay on top", self._on_stay_on_top, "Ctrl+Shift+T", checkable=True)
        on_top.setChecked(False)
        add("Narrow window", self._on_narrow, "Ctrl+Shift+N")
        add("Keyboard shortcuts", self._on_shortcuts, ["F1", "Ctrl+/"])
        # Named: not every platform has a standard key for it.
        add("Quit", self._on_quit, "Ctrl+Q")

    def _connect(self) -> None:
        sheet, follow = self._models.sheet, self._models.follow
        self.rail.page_chosen.connect(self.show_page)
        self.top.asked.connect(self.look_up)
        self.top.too_long.connect(self._on_too_long)
        self.customers.link_opened.connect(self.open_link)
        self.banner.action_triggered.connect(self._on_banner)
        self.status.clicked.connect(self._on_status_clicked)
        self.toaster.action_triggered.connect(self._on_toast)
        self.toaster.batch_triggered.connect(self._on_batch)
        sheet.changed.connect(self._on_sheet)
        sheet.opened.connect(self._on_opened)
        sheet.offered.connect(self._on_offered)
        sheet.settled.connect(self._on_settled)
        sheet.failed.connect(self.say)
        follow.held.connect(self._on_held)
        self._models.status.changed.connect(self._on_status)

    # What happens.

    def open_link(self, url: str) -> None:
        """Open Zendesk in the browser: http and https only."""
        address = QUrl(url, QUrl.ParsingMode.StrictMode)
        if address.isValid() and address.scheme() in ("https", "http") and address.host():
            QDesktopServices.openUrl(address)
        else:
            self.say(BadInput("This link cannot be opened.", "It is not a web address."))

    def _on_sheet(self) -> None:
        sheet = self._models.sheet.sheet
        self._tidy.start()
        if sheet is None:
            return
        if sheet.finished and sheet.matches and not sheet.found:
            self.top.offer(sheet.matches)
        self.actions_.set_enabled("Refresh", "" if sheet.found else "No customer is open.")

    def _on_tidy(self) -> None:
        put_in_reading_order(self)

    def _on_opened(self) -> None:
        self.banner.clear()

    def _on_offered(self, offer: object) -> None:
        if isinstance(offer, Offer):
            self.toaster.show_toast(
                offer.edit_id, offer.words, [("undo", "Undo")], seconds=offer.seconds
            )

    def _on_settled(self, edit_id: str, words: str, undo_stands: bool) -> None:
        if not undo_stands:
            self.toaster.close_toast(edit_id)
        self.status.set_note("last", words)

    def _on_toast(self, key: str, _action: str) -> None:
        self._models.sheet.undo(key)
        self.toaster.close_toast(key)

    def _on_batch(self, keys: list[str], _action: str) -> None:
        for key in keys:
            self._models.sheet.undo(key)

    def _on_undo(self) -> None:
        shown = [toast for toast in self.toaster.toasts() if toast.key != "batch"]
        if shown:
            self._on_toast(shown[-1].key, "undo")
        else:
            self.say(
                BadInput(
                    "There is nothing to undo right now.",
                    "Undo stays for ten seconds after a change.",
                    "Older changes can be taken back on the page Activity.",
                )
            )

    def _on_status(self) -> None:
        for service in self._models.status.services():
            self.status.set_service(service.key, service.words, service.dot, service.tip)
        self.status.set_note("budget", self._models.status.short(), "warn")
        self.status.set_note("waiting", self._models.status.waiting())
        self.top.refresh()

    def _on_status_clicked(self, key: str) -> None:
        self.show_page("activity" if key in ("waiting", "last") else "settings")

    def _on_banner(self, action: str) -> None:
        if action == "copy":
            QGuiApplication.clipboard().setText(f"{self._said} ({self._said.code})")
        elif action == "retry":
            self.banner.clear()
            self._models.sheet.refresh()

    def _on_too_long(self, kept: int) -> None:
        self.say(
            BadInput(
                "That was too long to look up.",
                f"Only the first {kept:,} characters were kept.",
                "Type an e-mail address, a name, a phone number or #ticket.",
            )
        )

    def _on_held(self, ticket: int) -> None:
        self.say(
            BadInput(
                f"You have opened #{ticket} in Zendesk.",
                "It is not shown here, because something you typed is not saved yet.",
                "Finish or cancel it, then open the ticket again.",
            )
        )

    def _on_follow(self) -> None:
        self._models.follow.set_on(not self._models.follow.on)

    def _on_copy_address(self) -> None:
        sheet = self._models.sheet.sheet
        if sheet is not None and sheet.address:
            QGuiApplication.clipboard().setText(sheet.address)
            self.status.set_note("last", "E-mail address copied")

    def _on_customers(self) -> None:
        self.show_page("customers")

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
        dialog = ShortcutsDialog(self.actions_, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
