"""The main window: rail, search, pages, status bar; it is painted before there are models."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QAbstractSlider,
    QApplication,
    QDialog,
    QLineEdit,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop.kit.errors import AppError, InvalidInput, NotFound, NotPermitted
from desktop.kit.text import format_count
from desktop.panels.theme import fonts, icon
from desktop.panels.top_bar import TopBar
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.navigation_rail import NavigationRail
from desktop.panels.widgets.search_field import SEARCHES_PAGE
from desktop.panels.widgets.status_bar import StatusBar
from desktop.panels.widgets.workspace_color_bar import WorkspaceColorBar, workspace_color
from desktop.panels.window_actions import WindowActions
from desktop.panels.window_banner import WindowBanner
from desktop.viewmodels.page_access import PageAccess
from desktop.viewmodels.settings_sections import SETTINGS_SECTIONS, section_keywords

if TYPE_CHECKING:
    from desktop.panels.customers_page import CustomersPage
    from desktop.panels.help_dialog import HelpDialog
    from desktop.panels.widgets.toast_manager import ToastManager
    from desktop.viewmodels.palette_command import PaletteCommand

# What is left beside a browser on a laptop.
NARROW_WIDTH = 480
_LEAST_SIZE = (340, 420)  # px of the design
_SYNC_ACTIONS = frozenset({"Sync", "New sync", "Preview the sync", "Run the sync now"})


@dataclass(frozen=True)
class WorkspaceBadge:
    """The workspace's badge in the window: name, colour's name, kind, the demo's example queries.

    `color_name` may be a kind's, in small letters; `kind` is empty before the set-up.
    """

    name: str
    color_name: str
    kind: str = ""
    examples: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The workspace in words: “Acme, production”. Never told by the colour alone."""
        return f"{self.name}, {self.kind.lower()}" if self.kind else self.name


class MainWindow(QMainWindow):
    """The main window's widget: pages by key; the controller gives it models."""

    closed = Signal()  # once: the person has closed the window
    page_requested = Signal(str)  # a page that is not built yet is about to be shown
    close_requested = Signal()
    stay_on_top_changed = Signal(bool)
    lookup_requested = Signal(str)  # somebody to look up
    new_tab_requested = Signal(str)  # somebody to look up in a tab of their own
    page_shown = Signal(str)  # the key of the page in front now
    visibility_changed = Signal(bool, bool)  # whether it can be seen, whether it is in front
    dropped = Signal(object)  # QMimeData: a text or a file, anywhere in the window

    def __init__(self, badge: WorkspaceBadge) -> None:
        super().__init__()
        self._badge = badge
        self._pages: dict[str, QWidget] = {}
        self._setup_widget: QWidget | None = None
        self.last_error: AppError = InvalidInput("")
        self._early_query: str | None = ""
        self._help: HelpDialog | None = None
        self._page_access = PageAccess()
        self._used_pages: frozenset[str] = frozenset()
        self.is_close_allowed = False
        self.setWindowTitle(f"Fairlead – {badge.title}")
        self.setWindowIcon(icon.app_icon())
        self.setAcceptDrops(True)
        self.rescale_lengths(fonts.scale())
        self.resize(fonts.scaled(1280), fonts.scaled(820))
        self.window_actions = WindowActions(self)
        self._workspace_color_bar = WorkspaceColorBar()
        self.navigation_rail = NavigationRail("Pages")
        self.top_bar = TopBar(badge.name, badge.kind)
        self._narrow_page: CustomersPage | None = None
        self.page_stack = QStackedWidget()
        self.status_bar = StatusBar("State of the services")
        self._lay_out()
        self._add_pages()
        self._add_actions()
        self._toast_manager: ToastManager | None = None
        self._connect()
        self._update_workspace_color()

    @property
    def toast_manager(self) -> "ToastManager":
        """The window's toasts with Undo; made when first asked for, after the first paint."""
        if self._toast_manager is None:
            from desktop.panels.widgets.toast_manager import ToastManager

            self._toast_manager = ToastManager(
                self,
                lambda count: format_count(count, "more change", "more changes"),
                [("undo", "Undo all")],
                covered_height=self.banner.covered_height,
            )
        return self._toast_manager

    # What the application calls.

    def add_customers_page(self, page: "CustomersPage") -> None:
        """Add the Customers page to the main window, which folds it where it is narrow."""
        self.customers_page = page
        self._narrow_page = page
        page.set_narrow(bool(self._narrow))
        page.link_requested.connect(self.open_link)
        page.changes_requested.connect(self.show_changes)
        page.setup_requested.connect(self._on_setup_requested)
        page.search_requested.connect(self.top_bar.search_for)
        self.add_page("customers", page)
        self.show_page("customers")

    def _on_setup_requested(self) -> None:
        # The application adds it once it can build the wizard, which is before anything connects.
        self.window_actions["Set up Fairlead"].trigger()

    def show_changes(self, text: str) -> None:
        """Show the window's page Activity with the changes that hold these words."""
        from desktop.panels.activity_page import ActivityPage

        self.show_page("activity")
        page = self._pages.get("activity")
        if isinstance(page, ActivityPage):
            page.clear_filters()
            page.search_field.setText(text)

    def add_page(self, key: str, page: QWidget) -> None:
        """Add a page's widget to the main window by its key."""
        self._pages[key] = page
        self.page_stack.addWidget(page)

    def show_page(self, key: str) -> None:
        """Show a page of the main window; the set-up stays in front until it is done or put off."""
        # Otherwise a click in the command palette would leave the set-up half done.
        if self._setup_widget is not None:
            return
        refusal = self._page_access.refusals.get(key, "")
        left = self.current_page
        # A page that is open stays, and what was typed in it; it goes when it is left.
        if refusal and key != self.current_page:
            name = self.navigation_rail.page(key).accessibleName()
            self.show_error(NotPermitted(f"The page {name} is not open to you.", refusal))
        elif self._put_in_front(key):
            if key != left and self.top_bar.search_field.is_popup_open:
                # Matches offered on one page would cover the next, whose shortcut left the focus.
                self.top_bar.search_field.hide_popup()
            if key == "bulk":
                # What it has under way is come back to.
                self._used_pages = frozenset({key})
            self._show_rail_pages()
            self.page_shown.emit(key)

    def set_page_access(self, access: PageAccess) -> None:
        """Show in the rail the pages that the person at work uses; the open one stays until left.

        Shortcuts, commands and links follow: a page that is refused says why.
        """
        self._page_access = access
        self._show_rail_pages()
        actions = self.window_actions
        for name in _SYNC_ACTIONS & actions.names():
            actions.set_enabled(name, access.refusals.get("sync", ""))
        for name in {"Many at once"} & actions.names():
            actions.set_enabled(name, access.refusals.get("bulk", ""))
        actions.set_enabled("Events", access.refusals.get("events", ""))
        for name in {"Audience", "Fields of Zendesk and Sailthru"} & actions.names():
            actions.set_enabled(name, access.refusals.get("audience", ""))
        actions.set_enabled("Reports", access.refusals.get("reports", ""))
        actions.set_enabled("Customer value settings", access.admin_settings_reason)
        for key, title in SETTINGS_SECTIONS:
            actions.set_enabled(f"Settings: {title}", access.section_refusal(key))
        # Who has no Settings in the rail still has a few of their own.
        own = "" if "settings" in access.rail_pages else "Your settings"
        self.status_bar.set_note("settings", own, tip="Sign-in, saved customers, window (Ctrl+,)")

    @property
    def rail_pages(self) -> frozenset[str]:
        """The keys of the pages in the window's rail."""
        return self._page_access.rail_pages

    def _show_rail_pages(self) -> None:
        self.navigation_rail.set_visible_pages(
            self._page_access.rail_pages | {self.navigation_rail.current() or ""} | self._used_pages
        )

    @property
    def current_page(self) -> str:
        """The key of the main window's page in front; empty while it is the set-up."""
        shown = self.page_stack.currentWidget()
        return next((key for key, page in self._pages.items() if page is shown), "")

    def _put_in_front(self, key: str) -> bool:
        # Built when first wanted, which keeps it out of the start.
        if key not in self._pages:
            self.page_requested.emit(key)
        if key not in self._pages:
            return False
        self.page_stack.setCurrentWidget(self._pages[key])
        self.navigation_rail.set_current(key)
        return True

    def show_setup(self, widget: QWidget | None) -> None:
        """Show the set-up wizard in place of the window's pages; None ends that."""
        if self._setup_widget is not None:
            self.page_stack.removeWidget(self._setup_widget)
            self._setup_widget.deleteLater()
            self._setup_widget = None
        if widget is not None:
            self._setup_widget = widget
            self.page_stack.addWidget(widget)
            self.page_stack.setCurrentWidget(widget)
            # Alt with an arrow goes through the steps there; a page that is shown frees them again.
            for name in {"Back", "Forward"} & self.window_actions.names():
                self.window_actions.set_enabled(name, "The set-up is open.")
        else:
            self.show_page("customers")
        for part in (self.top_bar, self.status_bar):
            part.setVisible(widget is None)
        self.navigation_rail.setVisible(widget is None)

    @property
    def is_setup_shown(self) -> bool:
        """Whether the welcome or the set-up wizard stands in place of the window's pages."""
        return self._setup_widget is not None

    def look_up(self, text: str) -> None:
        """Look a customer up in the window who was not typed into the search field."""
        self.top_bar.forget_text()
        self._look_up(text)

    def _look_up(self, text: str, *, in_new_tab: bool = False) -> None:
        # What the banner says goes when a customer opens: said again, the same trouble counts up.
        # The customer is a place to come back to once they are found, not the page before it.
        if self._setup_widget is None:
            self._put_in_front("customers")
        if self._early_query is None:
            (self.new_tab_requested if in_new_tab else self.lookup_requested).emit(text)
        else:
            self._early_query = text

    def start_lookups(self) -> None:
        """Look up what was typed into the window before there were models."""
        early, self._early_query = self._early_query, None
        if early:
            self.lookup_requested.emit(early)

    def show_error(self, error: object) -> None:
        """Show an error on a banner above the window's page, never as a dialog."""
        if not isinstance(error, AppError):
            return
        # What a person mistyped or what is not there is no fault of anybody's.
        is_warning = isinstance(error, InvalidInput | NotFound)
        actions = [("retry", "Retry")] if error.is_retryable else []
        self.banner.show_message(
            "warn" if is_warning else "bad",
            error.title,
            error.message,
            error.hint,
            actions=[*actions, ("copy", "Copy details")],
            close="Close",
        )
        self.last_error = error

    def show_notice(self, title: str, message: str = "", hint: str = "") -> None:
        """Show on the window's banner what only informs; it leaves by itself."""
        self.banner.show_message("info", title, message, hint, close="Close")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        # What nobody else wanted: PgUp and PgDn scroll the page, wherever the keyboard is; Esc
        # closes the banner that can be seen, the page's own first, then clears the search field,
        # the window's or the page's; Ctrl+Z brings its text back.
        if event.key() in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._scroll_page(down=event.key() == Qt.Key.Key_PageDown)
            return
        page = self.page_stack.currentWidget()
        banners = [*page.findChildren(Banner), self.banner] if page is not None else [self.banner]
        is_escape = event.key() == Qt.Key.Key_Escape
        if is_escape and any(each.close_by_key() for each in banners):
            return
        if is_escape and (self.top_bar.search_field.clear_by_key() or _clear_page_search()):
            return
        super().keyPressEvent(event)

    def _scroll_page(self, *, down: bool) -> None:
        page = self.page_stack.currentWidget()
        areas = page.findChildren(QAbstractScrollArea) if page is not None else []
        can_scroll = [a for a in areas if a.isVisible() and a.verticalScrollBar().maximum() > 0]
        # The largest: beside it stand details.
        largest = max(can_scroll, key=lambda a: a.width() * a.height(), default=None)
        if largest is not None:
            steps = QAbstractSlider.SliderAction
            step = steps.SliderPageStepAdd if down else steps.SliderPageStepSub
            largest.verticalScrollBar().triggerAction(step)

    def adapt_to_theme(self) -> None:
        """Take over the theme in force: the colour of the top line, and the page's edges."""
        self._lay_out_edges()
        self._update_workspace_color()

    def rescale_lengths(self, scale: float) -> None:
        """Take over another zoom for the least size of the window: never more than the screen."""
        least = QSize(round(_LEAST_SIZE[0] * scale), round(_LEAST_SIZE[1] * scale))
        self.setMinimumSize(least.boundedTo(self.screen().availableSize()))

    def _update_workspace_color(self) -> None:
        color = workspace_color(self._badge.color_name)
        self._workspace_color_bar.set_workspace(self._badge.title, color)

    def set_workspace_badge(self, badge: WorkspaceBadge) -> None:
        """Show another workspace name or colour in the window."""
        self._badge = badge
        self.setWindowTitle(f"Fairlead – {badge.title}")
        self.top_bar.set_workspace(badge.name, badge.kind)
        self._update_workspace_color()

    def bring_to_front(self) -> None:
        """Raise the main window: a second start of the program asked for it."""
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave closing to the application: it may have to say what is still being sent."""
        if self.is_close_allowed:
            event.accept()
            self.closed.emit()
        else:
            event.ignore()
            self.close_requested.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go back and forward by the buttons at the side of a mouse."""
        name = {Qt.MouseButton.BackButton: "Back", Qt.MouseButton.ForwardButton: "Forward"}
        if event.button() in name:
            self.window_actions[name[event.button()]].trigger()
        else:
            super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_narrow(self.width() < fonts.scaled(NARROW_WIDTH))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # Imported here: no start needs it.
        from desktop.panels.batches.pasted_content import can_be_pasted

        may_drop = "bulk" not in self._page_access.refusals and self._setup_widget is None
        if may_drop and can_be_pasted(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.dropped.emit(event.mimeData())

    def focusNextPrevChild(self, forward: bool) -> bool:
        # Panels come and go: the order is made anew with each Tab. Imported here: no start
        # needs it.
        from desktop.panels.widgets.tab_order import apply_visual_tab_order

        # What has just been unfolded is squeezed until then, and its parts overlap.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        apply_visual_tab_order(self)
        return super().focusNextPrevChild(forward)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        self.visibility_changed.emit(not self.isMinimized(), self.isActiveWindow())

    # How it is put together.

    def _lay_out(self) -> None:
        self._page = QVBoxLayout()
        self._page.addWidget(self.top_bar)
        self._page.addWidget(self.page_stack, 1)
        self._page.addWidget(self.status_bar)
        self._body = hbox(self.navigation_rail, spacing=1)
        self._body.addLayout(self._page, 1)
        central = QWidget()
        outer = QVBoxLayout(central)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._workspace_color_bar)
        outer.addLayout(self._body, 1)
        self.setCentralWidget(central)
        self.banner = WindowBanner(self.page_stack)
        self._narrow: bool | None = None
        self._set_narrow(False)

    def _set_narrow(self, narrow: bool) -> None:
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self._lay_out_edges()
        self._body.setDirection(
            self._body.Direction.TopToBottom if narrow else self._body.Direction.LeftToRight
        )
        self.navigation_rail.set_compact(narrow)
        self.top_bar.set_narrow(narrow)
        if self._narrow_page is not None:
            self._narrow_page.set_narrow(narrow)

    def _lay_out_edges(self) -> None:
        edge = fonts.scaled(12 if self._narrow else 18)
        self._page.setContentsMargins(edge, fonts.scaled(11), edge, 0)
        self._page.setSpacing(fonts.scaled(10))

    def _add_pages(self) -> None:
        self.navigation_rail.add_page("customers", "Customers", "customers")
        self.navigation_rail.add_page("audience", "Audience", "audience")
        self.navigation_rail.add_page("reports", "Reports", "reports")
        self.navigation_rail.add_page("sync", "Sync", "sync")
        self.navigation_rail.add_page("events", "Events", "events")
        self.navigation_rail.add_page("activity", "Activity", "activity")
        # In the rail once it was opened.
        self.navigation_rail.add_page("bulk", "Many", "many", name="Many at once")
        self.navigation_rail.add_page("settings", "Settings", "settings", bottom=True)
        self.navigation_rail.set_current("customers")
        self._show_rail_pages()

    def _add_actions(self) -> None:
        add = self.window_actions.add
        add("Find a customer", self._on_find_customer, "Ctrl+K")
        add("Search this page", self._on_search_page, "Ctrl+F")
        add("Customers", self._on_page_action, "Ctrl+1")
        add("Sync", self._on_page_action, "Ctrl+2")
        add("Activity", self._on_page_action, "Ctrl+3")
        words = "segment track identify group upsert trigger mapping"
        add("Events", self._on_page_action, "Ctrl+4", keywords=words)
        add("Audience", self._on_page_action, "Ctrl+5", keywords="segment filter people everybody")
        words = "chart dashboard tickets satisfaction opt-outs phrases health"
        add("Reports", self._on_page_action, "Ctrl+6", keywords=words)
        add("Settings", self._on_page_action, "Ctrl+,")
        add("Customer value settings", self._on_customer_value_settings)
        for key, title in SETTINGS_SECTIONS:
            name, keywords = f"Settings: {title}", section_keywords(key)
            add(name, self._on_settings_section, keywords=keywords).setData(key)
        on_top = add("Stay on top", self._on_stay_on_top, "Ctrl+Shift+T", checkable=True)
        on_top.setChecked(False)
        add("Narrow window", self._on_toggle_narrow, "Ctrl+Shift+N")
        add("Help", self._on_help, "F1")
        add("Keyboard shortcuts", self._on_shortcuts, "Ctrl+/")
        add("About Fairlead", self._on_about)
        # Named: not every platform has a standard key for it.
        add("Quit", self.close, "Ctrl+Q")

    def _connect(self) -> None:
        self.navigation_rail.page_chosen.connect(self.show_page)
        self.top_bar.lookup_requested.connect(self._look_up)
        self.top_bar.new_tab_requested.connect(partial(self._look_up, in_new_tab=True))
        self.top_bar.search_field.too_long.connect(self._on_too_long)
        self.status_bar.clicked.connect(self._on_status_clicked)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus_changed)

    # What happens.

    def open_link(self, url: str) -> None:
        """Open a web address from the window in the browser: http and https only."""
        # Imported here: no start needs it.
        from desktop.panels.widgets.web_link import open_web_page, parse_web_address

        if parse_web_address(url) is not None:
            open_web_page(url)
        else:
            self.show_error(InvalidInput("This link cannot be opened.", "It is not a web address."))

    def _on_status_clicked(self, key: str) -> None:
        pages = {"waiting": "activity", "last": "activity", "syncs": "sync", "last-sync": "sync"}
        if key in pages:
            self.show_page(pages[key])
        else:
            self._show_settings_section("connections")

    def _on_too_long(self, kept: int) -> None:
        self.show_error(
            InvalidInput(
                "That was too long to look up.",
                f"Only the first {kept:,} characters were kept.",
                "Type an e-mail address, a name, a phone number or #ticket.",
            )
        )

    def _on_page_action(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            # Their names are those of the pages: an interface for scripts.
            self.show_page(action.objectName().lower())

    def _on_settings_section(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self._show_settings_section(str(action.data()))

    def _on_customer_value_settings(self) -> None:
        self._show_settings_section("names")

    def _on_about(self) -> None:
        self._show_settings_section("about")

    def _show_settings_section(self, section: str) -> None:
        # Imported with its page, which keeps it out of the start.
        from desktop.panels.settings_page import SettingsPage

        self.show_page("settings")
        page = self._pages.get("settings")
        if isinstance(page, SettingsPage):
            page.show_section(section)

    def _on_find_customer(self) -> None:
        # The set-up hides the top bar: what is typed would go to a field that nobody sees.
        if self._setup_widget is None:
            self.top_bar.search_field.take_focus()

    def _on_search_page(self) -> None:
        page = self.page_stack.currentWidget()
        fields = page.findChildren(QLineEdit) if page is not None else []
        own = [each for each in fields if each.isVisible() and each.property(SEARCHES_PAGE)]
        if not own:
            self._on_find_customer()
            return
        own[0].setFocus(Qt.FocusReason.ShortcutFocusReason)
        own[0].selectAll()

    def page_commands(self) -> "list[PaletteCommand]":
        """Build the palette's commands of the window's page in front: its buttons and tabs."""
        # Imported here: the palette opens after the first paint.
        from desktop.panels.page_commands import list_page_commands

        page = self.page_stack.currentWidget()
        return list(list_page_commands(page, self._tell_gone)) if page is not None else []

    def _tell_gone(self) -> None:
        self.show_notice("This is not possible any more.", "The page has changed meanwhile.")

    def _on_toggle_narrow(self) -> None:
        wide = self.width() >= fonts.scaled(NARROW_WIDTH)
        self.resize(fonts.scaled(392 if wide else 1280), fonts.scaled(860 if wide else 820))

    def _on_stay_on_top(self) -> None:
        on = self.window_actions["Stay on top"].isChecked()
        self.set_stay_on_top(on)
        self.stay_on_top_changed.emit(on)

    def set_stay_on_top(self, on: bool) -> None:
        """Keep the main window above others, or not."""
        self.window_actions["Stay on top"].setChecked(on)
        # Qt hides a window whose flags change.
        self.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint, on)
        self.show()

    def _on_help(self) -> None:
        self._open_help(self._fitting_help_topic())

    def _on_shortcuts(self) -> None:
        # Imported here: the texts and licences of the help take 15 ms of a start.
        from desktop.viewmodels.help_topics import SHORTCUTS_TOPIC

        self._open_help(SHORTCUTS_TOPIC)

    def _fitting_help_topic(self) -> str:
        """Return the help's page for what has the keyboard, or for the window's open page."""
        from desktop.viewmodels.help_topics import topic_for_names

        names = []
        widget = QApplication.focusWidget()
        while widget is not None:
            names += [widget.objectName(), widget.accessibleName()]
            widget = widget.parentWidget()
        page = self.page_stack.currentWidget()
        names.append(page.accessibleName() if page is not None else "")
        return topic_for_names(names, getattr(page, "current_section", ""))

    def _open_help(self, topic: str) -> None:
        from desktop.panels.help_dialog import HelpDialog
        from desktop.viewmodels.help_topics import load_topics

        # Above a dialog that blocks the window the help must belong to it, or it is blocked too.
        owner = QApplication.activeModalWidget() or self
        if self._help is None or not isValid(self._help) or self._help.parentWidget() is not owner:
            self._help = HelpDialog(load_topics(self.window_actions.shortcut_rows()), owner)
            self._help.link_requested.connect(self.open_link)
        self._help.show_topic(topic)
        self._help.show()
        self._help.raise_()
        self._help.activateWindow()

    def _on_focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        # F1 works in dialogs too, which the window's own shortcuts do not reach.
        dialog = now.window() if now is not None else None
        action = self.window_actions["Help"]
        if isinstance(dialog, QDialog) and action not in dialog.actions():
            dialog.addAction(action)


def _clear_page_search() -> bool:
    """Clear the page's search field if the keyboard is in it; return if so."""
    field = QApplication.focusWidget()
    if not isinstance(field, QLineEdit) or not field.property(SEARCHES_PAGE) or not field.text():
        return False
    # Qt's own: unlike ours it can be undone, and tells what listens that the text is gone.
    QLineEdit.clear(field)
    return True
